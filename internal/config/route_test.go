package config_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
)

func routesOf(t *testing.T, doc string) map[string]*gateway.Route {
	t.Helper()
	return mustLoad(t, source("routes:\n  "+strings.ReplaceAll(doc, "\n", "\n  "))).GatewayRoutes()
}

func TestShortFormsOfARouteMeanWhatTheLongOnesDo(t *testing.T) {
	for short, long := range map[string]string{
		"r: sandbox/echo":                                                                    "r: { steps: [ { use: sandbox/echo } ] }",
		"r: [ sandbox/echo ]":                                                                "r: { steps: [ { use: sandbox/echo } ] }",
		"r: [ sandbox/echo, sandbox/chat, sandbox/x ]":                                       "r: { steps: [ { use: sandbox/echo, fallback: [ sandbox/chat, sandbox/x ] } ] }",
		"r: { steps: { use: sandbox/echo, fallback: sandbox/chat } }":                        "r: { steps: [ { use: sandbox/echo, fallback: [ sandbox/chat ] } ] }",
		"r: { steps: { use: sandbox/echo }, hedge: 1s }":                                     "r: { steps: [ { use: sandbox/echo } ], hedge: { after: 1s } }",
		"r: { steps: { use: sandbox/echo }, hedge: { to: sandbox/chat } }":                   "r: { steps: [ { use: sandbox/echo } ], hedge: { after: p95, to: sandbox/chat } }",
		"r: { steps: { use: sandbox/echo }, shadow: sandbox/chat }":                          "r: { steps: [ { use: sandbox/echo } ], shadow: [ { to: sandbox/chat, share: 100 } ] }",
		"r: { steps: { use: sandbox/echo }, shadow: [ sandbox/chat, { to: sandbox/x } ] }":   "r: { steps: [ { use: sandbox/echo } ], shadow: [ { to: sandbox/chat }, { to: sandbox/x } ] }",
		"r: { steps: { use: sandbox/echo }, limit: { requests: 1/1m } }":                     "r: { steps: [ { use: sandbox/echo } ], limits: [ { requests: [ 1/1m ] } ] }",
		"r: { steps: { balance: cheapest, targets: [ sandbox/echo, sandbox/x ] } }":          "r: { steps: [ { balance: cheapest, targets: { sandbox/echo: 1, sandbox/x: 1 } } ] }",
		"r: { steps: { use: sandbox/echo }, override: { stop: x } }":                         "r: { steps: [ { use: sandbox/echo } ], override: { stop: [ x ] } }",
		"r: { steps: { use: sandbox/echo }, operations: chat }":                              "r: { steps: [ { use: sandbox/echo } ], operations: [ chat ] }",
		"r: { steps: { use: sandbox/echo }, override: { }, hedge: { }, shadow: [ ] }":        "r: { steps: [ { use: sandbox/echo } ] }",
		"r:\n  steps:\n    - when: stream\n      use: sandbox/echo\n    - use: sandbox/chat": `r: { steps: [ { "when": "stream", "use": "sandbox/echo" }, { use: sandbox/chat } ] }`,
	} {
		got, want := routesOf(t, short), routesOf(t, long)
		if !reflect.DeepEqual(got, want) {
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(want)
			t.Errorf("%s:\n%s\nwant\n%s", short, g, w)
		}
	}
}

func TestARouteKeepsEverythingThatItsDocumentSays(t *testing.T) {
	cfg := mustLoad(t, goldenSource(t, "testdata/good/routes.yaml"))
	r := cfg.GatewayRoutes()["support"]
	zero, n := 0.0, int64(100)
	want := gateway.Step{Name: "common", Sticky: "session", Override: &gateway.Override{System: "Be brief.", Temperature: &zero, MaxOutput: &n, Set: map[string]json.RawMessage{
		"service_tier": json.RawMessage(`"flex"`), "n": json.RawMessage("16"), "deep": json.RawMessage(`[1,{"a":null}]`),
	}}}
	if !reflect.DeepEqual(r.Steps[0], want) {
		t.Errorf("%+v", r.Steps[0])
	}
	if got := r.Steps[2].Split; !reflect.DeepEqual(got, []gateway.Share{{Target: "safe", Weight: 90}, {Target: "openai/gpt-5.2", Weight: 10}}) {
		t.Errorf("split %v", got)
	}
	if got, want := r.Steps[3].Canary, (&gateway.Canary{From: "openai/gpt-5", To: "openai/gpt-5.2", Stages: []gateway.Stage{{Share: 5, For: time.Hour}}, Rollback: gateway.Rollback{ErrorRate: 0.05, Latency: 1.5, MinCalls: 50}}); !reflect.DeepEqual(got, want) {
		t.Errorf("canary %+v", got)
	}
	last := r.Steps[4]
	if last.Balance.By != gateway.ByPrice || len(last.Balance.Targets) != 2 || last.Hedge == nil || last.Hedge.After != 0 || last.ContinueOn != "local/qwen3" || last.Shadow[1].Share != 100 {
		t.Errorf("%+v", last)
	}
	if got, want := r.Intent, (&gateway.Intent{Embedder: "openai/text-embedding-3-small", Examples: map[string][]string{"legal": {"Is this contract valid?"}, "code": {"Why does this loop not end?"}}, Threshold: 0.5, Wait: 300 * time.Millisecond}); !reflect.DeepEqual(got, want) {
		t.Errorf("intent %+v", got)
	}
	if r.Timeout != 2*time.Minute || r.MaxOutput != 4096 || !reflect.DeepEqual(r.Operations, []string{"chat"}) || !reflect.DeepEqual(r.Fallback, []string{"local/qwen3"}) {
		t.Errorf("%+v", r)
	}
}

