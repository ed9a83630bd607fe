package proxy

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// Trace is what the spans of a call say beyond its entry. It and all in it are the
// observer's.
type Trace struct {
	Sampled bool   // decided as the call began; else it is kept for what became of it
	ID      string // of the trace: 32 hexadecimal digits
	Span    string // of the call: 16 hexadecimal digits
	State   string // tracestate as the caller gave it; "" = none
	Copied  string // the id of the call of which this is the shadow; "" = it is none

	Took          time.Duration
	FirstContent  time.Time // of the answer, of a stream its first token; zero = none came
	Method, Route string    // the route as it is documented, without anything of the caller's
	Secure        bool      // over TLS
	Model         string    // as the vendor spells the one that answered
	AnswerID      string    // the vendor's
	Refused       bool      // before any provider was asked
	Parameters    []Parameter

	// Prompt and Answer are what the policy lets spans hold of the bodies, each with its
	// dialect's form; nil = nothing.
	Prompt, Answer *gateway.Body
}

// traced gives what the call's spans say, nil when it makes none. Nothing but the entry's
// own facts is looked at for a call that is not kept.
func (x *exchange) traced(e *gateway.Entry, took time.Duration) *Trace {
	if x.gw == nil || x.gw.Traces == nil {
		return nil
	}
	policy := x.gw.Traces
	sampled := x.traceSampled()
	if !sampled && !policy.Keeps(e, took) {
		return nil
	}
	if e.TraceID == "" {
		e.TraceID = TraceOf(x.id)
	}
	t := &Trace{
		Sampled: sampled, ID: e.TraceID, Span: SpanOf(x.id), State: joined(x.r.Header, "Tracestate", maxTraceState), Copied: x.copied, Took: took, FirstContent: x.firstByte,
		Method: x.r.Method, Secure: x.r.TLS != nil, Refused: x.refusedByUs(),
	}
	if x.ep != nil {
		t.Route = x.ep.Pattern
	}
	if r := x.report; r != nil {
		t.Model, t.AnswerID = strings.Clone(clip(r.Model)), strings.Clone(clip(r.ID))
	}
	t.Prompt, t.Answer = x.spokenOf(e, policy)
	t.Parameters = x.parameters(t.Prompt != nil)
	return t
}

// spokenOf gives what spans may hold of the bodies.
func (x *exchange) spokenOf(e *gateway.Entry, policy *catalog.Traces) (prompt, answer *gateway.Body) {
	if policy.Content == catalog.ContentNone || e.Bodies == nil {
		return nil, nil
	}
	request, reply := e.Bodies.Request, e.Bodies.Answer
	if policy.Content == catalog.ContentFull {
		request, reply = x.keptRequest(), x.answerKept.body()
	}
	return &request, &reply
}

// maxTraceState and maxBaggage bound what is taken of callers' headers.
// https://www.w3.org/TR/trace-context/#tracestate-limits, https://www.w3.org/TR/baggage/#limits
const (
	maxTraceState = 512
	maxBaggage    = 8192
)

// joined gives a header that may come in several lines as one, "" when it is longer than
// may be or holds what no header may.
func joined(h http.Header, name string, most int) string {
	v := strings.Join(h[name], ",")
	if len(v) > most || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return strings.Clone(v)
}

// traceSampled reports what was decided about the call's trace as it began: by the caller
// where that counts, else by drawing.
func (x *exchange) traceSampled() bool {
	policy, id := x.gw.Traces, x.ctl.trace
	if id == "" {
		parent, trace := parentOf(x.r.Header)
		if trace != "" && policy.Follow {
			if flag, told := sampledFlag(parent); told {
				return flag
			}
		}
		id = cmp.Or(trace, x.id)
	}
	if policy.Ratio >= 1 {
		return true
	}
	return drawn(id) < uint64(policy.Ratio*(1<<56))
}

// traceID gives the id of the trace in which the call stands, hyphens or not.
func (x *exchange) traceID() string {
	if x.ctl.trace != "" {
		return x.ctl.trace
	}
	_, trace := parentOf(x.r.Header)
	return cmp.Or(trace, x.id)
}

// parentOf gives a traceparent that names a trace, and the trace, which points into it; ""
// without one.
func parentOf(h http.Header) (parent, trace string) {
	v := h["Traceparent"]
	if len(v) != 1 {
		return "", ""
	}
	if trace, _ = splitParent(v[0]); trace == "" {
		return "", ""
	}
	return v[0], trace
}

// drawn is the lot of a trace: the last 56 bits of its id, which all who follow the
// recommendation decide by. https://www.w3.org/TR/trace-context-2/#randomness-of-trace-id
func drawn(id string) (lot uint64) {
	for i, at := len(id)-1, 0; i >= 0 && at < 56; i-- {
		if v := digits[id[i]]; v != 0 {
			lot |= uint64(v-1) << at
			at += 4
		}
	}
	return lot
}

// digits are the values of hexadecimal digits, each one too large; 0 = it is none.
var digits = func() (all [256]byte) {
	for i, c := range []byte("0123456789abcdef") {
		all[c] = byte(i + 1)
	}
	return all
}()

// sampledFlag reads the sampled flag of a traceparent; told is false where it has none.
func sampledFlag(parent string) (sampled, told bool) {
	high, low := digits[parent[53]|0x20], digits[parent[54]|0x20] // small or capital
	return (low-1)&1 != 0, high != 0 && low != 0
}

// TraceOf gives the id of the trace that a call begins when its caller names none.
func TraceOf(call string) string { return strings.ReplaceAll(call, "-", "") }

// SpanOf gives the id of a call's span.
func SpanOf(call string) string {
	if digits := TraceOf(call); len(digits) == 32 {
		return digits[16:]
	}
	return ""
}

// spanHex renders the id of an attempt's span.
func spanHex(dst []byte, span uint64) []byte {
	return hex.AppendEncode(dst, binary.BigEndian.AppendUint64(nil, span))
}

// newSpan makes the id of the next attempt's span, where its provider is told.
func (x *exchange) newSpan() {
	x.span = 0
	for x.span == 0 && x.gw.Traces != nil && x.gw.Propagates[x.target.Provider.Name] {
		x.span = rand.Uint64()
	}
}

// propagate adds the trace context to what a provider is sent that may have it. Where calls
// make no spans, the caller's goes through as it is.
func (x *exchange) propagate(dst []upstream.Field) []upstream.Field {
	if !x.gw.Propagates[x.target.Provider.Name] {
		return dst
	}
	parent := x.parent()
	if parent == "" {
		return dst
	}
	for _, f := range [...]upstream.Field{
		{Name: "Traceparent", Value: parent},
		{Name: "Tracestate", Value: joined(x.r.Header, "Tracestate", maxTraceState)},
		{Name: "Baggage", Value: joined(x.r.Header, "Baggage", maxBaggage)},
	} {
		if f.Value != "" && !overridden(x.lane.forced, f.Name) {
			dst = append(dst, f)
		}
	}
	return dst
}

// parent is the traceparent of an attempt, "" when there is no trace.
func (x *exchange) parent() string {
	if x.gw.Traces == nil {
		if trace, span := traceOf(x.r.Header); trace == "" || span == "" {
			return ""
		}
		return x.r.Header["Traceparent"][0]
	}
	flags := "-00"
	if x.traceSampled() {
		flags = "-01"
	}
	return string(append(spanHex([]byte("00-"+TraceOf(x.traceID())+"-"), x.span), flags...))
}
