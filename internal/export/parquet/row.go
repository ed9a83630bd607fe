package parquet

import (
	"encoding/json"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// entry is what rows are read into. What the export leaves out stays empty.
type entry struct {
	e      gateway.Entry
	nested map[string]json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *entry) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &x.nested); err != nil {
		return err
	}
	return json.Unmarshal(b, &x.e)
}

// row has the columns. Empty texts, unknown numbers and members that are left out are
// null. Money has nine digits behind the point.
type row struct {
	entry `parquet:"-"`

	ID              string   `parquet:"id"`
	Time            int64    `parquet:"time,timestamp(microsecond)"`
	Gateway         *string  `parquet:"gateway,optional,dict"`
	Workspace       *string  `parquet:"workspace,optional,dict"`
	KeyID           *string  `parquet:"key_id,optional,dict"`
	Operation       *string  `parquet:"operation,optional,dict"`
	Endpoint        *string  `parquet:"endpoint,optional,dict"`
	ClientDialect   *string  `parquet:"client_dialect,optional,dict"`
	ProviderDialect *string  `parquet:"provider_dialect,optional,dict"`
	Route           *string  `parquet:"route,optional,dict"`
	Step            *string  `parquet:"step,optional,dict"`
	ModelRequested  *string  `parquet:"model_requested,optional,dict"`
	Provider        *string  `parquet:"provider,optional,dict"`
	Model           *string  `parquet:"model,optional,dict"`
	Credential      *string  `parquet:"credential,optional,dict"`
	Region          *string  `parquet:"region,optional,dict"`
	Status          *int64   `parquet:"status,optional"`
	ErrorCode       *string  `parquet:"error_code,optional,dict"`
	FinishReason    *string  `parquet:"finish_reason,optional,dict"`
	Stream          *bool    `parquet:"stream,optional"`
	Cache           *string  `parquet:"cache,optional,dict"`
	CacheTags       *string  `parquet:"cache_tags,optional"`
	CacheAgeMS      *int64   `parquet:"cache_age_ms,optional"`
	CacheKey        *string  `parquet:"cache_key,optional"`
	Attempts        *string  `parquet:"attempts,optional"`
	Limits          *string  `parquet:"limits,optional"`
	Guards          *string  `parquet:"guards,optional"`
	DroppedParams   *string  `parquet:"dropped_params,optional"`
	Redacted        *string  `parquet:"redacted,optional"`
	Usage           *string  `parquet:"usage,optional"`
	InputTokens     *int64   `parquet:"input_tokens,optional"`
	OutputTokens    *int64   `parquet:"output_tokens,optional"`
	CacheRead       *int64   `parquet:"cache_read_tokens,optional"`
	CacheWrite      *int64   `parquet:"cache_write_tokens,optional"`
	Reasoning       *int64   `parquet:"reasoning_tokens,optional"`
	Price           *string  `parquet:"price,optional"`
	Cost            *int64   `parquet:"cost_usd,optional,decimal(9:18)"`
	Saved           *int64   `parquet:"saved_usd,optional,decimal(9:18)"`
	QueueMS         *int64   `parquet:"queue_ms,optional"`
	FirstByteMS     *int64   `parquet:"first_byte_ms,optional"`
	LatencyMS       *int64   `parquet:"latency_ms,optional"`
	OverheadUS      *int64   `parquet:"overhead_us,optional"`
	CallerUS        *int64   `parquet:"caller_us,optional"`
	Phases          *string  `parquet:"phases,optional"`
	Metadata        *string  `parquet:"metadata,optional"`
	Session         *string  `parquet:"session,optional"`
	User            *string  `parquet:"user,optional"`
	ClientIP        *string  `parquet:"client_ip,optional"`
	UserAgent       *string  `parquet:"user_agent,optional,dict"`
	TraceID         *string  `parquet:"trace_id,optional"`
	ParentSpanID    *string  `parquet:"parent_span_id,optional"`
	Feedback        *string  `parquet:"feedback,optional,dict"`
	Score           *float64 `parquet:"score,optional"`
	Comment         *string  `parquet:"comment,optional"`
	Count           *int64   `parquet:"count,optional"`
	LastTime        *int64   `parquet:"last_time,optional,timestamp(microsecond)"`
	Bodies          *string  `parquet:"bodies,optional"`
}

// fill makes the columns of the entry.
func (r *row) fill(at time.Time) {
	e := &r.entry.e
	r.ID, r.Time = e.ID, at.UnixMicro()
	r.texts(e)
	r.CacheTags, r.Attempts, r.Limits, r.Guards = r.json("cache_tags"), r.json("attempts"), r.json("limits"), r.json("guards")
	r.Redacted, r.Phases = r.json("redacted"), r.json("phases")
	r.DroppedParams, r.Usage, r.Price, r.Metadata, r.Bodies = r.json("dropped_params"), r.json("usage"), r.json("price"), r.json("metadata"), r.json("bodies")
	r.CacheAgeMS, r.QueueMS, r.FirstByteMS, r.LatencyMS, r.OverheadUS, r.CallerUS = count(e.CacheAgeMS), count(e.QueueMS), count(e.FirstByteMS), count(e.LatencyMS), count(e.OverheadUS), count(e.CallerUS)
	u := &e.Usage
	r.InputTokens, r.OutputTokens, r.CacheRead, r.CacheWrite, r.Reasoning = count(u.InputTokens), count(u.OutputTokens), count(u.CacheReadTokens), count(u.CacheWriteTokens), count(u.ReasoningTokens)
	r.Cost, r.Saved, r.Score = money(e.Cost), money(e.Saved), e.Score
	if r.there("status") {
		r.Status = new(int64(e.Status))
	}
	if r.there("stream") {
		r.Stream = &e.Stream
	}
	if r.there("count") {
		r.Count = new(int64(e.Count))
	}
	if !e.LastTime.IsZero() {
		r.LastTime = new(e.LastTime.UnixMicro())
	}
}

func (r *row) texts(e *gateway.Entry) {
	for to, value := range map[**string]string{
		&r.Gateway: e.Gateway, &r.Workspace: e.Workspace, &r.KeyID: e.KeyID, &r.Operation: e.Operation, &r.Endpoint: e.Endpoint, &r.ClientDialect: e.ClientDialect,
		&r.ProviderDialect: e.ProviderDialect, &r.Route: e.Route, &r.Step: e.Step, &r.ModelRequested: e.ModelRequested, &r.Provider: e.Provider,
		&r.Model: e.Model, &r.Credential: e.Credential, &r.Region: e.Region, &r.ErrorCode: e.ErrorCode, &r.FinishReason: e.FinishReason,
		&r.Cache: e.Cache, &r.CacheKey: e.CacheKey, &r.Session: e.Session, &r.User: e.User, &r.ClientIP: e.ClientIP, &r.UserAgent: e.UserAgent, &r.TraceID: e.TraceID,
		&r.ParentSpanID: e.ParentSpanID, &r.Feedback: e.Feedback, &r.Comment: e.Comment,
	} {
		if value != "" {
			*to = &value
		}
	}
}

func (r *row) there(member string) bool { _, there := r.nested[member]; return there }

func (r *row) json(member string) *string {
	raw := string(r.nested[member])
	if raw == "" || raw == "null" {
		return nil
	}
	return &raw
}

func count(c llm.Count) *int64 {
	if !c.Known {
		return nil
	}
	return &c.N
}

func money(c gateway.Cost) *int64 {
	if !c.Known {
		return nil
	}
	return new(int64(c.USD))
}
