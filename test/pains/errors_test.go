package pains_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// errorType gives the type that a caller's SDK looks at.
func errorType(c *caller, r *reply, o object) string {
	switch c.name {
	case "messages":
		return str(at(o, "error", "type"))
	case "gemini":
		return str(at(o, "error", "status"))
	case "converse":
		kind, _, _ := strings.Cut(r.Header.Get("X-Amzn-Errortype"), ":")
		return kind
	case "cohere":
		return ""
	}
	return str(at(o, "error", "type"))
}

// Wire pitfalls 28, 45; field pains A 4.9.57, B 31, D 1, D 9: a vendor's error has the
// caller's shape and table, and keeps what it means.
func TestErrorsCrossDialectsWithTheirMeaning(t *testing.T) {
	s := start(t)
	for _, e := range []struct {
		vendor int
		status map[string]int // by caller; "" = all others
		types  map[string]string
		retry  bool // retry-after stands there
	}{
		{400, map[string]int{"": 400}, map[string]string{"chat": "invalid_request_error", "responses": "invalid_request_error", "messages": "invalid_request_error", "gemini": "INVALID_ARGUMENT", "converse": "ValidationException"}, false},
		{404, map[string]int{"": 404}, map[string]string{"messages": "not_found_error", "gemini": "NOT_FOUND", "converse": "ResourceNotFoundException"}, false},
		{429, map[string]int{"": 429}, map[string]string{"messages": "rate_limit_error", "gemini": "RESOURCE_EXHAUSTED", "converse": "ThrottlingException"}, true},
		{500, map[string]int{"": 502}, map[string]string{"chat": "server_error", "messages": "api_error"}, false},
		{503, map[string]int{"": 503, "messages": 529}, map[string]string{"messages": "overloaded_error", "gemini": "UNAVAILABLE", "converse": "ServiceUnavailableException"}, true},
		{529, map[string]int{"": 503, "messages": 529}, map[string]string{"messages": "overloaded_error", "gemini": "UNAVAILABLE"}, true},
	} {
		pairs(t, func(t *testing.T, c *caller, v *vendor) {
			if e.vendor == 529 && v.dialect != "messages" || e.vendor == 503 && v.dialect == "messages" {
				return
			}
			t.Run(fmt.Sprint(e.vendor), func(t *testing.T) {
				ways(t, func(t *testing.T, stream bool) {
					s.up.Script(func(call *testup.Call) { call.JSON(e.vendor, v.refusal(e.vendor, "this is why, exactly")) })
					r := s.do(t, c, ask(v.asked(), "go"), stream)
					want := e.status[c.name]
					if want == 0 {
						want = e.status[""]
					}
					o := parse(t, r.raw)
					if r.StatusCode != want || !strings.Contains(c.message(o), "this is why, exactly") {
						t.Errorf("status %d, not %d: %s", r.StatusCode, want, r.raw)
					}
					if kind := e.types[c.name]; kind != "" {
						same(t, "type", errorType(c, r, o), kind)
					}
					if strings.Contains(string(r.raw), `"None"`) || strings.Contains(string(r.raw), `"null"`) {
						t.Errorf("a word for nothing: %s", r.raw)
					}
					after := r.Header.Get("Retry-After")
					if n, err := strconv.Atoi(after); e.retry && (err != nil || n < 1) {
						t.Errorf("Retry-After is %q", after)
					}
					if r.Header.Get("Sluice-Error") == "" || r.id() == "" {
						t.Errorf("header %v", r.Header)
					}
				})
			})
		})
	}
}

// Field pains D 9, D 10; contract: a vendor's 401 about the gateway's key is not the
// caller's, and shows no key.
func TestARefusedKeyOfTheGatewayIsNotTheCallers(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		for _, status := range []int{401, 403} {
			s.up.Script(func(call *testup.Call) { call.JSON(status, v.refusal(401, "Invalid API key: "+vendorKey)) })
			r := s.do(t, c, ask(v.asked(), "go"), true)
			if r.StatusCode != 502 || r.Header.Get("Sluice-Error") != "upstream_auth" || strings.Contains(string(r.raw), vendorKey) {
				t.Errorf("status %d %s: %s", r.StatusCode, r.Header.Get("Sluice-Error"), r.raw)
			}
		}
	})
}

