package gemini

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxStops is how many stop sequences the vendor takes
// (https://ai.google.dev/api/generate-content#generationconfig).
const maxStops = 5

// generation writes generationConfig, unless nothing stands in it.
func (f *requestWriter) generation() {
	w := &f.w
	before := len(w.B)
	w.Object("generationConfig")
	empty := len(w.B)
	if f.r.MaxOutput.Known && f.gets(llm.FMaxOutput) {
		w.Number("maxOutputTokens", f.maxOutput())
	}
	for _, s := range f.r.Settings {
		if f.gets(s.Feature) {
			f.setting(s.Feature, s.Value)
		}
	}
	f.stop()
	f.output()
	f.thinking()
	f.ownMembers("generationConfig.")
	if len(w.B) == empty {
		w.B = w.B[:before]
		return
	}
	w.End('}')
}

// maxOutput keeps to what the model can give: more is refused.
func (f *requestWriter) maxOutput() int64 {
	n := f.r.MaxOutput.N
	if most := int64(f.to.Facts.MaxOutput); most > 0 && n > most && !f.own {
		return most
	}
	return n
}

func (f *requestWriter) setting(feature llm.Feature, v llm.Raw) {
	w := &f.w
	switch feature {
	case llm.FTemperature:
		w.Member("temperature", v)
	case llm.FTopP:
		w.Member("topP", v)
	case llm.FTopK:
		w.Member("topK", v)
	case llm.FPresencePenalty:
		f.penalty("presencePenalty", feature, v)
	case llm.FFrequencyPenalty:
		f.penalty("frequencyPenalty", feature, v)
	case llm.FSeed:
		if n, ok := jsonscan.Int(v); !ok || int64(int32(n)) != n { // an int32
			f.lost.Add(llm.FSeed)
			return
		}
		w.Member("seed", v)
	case llm.FN:
		w.Member("candidateCount", v)
	case llm.FLogprobs:
		if f.own || string(v) == "true" {
			w.Member("responseLogprobs", v)
		}
	case llm.FTopLogprobs:
		w.Member("logprobs", v)
		if !f.own && f.r.Setting(llm.FLogprobs) == nil { // it counts only beside the other
			w.Flag("responseLogprobs", true)
		}
	case llm.FModalities:
		f.modalities(v)
	}
}

// penalty writes a penalty. The vendor's own API refuses it for Gemini 2.5 ("Penalty is
// not enabled for this model"); its cloud, where calls have no ids, does not.
func (f *requestWriter) penalty(key string, feature llm.Feature, v llm.Raw) {
	if f.m.gen == gemini25 && !f.to.Traits.NoCallIDs && !f.own {
		f.lost.Add(feature)
		return
	}
	f.w.Member(key, v)
}

func (f *requestWriter) modalities(v llm.Raw) {
	w := &f.w
	w.Array("responseModalities")
	_ = jsonscan.Elements(v, func(one []byte) bool {
		s, _ := jsonscan.String(one)
		w.String(strings.ToUpper(s))
		return true
	})
	w.End(']')
}

func (f *requestWriter) stop() {
	stops := f.r.Stop
	if !f.gets(llm.FStop) {
		return
	}
	if !f.own && slices.ContainsFunc(stops, dialect.IsVoid) { // these are refused
		stops = slices.DeleteFunc(slices.Clone(stops), dialect.IsVoid)
		f.lost.Add(llm.FStop)
	}
	if len(stops) == 0 {
		return
	}
	if len(stops) > maxStops && !f.own {
		stops = stops[:maxStops]
		f.lost.Add(llm.FStop)
	}
	f.w.Array("stopSequences")
	for _, s := range stops {
		f.w.Raw(s)
	}
	f.w.End(']')
}

// output writes the form of the answer. Forced calls beside it are refused ("Forced
// function calling (ANY mode) with a response mime type … is unsupported"), and before
// Gemini 3 any functions: then the form is asked for in words, see inWords.
func (f *requestWriter) output() {
	o := &f.r.Output
	if o.Kind == "" || f.own && f.hasOwn("generationConfig.responseMimeType") {
		if o.Schema != nil && f.own {
			f.w.Member("responseJsonSchema", o.Schema)
		}
		return
	}
	if f.inWords() {
		f.lose(llm.FStrict)
		return
	}
	schema := o.Kind == "schema" && o.Schema != nil && f.gets(llm.FSchema)
	if !schema && !f.gets(llm.FJSON) {
		return
	}
	f.w.Text("responseMimeType", "application/json")
	if schema {
		f.w.Member("responseJsonSchema", f.schema())
	}
}

// inWords reports whether the form of the answer is asked for in words.
func (f *requestWriter) inWords() bool {
	return !f.own && f.r.Output.Kind != "" && f.callsExclude()
}

