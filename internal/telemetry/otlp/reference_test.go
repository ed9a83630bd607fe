package otlp

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// What spans are, in the structs of OpenTelemetry's own package: what is written by hand is
// compared with it.

// refAttributes is a list under construction. What is empty or unknown is left out.
type refAttributes []*commonpb.KeyValue

func (a *refAttributes) refText(name, v string) {
	if v != "" {
		*a = append(*a, refText(name, strings.ToValidUTF8(v, "\uFFFD")))
	}
}

func (a *refAttributes) count(name string, v llm.Count) {
	if v.Known {
		*a = append(*a, refWhole(name, v.N))
	}
}

func (a *refAttributes) seconds(name string, ms llm.Count) {
	if ms.Known {
		*a = append(*a, refNumber(name, float64(ms.N)/1000))
	}
}

func (a *refAttributes) refTexts(name string, all []string) {
	if len(all) > 0 {
		*a = append(*a, refTexts(name, valid(all)))
	}
}

func (a *refAttributes) yes(name string, v bool) {
	if v {
		*a = append(*a, refTruth(name, true))
	}
}

func (a *refAttributes) dollars(name string, c gateway.Cost) {
	if c.Known {
		*a = append(*a, refNumber(name, float64(c.USD)/float64(gateway.Dollar)))
	}
}

func (a *refAttributes) status(v int) {
	if v > 0 {
		*a = append(*a, refWhole("http.response.status_code", int64(v)))
	}
}

// vendor names who serves. gen_ai.system is the former name of gen_ai.provider.name, by
// which many still look.
func (a *refAttributes) vendor(v Vendor) {
	a.refText("gen_ai.provider.name", v.Name)
	a.refText("gen_ai.system", v.Name)
	a.refText("server.address", v.Address)
	if v.Address != "" && v.Port > 0 {
		*a = append(*a, refWhole("server.port", int64(v.Port)))
	}
}

// callAttributes are those of the call's span. Who called stands there by the key's id and
// the workspace alone: neither user nor address leaves the gateway this way.
func (e *Exporter) refCallAttributes(c *call) []*commonpb.KeyValue {
	entry, t := c.entry, c.trace
	var a refAttributes
	a.refText("gen_ai.operation.name", operation(entry.Operation))
	if entry.Provider != "" {
		a.vendor(e.opt.Vendor(entry.Provider))
	}
	a.refText("gen_ai.request.model", asked(entry))
	a.refText("gen_ai.response.model", t.Model)
	a.refText("gen_ai.response.id", t.AnswerID)
	if entry.FinishReason != "" {
		a.refTexts("gen_ai.response.finish_reasons", []string{entry.FinishReason})
	}
	a.refText("gen_ai.conversation.id", entry.Session)
	a.yes("gen_ai.request.stream", entry.Stream)
	if entry.Stream && !t.FirstContent.IsZero() {
		a = append(a, refNumber("gen_ai.response.time_to_first_chunk", max(t.FirstContent.Sub(entry.Time).Seconds(), 0)))
	}
	a.parameters(t.Parameters)
	a.usage(&entry.Usage)
	a.http(entry, t)
	a.policy(entry)
	a.content(e, c)
	return a
}

func (a *refAttributes) parameters(all []proxy.Parameter) {
	for _, p := range all {
		name := "gen_ai.request." + p.Name
		switch {
		case p.Texts != nil:
			a.refTexts(name, p.Texts)
		case p.Name == "temperature" || p.Name == "top_p" || p.Name == "top_k" || strings.HasSuffix(p.Name, "_penalty"):
			*a = append(*a, refNumber(name, p.Number))
		case p.Number == math.Trunc(p.Number) && math.Abs(p.Number) < 1<<53:
			*a = append(*a, refWhole(name, int64(p.Number)))
		}
	}
}

func (a *refAttributes) usage(u *llm.Usage) {
	a.count("gen_ai.usage.input_tokens", u.InputTokens)
	a.count("gen_ai.usage.output_tokens", u.OutputTokens)
	a.count("gen_ai.usage.cache_read.input_tokens", u.CacheReadTokens)
	a.count("gen_ai.usage.cache_creation.input_tokens", u.CacheWriteTokens)
	a.count("gen_ai.usage.reasoning.output_tokens", u.ReasoningTokens)
}

// http are the attributes of a request that was served.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
func (a *refAttributes) http(entry *gateway.Entry, t *proxy.Trace) {
	a.refText("http.request.method", method(t.Method))
	a.refText("http.route", t.Route)
	scheme := "http"
	if t.Secure {
		scheme = "https"
	}
	a.refText("url.scheme", scheme)
	a.status(entry.Status)
	a.refText("user_agent.original", entry.UserAgent)
	a.refText("error.type", entry.ErrorCode)
}

