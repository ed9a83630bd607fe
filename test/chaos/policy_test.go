package chaos_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestRegionsFailClosed(t *testing.T) {
	us, eu, nowhere := testup.New(t, well), testup.New(t, well), testup.New(t, well)
	g := start(t, "providers:\n"+provide("us", us.URL, "region: us-east-1, retries: { max: 0 }")+provide("eu", eu.URL, "region: eu-west-1, retries: { max: 0 }")+provide("nowhere", nowhere.URL, "")+`
gateways: { default: { regions: [ eu ], controls: [ fallback ] } }
routes: { all: [ us-chat/m, nowhere-chat/m, eu-chat/m ] }
`)
	reached := func() string {
		return fmt.Sprint(len(us.Calls()), len(eu.Calls()), len(nowhere.Calls()))
	}
	for _, caller := range callers {
		if h := ask(t, g, caller, "all", true); h.text != omega || h.header.Get("sluice-provider") != "eu-chat" {
			t.Errorf("%s: %d %s", caller, h.status, h.raw)
		}
		for _, model := range []string{"us-chat/m", "nowhere-chat/m"} {
			for _, head := range [][]string{nil, {"sluice-fallback", "us-messages/m"}} {
				h := ask(t, g, caller, model, false, head...)
				if h.status != unavailable(caller) || h.header.Get("sluice-error") != "no_healthy_target" || len(h.errors) != 1 || !strings.Contains(h.errors[0], "region") {
					t.Errorf("%s of %s: %d %s", model, caller, h.status, h.raw)
				}
			}
		}
	}
	eu.Script(func(c *testup.Call) { c.JSON(503, called(c).errorBody(503)) })
	for _, caller := range callers {
		if h := ask(t, g, caller, "all", true); len(h.errors) != 1 || h.header.Get("sluice-attempts") != "1" {
			t.Errorf("with the only one away: %d %s", h.status, h.raw)
		}
	}
	var made struct{ Secret string }
	if status := g.AdminPost("/api/v1/keys", `{"name":"far","regions":["ap"]}`, &made); status != 201 {
		t.Fatalf("a key: %d", status)
	}
	// Gateway and key must both allow it, and nothing is in eu and ap.
	if h := ask(t, g, "chat", "all", true, "Authorization", "Bearer "+made.Secret); h.status != 503 || h.header.Get("sluice-error") != "no_healthy_target" {
		t.Errorf("with a key for elsewhere: %d %s", h.status, h.raw)
	}
	if got := reached(); got != "0 8 0" {
		t.Errorf("calls to us, eu and nowhere: %s", got)
	}
}

// unavailable is the status with which a dialect says that nobody is there.
func unavailable(caller string) int {
	if caller == "messages" {
		return 529
	}
	return 503
}

// drain takes a target out of use, or lets it be used again.
func drain(t *testing.T, g *testgw.Gateway, method, provider string) {
	t.Helper()
	url, body := g.Admin+"/api/v1/drains", `{"provider":"`+provider+`"}`
	if method == "DELETE" {
		url, body = url+"?provider="+provider, ""
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	if resp, b := g.Do(r); resp.StatusCode >= 300 {
		t.Fatalf("%s: %d %s", method, resp.StatusCode, b)
	}
}

func TestADrainHoldsWithinASecond(t *testing.T) {
	one, two := testup.New(t, well), testup.New(t, well)
	g := start(t, "providers:\n"+provide("one", one.URL, "")+provide("two", two.URL, "")+"routes: { both: [ one-chat/m, two-chat/m ] }\n")
	serves(t, g, "one-chat")
	drain(t, g, "PUT", "one-chat")
	took := serves(t, g, "two-chat")
	if h := ask(t, g, "messages", "one-chat/m", true); h.status != unavailable("messages") || h.header.Get("sluice-error") != "no_healthy_target" {
		t.Errorf("by its own name: %d %s", h.status, h.raw)
	}
	drain(t, g, "DELETE", "one-chat")
	t.Logf("drained after %v, in use again after %v", took, serves(t, g, "one-chat"))
}

// serves waits until a provider serves the route "both", which is to take less than a
// second, and gives how long it took.
func serves(t *testing.T, g *testgw.Gateway, want string) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		got := ask(t, g, "chat", "both", false).header.Get("sluice-provider")
		if took := time.Since(began); got == want || took > slow*5*time.Second {
			if took > slow*time.Second {
				t.Errorf("%s serves after %v, and %s was to", got, took, want)
			}
			return took
		}
	}
}

func TestWhatIsTooLongOrRefusedForItsContentGoesToTargetsOfItsOwn(t *testing.T) {
	refusals := map[string]string{
		"long":  `{"error":{"message":"This model's maximum context length is 100 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}`,
		"bad":   `{"error":{"message":"Your request was rejected by our safety system.","type":"invalid_request_error","code":"content_policy_violation"}}`,
		"wrong": `{"error":{"message":"'messages' is wrong","type":"invalid_request_error"}}`,
	}
	config, one := "", testup.New(t, func(c *testup.Call) {
		for name, body := range refusals {
			if strings.Contains(string(c.Body), `"`+name+`"`) {
				c.JSON(400, body)
				return
			}
		}
	})
	two, other := testup.New(t, well), testup.New(t, func(c *testup.Call) { c.JSON(500, called(c).errorBody(500)) })
	config = "providers:\n" + provide("one", one.URL, "") + provide("two", two.URL, "") + provide("other", other.URL, "") + "routes:\n"
	for name := range refusals {
		config += fmt.Sprintf("  own-%s: { steps: [ { use: one-chat/%s, fallback: [ other-chat/m ], on_context_window: [ two-chat/m ], on_content_policy: [ two-messages/m ] } ] }\n", name, name)
	}
	g := start(t, config)
	for _, caller := range callers {
		for name, served := range map[string]string{"long": "two-chat", "bad": "two-messages", "wrong": ""} {
			h := ask(t, g, caller, "own-"+name, name != "wrong")
			e := g.Entry(h.id())
			if served == "" {
				if h.status != 400 || len(h.errors) != 1 || len(e.Attempts) != 1 || e.Attempts[0].Fault != "caller" {
					t.Errorf("%s of %s: %d %s; %s", name, caller, h.status, h.raw, told(&e))
				}
				continue
			}
			if h.text != omega || h.header.Get("sluice-provider") != served || len(e.Attempts) != 2 || e.Attempts[0].Status != 400 {
				t.Errorf("%s of %s: %d %s; %s", name, caller, h.status, h.raw, told(&e))
			}
		}
	}
	if n := len(other.Calls()); n > 0 {
		t.Errorf("the usual fallback was called %d times", n)
	}
}
