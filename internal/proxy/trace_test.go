package proxy_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestTraceContextGoesToListedProvidersAlone(t *testing.T) {
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for name, c := range map[string]struct {
		telemetry, otlp string
		headers         []string
		want            func(h http.Header) bool
	}{
		"not listed": {"{ }", "", []string{"traceparent", parent, "tracestate", "a=1", "baggage", "k=v"}, func(h http.Header) bool {
			return h.Get("Traceparent")+h.Get("Tracestate")+h.Get("Baggage") == ""
		}},
		"listed, and calls make no spans": {"{ propagate: [ up ] }", "", []string{"traceparent", parent, "tracestate", "a=1", "baggage", "k=v"}, func(h http.Header) bool {
			return h.Get("Traceparent") == parent && h.Get("Tracestate") == "a=1" && h.Get("Baggage") == "k=v"
		}},
		"listed, and there is no trace": {"{ propagate: [ up ] }", "", nil, func(h http.Header) bool { return h.Get("Traceparent") == "" }},
		"listed, and calls make spans": {"{ propagate: 'u*' }", `telemetry: { otlp: { endpoint: "http://127.0.0.1:1", signals: traces } }`, []string{"traceparent", parent}, func(h http.Header) bool {
			v := h.Get("Traceparent")
			return len(v) == 55 && strings.HasPrefix(v, "00-"+trace+"-") && strings.HasSuffix(v, "-01") && !strings.Contains(v, "00f067aa0ba902b7")
		}},
		"listed, and the call begins the trace": {"{ propagate: up, ratio: 0 }", `telemetry: { otlp: { endpoint: "http://127.0.0.1:1", signals: traces } }`, []string{"baggage", strings.Repeat("x", 9000)}, func(h http.Header) bool {
			return len(h.Get("Traceparent")) == 55 && strings.HasSuffix(h.Get("Traceparent"), "-00") && h.Get("Baggage") == ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			u := testup.New(t, answerChat)
			g := testgw.Start(t, "providers: { up: { kind: openai-compatible, base_url: "+u.URL+" } }\ngateways: { default: { telemetry: "+c.telemetry+" } }\n"+c.otlp)
			r := g.Request("POST", "/v1/chat/completions", []byte(`{"model":"up/m","messages":[]}`))
			for i := 0; i < len(c.headers); i += 2 {
				r.Header.Set(c.headers[i], c.headers[i+1])
			}
			resp, _ := g.Do(r)
			got := u.Last().Header
			if !c.want(got) {
				t.Errorf("the provider was sent %v", got)
			}
			var told uint64
			if v := got.Get("Traceparent"); c.otlp != "" && v != "" {
				told, _ = strconv.ParseUint(v[36:52], 16, 64)
			}
			if a := g.Entry(resp.Header.Get("sluice-request-id")).Attempts; len(a) != 1 || a[0].Span != gateway.SpanID(told) {
				t.Errorf("the entry has the attempts %+v, the provider was told the span %x", a, told)
			}
		})
	}
}
