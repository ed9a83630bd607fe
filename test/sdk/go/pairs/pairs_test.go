// Package pairs holds every dialect of callers against every dialect of vendors: the
// official SDKs ask, vendors that are played natively answer. It tests no dialect alone.
package pairs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/test/sdk/vendors"
)

// question is what a caller asks.
type question struct {
	model, text                  string
	stream, tools, schema, think bool
	forget                       bool // drops reasoning and its state
}

// answer is what an SDK made of what came.
type answer struct {
	text, thinking string
	calls          []call
	input, output  int64
	again          func(results []string) (*answer, error) // goes on with what the calls gave
}

type call struct{ id, name, args string }

// caller asks in one dialect, by the dialect's official SDK.
type caller struct {
	ask   func(context.Context, *stand, question) (*answer, error)
	error func(error) (status int, text string) // of the SDK's own error; 0 for any other
}

var callers = map[string]caller{
	"chat":      {askChat, openaiError},
	"responses": {askResponses, openaiError},
	"messages":  {askMessages, anthropicError},
	"gemini":    {askGemini, geminiError},
	"converse":  {askConverse, awsError},
	"cohere":    {askCohere, cohereError},
}

// models are what is asked of each vendor; where it thinks, it is a model that does.
var models = map[string]struct{ plain, thinking string }{
	"chat":      {"chat/gpt-4.1", "router/deepseek-v3.2"},
	"responses": {"responses/gpt-5.2", "responses/gpt-5.2"},
	"messages":  {"messages/claude-sonnet-4-5", "messages/claude-sonnet-4-5"},
	"gemini":    {"gemini/gemini-2.5-pro", "gemini/gemini-2.5-pro"},
	"converse":  {"converse/anthropic.claude-sonnet-4-5-20250929-v1:0", "converse/anthropic.claude-sonnet-4-5-20250929-v1:0"},
	"cohere":    {"cohere/command-a-03-2025", "cohere/command-a-reasoning-08-2025"},
}

const vendorKey = "vendor-secret-of-this-test-0001"

func config(url string) string {
	return fmt.Sprintf(`
discover: false
providers:
  chat:      { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [chat], retries: { max: 0 } }
  router:    { kind: openrouter, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [chat], retries: { max: 0 } }
  responses: { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [responses], retries: { max: 0 } }
  messages:  { kind: anthropic, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  gemini:    { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  converse:  { kind: bedrock, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  cohere:    { kind: cohere, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
`, url)
}

// stand is a gateway between callers and vendors.
type stand struct {
	url     string
	http    *http.Client
	vendors *vendors.Vendors
}

