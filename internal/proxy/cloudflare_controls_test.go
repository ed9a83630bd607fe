package proxy_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestEachOfCloudflaresHeadersIsObeyedOrRefusedByName(t *testing.T) {
	g, u := fromCloudflare(t, vendorWould, "gateways: { default: { controls: [metadata, timeout-ms, provider, credential, log, cache, cache-key] }, strict: { controls: [] } }\n")
	const span = "4bf92f3577b34da6a3ce929d0e0e4736"
	for name, c := range map[string]struct {
		gateway string
		header  []string
		status  int
		code    string
	}{
		"metadata":                     {"default", []string{"cf-aig-metadata", `{"team":"a","n":1,"b":true}`}, 200, ""},
		"metadata, no object":          {"default", []string{"cf-aig-metadata", `[]`}, 400, "invalid_request"},
		"metadata, twice":              {"default", []string{"cf-aig-metadata", `{}`, "cf-aig-metadata", `{}`}, 400, "invalid_request"},
		"metadata, in both spellings":  {"default", []string{"cf-aig-metadata", `{}`, "sluice-metadata", `{}`}, 400, "invalid_request"},
		"metadata, forbidden":          {"strict", []string{"cf-aig-metadata", `{}`}, 403, "forbidden"},
		"time-out":                     {"default", []string{"cf-aig-request-timeout", "5000"}, 200, ""},
		"time-out, zero":               {"default", []string{"cf-aig-request-timeout", "0"}, 400, "invalid_request"},
		"time-out, a duration":         {"default", []string{"cf-aig-request-timeout", "5s"}, 400, "invalid_request"},
		"time-out, overflowing":        {"default", []string{"cf-aig-request-timeout", "99999999999999999999"}, 400, "invalid_request"},
		"time-out, forbidden":          {"strict", []string{"cf-aig-request-timeout", "5000"}, 403, "forbidden"},
		"attempts":                     {"default", []string{"cf-aig-max-attempts", "5"}, 200, ""},
		"attempts, none":               {"default", []string{"cf-aig-max-attempts", "0"}, 400, "invalid_request"},
		"attempts, six":                {"default", []string{"cf-aig-max-attempts", "6"}, 400, "invalid_request"},
		"delay":                        {"default", []string{"cf-aig-retry-delay", "5000"}, 200, ""},
		"delay, none":                  {"default", []string{"cf-aig-retry-delay", "0"}, 200, ""},
		"delay, too long":              {"default", []string{"cf-aig-retry-delay", "5001"}, 400, "invalid_request"},
		"backoff":                      {"default", []string{"cf-aig-backoff", "linear"}, 200, ""},
		"backoff, unknown":             {"default", []string{"cf-aig-backoff", "quadratic"}, 400, "invalid_request"},
		"cache ttl":                    {"strict", []string{"cf-aig-cache-ttl", "3600"}, 403, "forbidden"},
		"cache ttl, off":               {"strict", []string{"cf-aig-cache-ttl", "0"}, 403, "forbidden"},
		"cache ttl, negative":          {"default", []string{"cf-aig-cache-ttl", "-1"}, 400, "invalid_request"},
		"cache ttl, old":               {"default", []string{"cf-cache-ttl", "60"}, 200, ""},
		"cache ttl, old, malformed":    {"default", []string{"cf-cache-ttl", "1h"}, 400, "invalid_request"},
		"skip cache":                   {"strict", []string{"cf-aig-skip-cache", "true"}, 403, "forbidden"},
		"skip cache, old":              {"default", []string{"cf-skip-cache", "false"}, 200, ""},
		"skip cache, malformed":        {"default", []string{"cf-aig-skip-cache", "1"}, 400, "invalid_request"},
		"cache key":                    {"strict", []string{"cf-aig-cache-key", "k1"}, 403, "forbidden"},
		"cache key, empty":             {"default", []string{"cf-aig-cache-key", ""}, 400, "invalid_request"},
		"log":                          {"strict", []string{"cf-aig-collect-log", "true"}, 200, ""},
		"no log":                       {"default", []string{"cf-aig-collect-log", "false"}, 200, ""},
		"no log, forbidden":            {"strict", []string{"cf-aig-collect-log", "false"}, 403, "forbidden"},
		"no log, malformed":            {"default", []string{"cf-aig-collect-log", "no"}, 400, "invalid_request"},
		"no log, in both spellings":    {"default", []string{"cf-aig-collect-log", "false", "sluice-log", "full"}, 400, "invalid_request"},
		"no payload":                   {"default", []string{"cf-aig-collect-log-payload", "false"}, 200, ""},
		"no payload, forbidden":        {"strict", []string{"cf-aig-collect-log-payload", "false"}, 403, "forbidden"},
		"event":                        {"default", []string{"cf-aig-event-id", "e-1"}, 200, ""},
		"event, too long":              {"default", []string{"cf-aig-event-id", strings.Repeat("e", 257)}, 400, "invalid_request"},
		"session":                      {"default", []string{"cf-aig-session-id", "s-1"}, 200, ""},
		"a stored key":                 {"default", []string{"cf-aig-byok-alias", "default"}, 200, ""},
		"a stored key, unknown":        {"default", []string{"cf-aig-byok-alias", "nobody"}, 400, "invalid_request"},
		"a stored key, forbidden":      {"strict", []string{"cf-aig-byok-alias", "default"}, 403, "forbidden"},
		"no wholesale":                 {"strict", []string{"cf-aig-no-wholesale", "true"}, 200, ""},
		"no wholesale, malformed":      {"strict", []string{"cf-aig-no-wholesale", "yes"}, 400, "invalid_request"},
		"zdr":                          {"default", []string{"cf-aig-zdr", "true"}, 400, "unsupported_parameter"},
		"zdr, off":                     {"default", []string{"cf-aig-zdr", "false"}, 200, ""},
		"trace":                        {"default", []string{"cf-aig-otel-trace-id", span, "cf-aig-otel-parent-span-id", span[:16]}, 200, ""},
		"trace, too short":             {"default", []string{"cf-aig-otel-trace-id", span[:31]}, 400, "invalid_request"},
		"trace, none":                  {"default", []string{"cf-aig-otel-trace-id", strings.Repeat("0", 32)}, 400, "invalid_request"},
		"trace, in both spellings":     {"default", []string{"cf-aig-otel-trace-id", span, "traceparent", "00-" + span + "-" + span[:16] + "-01"}, 400, "invalid_request"},
		"span, malformed":              {"default", []string{"cf-aig-otel-parent-span-id", "x"}, 400, "invalid_request"},
		"a price":                      {"default", []string{"cf-aig-custom-cost", `{"per_token_in":0}`}, 400, "unsupported_parameter"},
		"a gateway":                    {"default", []string{"cf-aig-gateway-id", "default"}, 400, "unsupported_parameter"},
		"the auto router's models":     {"default", []string{"cf-aig-allowed-models", "a/*"}, 400, "unsupported_parameter"},
		"the auto router's providers":  {"default", []string{"cf-aig-allowed-providers", "a"}, 400, "unsupported_parameter"},
		"the auto router's turn":       {"default", []string{"cf-aig-turn-id", "a"}, 400, "unsupported_parameter"},
		"the auto router's affinity":   {"default", []string{"cf-aig-no-session-affinity", "true"}, 400, "unsupported_parameter"},
		"unknown":                      {"default", []string{"cf-aig-cahce-ttl", "1"}, 400, "invalid_request"},
		"unknown, an answer's header":  {"default", []string{"cf-aig-step", "1"}, 400, "invalid_request"},
		"what a CDN adds is no matter": {"strict", []string{"cf-ray", "8f", "cf-connecting-ip", "192.0.2.1", "cf-ipcountry", "PT"}, 200, ""},
	} {
		before := len(u.Calls())
		for _, path := range []string{"/v1/a/" + c.gateway + "/openai/chat/completions", "/gateways/" + c.gateway + "/v1/chat/completions"} {
			resp, b := g.Do(with(g, "POST", path, `{"model":"openai/gpt-4o-mini","messages":[]}`, c.header...))
			if resp.StatusCode != c.status || resp.Header.Get("sluice-error") != c.code {
				t.Errorf("%s, %s: %d %s %s", name, path, resp.StatusCode, resp.Header.Get("sluice-error"), b)
			}
			if c.code != "" {
				if len(u.Calls()) != before {
					t.Errorf("%s: it reached the vendor", name)
				}
				if !strings.Contains(string(b), c.header[0]) && name != "a stored key, unknown" {
					t.Errorf("%s: the header is not named: %s", name, b)
				}
				continue
			}
			for h := range u.Last().Header {
				if strings.HasPrefix(h, "Cf-") {
					t.Errorf("%s: the vendor saw %s", name, h)
				}
			}
		}
	}
}

