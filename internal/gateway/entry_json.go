package gateway

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// AppendJSON appends the entry as one JSON object on one line, in the contract's names
// and order. It is the one rendering of an entry: spool, store and admin API all carry
// these bytes. Lists and maps are never null, what is unknown is null, times are UTC.
// Bodies and Objects are not part of it. The result is valid JSON and valid UTF-8 whatever
// the fields hold. It allocates only to grow dst.
func (e *Entry) AppendJSON(dst []byte) []byte {
	w := jsonWriter{dst}
	w.text(`{"id":`, e.ID)
	w.time(`,"time":`, e.Time)
	e.appendWho(&w)
	e.appendOutcome(&w)
	e.appendLists(&w)
	e.appendNumbers(&w)
	e.appendOrigin(&w)
	w.raw("}")
	return w.buf
}

func (e *Entry) appendWho(w *jsonWriter) {
	w.text(`,"gateway":`, e.Gateway)
	w.text(`,"workspace":`, e.Workspace)
	w.text(`,"key_id":`, e.KeyID)
	w.text(`,"operation":`, e.Operation)
	w.text(`,"client_dialect":`, e.ClientDialect)
	w.text(`,"provider_dialect":`, e.ProviderDialect)
	w.text(`,"route":`, e.Route)
	w.text(`,"model_requested":`, e.ModelRequested)
	w.text(`,"provider":`, e.Provider)
	w.text(`,"model":`, e.Model)
	w.text(`,"credential":`, e.Credential)
	w.text(`,"region":`, e.Region)
}

func (e *Entry) appendOutcome(w *jsonWriter) {
	w.int(`,"status":`, int64(e.Status))
	w.text(`,"error_code":`, e.ErrorCode)
	w.text(`,"finish_reason":`, e.FinishReason)
	w.bool(`,"stream":`, e.Stream)
	w.text(`,"cache":`, e.Cache)
}

func (e *Entry) appendLists(w *jsonWriter) {
	w.raw(`,"attempts":[`)
	for i := range e.Attempts {
		if i > 0 {
			w.raw(",")
		}
		e.Attempts[i].append(w)
	}
	w.raw("]")
	w.texts(`,"limits":`, e.Limits)
	w.texts(`,"guards":`, e.Guards)
	w.texts(`,"dropped_params":`, e.DroppedParams)
}

func (e *Entry) appendNumbers(w *jsonWriter) {
	w.usage(`,"usage":`, &e.Usage)
	w.price(`,"price":`, e.Price)
	w.cost(`,"cost_usd":`, e.Cost)
	w.cost(`,"saved_usd":`, e.Saved)
	w.count(`,"queue_ms":`, e.QueueMS)
	w.count(`,"first_byte_ms":`, e.FirstByteMS)
	w.count(`,"latency_ms":`, e.LatencyMS)
	w.count(`,"overhead_us":`, e.OverheadUS)
}

func (e *Entry) appendOrigin(w *jsonWriter) {
	w.object(`,"metadata":`, e.Metadata)
	w.text(`,"session":`, e.Session)
	w.text(`,"user":`, e.User)
	w.text(`,"client_ip":`, e.ClientIP)
	w.text(`,"user_agent":`, e.UserAgent)
	w.text(`,"trace_id":`, e.TraceID)
	w.text(`,"feedback":`, e.Feedback)
	w.raw(`,"score":`)
	if e.Score == nil {
		w.raw("null")
	} else {
		w.float(*e.Score)
	}
	w.int(`,"count":`, int64(e.Count))
	w.time(`,"last_time":`, e.LastTime)
}

func (a *Attempt) append(w *jsonWriter) {
	w.text(`{"provider":`, a.Provider)
	w.text(`,"model":`, a.Model)
	w.text(`,"credential":`, a.Credential)
	w.int(`,"status":`, int64(a.Status))
	w.text(`,"fault":`, a.Fault)
	w.time(`,"started":`, a.Started)
	w.count(`,"connect_ms":`, a.ConnectMS)
	w.count(`,"first_byte_ms":`, a.FirstByteMS)
	w.count(`,"latency_ms":`, a.LatencyMS)
	w.count(`,"retry_after_ms":`, a.RetryAfterMS)
	w.usage(`,"usage":`, &a.Usage)
	w.cost(`,"cost_usd":`, a.Cost)
	w.raw("}")
}

