package langfuse

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func resource() *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", "sluice")}}
}

func scope() *commonpb.InstrumentationScope { return &commonpb.InstrumentationScope{Name: "sluice"} }

// spoken is what was said, where the export sends it.
type spoken struct {
	Bodies struct {
		Request body `json:"request"`
		Answer  body `json:"answer"`
	} `json:"bodies"`
}

type body struct {
	Encoding string `json:"encoding"`
	Content  string `json:"content"`
}

// spanOf makes the span of a call.
func (k *Sink) spanOf(r *export.Row) (*tracepb.Span, error) {
	var e gateway.Entry
	var said spoken
	if err := e.UnmarshalJSON(r.JSON); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.JSON, &said); err != nil {
		return nil, err
	}
	begin := uint64(r.Time.UnixNano())
	s := &tracepb.Span{
		TraceId: traceID(&e), SpanId: spanID(e.ID), ParentSpanId: parent(e.ParentSpanID), Name: name(&e), Kind: tracepb.Span_SPAN_KIND_CLIENT,
		StartTimeUnixNano: begin, EndTimeUnixNano: begin + uint64(e.LatencyMS.N)*1e6, Status: status(&e),
	}
	s.Attributes = append(conventions(&e, k.vendor(e.Provider)), own(&e)...)
	s.Attributes = appendText(s.Attributes, "langfuse.observation.input", said.Bodies.Request.content())
	s.Attributes = appendText(s.Attributes, "langfuse.observation.output", said.Bodies.Answer.content())
	return s, nil
}

// content gives a body that is text.
func (b *body) content() string {
	if b.Encoding != "text" {
		return ""
	}
	return b.Content
}

func name(e *gateway.Entry) string {
	if e.Operation == "" {
		return "call"
	}
	return e.Operation + " " + e.Model
}

// traceID is the caller's trace, or one of the entry's own.
func traceID(e *gateway.Entry) []byte {
	if b, err := hex.DecodeString(e.TraceID); err == nil && len(b) == 16 {
		return b
	}
	if id, err := uuid.Parse(e.ID); err == nil {
		return id[:]
	}
	sum := sha256.Sum256([]byte(e.ID))
	return sum[:16]
}

func spanID(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:8]
}

func parent(id string) []byte {
	if b, err := hex.DecodeString(id); err == nil && len(b) == 8 {
		return b
	}
	return nil
}

func status(e *gateway.Entry) *tracepb.Status {
	if e.ErrorCode != "" || e.Status >= 400 {
		return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: e.ErrorCode}
	}
	return &tracepb.Status{}
}

// conventions are the attributes that all tools know
// (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/).
func conventions(e *gateway.Entry, vendor string) (all []*commonpb.KeyValue) {
	for _, a := range [][2]string{
		{"gen_ai.operation.name", e.Operation}, {"gen_ai.provider.name", vendor}, {"gen_ai.request.model", e.ModelRequested},
		{"gen_ai.response.model", e.Model}, {"sluice.call.id", e.ID}, {"gen_ai.conversation.id", e.Session}, {"error.type", e.ErrorCode}, {"client.address", e.ClientIP},
	} {
		all = appendText(all, a[0], a[1])
	}
	if e.FinishReason != "" {
		list := &commonpb.ArrayValue{Values: []*commonpb.AnyValue{{Value: &commonpb.AnyValue_StringValue{StringValue: e.FinishReason}}}}
		all = append(all, &commonpb.KeyValue{Key: "gen_ai.response.finish_reasons", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}})
	}
	all = appendCount(all, "gen_ai.usage.input_tokens", e.Usage.InputTokens)
	all = appendCount(all, "gen_ai.usage.output_tokens", e.Usage.OutputTokens)
	all = appendCount(all, "gen_ai.usage.cache_read.input_tokens", e.Usage.CacheReadTokens)
	all = appendCount(all, "gen_ai.usage.cache_creation.input_tokens", e.Usage.CacheWriteTokens)
	return appendCount(all, "gen_ai.usage.reasoning.output_tokens", e.Usage.ReasoningTokens)
}

// own are Langfuse's attributes (https://langfuse.com/integrations/native/opentelemetry#property-mapping).
func own(e *gateway.Entry) []*commonpb.KeyValue {
	all := []*commonpb.KeyValue{text("langfuse.observation.type", "generation")}
	for _, a := range [][2]string{
		{"langfuse.user.id", e.User}, {"langfuse.session.id", e.Session}, {"langfuse.observation.model.name", e.Model},
		{"langfuse.observation.metadata.entry_id", e.ID}, {"langfuse.observation.metadata.gateway", e.Gateway}, {"langfuse.observation.metadata.workspace", e.Workspace},
		{"langfuse.observation.metadata.route", e.Route}, {"langfuse.observation.metadata.cache", e.Cache},
	} {
		all = appendText(all, a[0], a[1])
	}
	if e.Status != 0 {
		all = appendText(all, "langfuse.observation.metadata.status", strconv.Itoa(e.Status))
	}
	if len(e.Metadata) > 0 {
		all = appendText(all, "langfuse.observation.metadata.metadata", string(e.Metadata))
	}
	if e.Cost.Known {
		all = appendText(all, "langfuse.observation.cost_details", `{"total":`+string(e.Cost.AppendJSON(nil))+`}`)
	}
	if e.FirstByteMS.Known {
		first := e.Time.UTC().UnixMilli() + e.FirstByteMS.N
		all = appendText(all, "langfuse.observation.completion_start_time", isoMilli(first))
	}
	return all
}

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func appendText(all []*commonpb.KeyValue, key, value string) []*commonpb.KeyValue {
	if value == "" {
		return all
	}
	return append(all, text(key, value))
}

func appendCount(all []*commonpb.KeyValue, key string, c llm.Count) []*commonpb.KeyValue {
	if !c.Known {
		return all
	}
	return append(all, &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: c.N}}})
}

func isoMilli(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}