func TestWhatCloudflaresHeadersSayStandsInTheEntry(t *testing.T) {
	g, _ := fromCloudflare(t, vendorWould, "gateways: { default: { controls: [metadata, log] } }\n")
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	path, body := "/v1/a/default/openai/chat/completions", `{"model":"gpt-4o-mini","messages":[],"user":"u-1"}`
	resp, _ := g.Do(with(g, "POST", path, body, "cf-aig-metadata", `{"team":"a","n":1}`, "cf-aig-event-id", "e-1", "cf-aig-session-id", "s-1", "cf-aig-otel-trace-id", trace))
	e := g.Entry(resp.Header.Get("cf-aig-log-id"))
	var m map[string]any
	if err := json.Unmarshal(e.Metadata, &m); err != nil || m["team"] != "a" || m["n"] != 1.0 || m["event_id"] != "e-1" || m["session_id"] != "s-1" || len(m) != 4 {
		t.Errorf("metadata %s, %v", e.Metadata, err)
	}
	if e.TraceID != trace {
		t.Errorf("trace %q", e.TraceID)
	}
	resp, _ = g.Do(with(g, "POST", path, body, "cf-aig-metadata", `{"event_id":"own"}`, "cf-aig-event-id", "e-2"))
	if e := g.Entry(resp.Header.Get("cf-aig-log-id")); string(e.Metadata) != `{"event_id":"own"}` || resp.Header.Get("cf-aig-event-id") != "e-2" {
		t.Errorf("metadata %s", e.Metadata)
	}
	for name, c := range map[string]struct {
		header       []string
		bodies, user bool
	}{
		"all":        {nil, true, true},
		"as it is":   {[]string{"cf-aig-collect-log", "true"}, true, true},
		"no payload": {[]string{"cf-aig-collect-log-payload", "false"}, false, true},
		"no log":     {[]string{"cf-aig-collect-log", "false"}, false, false},
		"neither":    {[]string{"cf-aig-collect-log", "false", "cf-aig-collect-log-payload", "false"}, false, false},
	} {
		resp, _ := g.Do(with(g, "POST", path, body, c.header...))
		id := resp.Header.Get("cf-aig-log-id")
		e := g.Entry(id)
		var shown map[string]json.RawMessage
		g.AdminGet("/api/v1/entries/"+id, &shown)
		if kept := strings.Contains(string(shown["bodies"])+string(shown["request"]), "gpt-4o-mini"); kept != c.bodies || (e.User == "u-1") != c.user {
			t.Errorf("%s: bodies kept %v, user %q", name, kept, e.User)
		}
	}
}

