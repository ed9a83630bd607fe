package otlp_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	logcol "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metriccol "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracecol "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // so that the server takes it
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/proto"
)

// patience ends the wait for what never comes.
const patience = 60 * time.Second

// receiver is a destination that is strict: what does not follow the conventions' table is
// an error of the test.
type receiver struct {
	tracecol.UnimplementedTraceServiceServer

	t       testing.TB
	mu      sync.Mutex
	changed chan struct{}
	spans   []*tracepb.Span
	metrics map[string]*metricspb.Metric
	logs    []*logspb.LogRecord
	headers []http.Header
	packed  bool
	refuse  bool                                              // it takes nothing
	wrong   int64                                             // so many spans of each request it takes for wrong
	before  func(w http.ResponseWriter, r *http.Request) bool // answers instead, where it gives true
}

func newReceiver(t testing.TB) *receiver {
	return &receiver{t: t, changed: make(chan struct{}, 1), metrics: map[string]*metricspb.Metric{}}
}

// http serves OTLP over HTTP and gives the endpoint.
func (r *receiver) http() string {
	s := httptest.NewServer(http.HandlerFunc(r.serveHTTP))
	r.t.Cleanup(s.Close)
	return s.URL
}

// https is http over TLS.
func (r *receiver) https(conf *tls.Config) string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(r.serveHTTP))
	s.TLS, s.Config.ErrorLog = conf, log.New(io.Discard, "", 0)
	s.StartTLS()
	r.t.Cleanup(s.Close)
	return s.URL
}

// grpc serves OTLP over gRPC and gives the endpoint.
func (r *receiver) grpc() string { return "http://" + r.serveGRPC() }

// grpcs is grpc over TLS.
func (r *receiver) grpcs(conf *tls.Config) string {
	return "https://" + r.serveGRPC(grpc.Creds(credentials.NewTLS(conf)))
}

func (r *receiver) serveGRPC(more ...grpc.ServerOption) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	s := grpc.NewServer(append(more, grpc.StatsHandler(r))...)
	tracecol.RegisterTraceServiceServer(s, r)
	metriccol.RegisterMetricsServiceServer(s, metricsServer{r: r})
	logcol.RegisterLogsServiceServer(s, logsServer{r: r})
	go func() { _ = s.Serve(l) }()
	r.t.Cleanup(s.Stop)
	return l.Addr().String()
}

func (r *receiver) serveHTTP(w http.ResponseWriter, q *http.Request) {
	body := q.Body
	if q.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(q.Body)
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		body = z
	}
	b, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	if q.Method != "POST" || q.Header.Get("Content-Type") != "application/x-protobuf" {
		r.t.Errorf("%s with %s", q.Method, q.Header.Get("Content-Type"))
	}
	r.mu.Lock()
	refuse, before := r.refuse, r.before
	r.headers, r.packed = append(r.headers, q.Header), q.Header.Get("Content-Encoding") == "gzip"
	r.mu.Unlock()
	if before != nil && before(w, q) {
		return
	}
	if refuse {
		select {
		case r.changed <- struct{}{}:
		default:
		}
		http.Error(w, "no room", http.StatusBadRequest)
		return
	}
	var into, answer proto.Message
	switch q.URL.Path {
	case "/v1/traces":
		into, answer = &tracecol.ExportTraceServiceRequest{}, &tracecol.ExportTraceServiceResponse{}
	case "/v1/metrics":
		into, answer = &metriccol.ExportMetricsServiceRequest{}, &metriccol.ExportMetricsServiceResponse{}
	case "/v1/logs":
		into, answer = &logcol.ExportLogsServiceRequest{}, &logcol.ExportLogsServiceResponse{}
	default:
		r.t.Errorf("path %s", q.URL.Path)
		http.NotFound(w, q)
		return
	}
	if err := (proto.UnmarshalOptions{}).Unmarshal(b, into); err != nil {
		r.t.Errorf("%s: %v", q.URL.Path, err)
	}
	if len(into.ProtoReflect().GetUnknown()) > 0 {
		r.t.Errorf("%s: unknown fields", q.URL.Path)
	}
	r.take(into)
	if a, ok := answer.(*tracecol.ExportTraceServiceResponse); ok {
		a.PartialSuccess = r.partial()
	}
	out, _ := proto.Marshal(answer)
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(out)
}

type metricsServer struct {
	metriccol.UnimplementedMetricsServiceServer
	r *receiver
}

type logsServer struct {
	logcol.UnimplementedLogsServiceServer
	r *receiver
}

func (r *receiver) Export(ctx context.Context, in *tracecol.ExportTraceServiceRequest) (*tracecol.ExportTraceServiceResponse, error) {
	r.note(ctx)
	r.take(in)
	return &tracecol.ExportTraceServiceResponse{PartialSuccess: r.partial()}, nil
}