// callsExclude reports whether the functions of the request forbid a form of the answer.
func (f *requestWriter) callsExclude() bool {
	functions := false
	for i := range f.r.Tools {
		k := f.r.Tools[i].Kind
		functions = functions || k == llm.Function || k == llm.Custom
	}
	if !functions || f.r.Choice.Mode == "none" && f.m.gen == gemini3 {
		return false
	}
	switch f.r.Choice.Mode {
	case "required", "tool", "allowed_required":
		return true
	}
	return f.m.gen != gemini3
}

// schema gives the schema of the answer, with its name and description where it has
// none of its own.
func (f *requestWriter) schema() llm.Raw {
	o := &f.r.Output
	if f.own {
		return o.Schema
	}
	schema := withoutConst(o.Schema)
	if len(schema) == 0 || schema[0] != '{' || o.Name == "" && o.Description == nil {
		return schema
	}
	w := jsonout.Writer{B: make([]byte, 0, len(schema)+len(o.Name)+len(o.Description)+32)}
	w.Begin('{')
	if o.Name != "" && jsonscan.Get(schema, "title") == nil {
		w.Text("title", o.Name)
	}
	if o.Description != nil && jsonscan.Get(schema, "description") == nil {
		w.Member("description", o.Description)
	}
	if rest := strings.TrimLeft(string(schema[1:]), " \t\r\n"); len(w.B) > 1 && rest != "}" {
		w.B = append(w.B, ',')
	}
	w.B = append(w.B, schema[1:]...)
	return w.B
}

// thinking writes thinkingConfig: a level for Gemini 3, a budget for 2.5, nothing for
// models that do not think (https://ai.google.dev/gemini-api/docs/thinking).
func (f *requestWriter) thinking() {
	t := &f.r.Thinking
	if *t == (llm.Reasoning{}) && !f.hasOwn("generationConfig.thinkingConfig.") || !f.gets(llm.FThinkingEffort) && !f.gets(llm.FThinkingBudget) {
		return
	}
	if f.m.gen == gemini1 || f.m.gen == gemini2 || f.m.gen == otherModel && f.to.Facts.Known && !f.to.Facts.Reasoning {
		if !f.own {
			f.lose(llm.FThinkingEffort, llm.FThinkingBudget, llm.FThinkingSummary)
			return
		}
	}
	w := &f.w
	before := len(w.B)
	w.Object("thinkingConfig")
	empty := len(w.B)
	f.thinkingAmount()
	f.includeThoughts()
	f.ownMembers("generationConfig.thinkingConfig.")
	if len(w.B) == empty {
		w.B = w.B[:before]
		return
	}
	w.End('}')
}

// thinkingAmount writes how much is to be thought.
func (f *requestWriter) thinkingAmount() {
	t := &f.r.Thinking
	switch {
	case f.own && t.Mode == "off":
		f.w.Number("thinkingBudget", 0)
	case f.own && t.Budget.Known:
		f.w.Number("thinkingBudget", t.Budget.N)
	case f.own && t.Effort != "":
		f.w.Text("thinkingLevel", strings.ToUpper(t.Effort))
	case f.own && t.Mode == "adaptive":
		f.w.Number("thinkingBudget", -1)
	case f.own:
	case f.m.gen == gemini25:
		f.budget()
	default:
		f.level()
	}
}

// level writes a thinkingLevel. Gemini 3 cannot be kept from thinking.
func (f *requestWriter) level() {
	t := &f.r.Thinking
	effort := t.Effort
	switch {
	case t.Mode == "off" || effort == "none":
		f.lose(llm.FThinkingOff)
		effort = "none"
	case effort == "" && t.Budget.Known:
		effort = levelFor(t.Budget.N)
	}
	level := f.m.level(effort)
	if level != "" {
		f.w.Text("thinkingLevel", level)
	} else if effort != "" {
		f.lose(llm.FThinkingEffort)
	}
}

// budget writes a thinkingBudget.
func (f *requestWriter) budget() {
	t := &f.r.Thinking
	least, most, canStop := f.m.budgetLimits()
	var n int64
	switch {
	case t.Mode == "off" || t.Effort == "none":
		if !canStop {
			f.lose(llm.FThinkingOff)
			n = least
		}
		f.w.Number("thinkingBudget", n)
		return
	case t.Budget.Known:
		n = t.Budget.N
	case t.Effort != "":
		if n = budgetFor(t.Effort, most); n == 0 {
			f.lose(llm.FThinkingEffort)
			return
		}
	case t.Mode == "adaptive":
		f.w.Number("thinkingBudget", -1)
		return
	default:
		return
	}
	f.w.Number("thinkingBudget", min(max(n, least), most))
}

// includeThoughts asks for the text of thoughts, which comes unless it is not wanted.
func (f *requestWriter) includeThoughts() {
	t := &f.r.Thinking
	switch {
	case t.Summary == "none":
		if f.own {
			f.w.Flag("includeThoughts", false)
		}
	case t.Summary != "", !f.own && t.Mode != "off" && t.Effort != "none" && (t.Mode != "" || t.Effort != "" || t.Budget.Known):
		f.w.Flag("includeThoughts", true)
	}
}
