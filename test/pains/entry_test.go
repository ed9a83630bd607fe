package pains_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// priced are prices of a model, per million tokens.
const priced = `
  priced:    { kind: %s, api_key: env:VENDOR_KEY, base_url: %s, speaks: [%s], retries: { max: 0 }, models: { "%s": { price: { input: 10, output: 100, cache_read: 1, cache_write: 20 }, context: 200000, max_output: 8192 } } }
`

// Field pains A 4.4.24, A 4.8.49–50, B 25, B 35, D 4–6; wire pitfalls 24, 25, 31, 35, 40:
// tokens are counted once, in the caller's meaning, in the entry and in the cost.
func TestTokensAndCostAreToldOnceAndTheSameEverywhere(t *testing.T) {
	s := start(t)
	answer := &said{blocks: []block{{kind: words, text: "Hello there, this is a text in pieces."}}, usage: counts{input: 1000, output: 200, cached: 600, reasoning: 50}}
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		ways(t, func(t *testing.T, stream bool) {
			s.up.Script(v.says(answer))
			r := s.must(t, c, ask(v.asked(), "go"), stream)
			same(t, "what the caller is told", counts{r.said.usage.input, r.said.usage.output, r.said.usage.cached, 0}, counts{1000, 200, 600, 0})
			e := s.entry(r)
			same(t, "input", e.Usage.InputTokens.N, int64(1000))
			same(t, "output", e.Usage.OutputTokens.N, int64(200))
			same(t, "cached", e.Usage.CacheReadTokens.N, int64(600))
			same(t, "dialects", e.ClientDialect+" "+e.ProviderDialect, c.name+" "+v.dialect)
			same(t, "provider", e.Provider+" "+e.Model, v.name+" "+v.model)
			same(t, "status", e.Status, 200)
			same(t, "stream", e.Stream, stream)
			if e.FinishReason == "" || e.ErrorCode != "" || len(e.Attempts) != 1 {
				t.Errorf("entry: %+v", e)
			}
			usage, cost := r.Header.Get("Sluice-Usage"), r.Header.Get("Sluice-Cost-Usd")
			if stream {
				usage, cost = r.Trailer.Get("Sluice-Usage"), r.Trailer.Get("Sluice-Cost-Usd")
			}
			if !strings.Contains(usage, `"input_tokens":1000`) || !strings.Contains(usage, `"cache_read_tokens":600`) {
				t.Errorf("sluice-usage is %q", usage)
			}
			if got := text(e.Cost); got == "null" != (cost == "") {
				t.Errorf("the entry costs %s, the header says %q", got, cost)
			} else if cost != "" {
				a, _ := strconv.ParseFloat(cost, 64)
				b, _ := strconv.ParseFloat(strings.Trim(got, `"`), 64)
				if math.Abs(a-b) > 1e-9 || a <= 0 {
					t.Errorf("the entry costs %s, the header says %s", got, cost)
				}
			}
		})
	})
}

// Field pains A 4.8.49–50: cached tokens are not paid twice.
func TestCachedTokensAreNotPaidTwice(t *testing.T) {
	up := testup.New(t, func(c *testup.Call) {})
	answer := &said{blocks: hello.blocks, usage: counts{input: 1000, output: 200, cached: 600}}
	for _, v := range vendors {
		kind, base := map[string]string{"chat": "openai", "responses": "openai", "messages": "anthropic", "gemini": "gemini", "converse": "gemini", "cohere": "cohere"}[v.dialect], up.URL
		if kind == "openai" {
			base += "/v1"
		}
		s := startWith(t, fmt.Sprintf(priced, kind, base, v.dialect, v.model))
		up.Script(v.says(answer))
		for _, c := range callers {
			if c.name == v.dialect {
				continue
			}
			ways(t, func(t *testing.T, stream bool) {
				r := s.must(t, c, ask("priced/"+v.model, "go"), stream)
				want := (400*10.0 + 600*1 + 200*100) / 1e6
				got, err := strconv.ParseFloat(strings.Trim(text(s.entry(r).Cost), `"`), 64)
				if err != nil || math.Abs(got-want) > 1e-9 {
					t.Errorf("%s to %s: costs %v, not %v", c.name, v.name, got, want)
				}
			})
		}
	}
}

