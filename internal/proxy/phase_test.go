package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func phaseNames(e *gateway.Entry) string {
	var names []string
	for _, p := range e.Phases {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

// sayHi is a vendor that answers every call alike.
func sayHi(c *testup.Call) {
	c.JSON(200, `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}`)
}

func TestAnEntryTellsWhatTheGatewaysTimeWentTo(t *testing.T) {
	for name, tt := range map[string]struct {
		gateway string
		want    []string // of the first call, and of an equal one
	}{
		"nothing of it":    {"{}", []string{"", ""}},
		"limits":           {"{ limits: [ { per: gateway, requests: 9/1m } ] }", []string{"limits", "limits"}},
		"a cache":          {"{ cache: { ttl: 5m } }", []string{"cache", "cache"}},
		"a cache, limits":  {"{ cache: { ttl: 5m }, limits: [ { per: gateway, requests: 9/1m } ] }", []string{"cache limits", "cache"}},
		"limits of a turn": {"{ limits: [ { per: provider, requests: 9/1m }, { per: gateway, requests: 9/1m } ] }", []string{"limits limits", "limits limits"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := start(t, sayHi, "gateways:\n  default: "+tt.gateway)
			for i, want := range tt.want {
				resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}`)
				if resp.StatusCode != 200 {
					t.Fatalf("%d %s", resp.StatusCode, b)
				}
				e := g.Entry(resp.Header.Get("sluice-request-id"))
				if got := phaseNames(&e); got != want {
					t.Errorf("call %d: %q, not %q", i, got, want)
				}
				inOrder(t, &e)
			}
		})
	}
}

// inOrder checks that phases follow one another and lie within the gateway's own time.
func inOrder(t *testing.T, e *gateway.Entry) {
	t.Helper()
	end, sum := int64(0), int64(0)
	for _, p := range e.Phases {
		if p.FromUS < end || p.TookUS < 0 {
			t.Errorf("%+v begins before the one before it has ended", e.Phases)
		}
		end, sum = p.FromUS+p.TookUS, sum+p.TookUS
	}
	if sum > e.OverheadUS.N {
		t.Errorf("%+v take longer than the %d µs that are the gateway's", e.Phases, e.OverheadUS.N)
	}
	if len(e.Attempts) == 1 && e.Time.UnixMicro()+end > e.Attempts[0].Started.UnixMicro()+1 {
		t.Errorf("%+v end behind the attempt's start, %v after %v", e.Phases, e.Attempts[0].Started, e.Time)
	}
}

func TestTheWaitInAQueueIsAPhaseOfItsOwn(t *testing.T) {
	g, release, _ := holdingVendor(t, `limits: [ { per: gateway, concurrent: 1, over: { queue: { wait: 30ms, max: 9 } } } ]`)
	first := make(chan struct{})
	go func() {
		g.Post("/v1/chat/completions", hi(""))
		close(first)
	}()
	for { // until the first one has the place
		var me struct{ Limits []struct{ Used int64 } }
		if askMe(t, g, &me); me.Limits[0].Used == 1 {
			break
		}
	}
	resp, _ := g.Post("/v1/chat/completions", hi(""))
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if got := phaseNames(&e); resp.StatusCode != 429 || got != "limits queue" || e.Phases[1].TookUS < 30_000 {
		t.Errorf("%d, %+v", resp.StatusCode, e.Phases)
	}
	inOrder(t, &e)
	release <- struct{}{}
	<-first
}

// What is written down of a path is what is documented, and nothing that a caller put there.
func TestAnEntryNamesItsEndpoint(t *testing.T) {
	g, _ := start(t, sayHi, "")
	for path, want := range map[string]string{
		"/v1/chat/completions":                             "POST /v1/chat/completions",
		"/gateways/default/v1/chat/completions":            "POST /v1/chat/completions",
		"/v1/images/edits":                                 "POST /v1/images/edits",
		"/v1beta/models/gpt-4o-mini:generateContent":       "POST /v1beta/models/{model}:generateContent",
		"/v1beta/models/gpt-4o-mini:streamGenerateContent": "POST /v1beta/models/{model}:streamGenerateContent",
		"/v1/responses/resp_1/cancel":                      "POST /v1/responses/{id}/cancel",
		"/providers/openai/v1/chat/completions":            "POST /providers/{provider}/v1/chat/completions",
		"/providers/openai/v1/unknown/of-the-callers-own":  "/providers/{provider}/…",
		"/v1/no-such-path-with-a-secret":                   "",
		"/v1/messages":                                     "POST /v1/messages",
		"/model/gpt-4o-mini/converse":                      "POST /model/{model}/converse",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL+path, strings.NewReader(`{"model":"openai/gpt-4o-mini","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testgw.Key)
		r.Header.Set("Content-Type", "application/json")
		resp, _ := g.Do(r)
		if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Endpoint != want {
			t.Errorf("%s (%d): %q, not %q", path, resp.StatusCode, e.Endpoint, want)
		}
	}
}
