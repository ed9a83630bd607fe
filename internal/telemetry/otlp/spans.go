package otlp

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// Flags of spans and links. https://www.w3.org/TR/trace-context-2/#trace-flags, and the
// bits that OTLP adds.
const (
	flagSampled   = 1
	flagHasRemote = 1 << 8
	flagRemote    = 1 << 9
)

// spanSender makes spans of calls and sends them.
type spanSender struct {
	e      *Exporter
	client otlptrace.Client
}

// Send implements sender.
func (s spanSender) Send(ctx context.Context, batch []*call) error {
	in := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: scope, Version: s.e.opt.Version}, SchemaUrl: schema}
	for _, c := range batch {
		in.Spans = s.e.spans(in.Spans, c)
	}
	return s.client.UploadTraces(ctx, []*tracepb.ResourceSpans{{Resource: s.e.resource.proto, ScopeSpans: []*tracepb.ScopeSpans{in}, SchemaUrl: schema}})
}

// End implements sender.
func (s spanSender) End(ctx context.Context) { _ = s.client.Stop(ctx) }

// spans appends the call's span and those of its attempts.
func (e *Exporter) spans(dst []*tracepb.Span, c *call) []*tracepb.Span {
	entry, t := &c.entry, &c.trace
	trace, own := unhex(t.ID), unhex(t.Span)
	server := &tracepb.Span{
		TraceId: trace, SpanId: own, ParentSpanId: unhex(entry.ParentSpanID), TraceState: t.State, Flags: flags(t.Sampled) | flagHasRemote,
		Name: name(entry), Kind: tracepb.Span_SPAN_KIND_SERVER, StartTimeUnixNano: nano(entry.Time), EndTimeUnixNano: nano(entry.Time.Add(t.Took)),
		Attributes: e.callAttributes(c), Events: milestones(c), Status: callStatus(entry),
	}
	if len(server.ParentSpanId) > 0 {
		server.Flags |= flagRemote
	}
	if t.Copied != "" {
		server.Links = []*tracepb.Span_Link{link(trace, copiedSpan(t.Copied), "shadow_of")}
	}
	dst = append(dst, server)
	ids := make([][]byte, len(entry.Attempts))
	for i := range entry.Attempts {
		ids[i] = attemptID(own, &entry.Attempts[i], i)
	}
	for i := range entry.Attempts {
		a := &entry.Attempts[i]
		end := min(nano(a.Started.Add(millis(a.LatencyMS.N))), server.EndTimeUnixNano)
		span := &tracepb.Span{
			TraceId: trace, SpanId: ids[i], ParentSpanId: own, TraceState: t.State, Flags: flags(t.Sampled) | flagHasRemote,
			Name: attemptName(entry, a), Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: min(nano(a.Started), end), EndTimeUnixNano: end,
			Attributes: e.attemptAttributes(c, i), Events: attemptMilestones(c, i, end), Status: attemptStatus(a),
		}
		if rival := rivalOf(entry.Attempts, i); rival >= 0 {
			span.Links = []*tracepb.Span_Link{link(trace, ids[rival], "hedge_of")}
		}
		dst = append(dst, span)
	}
	return dst
}

func flags(sampled bool) uint32 {
	if sampled {
		return flagSampled
	}
	return 0
}

// name is the operation and what was asked for, as the conventions want it.
func name(e *gateway.Entry) string { return named(e, asked(e)) }

func attemptName(e *gateway.Entry, a *gateway.Attempt) string { return named(e, a.Model) }

func named(e *gateway.Entry, model string) string {
	op := operation(e.Operation)
	if op == "" {
		op = "call"
	}
	if model == "" {
		return op
	}
	return op + " " + strings.ToValidUTF8(model, "\uFFFD")
}

// asked is the model as the caller named it. A name that led nowhere is the caller's own
// invention, and no part of a span's name.
func asked(e *gateway.Entry) string {
	if e.Provider == "" && e.Route == "" {
		return ""
	}
	return e.ModelRequested
}

// rivalOf gives the attempt that was running when this one began; -1 = none was. Attempts
// follow each other, but for hedges.
func rivalOf(all []gateway.Attempt, n int) int {
	for i := range all {
		a := &all[i]
		if i != n && a.Started.Before(all[n].Started) && all[n].Started.Before(a.Started.Add(millis(a.LatencyMS.N))) {
			return i
		}
	}
	return -1
}

func link(trace, span []byte, what string) *tracepb.Span_Link {
	return &tracepb.Span_Link{TraceId: trace, SpanId: span, Flags: flagHasRemote, Attributes: []*commonpb.KeyValue{text("sluice.link", what)}}
}

// attemptID is the one that the provider was told, else one made of the call's and the
// attempt's number.
func attemptID(call []byte, a *gateway.Attempt, n int) []byte {
	id := a.Span
	if id == 0 && len(call) == 8 {
		id = binary.BigEndian.Uint64(call) ^ uint64(n+1)*0x9E3779B97F4A7C15
	}
	return binary.BigEndian.AppendUint64(nil, id)
}

// callStatus is an error where the call failed and the caller was not at fault.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
func callStatus(e *gateway.Entry) *tracepb.Status {
	if e.ErrorCode == "" || e.Status >= 400 && e.Status < 500 {
		return nil
	}
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: e.ErrorCode}
}

func attemptStatus(a *gateway.Attempt) *tracepb.Status {
	if a.Fault == "" {
		return nil
	}
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: a.Fault}
}

// milestones are what happened to the answer on its way.
func milestones(c *call) []*tracepb.Span_Event {
	if c.trace.FirstContent.IsZero() {
		return nil
	}
	return []*tracepb.Span_Event{event(firstContent(&c.entry), c.trace.FirstContent)}
}

func firstContent(e *gateway.Entry) string {
	if e.Stream {
		return "sluice.first_token"
	}
	return "sluice.first_byte"
}

// attemptMilestones are those of one attempt, none later than its end.
func attemptMilestones(c *call, n int, end uint64) (out []*tracepb.Span_Event) {
	a := &c.entry.Attempts[n]
	if a.ConnectMS.Known {
		out = append(out, event("sluice.connected", a.Started.Add(millis(a.ConnectMS.N))))
	}
	if a.FirstByteMS.Known {
		out = append(out, event("sluice.first_byte", a.Started.Add(millis(a.FirstByteMS.N))))
	}
	if at := c.trace.FirstContent; c.entry.Stream && n == len(c.entry.Attempts)-1 && at.After(a.Started) {
		out = append(out, event("sluice.first_token", at))
	}
	for _, e := range out {
		e.TimeUnixNano = min(e.TimeUnixNano, end)
	}
	return out
}

func event(name string, at time.Time) *tracepb.Span_Event {
	return &tracepb.Span_Event{Name: name, TimeUnixNano: nano(at)}
}

func nano(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// unhex gives the bytes of an id; nil of none.
func unhex(id string) []byte {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// copiedSpan is the span of the call of which another is the shadow.
func copiedSpan(call string) []byte { return unhex(proxy.SpanOf(call)) }