// policy is what the gateway made of the call.
func (a *refAttributes) policy(entry *gateway.Entry) {
	a.refText("sluice.call.id", entry.ID)
	a.refText("sluice.gateway", entry.Gateway)
	a.refText("sluice.workspace", entry.Workspace)
	a.refText("sluice.key_id", entry.KeyID)
	a.refText("sluice.route", entry.Route)
	a.refText("sluice.step", entry.Step)
	a.refText("sluice.provider", entry.Provider)
	a.refText("sluice.model", entry.Model)
	a.refText("sluice.region", entry.Region)
	a.refText("sluice.cache", entry.Cache)
	a.refTexts("sluice.cache.tags", entry.CacheTags)
	a.refTexts("sluice.limits", entry.Limits)
	a.refTexts("sluice.guards", entry.Guards)
	a.refTexts("sluice.dropped_params", entry.DroppedParams)
	*a = append(*a, refWhole("sluice.attempts", int64(len(entry.Attempts))))
	a.dollars("sluice.cost_usd", entry.Cost)
	a.dollars("sluice.saved_usd", entry.Saved)
	a.seconds("sluice.queue_seconds", entry.QueueMS)
	if entry.OverheadUS.Known {
		*a = append(*a, refNumber("sluice.overhead_seconds", float64(entry.OverheadUS.N)/1e6))
	}
}

// attemptAttributes are those of one attempt's span. Tokens stand at the call, so that
// nobody who adds up spans counts them twice.
func (e *Exporter) refAttemptAttributes(c *call, n int) []*commonpb.KeyValue {
	entry, at := c.entry, &c.entry.Attempts[n]
	var a refAttributes
	a.refText("gen_ai.operation.name", operation(entry.Operation))
	a.vendor(e.opt.Vendor(at.Provider))
	a.refText("gen_ai.request.model", at.Model)
	a.status(at.Status)
	a.refText("error.type", at.Fault)
	if n > 0 {
		a = append(a, refWhole("http.request.resend_count", int64(n)))
	}
	a.refText("sluice.provider", at.Provider)
	a.refText("sluice.credential", at.Credential)
	a.seconds("sluice.connect_seconds", at.ConnectMS)
	a.seconds("sluice.first_byte_seconds", at.FirstByteMS)
	a.seconds("sluice.retry_after_seconds", at.RetryAfterMS)
	a.yes("sluice.continued", at.Continued)
	a.dollars("sluice.cost_usd", at.Cost)
	return a
}

// content is what was said, where the policy allows it.
func (a *refAttributes) content(e *Exporter, c *call) {
	t := c.trace
	answer := t.Answer
	if c.entry.Status >= 400 {
		answer = nil
	}
	if t.Prompt == nil && answer == nil {
		return
	}
	said := said(e.dialect(c.entry.ClientDialect), t.Prompt, answer)
	most := e.opt.MaxContent(c.entry.Gateway)
	cut := false
	for _, part := range []struct {
		name string
		all  []Message
	}{{"gen_ai.input.messages", said.Input}, {"gen_ai.output.messages", said.Output}} {
		if len(part.all) == 0 {
			continue
		}
		fit, less := fitting(part.all, most)
		b, err := json.Marshal(fit)
		if err != nil {
			continue // nothing in them can fail
		}
		cut = cut || less
		a.refText(part.name, string(b))
	}
	if len(said.System) > 0 {
		fit, less := fittingParts(said.System, most)
		if b, err := json.Marshal(fit); err == nil {
			cut = cut || less
			a.refText("gen_ai.system_instructions", string(b))
		}
	}
	a.yes("sluice.content.truncated", cut || said.Cut)
}

// spans appends the call's span and those of its attempts.
func (e *Exporter) refSpans(dst []*tracepb.Span, c *call) []*tracepb.Span {
	entry, t := c.entry, c.trace
	trace, own := refUnhex(t.ID), refUnhex(t.Span)
	server := &tracepb.Span{
		TraceId: trace, SpanId: own, ParentSpanId: refUnhex(entry.ParentSpanID), TraceState: t.State, Flags: flags(t.Sampled) | flagHasRemote,
		Name: name(entry), Kind: tracepb.Span_SPAN_KIND_SERVER, StartTimeUnixNano: nano(entry.Time), EndTimeUnixNano: nano(entry.Time.Add(t.Took)),
		Attributes: e.refCallAttributes(c), Events: refMilestones(c), Status: refCallStatus(entry),
	}
	if len(server.ParentSpanId) > 0 {
		server.Flags |= flagRemote
	}
	if t.Copied != "" {
		server.Links = []*tracepb.Span_Link{refLink(trace, refUnhex(proxy.SpanOf(t.Copied)), "shadow_of")}
	}
	dst = append(dst, server)
	ids := make([][]byte, len(entry.Attempts))
	for i := range entry.Attempts {
		ids[i] = refAttemptID(own, &entry.Attempts[i], i)
	}
	for i := range entry.Attempts {
		a := &entry.Attempts[i]
		end := min(nano(a.Started.Add(millis(a.LatencyMS.N))), server.EndTimeUnixNano)
		span := &tracepb.Span{
			TraceId: trace, SpanId: ids[i], ParentSpanId: own, TraceState: t.State, Flags: flags(t.Sampled) | flagHasRemote,
			Name: attemptName(entry, a), Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: min(nano(a.Started), end), EndTimeUnixNano: end,
			Attributes: e.refAttemptAttributes(c, i), Events: refAttemptMilestones(c, i, end), Status: refAttemptStatus(a),
		}
		if rival := rivalOf(entry.Attempts, i); rival >= 0 {
			span.Links = []*tracepb.Span_Link{refLink(trace, ids[rival], "hedge_of")}
		}
		dst = append(dst, span)
	}
	return dst
}