// AppendUsageJSON appends a usage in the entry's names.
func AppendUsageJSON(dst []byte, u *llm.Usage) []byte {
	w := jsonWriter{dst}
	w.usage("", u)
	return w.buf
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
	dropEmpty(&e.DroppedParams)
	dropEmptyMap(&e.Usage.Units)
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

// jsonWriter appends members; a name comes with its punctuation, ready to be copied.
type jsonWriter struct{ buf []byte }

func (w *jsonWriter) raw(s string) { w.buf = append(w.buf, s...) }

func (w *jsonWriter) text(name, s string) {
	w.buf = append(w.buf, name...)
	w.quote(s)
}

func (w *jsonWriter) texts(name string, list []string) {
	w.raw(name)
	w.raw("[")
	for i, s := range list {
		if i > 0 {
			w.raw(",")
		}
		w.quote(s)
	}
	w.raw("]")
}

func (w *jsonWriter) int(name string, n int64) {
	w.buf = strconv.AppendInt(append(w.buf, name...), n, 10)
}

func (w *jsonWriter) bool(name string, b bool) {
	w.buf = strconv.AppendBool(append(w.buf, name...), b)
}

func (w *jsonWriter) count(name string, c llm.Count) {
	w.buf = c.AppendJSON(append(w.buf, name...))
}

func (w *jsonWriter) cost(name string, c Cost) {
	w.buf = c.AppendJSON(append(w.buf, name...))
}

func (w *jsonWriter) time(name string, t time.Time) {
	w.raw(name)
	if t.IsZero() {
		w.raw("null")
		return
	}
	w.raw(`"`)
	w.buf = t.UTC().AppendFormat(w.buf, time.RFC3339Nano)
	w.raw(`"`)
}

// float writes a number as encoding/json does; NaN and the infinities, which JSON has not, are null.
func (w *jsonWriter) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.raw("null")
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	w.buf = strconv.AppendFloat(w.buf, f, format, -1, 64)
}

// object copies a JSON object; a line break in it can only be white space between
// tokens and becomes a space. What is no JSON is kept as a string, so that the whole stays valid.
func (w *jsonWriter) object(name string, raw json.RawMessage) {
	w.raw(name)
	switch {
	case len(raw) == 0:
		w.raw("{}")
		return
	case !json.Valid(raw):
		w.quote(string(raw))
		return
	case !utf8.Valid(raw):
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	start := len(w.buf)
	w.buf = append(w.buf, raw...)
	for i, c := range w.buf[start:] {
		if c == '\n' || c == '\r' {
			w.buf[start+i] = ' '
		}
	}
}

func (w *jsonWriter) usage(name string, u *llm.Usage) {
	w.raw(name)
	w.count(`{"input_tokens":`, u.InputTokens)
	w.count(`,"output_tokens":`, u.OutputTokens)
	w.count(`,"cache_read_tokens":`, u.CacheReadTokens)
	w.count(`,"cache_write_tokens":`, u.CacheWriteTokens)
	w.count(`,"reasoning_tokens":`, u.ReasoningTokens)
	w.count(`,"audio_input_tokens":`, u.AudioInputTokens)
	w.count(`,"audio_output_tokens":`, u.AudioOutputTokens)
	w.count(`,"images":`, u.Images)
	w.floats(`,"units":`, u.Units)
	w.raw("}")
}

func (w *jsonWriter) price(name string, p *Price) {
	w.raw(name)
	if p == nil {
		w.raw("null")
		return
	}
	w.floats(`{"rates":`, p.Rates)
	w.text(`,"tier":`, p.Tier)
	w.text(`,"source":`, p.Source)
	w.text(`,"as_of":`, p.AsOf)
	w.raw("}")
}

// floats writes a map sorted by name; up to 16 names cost no allocation.
func (w *jsonWriter) floats(name string, m map[string]float64) {
	w.raw(name)
	var few [16]string
	names := few[:0]
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	w.raw("{")
	for i, k := range names {
		if i > 0 {
			w.raw(",")
		}
		w.quote(k)
		w.raw(":")
		w.float(m[k])
	}
	w.raw("}")
}

// quote writes a JSON string; bytes that are no UTF-8 become U+FFFD.
func (w *jsonWriter) quote(s string) {
	dst := append(w.buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			start = i + 1
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	w.buf = append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
