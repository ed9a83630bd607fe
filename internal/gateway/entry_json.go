package gateway

import (
	"encoding/json"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// AppendJSON appends the entry as one JSON object on one line, in the contract's names
// and order. It is the one rendering of an entry: spool, store and admin API all carry
// these bytes. Lists and maps are never null, what is unknown is null, times are UTC.
// Bodies and Objects are not part of it. The result is valid JSON and valid UTF-8 whatever
// the fields hold. It allocates only to grow dst.
func (e *Entry) AppendJSON(dst []byte) []byte {
	var s second
	b := appendText(dst, `{"id":"`, e.ID)
	b = s.appendTime(b, `,"time":`, e.Time)
	b = e.appendWho(b)
	b = e.appendOutcome(b)
	b = e.appendLists(b, &s)
	b = e.appendNumbers(b)
	b = e.appendOrigin(b)
	b = s.appendTime(b, `,"last_time":`, e.LastTime)
	return append(b, '}')
}

func (e *Entry) appendWho(b []byte) []byte {
	b = appendText(b, `,"gateway":"`, e.Gateway)
	b = appendText(b, `,"workspace":"`, e.Workspace)
	b = appendText(b, `,"key_id":"`, e.KeyID)
	b = appendText(b, `,"operation":"`, e.Operation)
	b = appendText(b, `,"endpoint":"`, e.Endpoint)
	b = appendText(b, `,"client_dialect":"`, e.ClientDialect)
	b = appendText(b, `,"provider_dialect":"`, e.ProviderDialect)
	b = appendText(b, `,"route":"`, e.Route)
	b = appendText(b, `,"step":"`, e.Step)
	b = appendText(b, `,"model_requested":"`, e.ModelRequested)
	b = appendText(b, `,"provider":"`, e.Provider)
	b = appendText(b, `,"model":"`, e.Model)
	b = appendText(b, `,"credential":"`, e.Credential)
	return appendText(b, `,"region":"`, e.Region)
}

func (e *Entry) appendOutcome(b []byte) []byte {
	b = appendInt(b, `,"status":`, int64(e.Status))
	b = appendText(b, `,"error_code":"`, e.ErrorCode)
	b = appendText(b, `,"finish_reason":"`, e.FinishReason)
	b = strconv.AppendBool(append(b, `,"stream":`...), e.Stream)
	b = appendText(b, `,"cache":"`, e.Cache)
	b = appendTexts(b, `,"cache_tags":[`, e.CacheTags)
	b = appendCount(b, `,"cache_age_ms":`, e.CacheAgeMS)
	return appendText(b, `,"cache_key":"`, e.CacheKey)
}

func (e *Entry) appendLists(b []byte, s *second) []byte {
	b = append(b, `,"attempts":[`...)
	for i := range e.Attempts {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.Attempts[i].append(b, s)
	}
	b = append(b, ']')
	if len(e.Limits)+len(e.Guards)+len(e.DroppedParams) == 0 {
		return append(b, `,"limits":[],"guards":[],"dropped_params":[]`...)
	}
	b = appendTexts(b, `,"limits":[`, e.Limits)
	b = appendTexts(b, `,"guards":[`, e.Guards)
	return appendTexts(b, `,"dropped_params":[`, e.DroppedParams)
}

func (e *Entry) appendNumbers(b []byte) []byte {
	b = AppendUsageJSON(append(b, `,"usage":`...), &e.Usage)
	b = e.Price.append(append(b, `,"price":`...))
	b = e.Cost.AppendJSON(append(b, `,"cost_usd":`...))
	b = e.Saved.AppendJSON(append(b, `,"saved_usd":`...))
	b = appendCount(b, `,"queue_ms":`, e.QueueMS)
	b = appendCount(b, `,"first_byte_ms":`, e.FirstByteMS)
	b = appendCount(b, `,"latency_ms":`, e.LatencyMS)
	b = appendCount(b, `,"overhead_us":`, e.OverheadUS)
	b = appendCount(b, `,"caller_us":`, e.CallerUS)
	return appendPhases(b, e.Phases)
}

func appendPhases(b []byte, phases []Phase) []byte {
	b = append(b, `,"phases":[`...)
	for i := range phases {
		p := &phases[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, `{"name":"`, p.Name)
		b = appendInt(b, `,"from_us":`, p.FromUS)
		b = append(appendInt(b, `,"took_us":`, p.TookUS), '}')
	}
	return append(b, ']')
}

func (e *Entry) appendOrigin(b []byte) []byte {
	b = appendObject(append(b, `,"metadata":`...), e.Metadata)
	b = appendText(b, `,"session":"`, e.Session)
	b = appendText(b, `,"user":"`, e.User)
	b = appendText(b, `,"client_ip":"`, e.ClientIP)
	b = appendText(b, `,"user_agent":"`, e.UserAgent)
	b = appendText(b, `,"trace_id":"`, e.TraceID)
	b = appendText(b, `,"parent_span_id":"`, e.ParentSpanID)
	b = appendText(b, `,"feedback":"`, e.Feedback)
	b = append(b, `,"score":`...)
	if e.Score == nil {
		b = append(b, "null"...)
	} else {
		b = appendFloat(b, *e.Score)
	}
	b = appendText(b, `,"comment":"`, e.Comment)
	b = appendCounts(b, `,"redacted":{`, e.Redacted)
	return appendInt(b, `,"count":`, int64(e.Count))
}

func (a *Attempt) append(b []byte, s *second) []byte {
	b = appendText(b, `{"provider":"`, a.Provider)
	b = appendText(b, `,"model":"`, a.Model)
	b = appendText(b, `,"credential":"`, a.Credential)
	b = appendInt(b, `,"status":`, int64(a.Status))
	b = appendText(b, `,"fault":"`, a.Fault)
	b = s.appendTime(b, `,"started":`, a.Started)
	b = appendCount(b, `,"connect_ms":`, a.ConnectMS)
	b = appendCount(b, `,"first_byte_ms":`, a.FirstByteMS)
	b = appendCount(b, `,"latency_ms":`, a.LatencyMS)
	b = appendCount(b, `,"retry_after_ms":`, a.RetryAfterMS)
	b = AppendUsageJSON(append(b, `,"usage":`...), &a.Usage)
	b = a.Cost.AppendJSON(append(b, `,"cost_usd":`...))
	b = strconv.AppendBool(append(b, `,"continued":`...), a.Continued)
	b = append(a.Span.append(append(b, `,"span_id":"`...)), '"')
	return append(b, '}')
}

// AppendUsageJSON appends a usage in the entry's names.
func AppendUsageJSON(dst []byte, u *llm.Usage) []byte {
	b := appendCount(dst, `{"input_tokens":`, u.InputTokens)
	b = appendCount(b, `,"output_tokens":`, u.OutputTokens)
	b = appendCount(b, `,"cache_read_tokens":`, u.CacheReadTokens)
	b = appendCount(b, `,"cache_write_tokens":`, u.CacheWriteTokens)
	b = appendCount(b, `,"reasoning_tokens":`, u.ReasoningTokens)
	if !u.AudioInputTokens.Known && !u.AudioOutputTokens.Known && !u.Images.Known && len(u.Units) == 0 {
		return append(b, `,"audio_input_tokens":null,"audio_output_tokens":null,"images":null,"units":{}}`...)
	}
	b = appendCount(b, `,"audio_input_tokens":`, u.AudioInputTokens)
	b = appendCount(b, `,"audio_output_tokens":`, u.AudioOutputTokens)
	b = appendCount(b, `,"images":`, u.Images)
	b = appendFloats(b, `,"units":{`, u.Units)
	return append(b, '}')
}

func (p *Price) append(b []byte) []byte {
	switch {
	case p == nil:
		return append(b, "null"...)
	case p.rendered != "":
		return append(b, p.rendered...)
	}
	b = appendFloats(b, `{"rates":{`, p.Rates)
	b = appendText(b, `,"tier":"`, p.Tier)
	b = appendText(b, `,"source":"`, p.Source)
	b = appendText(b, `,"as_of":"`, p.AsOf)
	return append(b, '}')
}

// MarshalJSON renders what AppendJSON does.
func (e Entry) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON reads what AppendJSON wrote; empty lists, maps and metadata become nil.
func (e *Entry) UnmarshalJSON(b []byte) error {
	type plain Entry
	if err := json.Unmarshal(b, (*plain)(e)); err != nil {
		return err
	}
	dropEmpty(&e.Attempts)
	dropEmpty(&e.Limits)
	dropEmpty(&e.Guards)
	dropEmpty(&e.CacheTags)
	dropEmpty(&e.DroppedParams)
	dropEmpty(&e.Phases)
	dropEmptyMap(&e.Usage.Units)
	dropEmptyMap(&e.Redacted)
	for i := range e.Attempts {
		dropEmptyMap(&e.Attempts[i].Usage.Units)
	}
	if e.Price != nil {
		dropEmptyMap(&e.Price.Rates)
	}
	if m := string(e.Metadata); m == "{}" || m == "null" {
		e.Metadata = nil
	}
	return nil
}

func dropEmpty[T any](s *[]T) {
	if len(*s) == 0 {
		*s = nil
	}
}

func dropEmptyMap[K comparable, V any](m *map[K]V) {
	if len(*m) == 0 {
		*m = nil
	}
}