func start(t *testing.T) *stand {
	t.Helper()
	v := &vendors.Vendors{}
	up := httptest.NewServer(v)
	t.Cleanup(up.Close)
	g := testgw.StartWith(t, testgw.Options{Config: config(up.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	tr := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(tr.CloseIdleConnections)
	return &stand{g.URL, &http.Client{Transport: tr}, v}
}

// scenarios are what each caller does with each vendor.
var scenarios = map[string]func(*testing.T, *pair){
	"a question is answered":                  answered(false),
	"a question is answered by a stream":      answered(true),
	"tools are called":                        toolLoop(false, false),
	"tools are called by a stream":            toolLoop(true, false),
	"reasoning survives tools":                toolLoop(false, true),
	"reasoning survives tools and streams":    toolLoop(true, true),
	"an answer follows a schema":              structured(false),
	"an answer follows a schema, by a stream": structured(true),
	"a wrong request is the caller's":         fails(400, 400),
	"too many requests are too many":          fails(429, 429),
	"a vendor's failure is an upstream error": fails(500, 502),
}

// pair is one caller before one vendor, in one scenario.
type pair struct {
	*stand
	caller
	client, vendor string
	name           string // of the case
}

func TestEveryCallerWithEveryVendor(t *testing.T) {
	s := start(t)
	t.Run("pairs", func(t *testing.T) {
		for client, c := range callers {
			for vendor := range models {
				for title, scenario := range scenarios {
					name := client + "/" + vendor + "/" + strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(title)
					t.Run(client+" to "+vendor+": "+title, func(t *testing.T) {
						t.Parallel()
						p := &pair{s, c, client, vendor, name}
						scenario(t, p)
						p.check(t)
					})
				}
			}
		}
	})
}

// check looks at what the vendor received.
func (p *pair) check(t *testing.T) {
	t.Helper()
	all := p.vendors.Seen(p.name)
	if len(all) == 0 {
		t.Error("the vendor received nothing")
	}
	for _, x := range all {
		if x.Dialect != p.vendor {
			t.Errorf("the vendor was asked in %s", x.Dialect)
		}
		same(t, "ids that the vendor never gave", x.Renamed, nil)
		if t.Failed() {
			t.Logf("the vendor received %s %s", x.Path, x.Body)
		}
	}
}

func (p *pair) say(words string) question {
	return question{model: models[p.vendor].plain, text: "case:" + p.name + "; " + words}
}

// must asks; an error ends the test.
func (p *pair) must(t *testing.T, q question) *answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	a, err := p.ask(ctx, p.stand, q)
	return p.got(t, a, err)
}

// goOn gives an answer's calls their results.
func (p *pair) goOn(t *testing.T, a *answer, results ...string) *answer {
	t.Helper()
	b, err := a.again(results)
	return p.got(t, b, err)
}

func (p *pair) got(t *testing.T, a *answer, err error) *answer {
	t.Helper()
	if err != nil {
		_, text := p.caller.error(err)
		t.Errorf("%T: %v %s", err, err, text)
		p.check(t)
		t.FailNow()
	}
	return a
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// sameJSON compares two texts of JSON.
func sameJSON(t *testing.T, what, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Errorf("%s is no JSON: %q", what, got)
		return
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	same(t, what, a, b)
}

func answered(stream bool) func(*testing.T, *pair) {
	return func(t *testing.T, p *pair) {
		q := p.say("How is the harbour?")
		q.stream = stream
		a := p.must(t, q)
		same(t, "text", a.text, vendors.Plain)
		same(t, "calls", a.calls, nil)
		same(t, "tokens", [2]int64{a.input, a.output}, [2]int64{14, 9})
	}
}

// toolLoop has two turns with calls, the first with two at once.
func toolLoop(stream, think bool) func(*testing.T, *pair) {
	return func(t *testing.T, p *pair) {
		if think && p.client == "chat" && p.vendor == "chat" {
			t.Skip("the SDK drops reasoning, with and without a gateway, which forwards what it says")
		}
		q := p.say(`think, call get_weather with {"city":"Lisbon"} and call get_weather with {"city":"Oslo"}, then call get_time with {"zone":"UTC"}`)
		q.stream, q.tools, q.think = stream, true, think
		if think {
			q.model = models[p.vendor].thinking
		}
		a := p.must(t, q)
		p.called(t, a, think, call{"", "get_weather", `{"city":"Lisbon"}`}, call{"", "get_weather", `{"city":"Oslo"}`})
		if t.Failed() {
			return
		}
		b := p.goOn(t, a, "sunny over there", "snowed in")
		p.called(t, b, think, call{"", "get_time", `{"zone":"UTC"}`})
		if t.Failed() {
			return
		}
		c := p.goOn(t, b, "noon")
		for _, said := range []string{vendors.Saying, "sunny over there", "snowed in", "noon"} {
			if !strings.Contains(c.text, said) {
				t.Errorf("the text %q lacks %q", c.text, said)
			}
		}
		same(t, "calls at the end", c.calls, nil)
		if all := p.vendors.Seen(p.name); think && p.vendor == "cohere" && p.client != "chat" {
			// Cohere's thoughts have no state, which vendors look for by themselves.
			if !strings.Contains(string(all[len(all)-1].Body), `"thinking":"First`) {
				t.Error("the thought did not come back")
			}
		}
	}
}

func (p *pair) called(t *testing.T, a *answer, think bool, want ...call) {
	t.Helper()
	if len(a.calls) != len(want) {
		t.Fatalf("%d calls, not %d: %v %q", len(a.calls), len(want), a.calls, a.text)
	}
	ids := map[string]bool{}
	for i, c := range a.calls {
		same(t, "the tool", c.name, want[i].name)
		sameJSON(t, "the arguments", c.args, want[i].args)
		ids[c.id] = true
	}
	if p.client != "gemini" && (len(ids) != len(want) || ids[""]) {
		t.Errorf("the ids of calls: %v", a.calls)
	}
	if think {
		same(t, "thinking", a.thinking, vendors.Thought)
	}
}

func structured(stream bool) func(*testing.T, *pair) {
	return func(t *testing.T, p *pair) {
		q := p.say("How warm is it?")
		q.stream, q.schema = stream, true
		a := p.must(t, q)
		sameJSON(t, "the answer", a.text, vendors.Structured)
		same(t, "calls", a.calls, nil)
	}
}

func fails(vendor, caller int) func(*testing.T, *pair) {
	return func(t *testing.T, p *pair) {
		for _, stream := range []bool{false, true} {
			q := p.say(fmt.Sprintf("fail with %d", vendor))
			q.stream = stream
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			t.Cleanup(cancel)
			_, err := p.ask(ctx, p.stand, q)
			if err == nil {
				t.Fatal("no error")
			}
			status, text := p.caller.error(err)
			same(t, fmt.Sprintf("the status of %T", err), status, caller)
			if !strings.Contains(text, "as you asked: a failure") {
				t.Errorf("the message of the error: %q", text)
			}
		}
	}
}

// The tools and the schema that callers have.
var (
	weather = schemaOf("city")
	clock   = schemaOf("zone")
	degrees = map[string]any{
		"type": "object", "required": []string{"city", "degrees"}, "additionalProperties": false,
		"properties": map[string]any{"city": map[string]any{"type": "string"}, "degrees": map[string]any{"type": "integer"}},
	}
)

func schemaOf(name string) map[string]any {
	return map[string]any{"type": "object", "required": []string{name}, "properties": map[string]any{name: map[string]any{"type": "string", "description": "where"}}}
}

type tool struct {
	name, description string
	schema            map[string]any
}

var tools = []tool{{"get_weather", "The weather of a city <now>", weather}, {"get_time", "The time", clock}}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