func TestACallerSaysHowOftenAndHowFarApartATargetIsTried(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		tries  int
		least  time.Duration
	}{
		"the provider's policy": {nil, 2, 0},
		"once":                  {[]string{"cf-aig-max-attempts", "1"}, 1, 0},
		"three times, constant": {[]string{"cf-aig-max-attempts", "3", "cf-aig-retry-delay", "30"}, 3, 60 * time.Millisecond},
		"linear":                {[]string{"cf-aig-max-attempts", "3", "cf-aig-retry-delay", "30", "cf-aig-backoff", "linear"}, 3, 90 * time.Millisecond},
		"exponential":           {[]string{"cf-aig-max-attempts", "4", "cf-aig-retry-delay", "20", "cf-aig-backoff", "exponential"}, 4, 140 * time.Millisecond},
	} {
		u := testup.New(t, func(c *testup.Call) { c.JSON(500, `{"error":{"message":"down"}}`) })
		g := provider(t, u.URL, "api_key: env:VENDOR_KEY, retries: { max: 1, backoff: { first: 1ms, max: 2ms } }")
		began := time.Now()
		resp, b := g.Do(with(g, "POST", "/v1/a/default/openai/chat/completions", `{"model":"m","messages":[]}`, c.header...))
		if took := time.Since(began); resp.StatusCode != 502 || len(u.Calls()) != c.tries || took < c.least {
			t.Errorf("%s: %d after %v, %d tries: %s", name, resp.StatusCode, took, len(u.Calls()), b)
		}
	}
}

func TestTheTimeOutOfACallEndsWithTheFirstByte(t *testing.T) {
	wait := make(chan struct{})
	u := testup.New(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), "slow") {
			<-c.Gone()
			return
		}
		c.Stream(func(i int) {
			if i == 1 {
				<-wait
			}
		}, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"One\"}}]}\n\n", "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	})
	g := provider(t, u.URL, "api_key: env:VENDOR_KEY, retries: { max: 0 }")
	path := "/v1/a/default/openai/chat/completions"
	resp, b := g.Do(with(g, "POST", path, `{"model":"slow","messages":[]}`, "cf-aig-request-timeout", "40"))
	if resp.StatusCode != http.StatusGatewayTimeout || resp.Header.Get("sluice-error") != "upstream_timeout" || !strings.Contains(string(b), "cf-aig-request-timeout") {
		t.Errorf("%d %s %s", resp.StatusCode, resp.Header.Get("sluice-error"), b)
	}
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if len(e.Attempts) != 1 || e.Attempts[0].Fault != "timeout" {
		t.Errorf("attempts %+v", e.Attempts)
	}
	r := with(g, "POST", path, `{"model":"m","stream":true,"messages":[]}`, "cf-aig-request-timeout", "3000")
	late := time.AfterFunc(4*time.Second, func() { close(wait) })
	defer late.Stop()
	resp, b = g.Do(r)
	if resp.StatusCode != 200 || !strings.Contains(string(b), "[DONE]") {
		t.Errorf("a stream that had begun: %d %s", resp.StatusCode, b)
	}
}