// partial is what it says of the spans that it takes for wrong; nil = of none.
func (r *receiver) partial() *tracecol.ExportTracePartialSuccess {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wrong == 0 {
		return nil
	}
	return &tracecol.ExportTracePartialSuccess{RejectedSpans: r.wrong, ErrorMessage: "too old (of 3 rejected)"}
}

// HandleRPC notes whether calls are packed.
func (r *receiver) HandleRPC(_ context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InHeader); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.packed = in.Compression == "gzip"
	}
}

// TagRPC, TagConn and HandleConn do nothing.
func (*receiver) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (*receiver) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return ctx
}
func (*receiver) HandleConn(context.Context, stats.ConnStats) {}

func (s metricsServer) Export(ctx context.Context, in *metriccol.ExportMetricsServiceRequest) (*metriccol.ExportMetricsServiceResponse, error) {
	s.r.note(ctx)
	s.r.take(in)
	return &metriccol.ExportMetricsServiceResponse{}, nil
}

func (s logsServer) Export(ctx context.Context, in *logcol.ExportLogsServiceRequest) (*logcol.ExportLogsServiceResponse, error) {
	s.r.note(ctx)
	s.r.take(in)
	return &logcol.ExportLogsServiceResponse{}, nil
}

func (r *receiver) note(ctx context.Context) {
	md, _ := metadata.FromIncomingContext(ctx)
	h := http.Header{}
	for name, values := range md {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.headers = append(r.headers, h)
}

// take checks and keeps what came.
func (r *receiver) take(in proto.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch in := in.(type) {
	case *tracecol.ExportTraceServiceRequest:
		for _, rs := range in.ResourceSpans {
			r.resource(rs.Resource)
			for _, ss := range rs.ScopeSpans {
				if ss.Scope.Name == "" || !strings.HasPrefix(ss.SchemaUrl, "https://opentelemetry.io/schemas/") {
					r.t.Errorf("scope %v of schema %q", ss.Scope, ss.SchemaUrl)
				}
				for _, s := range ss.Spans {
					r.span(s)
				}
				r.spans = append(r.spans, ss.Spans...)
			}
		}
	case *metriccol.ExportMetricsServiceRequest:
		for _, rm := range in.ResourceMetrics {
			r.resource(rm.Resource)
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					r.metrics[m.Name] = m
				}
			}
		}
	case *logcol.ExportLogsServiceRequest:
		for _, rl := range in.ResourceLogs {
			r.resource(rl.Resource)
			for _, sl := range rl.ScopeLogs {
				r.logs = append(r.logs, sl.LogRecords...)
			}
		}
	}
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *receiver) resource(p *resourcepb.Resource) {
	have := attributesOf(p.GetAttributes())
	for _, name := range []string{"service.name", "service.version", "service.instance.id"} {
		if have[name].GetStringValue() == "" {
			r.t.Errorf("a resource without %s: %v", name, p)
		}
	}
}

// conventions are the attributes that spans may have, with their types, as OpenTelemetry's
// semantic conventions have them (1.41); those of Sluice's own begin with sluice.
var conventions = map[string]string{
	"gen_ai.operation.name": "text", "gen_ai.provider.name": "text", "gen_ai.system": "text", "gen_ai.request.model": "text", "gen_ai.response.model": "text",
	"gen_ai.response.id": "text", "gen_ai.response.finish_reasons": "texts", "gen_ai.conversation.id": "text", "gen_ai.request.stream": "truth",
	"gen_ai.response.time_to_first_chunk": "number", "gen_ai.request.temperature": "number", "gen_ai.request.top_p": "number", "gen_ai.request.top_k": "number",
	"gen_ai.request.max_tokens": "whole", "gen_ai.request.frequency_penalty": "number", "gen_ai.request.presence_penalty": "number", "gen_ai.request.seed": "whole",
	"gen_ai.request.stop_sequences": "texts", "gen_ai.request.choice.count": "whole", "gen_ai.request.encoding_formats": "texts",
	"gen_ai.usage.input_tokens": "whole", "gen_ai.usage.output_tokens": "whole", "gen_ai.usage.cache_read.input_tokens": "whole",
	"gen_ai.usage.cache_creation.input_tokens": "whole", "gen_ai.usage.reasoning.output_tokens": "whole",
	"gen_ai.input.messages": "text", "gen_ai.output.messages": "text", "gen_ai.system_instructions": "text",
	"server.address": "text", "server.port": "whole", "error.type": "text", "http.request.method": "text", "http.route": "text", "http.response.status_code": "whole",
	"http.request.resend_count": "whole", "url.scheme": "text", "user_agent.original": "text",

	"sluice.call.id": "text", "sluice.gateway": "text", "sluice.workspace": "text", "sluice.key_id": "text", "sluice.route": "text", "sluice.step": "text",
	"sluice.provider": "text", "sluice.model": "text", "sluice.region": "text", "sluice.cache": "text", "sluice.cache.tags": "texts", "sluice.limits": "texts",
	"sluice.guards": "texts", "sluice.dropped_params": "texts", "sluice.attempts": "whole", "sluice.cost_usd": "number", "sluice.saved_usd": "number",
	"sluice.queue_seconds": "number", "sluice.overhead_seconds": "number", "sluice.credential": "text", "sluice.connect_seconds": "number",
	"sluice.first_byte_seconds": "number", "sluice.retry_after_seconds": "number", "sluice.continued": "truth", "sluice.content.truncated": "truth", "sluice.link": "text",
}

