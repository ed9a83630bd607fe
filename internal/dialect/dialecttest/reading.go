package dialecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Object is a decoded JSON object, for plain readings to compare with.
type Object map[string]any

// Decode decodes a JSON object; nil when text is none.
func Decode(text string) Object {
	var o Object
	if json.Unmarshal([]byte(text), &o) != nil {
		return nil
	}
	return o
}

// At gives the object at a path of names, nil when there is none.
func (o Object) At(path ...string) Object {
	for _, name := range path {
		next, ok := o[name].(map[string]any)
		if !ok {
			return nil
		}
		o = next
	}
	return o
}

// Number gives the first of some members that is a number.
func (o Object) Number(names ...string) (n float64, ok bool) {
	for _, name := range names {
		if n, ok = o[name].(float64); ok {
			return n, true
		}
	}
	return 0, false
}

// Text gives a member that is a string.
func (o Object) Text(name string) string {
	s, _ := o[name].(string)
	return s
}

// List gives a member that is an array of objects.
func (o Object) List(name string) (all []Object) {
	list, _ := o[name].([]any)
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// FamilyUsage reads a usage object of the OpenAI family the plain way, by the rules
// that the family's package documents.
func FamilyUsage(u Object) map[string]float64 {
	out := map[string]float64{}
	put := func(name string, o Object, members ...string) {
		if n, ok := o.Number(members...); ok {
			out[name] = n
		}
	}
	put("input", u, "prompt_tokens", "input_tokens")
	put("output", u, "completion_tokens", "output_tokens")
	put("reasoning", u, "reasoning_tokens")
	put("cache_read", u, "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens")
	put("cache_write", u, "cache_creation_input_tokens")
	for _, name := range []string{"prompt_tokens_details", "input_tokens_details", "input_token_details"} {
		put("cache_read", u.At(name), "cached_tokens")
		put("cache_write", u.At(name), "cache_write_tokens")
		put("audio_input", u.At(name), "audio_tokens")
	}
	for _, name := range []string{"completion_tokens_details", "output_tokens_details"} {
		put("reasoning", u.At(name), "reasoning_tokens")
		put("audio_output", u.At(name), "audio_tokens")
	}
	addApart(out, u)
	return out
}

// addApart adds what a vendor counts beside input and output.
func addApart(out map[string]float64, u Object) {
	in, hasIn := out["input"]
	produced, hasOut := out["output"]
	total, hasTotal := u.Number("total_tokens")
	if !hasIn && hasTotal {
		out["input"] = total - produced
		return
	}
	if !hasIn || !hasOut {
		return
	}
	audio, hasAudio := out["audio_input"]
	seconds, _ := u.Number("prompt_audio_seconds")
	_, marked := u.Number("market_cost")
	switch beside := total - in - produced; {
	case beside > 0 && beside == audio:
		out["input"] += beside
	case beside > 0 && seconds > 0 && !hasAudio:
		out["input"], out["audio_input"] = in+beside, beside
	case beside > 0:
		out["output"] += beside
	case marked || out["reasoning"] > produced:
		out["output"] += out["reasoning"]
	}
}

// CompareUsage says how a meter's counts differ from a plain reading; "" = not at all.
func CompareUsage(got *llm.Usage, want map[string]float64) string {
	have := map[string]float64{}
	for name, n := range counts(got) {
		have[name] = float64(n)
	}
	if maps.Equal(have, want) {
		return ""
	}
	return fmt.Sprintf("usage %v, want %v", have, want)
}

// Relay frames a recorded stream in pieces of some size and gives what a meter signs
// and reports; why says that the framing changed a byte.
func Relay(d *dialect.Dialect, op llm.Operation, body []byte, size int) (r *dialect.Report, signs []dialect.Sign, why string) {
	m := d.NewMeter(op)
	var raw []byte
	take := func(e *dialect.Event) {
		raw = append(raw, e.Raw...)
		if !e.Comment && !e.Partial {
			signs = append(signs, m.Event(e.Name, e.Data))
		}
	}
	f := NewFramer(d)
	for p := range slices.Chunk(body, size) {
		f.Feed(p, take)
	}
	f.Close(take)
	if !bytes.Equal(raw, body) {
		why = fmt.Sprintf("%d bytes came out of %d", len(raw), len(body))
	}
	return m.Report(), signs, why
}

// CheckError compares a parsed error answer with a plain reading of its message.
func CheckError(d *dialect.Dialect, c *Case) string {
	f := d.ParseError(c.Status, c.Header, c.Body)
	want := plainMessage(c.Body)
	if !strings.Contains(f.Message, want) && !strings.Contains(f.Message, "[redacted]") {
		return fmt.Sprintf("message %q, want %q", f.Message, want)
	}
	if f.Status < 400 || f.Upstream == nil || f.Upstream.Status != c.Status {
		return fmt.Sprintf("status %d of %+v", f.Status, f.Upstream)
	}
	return ""
}

func plainMessage(body []byte) string {
	o := Decode(string(body))
	for _, s := range []string{o.At("error").Text("message"), o.Text("message"), o.Text("error"), o.Text("detail")} {
		if s != "" {
			return s
		}
	}
	return strings.TrimSpace(string(body[:min(len(body), 20)]))
}