// Field pains A 4.7.44, E 3: what a target cannot express is named, and nothing else is.
func TestWhatIsDroppedIsNamedAndNothingElse(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		caller  string
		vendor  *vendor
		more    object
		dropped []string
	}{
		{"chat", messagesVendor, object{"seed": 7, "logit_bias": object{"5": 1}, "temperature": 0.5}, []string{"seed", "logit_bias"}},
		{"chat", messagesVendor, object{"temperature": 0.5, "stop": []any{"x"}, "top_p": nil, "user": "u"}, nil},
		{"chat", geminiVendor, object{"logit_bias": object{"5": 1}, "made_up": true}, []string{"logit_bias", "made_up"}},
		{"chat", converseVendor, object{"seed": 7, "frequency_penalty": 0.5, "temperature": 0.5}, []string{"seed", "frequency_penalty"}},
		{"chat", cohereVendor, object{"seed": 7, "logit_bias": object{"5": 1}}, []string{"logit_bias"}},
		{"messages", chatVendor, object{"top_k": 5, "temperature": 0.5}, []string{"top_k"}},
		{"messages", geminiVendor, object{"top_k": 5, "made_up": 1}, []string{"made_up"}},
		{"gemini", messagesVendor, object{"safetySettings": []any{object{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}}, "generationConfig": object{"seed": 5, "topK": 3}}, []string{"safetySettings", "generationConfig.seed"}},
		{"converse", geminiVendor, object{"performanceConfig": object{"latency": "optimized"}}, []string{"performanceConfig"}},
		{"cohere", chatVendor, object{"k": 5, "safety_mode": "STRICT", "seed": 3}, []string{"k", "safety_mode"}},
		{"responses", messagesVendor, object{"truncation": "auto", "top_logprobs": 3}, []string{"truncation", "top_logprobs"}},
	} {
		t.Run(test.caller+" to "+test.vendor.name+" "+text(test.more), func(t *testing.T) {
			s.up.Script(test.vendor.says(hello))
			q := ask(test.vendor.asked(), "go")
			q.more = test.more
			r := s.must(t, callerOf(test.caller), q, false)
			var got []string
			if h := r.Header.Get("Sluice-Dropped-Params"); h != "" {
				for name := range strings.SplitSeq(h, ",") {
					got = append(got, strings.TrimSpace(name))
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(test.dropped))
			same(t, "sluice-dropped-params", got, want)
			e := s.entry(r)
			same(t, "the entry's", slices.Sorted(slices.Values(e.DroppedParams)), want)
		})
	}
}

// Field pains A 4.7.44, E 3; contract: with `unsupported: error` what cannot be expressed
// is a 400 that names it, in the caller's shape, and the vendor is not called.
func TestWhatCannotBeExpressedIsRefusedWhereTheGatewaySaysSo(t *testing.T) {
	s := startWith(t, "gateways:\n  default:\n    unsupported: error\n")
	for _, test := range []struct {
		caller string
		vendor *vendor
		more   object
		field  string
	}{
		{"chat", messagesVendor, object{"seed": 7}, "seed"},
		{"chat", geminiVendor, object{"made_up": 7}, "made_up"},
		{"messages", chatVendor, object{"top_k": 7}, "top_k"},
		{"gemini", messagesVendor, object{"generationConfig": object{"seed": 7}}, "generationConfig.seed"},
		{"converse", geminiVendor, object{"guardrailConfig": object{"guardrailIdentifier": "g", "guardrailVersion": "1"}}, "guardrailConfig"},
		{"cohere", chatVendor, object{"k": 5}, "k"},
		{"responses", messagesVendor, object{"truncation": "auto"}, "truncation"},
	} {
		t.Run(test.caller+" to "+test.vendor.name, func(t *testing.T) {
			c := callerOf(test.caller)
			before := len(s.up.Calls())
			s.up.Script(test.vendor.says(hello))
			ways(t, func(t *testing.T, stream bool) {
				q := ask(test.vendor.asked(), "go")
				q.more = test.more
				r := s.do(t, c, q, stream)
				if r.StatusCode != 400 || !strings.Contains(c.message(parse(t, r.raw)), "'"+test.field+"'") || r.Header.Get("Sluice-Error") != "unsupported_parameter" {
					t.Errorf("status %d: %s", r.StatusCode, r.raw)
				}
				q.more = nil
				s.must(t, c, q, stream) // and without it all is well
			})
			same(t, "calls of the vendor", len(s.up.Calls())-before, 2)
		})
	}
}

// Wire pitfall 1: who gives no limit of output gets what the model can, where its vendor
// wants one.
func TestALimitOfOutputIsFilledFromTheModelAndNoConstant(t *testing.T) {
	s := start(t)
	for _, c := range callers {
		if c.name == "messages" {
			continue
		}
		s.up.Script(messagesVendor.says(hello))
		for model, least := range map[string]float64{"claude-sonnet-4-5": 64000, "claude-3-haiku-20240307": 4096} {
			s.must(t, c, ask("messages/"+model, "go"), false)
			same(t, c.name+" "+model, number(s.sent(t)["max_tokens"]), least)
		}
	}
}

// Wire pitfall 2, 14: a caller's limit has the target's name; a budget of thinking is
// less than it.
func TestALimitHasTheTargetsName(t *testing.T) {
	s := start(t)
	names := map[string][]any{"chat": {"max_completion_tokens"}, "deepseek": {"max_tokens"}, "mistral": {"max_tokens"}, "responses": {"max_output_tokens"}, "messages": {"max_tokens"}, "gemini": {"generationConfig", "maxOutputTokens"}, "converse": {"inferenceConfig", "maxTokens"}, "cohere": {"max_tokens"}}
	all := append([]*vendor{deepseekVendor, chatVendor.named("mistral", "mistral-large-latest")}, vendors...)
	for _, c := range callers {
		for _, v := range all {
			if c.name == v.dialect {
				continue
			}
			s.up.Script(v.says(hello))
			q := ask(v.asked(), "go")
			q.max = 5000
			s.must(t, c, q, false)
			body := s.sent(t)
			want := names[v.name]
			if want == nil {
				want = names[v.dialect]
			}
			same(t, c.name+" to "+v.name, number(at(body, want...)), 5000.0)
			if v.name != "chat" && v.dialect == "chat" && body["max_completion_tokens"] != nil || v.name == "chat" && body["max_tokens"] != nil {
				t.Errorf("%s to %s: two limits: %s", c.name, v.name, s.up.Last().Body)
			}
			q.think, q.max = true, 1500
			s.must(t, c, q, false)
			valid(t, s.up.Last())
		}
	}
}
