package otlp_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

const question = `{"model":"sandbox/echo","temperature":0.25,"top_p":1,"max_tokens":64,"seed":7,"n":1,"stop":["END"],"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"say a secret word"}]}`

// ask makes a call with headers and gives its id.
func ask(t *testing.T, g *testgw.Gateway, path, body string, headers ...string) (id string, status int) {
	t.Helper()
	r := g.Request("POST", path, []byte(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, _ := g.Do(r)
	return resp.Header.Get("Sluice-Request-Id"), resp.StatusCode
}

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestACallIsASpanWithItsAttemptsInTheCallersTrace(t *testing.T) {
	for _, protocol := range []string{"http", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			endpoint := map[string]func() string{"http": r.http, "grpc": r.grpc}[protocol]()
			g := testgw.StartWith(t, testgw.Options{
				Env: map[string]string{"TOKEN": "Bearer t0ken"},
				Config: fmt.Sprintf(`
telemetry:
  resource: { deployment.environment.name: test }
  otlp: { endpoint: %q, protocol: %s, compression: gzip, headers: { authorization: env:TOKEN, x-team: search } }
  metrics: { every: 1s }
`, endpoint, protocol),
			})
			id, _ := ask(t, g, "/v1/chat/completions", question, "traceparent", parent, "tracestate", "vendor=1", "x-session-id", "s-1")
			server, attempts := r.call(id)
			if got := hex.EncodeToString(server.TraceId); got != "4bf92f3577b34da6a3ce929d0e0e4736" || got != g.Entry(id).TraceID {
				t.Errorf("trace %s, of the entry %s", got, g.Entry(id).TraceID)
			}
			if hex.EncodeToString(server.ParentSpanId) != "00f067aa0ba902b7" || server.TraceState != "vendor=1" || server.Name != "chat sandbox/echo" || server.Status != nil || server.Flags&1 == 0 {
				t.Errorf("span %v", server)
			}
			have := attributesOf(server.Attributes)
			for name, want := range map[string]string{
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "sandbox/echo", "gen_ai.provider.name": "sandbox", "gen_ai.conversation.id": "s-1",
				"http.request.method": "POST", "http.route": "/v1/chat/completions", "url.scheme": "http", "sluice.gateway": "default", "sluice.workspace": "default",
			} {
				if got := have[name].GetStringValue(); got != want {
					t.Errorf("%s is %q, not %q", name, got, want)
				}
			}
			for _, name := range []string{"gen_ai.response.id", "gen_ai.response.model", "gen_ai.response.finish_reasons", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "sluice.key_id"} {
				if have[name] == nil {
					t.Errorf("%s is missing", name)
				}
			}
			if have["gen_ai.request.temperature"].GetDoubleValue() != 0.25 || have["gen_ai.request.max_tokens"].GetIntValue() != 64 || have["gen_ai.request.seed"].GetIntValue() != 7 ||
				have["gen_ai.request.stop_sequences"] != nil || have["http.response.status_code"].GetIntValue() != 200 {
				t.Errorf("attributes %v", server.Attributes)
			}
			if len(attempts) != 1 || attributesOf(attempts[0].Attributes)["sluice.provider"].GetStringValue() != "sandbox" {
				t.Errorf("attempts %v", attempts)
			}
			for _, s := range append(attempts, server) {
				if strings.Contains(s.String(), "secret word") || strings.Contains(s.String(), testgw.Key) {
					t.Errorf("a prompt or key stands in %v", s)
				}
			}
			r.until("metrics and log", func() bool {
				return r.metrics["sluice_requests_total"] != nil && r.metrics["gen_ai.client.token.usage"] != nil && r.metrics["gen_ai.client.operation.duration"] != nil && len(r.logs) > 0
			})
			r.mu.Lock() // it goes on taking what comes
			usage, duration := r.metrics["gen_ai.client.token.usage"], r.metrics["gen_ai.client.operation.duration"]
			headers, packed := slices.Clone(r.headers), r.packed
			r.mu.Unlock()
			if usage.Unit != "{token}" || duration.Unit != "s" {
				t.Errorf("units %q %q", usage.Unit, duration.Unit)
			}
			histogram(t, usage, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.token.type")
			histogram(t, duration, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model")
			for _, h := range headers {
				if h.Get("Authorization") != "Bearer t0ken" || h.Get("X-Team") != "search" {
					t.Errorf("headers %v", h)
				}
			}
			if protocol == "http" && !packed {
				t.Error("nothing is packed")
			}
		})
	}
}

// histogram checks the attributes of all points.
func histogram(t *testing.T, m *metricspb.Metric, names ...string) {
	t.Helper()
	points := m.GetHistogram().GetDataPoints()
	if len(points) == 0 || m.GetHistogram().AggregationTemporality != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
		t.Fatalf("%s is %v", m.Name, m)
	}
	for _, p := range points {
		have := attributesOf(p.Attributes)
		for _, name := range names {
			if have[name].GetStringValue() == "" {
				t.Errorf("%s has a point without %s: %v", m.Name, name, p.Attributes)
			}
		}
		if p.Count == 0 || len(have) != len(names) {
			t.Errorf("%s has the point %v", m.Name, p)
		}
	}
}

func TestAStreamTellsItsMilestonesAndAFailureItsFaults(t *testing.T) {
	r := newReceiver(t)
	g := testgw.Start(t, fmt.Sprintf(`
providers:
  sandbox: { }
  broken: { kind: sandbox, failure: { rate: 1, status: 503 }, retries: { max: 1, backoff: { first: 1ms, max: 1ms } } }
routes: { best: [ broken/echo, sandbox/echo ] }
telemetry: { otlp: { endpoint: %q, signals: traces } }
`, r.http()))
	id, _ := ask(t, g, "/v1/chat/completions", `{"model":"best","stream":true,"messages":[{"role":"user","content":"go on"}]}`)
	server, attempts := r.call(id)
	have := attributesOf(server.Attributes)
	if entry := g.Entry(id); hex.EncodeToString(server.TraceId) != entry.TraceID || entry.TraceID != strings.ReplaceAll(id, "-", "") || len(server.ParentSpanId) > 0 {
		t.Errorf("trace %x of the entry's %s", server.TraceId, entry.TraceID)
	}
	if !have["gen_ai.request.stream"].GetBoolValue() || have["gen_ai.response.time_to_first_chunk"] == nil || have["sluice.route"].GetStringValue() != "best" || server.Name != "chat best" || server.Status != nil {
		t.Errorf("span %v", server)
	}
	last := attempts[len(attempts)-1]
	var events []string
	for _, e := range last.Events {
		events = append(events, e.Name)
	}
	if !strings.Contains(strings.Join(events, " "), "sluice.first_byte sluice.first_token") || last.Status != nil {
		t.Errorf("events %v, status %v", events, last.Status)
	}
	if len(attempts) < 2 {
		t.Fatalf("attempts %v", attempts)
	}
	first := attributesOf(attempts[0].Attributes)
	if attempts[0].Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || first["error.type"].GetStringValue() == "" || first["http.response.status_code"].GetIntValue() != 503 || first["sluice.provider"].GetStringValue() != "broken" {
		t.Errorf("the failed attempt is %v", attempts[0])
	}
	if n := attributesOf(last.Attributes)["http.request.resend_count"].GetIntValue(); n != int64(len(attempts)-1) {
		t.Errorf("the last of %d attempts says %d", len(attempts), n)
	}
}

func TestSamplingFollowsTheCallerAndKeepsWhatFailed(t *testing.T) {
	r := newReceiver(t)
	g := testgw.Start(t, fmt.Sprintf(`
providers:
  sandbox: { }
  broken: { kind: sandbox, failure: { rate: 1, status: 500 }, retries: { max: 0 } }
gateways:
  default: { }
  silent: { telemetry: { traces: false } }
  deaf: { telemetry: { ratio: 1 } }
telemetry: { otlp: { endpoint: %q, signals: traces }, traces: { ratio: 0 } }
`, r.http()))
	unsampled := strings.TrimSuffix(parent, "01") + "00"
	for name, c := range map[string]struct {
		path, model, parent string
		kept                bool
	}{
		"nobody decided":               {"/v1/chat/completions", "sandbox/echo", "", false},
		"the caller decided for it":    {"/v1/chat/completions", "sandbox/echo", parent, true},
		"the caller decided against":   {"/v1/chat/completions", "sandbox/echo", unsampled, false},
		"it failed":                    {"/v1/chat/completions", "broken/echo", unsampled, true},
		"it was refused":               {"/v1/chat/completions", "nobody/echo", "", true},
		"the gateway makes none":       {"/gateways/silent/v1/chat/completions", "broken/echo", parent, false},
		"the gateway has its own lots": {"/gateways/deaf/v1/chat/completions", "sandbox/echo", "", true},
	} {
		var headers []string
		if c.parent != "" {
			headers = []string{"traceparent", c.parent}
		}
		id, _ := ask(t, g, c.path, fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}]}`, c.model), headers...)
		if c.kept {
			r.call(id)
			continue
		}
		marker, _ := ask(t, g, "/v1/chat/completions", question, "traceparent", parent)
		r.call(marker) // behind it in every queue
		r.mu.Lock()
		for _, s := range r.spans {
			if attributesOf(s.Attributes)["sluice.call.id"].GetStringValue() == id {
				t.Errorf("%s, and yet there is a span", name)
			}
		}
		r.mu.Unlock()
	}
}

func TestContentStandsInSpansByPolicyAlone(t *testing.T) {
	r := newReceiver(t)
	g := testgw.Start(t, fmt.Sprintf(`
gateways:
  default: { log: { max_body: 64KiB }, controls: [ log ] }
  plain: { telemetry: { content: full } }
  mute: { telemetry: { content: none } }
telemetry: { otlp: { endpoint: %q, signals: traces }, traces: { content: redacted, max_content: 512B } }
`, r.http()))
	key := "sk-proj-" + strings.Repeat("a1B2", 12)
	body := fmt.Sprintf(`{"model":"sandbox/echo","stop":["END"],"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"my key is %s"}]}`, key)
	content := func(path, body string, headers ...string) map[string]string {
		id, _ := ask(t, g, path, body, headers...)
		server, _ := r.call(id)
		out := map[string]string{}
		for name, v := range attributesOf(server.Attributes) {
			if strings.HasPrefix(name, "gen_ai.input") || strings.HasPrefix(name, "gen_ai.output") || name == "gen_ai.system_instructions" || name == "gen_ai.request.stop_sequences" {
				out[name] = v.GetStringValue()
			}
		}
		if attributesOf(server.Attributes)["sluice.content.truncated"].GetBoolValue() {
			out["cut"] = "true"
		}
		return out
	}
	for path, want := range map[string]int{"/v1/chat/completions": 4, "/gateways/plain/v1/chat/completions": 4, "/gateways/mute/v1/chat/completions": 0} {
		got := content(path, body)
		if len(got) != want {
			t.Fatalf("%s: %v", path, got)
		}
		if want == 0 {
			continue
		}
		var in []struct {
			Role  string
			Parts []struct{ Type, Content string }
		}
		if err := json.Unmarshal([]byte(got["gen_ai.input.messages"]), &in); err != nil || len(in) != 1 || in[0].Role != "user" || in[0].Parts[0].Type != "text" || !strings.HasPrefix(in[0].Parts[0].Content, "my key is ") {
			t.Errorf("%s: %v of %s", path, err, got["gen_ai.input.messages"])
		}
		if shown := strings.Contains(got["gen_ai.input.messages"], key); shown != strings.Contains(path, "plain") {
			t.Errorf("%s: the key is shown: %v", path, shown)
		}
		if !strings.Contains(got["gen_ai.output.messages"], `"role":"assistant"`) || !strings.Contains(got["gen_ai.system_instructions"], "Be kind.") {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := content("/v1/chat/completions", body, "sluice-log", "metadata"); len(got) != 0 {
		t.Errorf("the caller wanted nothing kept, and there is %v", got)
	}
	long := content("/v1/chat/completions", `{"model":"sandbox/echo","stream":true,"messages":[{"role":"user","content":"`+strings.Repeat("word ", 400)+`"}]}`)
	if long["cut"] == "" || len(long["gen_ai.input.messages"]) > 600 || len(long["gen_ai.output.messages"]) > 600 || long["gen_ai.output.messages"] == "" {
		t.Errorf("a long one is %v", long)
	}
}

func TestADestinationThatIsAwayDropsAndCountsAndDelaysNothing(t *testing.T) {
	r := newReceiver(t)
	r.refuse = true
	g := testgw.Start(t, fmt.Sprintf(`
telemetry:
  otlp:
    - { name: refuses, endpoint: %q, signals: traces, queue: 1 }
    - { name: away, endpoint: "http://127.0.0.1:1", signals: [ traces, logs ], queue: 1, timeout: 100ms }
`, r.http()))
	for range 30 {
		if _, status := ask(t, g, "/v1/chat/completions", question); status != 200 {
			t.Fatalf("status %d", status)
		}
	}
	r.until("attempt to send", func() bool { return len(r.headers) > 0 })
	eventually(t, "drops are counted", func() bool {
		text := scrape(t, g)
		for _, name := range []string{"refuses", "away"} {
			series := fmt.Sprintf(`sluice_otel_dropped_total{destination=%q,reason="failed",signal="traces"} `, name)
			if !strings.Contains(text, series) || strings.Contains(text, series+"0\n") {
				return false
			}
		}
		return true
	})
	if !g.Log.Has("a destination of OTLP does not take what it is sent") {
		t.Error("nobody was told")
	}
}

func scrape(t *testing.T, g *testgw.Gateway) string {
	t.Helper()
	resp, err := http.Get(g.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// eventually waits until something holds that nobody tells of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, late := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("never: " + what)
		}
	}
}
