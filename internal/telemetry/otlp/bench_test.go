//go:build unix

package otlp

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// BenchmarkSpansAreSent tells what making and sending the spans of one call takes, its
// receiver included: in batches as full as under load.
func BenchmarkSpansAreSent(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer s.Close()
	e, err := New(Options{
		Destinations: []Destination{{Name: "bench", Endpoint: s.URL, Gzip: true, Timeout: time.Minute, Queue: 1 << 16, Traces: true}}, Version: "bench", Every: time.Minute,
		Vendor: func(name string) Vendor { return Vendor{Name: name, Address: "api.example.com", Port: 443} }, Log: slog.New(slog.DiscardHandler),
	}, prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	at := time.Now()
	known := func(n int64) llm.Count { return llm.Count{N: n, Known: true} }
	entry := &gateway.Entry{
		ID: "01a20429-a56a-7000-b29e-df0ff2cdce21", Time: at, Gateway: "default", Workspace: "default", KeyID: "key_0123456789", Operation: "chat", Provider: "openai", Model: "gpt-4o-mini",
		ModelRequested: "openai/gpt-4o-mini", Status: 200, FinishReason: "stop", UserAgent: "openai-python/1.0", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", OverheadUS: known(30),
		Attempts: []gateway.Attempt{{Provider: "openai", Model: "gpt-4o-mini", Credential: "a", Started: at, Status: 200, LatencyMS: known(200), FirstByteMS: known(150)}},
	}
	entry.Usage.InputTokens, entry.Usage.OutputTokens = known(200), known(120)
	trace := &proxy.Trace{Sampled: true, ID: entry.TraceID, Span: "b29edf0ff2cdce21", Took: 200 * time.Millisecond, Method: "POST", Route: "/v1/chat/completions", Model: "gpt-4o-mini-2024", AnswerID: "chatcmpl-1"}
	batch := make([]*spans, 0, maxBatch)
	to, began, n := e.calls[0].to, cpu(), 0
	for ; b.Loop(); n++ {
		batch = append(batch, e.spansOf(&call{entry, trace}))
		if len(batch) == maxBatch {
			if err := to.Send(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	b.ReportMetric(float64(cpu()-began)/float64(n), "cpu-ns/call")
	to.End(b.Context())
}

// cpu is the CPU time of this process in nanoseconds: other work of the machine is not in it.
func cpu() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
