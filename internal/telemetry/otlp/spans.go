package otlp

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/reflect/protoreflect"

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

// Fields of the messages that spans are sent in.
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
const (
	resourceResource = 1
	resourceScope    = 2
	resourceSchema   = 3

	scopeScope   = 1
	scopeSpans   = 2
	scopeSchema  = 3
	scopeName    = 1 // of the scope itself
	scopeVersion = 2

	spanTrace      = 1
	spanID         = 2
	spanState      = 3
	spanParent     = 4
	spanName       = 5
	spanKind       = 6
	spanStart      = 7
	spanEnd        = 8
	spanAttributes = 9
	spanEvents     = 11
	spanLinks      = 13
	spanStatus     = 15
	spanFlags      = 16

	eventTime = 1
	eventName = 2

	linkTrace      = 1
	linkSpan       = 2
	linkAttributes = 4
	linkFlags      = 6

	statusMessage = 2
	statusCode    = 3
)

// spanSender makes spans of calls and sends them.
type spanSender struct {
	e      *Exporter
	client otlptrace.Client
	buf    wire // the memory of the last batch
}

// maxBuffer is how much memory for a batch stays between two of them.
const maxBuffer = 4 << 20

// Send implements sender.
func (s *spanSender) Send(ctx context.Context, batch []*spans) error {
	s.buf = s.e.batch(s.buf[:0], batch)
	all := &tracepb.ResourceSpans{}
	// Fields that a message does not know go out as they are; that it does know them is of no
	// account. So the library sends what was written here.
	all.ProtoReflect().SetUnknown(protoreflect.RawFields(s.buf))
	err := s.client.UploadTraces(ctx, []*tracepb.ResourceSpans{all}) // which has copied it
	if cap(s.buf) > maxBuffer {
		s.buf = nil
	}
	return err
}

// End implements sender.
func (s *spanSender) End(ctx context.Context) {
	_ = s.client.Stop(ctx)
}

// batch appends the ResourceSpans of calls.
func (e *Exporter) batch(w wire, calls []*spans) wire {
	w.bytes(resourceResource, e.resource.wire)
	all := w.begin(resourceScope)
	who := w.begin(scopeScope)
	w.text(scopeName, scope)
	w.text(scopeVersion, e.opt.Version)
	w.end(who)
	for _, s := range calls {
		span := w.begin(scopeSpans)
		w = append(w, s.wire[:s.own]...)
		if s.said != nil {
			attributes{&w, spanAttributes}.content(s.said)
		}
		w.end(span)
		w = append(w, s.wire[s.own:]...)
	}
	w.text(scopeSchema, schema)
	w.end(all)
	w.text(resourceSchema, schema)
	return w
}

// call is a finished call as it is observed.
type call struct {
	entry *gateway.Entry
	trace *proxy.Trace
}

// failed reports whether the call did, and came further than being refused.
func (c *call) failed() bool { return c.entry.ErrorCode != "" && !c.trace.Refused }

// spans are those of one finished call as they are sent, but for what was said. They hold
// nothing of the call itself: what waits for a destination is bytes, which cost the garbage
// collector nothing.
type spans struct {
	wire wire // the fields of the call's own span, then the spans of its attempts
	own  int  // how much of that is the call's own
	said *spoken
}

// size is about how much memory they take.
func (s *spans) size() int { return 128 + len(s.wire) + s.said.size() }

// scratch is where spans are written before it is known how long they are.
var scratch = sync.Pool{New: func() any { return new(wire) }}

// spansOf makes the spans of a call and of its attempts.
func (e *Exporter) spansOf(c *call) *spans {
	w := scratch.Get().(*wire)
	defer scratch.Put(w)
	*w = (*w)[:0]
	trace, own, ended := e.own(w, c)
	s := &spans{own: len(*w), said: e.spokenIn(c)}
	for i := range c.entry.Attempts {
		e.attempt(w, c, i, &trace, &own, ended)
	}
	s.wire = slices.Clone(*w)
	return s
}

// own appends the fields of the call's own span, and gives its ids and its end.
func (e *Exporter) own(w *wire, c *call) (trace, own id, ended uint64) {
	entry, t := c.entry, c.trace
	trace, own = idOf(t.ID), idOf(t.Span)
	parent := idOf(entry.ParentSpanID)
	flags := flags(t.Sampled) | flagHasRemote
	ended = nano(entry.Time.Add(t.Took))

	w.bytes(spanTrace, trace.bytes())
	w.bytes(spanID, own.bytes())
	w.text(spanState, t.State)
	w.bytes(spanParent, parent.bytes())
	w.text(spanName, name(entry))
	w.number(spanKind, uint64(tracepb.Span_SPAN_KIND_SERVER))
	w.fixed64(spanStart, nano(entry.Time))
	w.fixed64(spanEnd, ended)
	e.callAttributes(attributes{w, spanAttributes}, c)
	if at := t.FirstContent; !at.IsZero() {
		w.event(firstContent(entry), nano(at))
	}
	if t.Copied != "" {
		copied := idOf(proxy.SpanOf(t.Copied))
		w.link(trace.bytes(), copied.bytes(), "shadow_of")
	}
	if failed(entry) {
		w.failed(entry.ErrorCode)
	}
	if parent.n > 0 {
		flags |= flagRemote
	}
	w.fixed32(spanFlags, flags)
	return trace, own, ended
}

