package otlp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// decoded reads what is sent of calls.
func decoded(t testing.TB, e *Exporter, calls ...*call) *tracepb.ResourceSpans {
	t.Helper()
	var all []*spans
	for _, c := range calls {
		all = append(all, e.spansOf(c))
	}
	var request collectorpb.ExportTraceServiceRequest
	b := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), e.batch(nil, all))
	if err := proto.Unmarshal(b, &request); err != nil {
		t.Fatal(err)
	}
	if len(request.ResourceSpans) != 1 || len(request.ResourceSpans[0].ScopeSpans) != 1 {
		t.Fatalf("decoded %v", &request)
	}
	return request.ResourceSpans[0]
}

// fortune makes calls of all kinds.
type fortune struct{ *rand.Rand }

func (f fortune) chance() bool { return f.IntN(2) == 0 }

func (f fortune) word() string {
	words := []string{"", "", "a", "gpt-4o-mini", "ü\"🦊\"\n", "x\xff\xfey", strings.Repeat("long ", f.IntN(5000))}
	return words[f.IntN(len(words))]
}

// clean is a word of the gateway's own.
func (f fortune) clean() string { return strings.ToValidUTF8(f.word(), "") }

func (f fortune) words() (out []string) {
	for range f.IntN(4) {
		out = append(out, f.word())
	}
	return out
}

func (f fortune) hex(n int) string {
	if f.IntN(10) == 0 {
		return []string{"", "zz", "abc"}[f.IntN(3)]
	}
	return fmt.Sprintf("%0*x", n, f.Uint64())
}

func (f fortune) count() llm.Count {
	return llm.Count{N: []int64{0, 1, 127, 128, 300, 1 << 40, -1}[f.IntN(7)], Known: f.chance()}
}

func (f fortune) cost() gateway.Cost {
	return gateway.Cost{USD: gateway.USD(f.Int64N(1e12)), Known: f.chance()}
}

func (f fortune) entry(at time.Time) *gateway.Entry {
	e := &gateway.Entry{
		ID: f.word(), Time: at, Gateway: f.word(), Workspace: f.word(), KeyID: f.word(), Operation: []string{"", "chat", "images", "completions", f.clean()}[f.IntN(5)], ClientDialect: "chat",
		Provider: f.word(), Model: f.word(), ModelRequested: f.word(), Route: f.word(), Step: f.word(), Region: f.word(), Cache: f.word(), Session: f.word(), UserAgent: f.word(),
		Status: []int{0, 200, 404, 429, 500, 503}[f.IntN(6)], ErrorCode: f.clean(), FinishReason: f.word(), Stream: f.chance(), ParentSpanID: f.hex(16),
		CacheTags: f.words(), Limits: f.words(), Guards: f.words(), DroppedParams: f.words(), Cost: f.cost(), Saved: f.cost(), QueueMS: f.count(), OverheadUS: f.count(),
	}
	e.Usage = llm.Usage{InputTokens: f.count(), OutputTokens: f.count(), CacheReadTokens: f.count(), CacheWriteTokens: f.count(), ReasoningTokens: f.count()}
	for range f.IntN(4) {
		e.Attempts = append(e.Attempts, gateway.Attempt{
			Provider: f.word(), Model: f.word(), Credential: f.word(), Started: at.Add(time.Duration(f.IntN(1000)) * time.Millisecond), Status: []int{0, 200, 503}[f.IntN(3)], Fault: f.clean(),
			LatencyMS: llm.Known(f.Int64N(2000)), ConnectMS: f.count(), FirstByteMS: f.count(), RetryAfterMS: f.count(), Continued: f.chance(), Cost: f.cost(), Span: gateway.SpanID(f.Uint64() * uint64(f.IntN(2))),
		})
	}
	return e
}

func (f fortune) trace(at time.Time) *proxy.Trace {
	t := &proxy.Trace{
		Sampled: f.chance(), ID: f.hex(32), Span: f.hex(16), State: []string{"", "vendor=1"}[f.IntN(2)], Took: time.Duration(f.IntN(3000)) * time.Millisecond, Method: []string{"POST", "GET", "BREW"}[f.IntN(3)],
		Route: f.word(), Secure: f.chance(), Model: f.word(), AnswerID: f.word(),
	}
	if f.chance() {
		t.FirstContent = at.Add(time.Duration(f.IntN(2000)) * time.Millisecond)
	}
	if f.chance() {
		t.Copied = "01a20429-a56a-7000-b29e-df0ff2cdce21"
	}
	for _, name := range []string{"temperature", "max_tokens", "frequency_penalty", "seed", "stop_sequences"} {
		switch p := (proxy.Parameter{Name: name}); {
		case f.chance():
		case name == "stop_sequences":
			p.Texts = f.words()
			t.Parameters = append(t.Parameters, p)
		default:
			p.Number = []float64{0, 0.25, -1, 7, 1e300, math.Inf(1)}[f.IntN(6)]
			t.Parameters = append(t.Parameters, p)
		}
	}
	if f.IntN(4) == 0 {
		t.Prompt = &gateway.Body{Bytes: []byte(`{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"` + strings.Repeat("word ", f.IntN(200)) + `"}]}`)}
		t.Answer = &gateway.Body{Bytes: []byte(`{"id":"1","choices":[{"message":{"role":"assistant","content":"well"},"finish_reason":"stop"}]}`), Truncated: f.chance()}
	}
	return t
}