func refLink(trace, span []byte, what string) *tracepb.Span_Link {
	return &tracepb.Span_Link{TraceId: trace, SpanId: span, Flags: flagHasRemote, Attributes: []*commonpb.KeyValue{refText("sluice.link", what)}}
}

// attemptID is the one that the provider was told, else one made of the call's and the
// attempt's number.
func refAttemptID(call []byte, a *gateway.Attempt, n int) []byte {
	id := uint64(a.Span)
	if id == 0 && len(call) == 8 {
		id = binary.BigEndian.Uint64(call) ^ uint64(n+1)*0x9E3779B97F4A7C15
	}
	return binary.BigEndian.AppendUint64(nil, id)
}

// callStatus is an error where the call failed and the caller was not at fault.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
func refCallStatus(e *gateway.Entry) *tracepb.Status {
	if e.ErrorCode == "" || e.Status >= 400 && e.Status < 500 {
		return nil
	}
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: e.ErrorCode}
}

func refAttemptStatus(a *gateway.Attempt) *tracepb.Status {
	if a.Fault == "" {
		return nil
	}
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: a.Fault}
}

// milestones are what happened to the answer on its way.
func refMilestones(c *call) []*tracepb.Span_Event {
	if c.trace.FirstContent.IsZero() {
		return nil
	}
	return []*tracepb.Span_Event{refEvent(firstContent(c.entry), c.trace.FirstContent)}
}

// attemptMilestones are those of one attempt, none later than its end.
func refAttemptMilestones(c *call, n int, end uint64) (out []*tracepb.Span_Event) {
	a := &c.entry.Attempts[n]
	if a.ConnectMS.Known {
		out = append(out, refEvent("sluice.connected", a.Started.Add(millis(a.ConnectMS.N))))
	}
	if a.FirstByteMS.Known {
		out = append(out, refEvent("sluice.first_byte", a.Started.Add(millis(a.FirstByteMS.N))))
	}
	if at := c.trace.FirstContent; c.entry.Stream && n == len(c.entry.Attempts)-1 && at.After(a.Started) {
		out = append(out, refEvent("sluice.first_token", at))
	}
	for _, e := range out {
		e.TimeUnixNano = min(e.TimeUnixNano, end)
	}
	return out
}

func refEvent(name string, at time.Time) *tracepb.Span_Event {
	return &tracepb.Span_Event{Name: name, TimeUnixNano: nano(at)}
}

// unhex gives the bytes of an id; nil of none.
func refUnhex(id string) []byte {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// text makes an attribute in one piece of memory: a span has dozens of them.
func refText(name, v string) *commonpb.KeyValue {
	a := &struct {
		pair  commonpb.KeyValue
		value commonpb.AnyValue
		text  commonpb.AnyValue_StringValue
	}{}
	a.pair.Key, a.pair.Value, a.value.Value, a.text.StringValue = name, &a.value, &a.text, v
	return &a.pair
}

func refWhole(name string, v int64) *commonpb.KeyValue {
	a := &struct {
		pair  commonpb.KeyValue
		value commonpb.AnyValue
		whole commonpb.AnyValue_IntValue
	}{}
	a.pair.Key, a.pair.Value, a.value.Value, a.whole.IntValue = name, &a.value, &a.whole, v
	return &a.pair
}

func refNumber(name string, v float64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: name, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v}}}
}

func refTruth(name string, v bool) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: name, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}}}
}

func refTexts(name string, all []string) *commonpb.KeyValue {
	list := &commonpb.ArrayValue{}
	for _, v := range all {
		list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}})
	}
	return &commonpb.KeyValue{Key: name, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}}
}

// valid gives texts as protobuf takes them.
func valid(all []string) (out []string) {
	for _, v := range all {
		out = append(out, strings.ToValidUTF8(v, "\uFFFD"))
	}
	return out
}