// attempt appends the span of an attempt, which ends no later than its call.
func (e *Exporter) attempt(w *wire, c *call, n int, trace, call *id, last uint64) {
	a := &c.entry.Attempts[n]
	own := attemptID(call, a, n)
	ended := min(nano(a.Started.Add(millis(a.LatencyMS.N))), last)
	span := w.begin(scopeSpans)
	w.bytes(spanTrace, trace.bytes())
	w.bytes(spanID, own.bytes())
	w.text(spanState, c.trace.State)
	w.bytes(spanParent, call.bytes())
	w.text(spanName, attemptName(c.entry, a))
	w.number(spanKind, uint64(tracepb.Span_SPAN_KIND_CLIENT))
	w.fixed64(spanStart, min(nano(a.Started), ended))
	w.fixed64(spanEnd, ended)
	e.attemptAttributes(attributes{w, spanAttributes}, c, n)
	w.milestones(c, n, ended)
	if rival := rivalOf(c.entry.Attempts, n); rival >= 0 {
		other := attemptID(call, &c.entry.Attempts[rival], rival)
		w.link(trace.bytes(), other.bytes(), "hedge_of")
	}
	if a.Fault != "" {
		w.failed(a.Fault)
	}
	w.fixed32(spanFlags, flags(c.trace.Sampled)|flagHasRemote)
	w.end(span)
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
	return op + " " + utf8Of(model)
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

func firstContent(e *gateway.Entry) string {
	if e.Stream {
		return "sluice.first_token"
	}
	return "sluice.first_byte"
}

func nano(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// link appends a link of a span to another of its trace.
func (w *wire) link(trace, span []byte, what string) {
	l := w.begin(spanLinks)
	w.bytes(linkTrace, trace)
	w.bytes(linkSpan, span)
	attributes{w, linkAttributes}.text("sluice.link", what)
	w.fixed32(linkFlags, flagHasRemote)
	w.end(l)
}

// event appends something that happened within a span.
func (w *wire) event(name string, at uint64) {
	e := w.begin(spanEvents)
	w.fixed64(eventTime, at)
	w.text(eventName, name)
	w.end(e)
}

// failed appends that a span failed.
func (w *wire) failed(why string) {
	s := w.begin(spanStatus)
	w.text(statusMessage, why)
	w.number(statusCode, uint64(tracepb.Status_STATUS_CODE_ERROR))
	w.end(s)
}

// failed reports whether the call failed and the caller was not at fault.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
func failed(e *gateway.Entry) bool {
	return e.ErrorCode != "" && !(e.Status >= 400 && e.Status < 500)
}

// milestones appends what happened to an attempt's answer on its way, none later than its
// end.
func (w *wire) milestones(c *call, n int, end uint64) {
	a := &c.entry.Attempts[n]
	if a.ConnectMS.Known {
		w.event("sluice.connected", min(nano(a.Started.Add(millis(a.ConnectMS.N))), end))
	}
	if a.FirstByteMS.Known {
		w.event("sluice.first_byte", min(nano(a.Started.Add(millis(a.FirstByteMS.N))), end))
	}
	if at := c.trace.FirstContent; c.entry.Stream && n == len(c.entry.Attempts)-1 && at.After(a.Started) {
		w.event("sluice.first_token", min(nano(at), end))
	}
}

// id is one of a trace or a span.
type id struct {
	b [16]byte
	n int
}

func (i *id) bytes() []byte { return i.b[:i.n] }

// idOf reads one; what is none is empty.
func idOf(text string) (i id) {
	if len(text) > 2*len(i.b) {
		return i
	}
	n, err := hex.Decode(i.b[:], []byte(text))
	if err == nil {
		i.n = n
	}
	return i
}

// attemptID is the one that the provider was told, else one made of the call's and the
// attempt's number.
func attemptID(call *id, a *gateway.Attempt, n int) (own id) {
	told := uint64(a.Span)
	if told == 0 && call.n == 8 {
		told = binary.BigEndian.Uint64(call.b[:]) ^ uint64(n+1)*0x9E3779B97F4A7C15
	}
	own.n = 8
	binary.BigEndian.PutUint64(own.b[:], told)
	return own
}