func kindOf(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return "text"
	case *commonpb.AnyValue_IntValue:
		return "whole"
	case *commonpb.AnyValue_DoubleValue:
		return "number"
	case *commonpb.AnyValue_BoolValue:
		return "truth"
	case *commonpb.AnyValue_ArrayValue:
		for _, one := range v.ArrayValue.Values {
			if kindOf(one) != "text" {
				return "mixed"
			}
		}
		return "texts"
	}
	return "nothing"
}

func (r *receiver) attributes(of string, all []*commonpb.KeyValue) {
	seen := map[string]bool{}
	for _, a := range all {
		want, known := conventions[a.Key]
		if got := kindOf(a.Value); !known || got != want || seen[a.Key] {
			r.t.Errorf("%s: attribute %s is %s, want %q; twice: %v", of, a.Key, got, want, seen[a.Key])
		}
		seen[a.Key] = true
	}
}

// span checks what every span keeps to.
func (r *receiver) span(s *tracepb.Span) {
	if len(s.TraceId) != 16 || len(s.SpanId) != 8 || len(s.ParentSpanId) != 0 && len(s.ParentSpanId) != 8 || isZero(s.TraceId) || isZero(s.SpanId) {
		r.t.Errorf("span %s has ids %x %x %x", s.Name, s.TraceId, s.SpanId, s.ParentSpanId)
	}
	if s.StartTimeUnixNano == 0 || s.EndTimeUnixNano < s.StartTimeUnixNano {
		r.t.Errorf("span %s from %d to %d", s.Name, s.StartTimeUnixNano, s.EndTimeUnixNano)
	}
	r.attributes("span "+s.Name, s.Attributes)
	for _, e := range s.Events {
		if e.TimeUnixNano < s.StartTimeUnixNano || e.TimeUnixNano > s.EndTimeUnixNano {
			r.t.Errorf("event %s of %s lies outside of it", e.Name, s.Name)
		}
		r.attributes("event "+e.Name, e.Attributes)
	}
	for _, l := range s.Links {
		r.attributes("link of "+s.Name, l.Attributes)
	}
	if failed := attributesOf(s.Attributes)["error.type"] != nil; s.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR && !failed {
		r.t.Errorf("span %s failed without error.type", s.Name)
	}
}

func isZero(id []byte) bool { return strings.Trim(string(id), "\x00") == "" }

func attributesOf(all []*commonpb.KeyValue) map[string]*commonpb.AnyValue {
	out := map[string]*commonpb.AnyValue{}
	for _, a := range all {
		out[a.Key] = a.Value
	}
	return out
}

// until waits until ready holds of what came; it is called with the lock held.
func (r *receiver) until(what string, ready func() bool) {
	r.t.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		done := ready()
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-r.changed:
		case <-late:
			r.t.Fatalf("no %s came; spans: %s", what, r.describe())
		}
	}
}

func (r *receiver) describe() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, s := range r.spans {
		fmt.Fprintf(&b, "\n%s %s %s", s.Kind, s.Name, hex.EncodeToString(s.TraceId))
	}
	return b.String()
}

// call waits for the spans of a call: its own, and then those of its attempts.
func (r *receiver) call(id string) (server *tracepb.Span, attempts []*tracepb.Span) {
	r.t.Helper()
	r.until("span of the call "+id, func() bool {
		server, attempts = nil, nil
		for _, s := range r.spans {
			if attributesOf(s.Attributes)["sluice.call.id"].GetStringValue() == id {
				server = s
			}
		}
		for _, s := range r.spans {
			if server != nil && string(s.ParentSpanId) == string(server.SpanId) {
				attempts = append(attempts, s)
			}
		}
		return server != nil && int64(len(attempts)) == attributesOf(server.Attributes)["sluice.attempts"].GetIntValue()
	})
	if server.Kind != tracepb.Span_SPAN_KIND_SERVER {
		r.t.Errorf("the call's span is %v", server.Kind)
	}
	for _, a := range attempts {
		if a.Kind != tracepb.Span_SPAN_KIND_CLIENT || string(a.TraceId) != string(server.TraceId) {
			r.t.Errorf("attempt %v in trace %x of %x", a.Kind, a.TraceId, server.TraceId)
		}
		if a.StartTimeUnixNano < server.StartTimeUnixNano || a.EndTimeUnixNano > server.EndTimeUnixNano {
			r.t.Errorf("the attempt %s lies outside of its call", a.Name)
		}
	}
	return server, attempts
}