// Wire pitfall 43: however a vendor says how long to wait, every caller hears it in
// whole seconds, never less.
func TestHowLongToWaitCrossesDialects(t *testing.T) {
	s := start(t)
	plain := func(message string) string {
		return text(object{"error": object{"message": message, "type": "rate_limit_error", "code": "rate_limit_exceeded"}})
	}
	for _, form := range []struct {
		title  string
		vendor *vendor
		header map[string]string
		body   string
		from   int
		to     int
	}{
		{"seconds", chatVendor, map[string]string{"Retry-After": "7"}, plain("slow down"), 7, 7},
		{"a fraction", chatVendor, map[string]string{"Retry-After": "7.3"}, plain("slow down"), 8, 8},
		{"a date", messagesVendor, map[string]string{"Retry-After": time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)}, messagesVendor.refusal(429, "slow down"), 25, 31},
		{"milliseconds", chatVendor, map[string]string{"Retry-After-Ms": "6500", "Retry-After": "60"}, plain("slow down"), 7, 7},
		{"RetryInfo", geminiVendor, nil, `{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}`, 46, 46},
		{"RetryInfo in an array", geminiVendor, nil, `[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46.2s"}]}}]`, 47, 47},
		{"words", chatVendor, nil, plain("Rate limit reached. Please try again in 18.642s. Visit us."), 19, 19},
		{"words with minutes", responsesVendor, nil, plain("Please try again in 1m0.36s."), 61, 61},
		{"a reset time", messagesVendor, map[string]string{"Anthropic-Ratelimit-Tokens-Remaining": "0", "Anthropic-Ratelimit-Tokens-Reset": time.Now().Add(40 * time.Second).UTC().Format(time.RFC3339)}, messagesVendor.refusal(429, "slow down"), 35, 41},
		{"a reset duration", chatVendor, map[string]string{"X-Ratelimit-Remaining-Tokens": "0", "X-Ratelimit-Reset-Tokens": "6m0s"}, plain("slow down"), 360, 360},
		{"nothing", cohereVendor, nil, `{"message":"too many"}`, 1, 60},
		{"Bedrock's throttling", converseVendor, map[string]string{"X-Amzn-Errortype": "ThrottlingException:http://internal/"}, `{"message":"Too many tokens, please wait before trying again."}`, 1, 60},
	} {
		for _, c := range callers {
			if c.name == form.vendor.dialect {
				continue
			}
			t.Run(form.title+" to "+c.name, func(t *testing.T) {
				s.up.Script(func(call *testup.Call) {
					for name, v := range form.header {
						call.Set(name, v)
					}
					call.JSON(429, form.body)
				})
				r := s.do(t, c, ask(form.vendor.asked(), "go"), false)
				n, err := strconv.Atoi(r.Header.Get("Retry-After"))
				if r.StatusCode != 429 || err != nil || n < form.from || n > form.to {
					t.Errorf("status %d, Retry-After %q, not %d–%d: %s", r.StatusCode, r.Header.Get("Retry-After"), form.from, form.to, r.raw)
				}
				if c.name == "gemini" && form.title != "nothing" && !strings.Contains(form.title, "Bedrock") {
					if !strings.Contains(string(r.raw), fmt.Sprintf(`"retryDelay":"%d`, n)) && !strings.Contains(string(r.raw), `"retryDelay"`) {
						t.Errorf("no RetryInfo: %s", r.raw)
					}
				}
			})
		}
	}
}

// Wire pitfall 43: retry-after beside an answer means nothing.
func TestAWaitBesideAnAnswerIsNotToldOn(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(func(call *testup.Call) { call.Set("Retry-After", "3"); v.says(hello)(call) })
		ways(t, func(t *testing.T, stream bool) {
			if r := s.must(t, c, ask(v.asked(), "go"), stream); r.Header.Get("Retry-After") != "" {
				t.Errorf("Retry-After: %s", r.Header.Get("Retry-After"))
			}
		})
	})
}