func fortuneOf(seed uint64) fortune { return fortune{rand.New(rand.NewPCG(seed, 1))} }

func testExporter() *Exporter {
	o := Options{
		Version: "1.2.3", Resource: map[string]string{"a": "b", "empty": ""}, MaxContent: func(string) int { return 400 }, Dialects: []*dialect.Dialect{openaichat.Dialect},
		Vendor: func(name string) Vendor {
			return Vendor{Name: name, Address: []string{"", "api.example.com"}[len(name)%2], Port: 443 * (len(name) % 3)}
		},
	}
	return &Exporter{opt: o, resource: newResource(o)}
}

// What is written by hand is what the structs of OpenTelemetry's own package are, of calls
// of all kinds.
func TestSpansOnTheWireAreThoseOfTheStructs(t *testing.T) {
	e, at := testExporter(), time.Unix(1_770_000_000, 123_456_789)
	for seed := range uint64(500) {
		f := fortuneOf(seed)
		var calls []*call
		want := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: scope, Version: "1.2.3"}, SchemaUrl: schema}
		for range 1 + f.IntN(4) {
			c := &call{f.entry(at), f.trace(at)}
			calls, want.Spans = append(calls, c), e.refSpans(want.Spans, c)
		}
		got := decoded(t, e, calls...)
		if diff := cmp.Diff(want, got.ScopeSpans[0], protocmp.Transform()); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if have := attributesByName(got.Resource.Attributes); len(have) != 4 || have["a"] != "b" || have["service.name"] != "sluice" || have["service.version"] != "1.2.3" || got.SchemaUrl != schema {
			t.Fatalf("resource %v", got.Resource)
		}
	}
}

func attributesByName(all []*commonpb.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range all {
		out[a.Key] = a.Value.GetStringValue()
	}
	return out
}

// Texts that come from callers stand in every field of a span that is one.
func TestNoTextKeepsABatchFromBeingRead(t *testing.T) {
	e, at, bad := testExporter(), time.Unix(1_770_000_000, 0), "a\xff"
	c := &call{
		entry: &gateway.Entry{Time: at, Operation: bad, ErrorCode: bad, Attempts: []gateway.Attempt{{Provider: bad, Model: bad, Fault: bad, Started: at}}},
		trace: &proxy.Trace{ID: "4bf92f3577b34da6a3ce929d0e0e4736", Span: "00f067aa0ba902b7", State: bad, Took: time.Second},
	}
	spans := decoded(t, e, c).ScopeSpans[0].Spans
	if len(spans) != 2 || spans[0].TraceState != "a\uFFFD" || spans[0].Status.GetMessage() != "a\uFFFD" || spans[0].Name != "a\uFFFD" || spans[1].Status.GetMessage() != "a\uFFFD" {
		t.Errorf("spans %v", spans)
	}
}

// Lengths take one byte up to 127, two up to 16383, and then more: all are moved right.
func TestMessagesOfEveryLengthAreWhole(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 128, 129, 16381, 16382, 16383, 16384, 1 << 21, 1<<21 + 1} {
		var w wire
		w.bytes(1, []byte("before"))
		m := w.begin(2)
		inner := w.begin(3)
		w.bytes(4, make([]byte, size))
		w.end(inner)
		w.end(m)
		w.bytes(5, []byte("after"))
		var want []byte
		in := protowire.AppendBytes(protowire.AppendTag(nil, 4, protowire.BytesType), make([]byte, size))
		if size == 0 {
			in = nil
		}
		mid := protowire.AppendBytes(protowire.AppendTag(nil, 3, protowire.BytesType), in)
		want = protowire.AppendBytes(protowire.AppendTag(want, 1, protowire.BytesType), []byte("before"))
		want = protowire.AppendBytes(protowire.AppendTag(want, 2, protowire.BytesType), mid)
		want = protowire.AppendBytes(protowire.AppendTag(want, 5, protowire.BytesType), []byte("after"))
		if string(w) != string(want) {
			t.Errorf("%d bytes are written otherwise", size)
		}
	}
}
