package corpus_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// reading is what a plain reading with encoding/json finds in a recorded answer.
type reading struct {
	usage  counts
	finish string
	tier   string
	failed bool // it reports an error, whatever its status
	ended  bool // a stream came to its proper end
	inHead bool // the vendor told a count in the answer's head alone
}

// counts are numbers by name: those of llm.Usage, and units as "unit:name".
type counts map[string]float64

func (c counts) set(name string, n any) {
	if f, ok := n.(float64); ok && f >= 0 {
		c[name] = f
	}
}

// unit records what is billed beside tokens; none is none.
func (c counts) unit(name string, n any) {
	if f, ok := n.(float64); ok && f > 0 {
		c["unit:"+name] = f
	}
}

// countsOf lays a usage out by name.
func countsOf(u *llm.Usage) counts {
	c := counts{}
	for name, n := range map[string]llm.Count{
		"input": u.InputTokens, "output": u.OutputTokens, "cache_read": u.CacheReadTokens, "cache_write": u.CacheWriteTokens,
		"reasoning": u.ReasoningTokens, "audio_input": u.AudioInputTokens, "audio_output": u.AudioOutputTokens, "images": u.Images,
	} {
		if n.Known {
			c[name] = float64(n.N)
		}
	}
	for name, n := range u.Units {
		c["unit:"+name] = n
	}
	return c
}

// usage is the reverse of countsOf.
func (c counts) usage() *llm.Usage {
	u := &llm.Usage{}
	for name, at := range map[string]*llm.Count{
		"input": &u.InputTokens, "output": &u.OutputTokens, "cache_read": &u.CacheReadTokens, "cache_write": &u.CacheWriteTokens,
		"reasoning": &u.ReasoningTokens, "audio_input": &u.AudioInputTokens, "audio_output": &u.AudioOutputTokens, "images": &u.Images,
	} {
		if n, ok := c[name]; ok {
			*at = llm.Known(int64(n))
		}
	}
	for name, n := range c {
		if unit, ok := strings.CutPrefix(name, "unit:"); ok {
			u.SetUnit(unit, n)
		}
	}
	return u
}

func (c counts) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%s=%v", name, c[name]))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// object is a decoded JSON object.
type object map[string]any

func decode(text string) object {
	var o object
	if json.Unmarshal([]byte(text), &o) != nil {
		return nil
	}
	return o
}

// at follows names; nil where there is no object.
func (o object) at(path ...string) object {
	for _, name := range path {
		o, _ = o[name].(map[string]any)
	}
	return o
}

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) number(name string) float64 { n, _ := o[name].(float64); return n }

func (o object) list(name string) (all []object) {
	values, _ := o[name].([]any)
	for _, v := range values {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// event is one event of a stream: its name, its data and its bytes.
type event struct{ name, data, raw string }

// events cuts a stream at its blank lines. Joined, the raw parts are the stream.
func events(body string) (all []event) {
	var e event
	for body != "" {
		n := strings.IndexAny(body, "\r\n")
		line, end := body, ""
		if n >= 0 {
			line, end = body[:n], body[n:n+1]
			if strings.HasPrefix(body[n:], "\r\n") {
				end = "\r\n"
			}
		}
		body = body[len(line)+len(end):]
		e.raw += line + end
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			all = append(all, e)
			e = event{}
		case field == "data" && e.data != "":
			e.data += "\n" + value
		case field == "data":
			e.data = value
		case field == "event":
			e.name = value
		}
	}
	if e.raw != "" {
		all = append(all, e)
	}
	return all
}

// read reads the answer to what was asked.
func read(r *recording, a *ask) *reading {
	out := &reading{usage: counts{}}
	shape, op := a.shape(), a.op
	if shape == "" || op == passthrough {
		return out
	}
	var o reader
	switch shape {
	case "chat":
		o = &chatReader{r: out}
	case "responses":
		o = &responsesReader{r: out, op: op}
	case "messages":
		o = &messagesReader{r: out, op: op}
	case "gemini":
		o = &geminiReader{r: out, op: op}
	case "converse":
		o = &converseReader{r: out}
	case "invoke":
		o = &invokeReader{r: out}
	case "cohere":
		o = &cohereReader{r: out}
	case "ollama":
		o = &ollamaReader{r: out}
	default:
		o = &openaiReader{r: out, op: op}
	}
	all, stream := happened(r)
	for _, e := range all {
		if e.data == "[DONE]" {
			out.ended = true
		} else if v := decode(e.data); v != nil {
			o.event(e.name, v)
		}
	}
	if !stream {
		o.answer(decode(string(r.body)))
		out.ended = true
	}
	o.end(r)
	if _, said := out.usage["input"]; op == "speech" && !said {
		out.usage.unit("characters", float64(len([]rune(decode(string(a.plain)).text("input")))))
	}
	return out
}

// happened gives the events of an answer that is a stream.
func happened(r *recording) (all []event, stream bool) {
	switch {
	case r.Status >= http.StatusBadRequest:
		return nil, false
	case r.Framing == "sse":
		return events(string(r.body)), true
	case r.Framing == "eventstream":
		return frames(r.body), true
	case r.Framing == "ndjson":
		return lines(string(r.body)), true
	case strings.HasPrefix(strings.TrimSpace(string(r.body)), "["):
		var list []json.RawMessage
		_ = json.Unmarshal(r.body, &list)
		for _, v := range list {
			all = append(all, event{data: string(v)})
		}
		return all, true
	}
	return nil, false
}

// reader reads the answers of one shape.
type reader interface {
	event(name string, o object)
	answer(o object)
	end(r *recording)
}

// isError reports whether a member error is one: an object or a text with something in it.
func isError(v any) bool {
	switch e := v.(type) {
	case string:
		return e != ""
	case map[string]any:
		return len(e) > 0
	}
	return false
}
