package otlp_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func dropped(reason string, n int) string {
	return fmt.Sprintf(`sluice_otel_dropped_total{destination="otlp",reason=%q,signal="traces"} %d`+"\n", reason, n)
}

func TestWhatADestinationTakesForWrongIsCountedAndNotSentAgain(t *testing.T) {
	for _, protocol := range []string{"http", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			r.wrong = 1
			endpoint := map[string]func() string{"http": r.http, "grpc": r.grpc}[protocol]()
			g := testgw.Start(t, fmt.Sprintf(`telemetry: { otlp: { endpoint: %q, protocol: %s, signals: traces } }`, endpoint, protocol))
			id, _ := ask(t, g, "/v1/chat/completions", question)
			r.call(id)
			eventually(t, "the rejected span is counted", func() bool { return strings.Contains(scrape(t, g), dropped("rejected", 1)) })
			text := scrape(t, g)
			if !strings.Contains(text, dropped("failed", 0)) {
				t.Error("it counts as not sent")
			}
			if !g.Log.Has("does not take all that it is sent") || !g.Log.Has("too old") {
				t.Error("nobody is told why")
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.spans) != 2 {
				t.Errorf("%d spans came, not those of one call", len(r.spans))
			}
		})
	}
}

func TestADestinationThatAsksForTimeGetsEverythingLater(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	var tries atomic.Int64
	r.before = func(w http.ResponseWriter, _ *http.Request) bool {
		n := tries.Add(1)
		if n <= 2 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(map[int64]int{1: http.StatusTooManyRequests, 2: http.StatusServiceUnavailable}[n])
		}
		return n <= 2
	}
	g := testgw.Start(t, fmt.Sprintf(`telemetry: { otlp: { endpoint: %q, signals: traces, timeout: 30s } }`, r.http()))
	began := time.Now()
	id, _ := ask(t, g, "/v1/chat/completions", question)
	r.call(id)
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("it was asked again after %s", took)
	}
	if text := scrape(t, g); !strings.Contains(text, dropped("failed", 0)) {
		t.Error("something was dropped")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.spans) != 2 {
		t.Errorf("%d spans came", len(r.spans))
	}
}

func TestADestinationThatNeverAnswersIsGivenUpAndNobodyWaits(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	hangs, let := make(chan struct{}, 100), make(chan struct{})
	r.before = func(_ http.ResponseWriter, q *http.Request) bool {
		hangs <- struct{}{}
		select {
		case <-q.Context().Done():
		case <-let:
		}
		return true
	}
	endpoint := r.http()
	t.Cleanup(func() { close(let) }) // before the server is closed
	g := testgw.Start(t, fmt.Sprintf(`telemetry: { otlp: { endpoint: %q, signals: traces, timeout: 200ms } }`, endpoint))
	if _, status := ask(t, g, "/v1/chat/completions", question); status != 200 {
		t.Fatalf("status %d", status)
	}
	<-hangs
	if _, status := ask(t, g, "/v1/chat/completions", question); status != 200 {
		t.Errorf("status %d while it hangs", status)
	}
	eventually(t, "both calls are given up", func() bool { return strings.Contains(scrape(t, g), dropped("failed", 2)) })
	if err := g.Stop(); err != nil {
		t.Error(err)
	}
}

// A caller's bytes that are no text must not keep other callers' spans from being sent.
func TestNoCallerKeepsABatchFromBeingSent(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http", "grpc"} {
		r := newReceiver(t)
		endpoint := map[string]func() string{"http": r.http, "grpc": r.grpc}[protocol]()
		g := testgw.Start(t, fmt.Sprintf(`
gateways: { default: { controls: [ metadata, cache ] } }
telemetry: { otlp: { endpoint: %q, protocol: %s, signals: traces } }
`, endpoint, protocol))
		var ids []string
		for _, body := range []string{
			"{\"model\":\"sandbox/echo\",\"stop\":[\"\xff\xfe\"],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
			`{"model":"sandbox/echo","stop":["\ud800"],"messages":[{"role":"user","content":"hi"}]}`,
			"{\"model\":\"sandbox/\xff\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
			`{"model":"sandbox/\udc00","messages":[{"role":"user","content":"hi"}]}`,
			`{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`,
		} {
			id, status := ask(t, g, "/v1/chat/completions", body, "user-agent", "\xff\xfe", "x-session-id", "\xc3\x28", "sluice-metadata", "{\"session\":\"\xff\"}", "tracestate", "a=\xff")
			t.Logf("%q: status %d", body[:40], status)
			ids = append(ids, id)
		}
		for _, id := range ids {
			if id != "" {
				r.call(id)
			}
		}
	}
}