// Wire pitfalls 27, 28; field pain D 1: an error inside a 200 is one.
func TestAnErrorInsideASuccessIsOne(t *testing.T) {
	s := start(t)
	bodies := map[string]struct {
		vendor *vendor
		body   string
		status int
	}{
		"padded, as OpenRouter does":  {routerVendor, "\n         \n\n         \n" + `{"error":{"message":"upstream was too slow","code":429,"metadata":{"provider_name":"X"}},"user_id":"u"}`, 429},
		"padded, overloaded":          {routerVendor, "\n \n" + `{"error":{"message":"upstream was too slow","code":502}}`, 502},
		"in Responses":                {responsesVendor, `{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"upstream was too slow"},"output":[],"model":"gpt-5.2"}`, 502},
		"a type, as Anthropic writes": {messagesVendor, `{"type":"error","error":{"type":"overloaded_error","message":"upstream was too slow"}}`, 503},
		"Gemini's":                    {geminiVendor, `{"error":{"code":503,"message":"upstream was too slow","status":"UNAVAILABLE"}}`, 503},
	}
	for title, b := range bodies {
		for _, c := range callers {
			if c.name == b.vendor.dialect {
				continue
			}
			t.Run(title+" to "+c.name, func(t *testing.T) {
				s.up.Script(func(call *testup.Call) { call.JSON(200, b.body) })
				ways(t, func(t *testing.T, stream bool) {
					r := s.do(t, c, ask(b.vendor.asked(), "go"), stream)
					want := b.status
					if c.name == "messages" && want == 503 {
						want = 529
					}
					if r.StatusCode != want || !strings.Contains(string(r.raw), "upstream was too slow") {
						t.Errorf("status %d, not %d: %s", r.StatusCode, want, r.raw)
					}
				})
			})
		}
	}
}

// Wire pitfall 27: blank lines before an answer are no harm.
func TestAnAnswerThatIsPaddedIsAnAnswer(t *testing.T) {
	s := start(t)
	for _, c := range callers[1:] {
		s.up.Script(func(call *testup.Call) {
			call.JSON(200, "\n         \n\n         \n"+text(chatAnswer(routerVendor, hello)))
		})
		r := s.must(t, c, ask(routerVendor.asked(), "go"), false)
		same(t, "text", r.said.text(), hello.text())
	}
}

// Wire pitfalls 28, 29; field pain A 4.9.57: whatever stands in an error's body, the
// caller gets a proper one, whether a stream was asked for or not.
func TestAnyErrorBodyBecomesTheCallersShape(t *testing.T) {
	s := start(t)
	for title, b := range map[string]struct {
		contentType, body, says string
	}{
		"a CDN's page":              {"text/html", "<html><head><title>504 Gateway Time-out</title></head><body><h1>oops</h1></body></html>", "504 Gateway Time-out"},
		"nothing":                   {"text/plain", "", ""},
		"a text":                    {"text/plain", "upstream connect error", "upstream connect error"},
		"JSON said to be events":    {"text/event-stream", `{"error":{"code":400,"message":"said so","status":"INVALID_ARGUMENT"}}`, "said so"},
		"an array":                  {"application/json", `[{"error":{"code":400,"message":"said so","status":"INVALID_ARGUMENT"}}]`, "said so"},
		"detail":                    {"application/json", `{"detail":[{"loc":["body","messages"],"msg":"said so","type":"value_error"}]}`, "said so"},
		"a word for an error":       {"application/json", `{"code":"invalid","error":"said so"}`, "said so"},
		"an object of the vendor's": {"application/json", `{"object":"error","message":"said so","type":"invalid_request_error","code":3280,"raw_status_code":400}`, "said so"},
		"broken JSON":               {"application/json", `{"error":{"message":"said`, ""},
		"null":                      {"application/json", `{"error":null,"message":null}`, ""},
	} {
		pairs(t, func(t *testing.T, c *caller, v *vendor) {
			t.Run(title, func(t *testing.T) {
				s.up.Script(func(call *testup.Call) { call.Answer(400, b.contentType, []byte(b.body)) })
				ways(t, func(t *testing.T, stream bool) {
					r := s.do(t, c, ask(v.asked(), "go"), stream)
					message := c.message(parse(t, r.raw))
					if r.StatusCode < 400 || r.Header.Get("Content-Type") != "application/json" || message == "" || !strings.Contains(message, b.says) {
						t.Errorf("status %d, %s: %s", r.StatusCode, r.Header.Get("Content-Type"), r.raw)
					}
				})
			})
		})
	}
}

// Wire pitfall 45: a quota that is used up is no reason to try again.
func TestMoneyThatIsGoneIsNotTriedAgain(t *testing.T) {
	s := start(t)
	for _, c := range callers[1:] {
		s.up.Script(func(call *testup.Call) {
			call.JSON(429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`)
		})
		r := s.do(t, c, ask(chatVendor.asked(), "go"), false)
		if r.StatusCode != 429 || r.Header.Get("X-Should-Retry") != "false" {
			t.Errorf("%s: status %d, x-should-retry %q", c.name, r.StatusCode, r.Header.Get("X-Should-Retry"))
		}
	}
}
