package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// echoed are the settings that a response repeats, with what stands there when the
// request did not say.
var echoed = [...]struct {
	name    string
	feature llm.Feature // 0: a member that only this dialect has
	other   string
}{
	{"temperature", llm.FTemperature, "1"},
	{"top_p", llm.FTopP, "1"},
	{"presence_penalty", llm.FPresencePenalty, "0"},
	{"frequency_penalty", llm.FFrequencyPenalty, "0"},
	{"top_logprobs", llm.FTopLogprobs, "0"},
	{"truncation", 0, `"disabled"`},
	{"max_tool_calls", 0, "null"},
	{"metadata", llm.FMetadata, "{}"},
	{"user", llm.FUser, "null"},
	{"safety_identifier", llm.FSafetyID, "null"},
	{"prompt_cache_key", llm.FCacheKey, "null"},
	{"prompt_cache_retention", llm.FCacheRetention, "null"},
}

// echo writes the members of a response that repeat its request; nil is an empty one.
// Nothing is stored by a vendor of another dialect under the response's id, whatever
// was asked, so that store is false.
func echo(r *llm.Request) []byte {
	if r == nil {
		r = &llm.Request{Dialect: own}
	}
	w := requestWriter{r: r, to: &dialect.Target{}, home: r.Dialect == own}
	w.instructions()
	w.Key("max_output_tokens")
	w.B = r.MaxOutput.AppendJSON(w.B)
	w.Flag("parallel_tool_calls", r.Choice.Parallel == nil || *r.Choice.Parallel)
	w.previous()
	w.Flag("store", false)
	for _, e := range echoed {
		w.Member(e.name, w.echoOf(e.name, e.feature, e.other))
	}
	w.echoReasoning()
	w.echoText()
	w.Key("tool_choice")
	if r.Choice.Vendor != nil {
		w.Raw(r.Choice.Vendor)
	} else {
		writeChoice(&w.Writer, r, func(name string) string { return name })
	}
	w.echoTools()
	return w.B
}

func (w *requestWriter) instructions() {
	var text llm.Raw
	if m := w.r.Messages; len(m) > 0 && marked(&m[0], instructionsMark) {
		text = m[0].Parts[0].Text
	}
	w.Member("instructions", text)
}

func (w *requestWriter) previous() {
	w.Key(previousMember)
	if w.r.Previous == "" {
		w.Raw(nil)
	} else {
		w.String(w.r.Previous)
	}
}

func (w *requestWriter) echoOf(name string, f llm.Feature, other string) llm.Raw {
	v := w.r.Setting(f)
	if f == 0 {
		v = w.ownMember(name)
	}
	if v == nil {
		return llm.Raw(other)
	}
	return v
}

func (w *requestWriter) echoReasoning() {
	w.Object("reasoning")
	for _, m := range [...]struct{ name, value string }{{"effort", w.r.Thinking.Effort}, {"summary", w.r.Thinking.Summary}} {
		w.Key(m.name)
		if m.value == "" {
			w.Raw(nil)
		} else {
			w.String(m.value)
		}
	}
	w.End('}')
}

func (w *requestWriter) echoText() {
	w.Object("text")
	w.Key("format")
	o := w.r.Output
	if o.Kind == "schema" {
		if o.Strict == nil {
			o.Strict = new(bool)
		}
		if o.Description == nil {
			o.Description = llm.Raw("null")
		}
	}
	writeFormat(&w.Writer, &o, nil)
	w.MemberIf("verbosity", w.r.Setting(llm.FVerbosity))
	w.End('}')
}

// echoTools repeats the tools. Of a function the vendor repeats every member.
func (w *requestWriter) echoTools() {
	w.Array("tools")
	tools := w.r.Tools
	if w.home {
		tools = tools[:len(tools)-lateTools(w.r)]
	}
	for i := range tools {
		t := &tools[i]
		switch {
		case t.Group != nil && (i == 0 || !sameSpan(tools[i-1].Group, t.Group)):
			w.Raw(t.Group)
		case t.Group != nil:
		case t.Kind == llm.Function && t.Vendor == nil:
			echoFunction(&w.Writer, t)
		case t.Vendor != nil:
			w.Raw(t.Vendor)
		}
	}
	w.End(']')
}

func echoFunction(w *jsonout.Writer, t *llm.Tool) {
	w.Begin('{')
	w.Text("type", "function")
	w.Text("name", t.Name)
	w.Member("description", t.Description)
	w.Member("parameters", t.Parameters)
	w.Flag("strict", t.Strict == nil || *t.Strict)
	for _, m := range t.Own {
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
	w.End('}')
}
