package cohere

import (
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// writer writes one request for one target.
type writer struct {
	jsonout.Writer
	r      *llm.Request
	to     *dialect.Target
	own    bool // the caller speaks this dialect: everything is written back as it was
	inline bool // documents stand in the text
	form   form // how the form of the answer is asked for
	out    dialect.Written
	calls  callIDs
	err    error
}

// formatRequest writes a body. Members come in one order, so that the same request
// gives the same bytes and the vendor's cache still hits.
func formatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	w := &writer{Writer: jsonout.Writer{B: dst}, r: r, to: to, own: r.Dialect == own}
	if w.form = w.formOf(); !w.own {
		var err error
		if r, err = dialect.Arranged(r, dialect.Wants{SystemFirst: true, Words: true, Found: true}); err != nil {
			return dialect.Written{}, err
		}
		if w.form.words {
			r = dialect.Instructed(r, dialect.InWords(&r.Output))
		}
		w.r = r
	}
	// "response_format is not supported with RAG": https://docs.cohere.com/reference/errors
	w.inline = !w.own && (w.form.json || hasBareFiles(r))
	w.B = append(w.B, '{')
	w.Text("model", to.Model)
	w.messages()
	w.documents()
	w.tools()
	w.output()
	w.thinking()
	w.limits()
	w.settings()
	if w.own {
		w.members(r.Own)
	}
	if to.Stream {
		w.Flag("stream", true)
	}
	w.End('}')
	w.out.Body = w.B[len(dst):]
	return w.out, w.err
}

// hasBareFiles reports whether a user's turn is nothing but files: were they put among
// the documents, nothing would be left of the turn.
func hasBareFiles(r *llm.Request) bool {
	for i := range r.Messages {
		m := &r.Messages[i]
		bare := m.Role == llm.User && len(m.Parts) > 0
		for k := range m.Parts {
			bare = bare && m.Parts[k].Kind == llm.File
		}
		if bare {
			return true
		}
	}
	return false
}

// members writes back what only this dialect has.
func (w *writer) members(own []llm.Member) {
	for _, m := range own {
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
}

// lose notes what the target does not get.
func (w *writer) lose(f llm.Feature) {
	if w.r.Has.Has(f) {
		w.out.Lost.Add(f)
	}
}

// form says how the form of an answer is asked for.
type form struct{ json, schema, words bool }

// formOf decides on it. Beside tools the vendor does not support response_format
// (https://docs.cohere.com/reference/chat#request.body.response_format), and of schemas it
// takes some only: it is asked in words then.
func (w *writer) formOf() form {
	o := &w.r.Output
	schema := o.Kind == "schema" && o.Schema != nil
	switch {
	case o.Kind == "":
		return form{}
	case w.own:
		return form{json: true, schema: schema}
	case slices.ContainsFunc(w.r.Tools, func(t llm.Tool) bool { return w.offers(&t) }):
		w.lose(llm.FStrict)
		return form{words: true}
	case schema && !obeyed(o.Schema):
		w.lose(llm.FStrict)
		return form{json: true, words: true}
	}
	return form{json: true, schema: schema}
}

// output asks for JSON (https://docs.cohere.com/docs/structured-outputs). A schema is
// always followed strictly; it has no name.
func (w *writer) output() {
	if !w.form.json {
		return
	}
	w.Object("response_format")
	w.Text("type", "json_object")
	if w.form.schema {
		schema := dialect.Described(&w.r.Output)
		if !w.own {
			schema = reduced(schema)
		}
		w.Member("json_schema", schema)
	}
	w.End('}')
}

// maxStops is how many stop sequences the vendor takes.
const maxStops = 5

func (w *writer) limits() {
	number(&w.Writer, "max_tokens", w.r.MaxOutput)
	stops := w.stops()
	if len(stops) > maxStops && !w.own {
		stops = stops[:maxStops]
		w.lose(llm.FStop)
	}
	if len(stops) == 0 {
		return
	}
	w.Array("stop_sequences")
	for _, s := range stops {
		w.Raw(s)
	}
	w.End(']')
}

// stops gives the stop sequences without those of nothing but spaces, which the
// vendor refuses.
func (w *writer) stops() []llm.Raw {
	if w.own || !slices.ContainsFunc(w.r.Stop, dialect.IsVoid) {
		return w.r.Stop
	}
	w.lose(llm.FStop)
	return slices.DeleteFunc(slices.Clone(w.r.Stop), dialect.IsVoid)
}

// settings writes the plain parameters, in the caller's order.
func (w *writer) settings() {
	for i := range w.r.Settings {
		s := &w.r.Settings[i]
		switch s.Feature {
		case llm.FTemperature:
			w.within("temperature", s.Value, 0, 1)
		case llm.FTopP:
			w.within("p", s.Value, 0.01, 0.99)
		case llm.FTopK:
			w.within("k", s.Value, 0, 500)
		case llm.FSeed:
			w.seed(s.Value)
		case llm.FFrequencyPenalty:
			w.penalty("frequency_penalty", s)
		case llm.FPresencePenalty:
			w.presence(s)
		case llm.FLogprobs:
			w.Member("logprobs", s.Value)
		case llm.FN:
			w.one(s.Value)
		}
	}
}

// within writes a number, the nearest that the vendor takes.
func (w *writer) within(key string, v llm.Raw, low, high float64) {
	n, ok := jsonscan.Float(v)
	switch {
	case w.own || !ok || n >= low && n <= high:
		w.Member(key, v)
	case n < low:
		w.Key(key)
		w.Float(low)
	default:
		w.Key(key)
		w.Float(high)
	}
}

// one refuses to leave out answers that were asked for.
func (w *writer) one(v llm.Raw) {
	if n, ok := jsonscan.Int(v); ok && n > 1 && w.err == nil {
		w.err = fault.Newf(fault.UnsupportedParameter, "The model '%s' gives one answer at a time. Ask for one, or use a model of another provider.", w.to.Model).Field("n")
	}
}

// seed: the vendor knows no negative ones, and none of more than 64 bits.
func (w *writer) seed(v llm.Raw) {
	if _, err := strconv.ParseUint(string(v), 10, 64); err != nil && !w.own {
		w.lose(llm.FSeed)
		return
	}
	w.Member("seed", v)
}

// penalty writes a penalty of 0 to 1; the vendor has no rewards.
func (w *writer) penalty(key string, s *llm.Setting) {
	n, ok := jsonscan.Float(s.Value)
	if !w.own && ok && n < 0 {
		w.lose(s.Feature)
		return
	}
	w.within(key, s.Value, 0, 1)
}

// presence writes the second penalty, unless there is a first one: "cannot specify both
// frequency_penalty and presence_penalty".
func (w *writer) presence(s *llm.Setting) {
	first, ok := jsonscan.Float(w.r.Setting(llm.FFrequencyPenalty))
	second, _ := jsonscan.Float(s.Value)
	switch {
	case w.own || !ok || first <= 0:
		w.penalty("presence_penalty", s)
	case second != 0:
		w.lose(s.Feature)
	}
}