func TestTheLimitsOfAStepAreNamedByTheirPlaceInItAndCountPerGateway(t *testing.T) {
	r := mustLoad(t, goldenSource(t, "testdata/good/routes.yaml")).GatewayRoutes()["support"]
	var got []string
	for _, s := range r.Steps {
		for _, x := range s.Limits {
			got = append(got, x.Name+" per "+string(x.Per[0]))
		}
	}
	if want := []string{"limits[0].requests per user", "dear per key", "limits[1].concurrent per gateway"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTheIntentOfARouteIsThatOfItsFamily(t *testing.T) {
	told := "intent: { embedder: sandbox/embed, examples: { legal: [ x ] } }"
	for doc, want := range map[string]string{
		"outer: { " + told + ", steps: { use: inner } }\ninner: { steps: { when: intent == \"legal\", use: sandbox/echo } }":        "",
		"outer: { steps: { when: intent == \"legal\", use: inner } }\ninner: { " + told + ", steps: { use: sandbox/echo } }":        "",
		"outer: { " + told + ", steps: { use: sandbox/echo } }\ninner: { steps: { when: intent == \"legal\", use: sandbox/echo } }": "routes.inner: a condition speaks of intent",
		"alone: { " + told + ", steps: { use: sandbox/echo } }":                                                                     "warning: no condition speaks of intent",
	} {
		_, problems := config.Load(source("routes:\n  " + strings.ReplaceAll(doc, "\n", "\n  ")))
		if got := problems.Error(); got != "" && want == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", doc, got, want)
		}
	}
}

func TestWhatLoadsCompiles(t *testing.T) {
	for _, file := range documents(t, "testdata/good") {
		if _, err := route.Compile(mustLoad(t, goldenSource(t, file)).GatewayRoutes()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestASplitKeepsTheOrderOfTheDocument(t *testing.T) {
	doc := "r: { steps: { split: { sandbox/z: 1, sandbox/a: 1, sandbox/m: 1, sandbox/b: 0 } } }"
	for range 5 {
		var order []string
		for _, s := range routesOf(t, doc)["r"].Steps[0].Split {
			order = append(order, s.Target)
		}
		if got := strings.Join(order, " "); got != "sandbox/z sandbox/a sandbox/m sandbox/b" {
			t.Fatal(got)
		}
	}
}

func TestWhatIsSetInABodyIsJSONWhateverYAMLWrites(t *testing.T) {
	for yaml, want := range map[string]string{
		"1": "1", "+5": "5", "007": "7", "0o17": "15", "0xff": "255", "-3": "-3", "12345678901234567890": "12345678901234567000",
		".5": "0.5", "1.": "1", "1e3": "1000", "True": "true", "~": "null", "yes": `"yes"`, "'1'": `"1"`, "[ ]": "[]", "{ }": "{}",
		"{ a: [ .5, { b: 0x1 } ] }": `{"a":[0.5,{"b":1}]}`,
	} {
		r := routesOf(t, "r: { steps: { use: sandbox/echo }, override: { set: { x: "+yaml+" } } }")["r"]
		got := r.Override.Set["x"]
		if !json.Valid(got) || string(got) != want {
			t.Errorf("%s is %s, want %s", yaml, got, want)
		}
	}
}

func TestABareTargetMustMeanOneModel(t *testing.T) {
	for target, want := range map[string]string{
		"gpt-5": "", "org/gpt": "", "fast": "", "openai/anything": "",
		"fsat":   `no route and no provider's model is called "fsat"; did you mean "fast"?`,
		"nope":   `no route and no provider's model is called "nope"; models are written provider/model`,
		"openai": "write openai/ and the vendor's id of a model", "oppenai/x": `no provider is called "oppenai"; did you mean "openai"?`,
	} {
		_, problems := config.Load(source("routes: { fast: sandbox/echo, r: { steps: { use: "+target+" } } }\nproviders: { openai: { api_key: env:K } }", "K=k"))
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if got != "" && want == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestARouteGoesBeforeAModelOfItsNameAndSaysSo(t *testing.T) {
	for doc, warns := range map[string]bool{
		"gpt-5: sandbox/echo": true, "echo: openai/gpt-5": false, "gpt-5: openai/gpt-5": false, "gpt-5: [ sandbox/echo, openai/gpt-5 ]": false, "fast: sandbox/echo": false,
		"gpt-5: { steps: { split: { openai/gpt-5: 1 } } }": false,
	} {
		_, problems := config.Load(source("routes: { "+doc+" }\nproviders: { openai: { api_key: env:K } }", "K=k"))
		if problems.Err() != nil || (len(problems.Warnings()) > 0) != warns {
			t.Errorf("%s: %v", doc, problems)
		}
	}
}