func TestSlowAndDearCallsAreKeptWhateverWasDrawn(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	g := testgw.Start(t, fmt.Sprintf(`
providers:
  sandbox: { models: { echo: { price: { input: 1, output: 1 } }, long: { price: { input: 1000000, output: 1000000 } } } }
telemetry: { otlp: { endpoint: %q, signals: traces }, traces: { ratio: 0, slow: 900ms, cost: 0.50 } }
`, r.http()))
	for model, kept := range map[string]bool{"sandbox/echo": false, "sandbox/echo?latency=1s": true, "sandbox/long": true} {
		id, status := ask(t, g, "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"a few words"}]}`, model))
		if status != 200 {
			t.Fatalf("%s: status %d", model, status)
		}
		if kept {
			server, _ := r.call(id)
			if server.Flags&1 != 0 {
				t.Errorf("%s: its flags say that it was sampled", model)
			}
			continue
		}
		marker, _ := ask(t, g, "/v1/chat/completions", question, "traceparent", parent)
		r.call(marker)
		r.mu.Lock()
		for _, s := range r.spans {
			took := time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano)
			if attributesOf(s.Attributes)["sluice.call.id"].GetStringValue() == id && took < 900*time.Millisecond { // a halting machine makes any call slow
				t.Errorf("%s is kept, which took %v", model, took)
			}
		}
		r.mu.Unlock()
	}
}

func TestCloudflaresTraceHeadersPlaceTheCall(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	g := testgw.Start(t, fmt.Sprintf(`telemetry: { otlp: { endpoint: %q, signals: traces } }`, r.http()))
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	id, status := ask(t, g, "/v1/chat/completions", question, "cf-aig-otel-trace-id", trace, "cf-aig-otel-parent-span-id", span)
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	server, attempts := r.call(id)
	if hex.EncodeToString(server.TraceId) != trace || hex.EncodeToString(server.ParentSpanId) != span || len(attempts) != 1 {
		t.Errorf("span %x below %x of %d attempts", server.TraceId, server.ParentSpanId, len(attempts))
	}
	if e := g.Entry(id); e.TraceID != trace || e.ParentSpanID != span {
		t.Errorf("the entry says %s %s", e.TraceID, e.ParentSpanID)
	}
	alone, _ := ask(t, g, "/v1/chat/completions", question, "cf-aig-otel-trace-id", trace)
	if server, _ := r.call(alone); hex.EncodeToString(server.TraceId) != trace || len(server.ParentSpanId) != 0 {
		t.Errorf("without a span: %x below %x", server.TraceId, server.ParentSpanId)
	}
}

// A batch that is more than a destination takes at once is no reason to lose any of it.
func TestWhatIsTooMuchForOneRequestGoesInSeveral(t *testing.T) {
	for _, way := range []string{"http", "grpc", "grpc, packed"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			protocol, packed := way, "none"
			r := newReceiver(t)
			var large atomic.Int64
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.ContentLength <= 1<<20 {
					return false
				}
				large.Add(1)
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return true
			}
			var endpoint string
			switch way {
			case "http":
				endpoint = r.http()
			case "grpc":
				endpoint = r.grpc()
			default: // which says it in other words then
				protocol, packed, endpoint = "grpc", "gzip", "http://"+r.serveGRPC(grpc.MaxRecvMsgSize(1<<20))
			}
			g := testgw.Start(t, fmt.Sprintf(`
gateways: { default: { log: { max_body: 1MiB } } }
telemetry: { otlp: { endpoint: %q, protocol: %s, compression: %s, signals: traces }, traces: { content: full, max_content: 256KiB } }
`, endpoint, protocol, packed))
			body := `{"model":"sandbox/echo","messages":[{"role":"user","content":"` + strings.Repeat("word ", 40_000) + `"}]}`
			var ids []string
			for range 40 {
				id, _ := ask(t, g, "/v1/chat/completions", body)
				ids = append(ids, id)
			}
			for _, id := range ids {
				r.call(id)
			}
			if text := scrape(t, g); !strings.Contains(text, dropped("failed", 0)) || !strings.Contains(text, dropped("rejected", 0)) {
				t.Error("some were dropped")
			}
			if protocol == "http" && large.Load() == 0 {
				t.Error("no request was too large: nothing is shown")
			}
		})
	}
}

// What is sent, and the keys in the headers, go to no other host than the configured one; a
// page for people, such as one to log in at, is no answer of a collector.
func TestADestinationThatIsNoneGetsNothingAndIsTold(t *testing.T) {
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		strangers.Add(1)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>log in</html>")
	}))
	t.Cleanup(stranger.Close)
	for name, answer := range map[string]http.HandlerFunc{
		"307": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL+r.URL.Path, http.StatusTemporaryRedirect)
		},
		"302": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL+r.URL.Path, http.StatusFound)
		},
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>log in</html>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked [3]atomic.Int64
			signals := []string{"traces", "metrics", "logs"}
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if i := slices.Index(signals, strings.TrimPrefix(r.URL.Path, "/v1/")); i >= 0 {
					asked[i].Add(1)
				}
				_, _ = io.Copy(io.Discard, r.Body)
				answer(w, r)
			}))
			t.Cleanup(s.Close)
			g := testgw.Start(t, fmt.Sprintf(`telemetry: { otlp: { endpoint: %q, headers: { x-tenant: red } }, metrics: { every: 1s } }`, s.URL))
			ask(t, g, "/v1/chat/completions", question)
			eventually(t, "it was asked for each signal", func() bool { return asked[0].Load() > 0 && asked[1].Load() > 0 && asked[2].Load() > 0 })
			eventually(t, "the call is counted as not sent", func() bool { return strings.Contains(scrape(t, g), dropped("failed", 1)) })
			if n := strangers.Load(); n != 0 {
				t.Errorf("a stranger was asked %d times", n)
			}
		})
	}
}
