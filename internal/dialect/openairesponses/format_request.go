package openairesponses

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// requestWriter writes one request for one target.
type requestWriter struct {
	jsonout.Writer
	r       *llm.Request
	to      *dialect.Target
	ability ability
	home    bool // the caller speaks this dialect: what only it has is written back
	lost    llm.Features
	names   map[string]string
	custom  map[string]bool // ids of calls of custom tools, whose results have a kind of their own
	marks   int             // cache marks written
	err     error
}

// FormatRequest implements dialect.Codec.
func (codec) FormatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	if n, ok := jsonscan.Int(r.Setting(llm.FN)); ok && n > 1 {
		return dialect.Written{}, fault.New(fault.UnsupportedParameter, "This model gives one answer to a request; ask for one at a time ('n' must be 1).").Field("n")
	}
	w := &requestWriter{Writer: jsonout.Writer{B: append(dst, '{')}, r: r, to: to, ability: abilityOf(to), home: r.Dialect == own}
	if !w.home {
		var err error
		if w.r, err = dialect.Arranged(r, dialect.Wants{}); err != nil {
			return dialect.Written{}, err
		}
	}
	if to.Forgets(r, dialect.Responses) {
		w.lose(llm.FThinkingState)
	}
	w.TextIf("model", to.Model)
	if to.Stream {
		w.Flag("stream", true)
	}
	w.input()
	w.tools()
	w.toolChoice()
	w.thinking()
	w.output()
	w.settings()
	w.ownMembers()
	w.End('}')
	if w.err != nil {
		return dialect.Written{}, w.err
	}
	return dialect.Written{Body: w.B, Lost: w.lost, Names: w.names}, nil
}

// minOutput is the least that max_output_tokens may be at the vendor's.
const minOutput = 16

// settings writes the plain parameters.
func (w *requestWriter) settings() {
	if m := w.r.MaxOutput; m.Known {
		if !w.home {
			if m.N < minOutput {
				m.N = minOutput
				w.lose(llm.FMaxOutput)
			}
			if most := int64(w.to.Facts.MaxOutput); most > 0 {
				m.N = min(m.N, most)
			}
		}
		w.Number("max_output_tokens", m.N)
	}
	if p := w.r.Choice.Parallel; p != nil && (w.home || len(w.r.Tools) > 0 && !w.lacks(llm.FParallel)) {
		w.Flag("parallel_tool_calls", *p)
	}
	for _, s := range w.r.Settings {
		w.setting(s)
	}
	w.include()
}

func (w *requestWriter) setting(s llm.Setting) {
	for i := range settings {
		if settings[i].feature != s.Feature {
			continue
		}
		switch {
		case w.home:
		case slices.Contains(foreignToVendor[:], s.Feature):
			return // not in Carries either
		case w.lacks(s.Feature):
			return
		case slices.Contains(samplings[:], s.Feature) && !w.samples():
			w.lost.Add(s.Feature)
			return
		}
		w.Member(settings[i].name, s.Value)
	}
}

// lacks reports whether the provider does not take a feature, and notes that it is lost.
func (w *requestWriter) lacks(f llm.Feature) bool {
	t := &w.to.Traits
	if w.home || !t.Lacks.Has(f) && !(f == llm.FParallel && t.NoParallel) {
		return false
	}
	w.lose(f)
	return true
}

// foreignToVendor are parameters that some servers know and the vendor refuses.
var foreignToVendor = [...]llm.Feature{llm.FPresencePenalty, llm.FFrequencyPenalty, llm.FTopK, llm.FSeed}

// samplings are parameters that models which reason refuse
// (https://platform.openai.com/docs/guides/latest-model#parameter-compatibility).
var samplings = [...]llm.Feature{llm.FTemperature, llm.FTopP, llm.FTopLogprobs}

// samples reports whether the model takes sampling parameters in this call.
func (w *requestWriter) samples() bool {
	a := &w.ability
	return a.sampling || a.reasons && a.quiet() && w.r.Thinking.Mode == "off"
}

// include writes what the answer shall hold beside the usual.
func (w *requestWriter) include() {
	state := w.wantsState()
	logprobs := string(w.r.Setting(llm.FLogprobs)) == "true"
	if logprobs && !w.home && (!w.samples() || w.lacks(llm.FLogprobs)) {
		w.lost.Add(llm.FLogprobs)
		logprobs = false
	}
	listed := w.ownMember("include")
	if !state && !logprobs && listed == nil {
		return
	}
	w.Array("include")
	jsonscan.Elements(listed, func(v []byte) bool {
		w.Raw(v)
		state = state && string(bare(v)) != includeState
		logprobs = logprobs && string(bare(v)) != includeLogprobs
		return true
	})
	if state {
		w.String(includeState)
	}
	if logprobs {
		w.String(includeLogprobs)
	}
	w.End(']')
	if w.wantsState() && !w.home && w.r.Setting(llm.FStore) == nil {
		// Encrypted reasoning is for calls whose answers the vendor does not store: where it
		// does, a reasoning item that comes back without the vendor's id of the item after
		// it is refused (https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items).
		w.Flag("store", false)
	}
}

// wantsState reports whether the answer shall hold the reasoning in its encrypted form,
// so that a later call can go on from it. Models that do not reason refuse to be asked.
func (w *requestWriter) wantsState() bool {
	t := &w.r.Thinking
	if w.home {
		return t.State
	}
	if w.ability.known {
		return w.ability.reasons
	}
	return t.State || t.Mode == "on" || t.Mode == "adaptive" || w.r.Has.Has(llm.FThinkingState)
}

// thinking writes how much is to be thought.
func (w *requestWriter) thinking() {
	effort, summary := w.r.Thinking.Effort, w.r.Thinking.Summary
	if !w.home {
		effort, summary = w.effort(), w.summary()
	}
	others := w.hasOwn("reasoning.")
	if effort == "" && summary == "" && !others {
		return
	}
	w.Object("reasoning")
	w.TextIf("effort", effort)
	w.TextIf("summary", summary)
	w.ownInside("reasoning.")
	w.End('}')
}

// effort puts another dialect's wish in this one's words; "" leaves it to the model.
func (w *requestWriter) effort() string {
	t, a := &w.r.Thinking, &w.ability
	if t.Mode == "" && t.Effort == "" {
		return ""
	}
	if a.known && !a.reasons || w.lacks(llm.FThinkingEffort) {
		w.lose(llm.FThinkingEffort, llm.FThinkingBudget)
		return ""
	}
	if t.Mode == "off" || t.Effort == "none" {
		if !a.quiet() {
			w.lose(llm.FThinkingOff)
			return a.least()
		}
		return "none"
	}
	switch {
	case t.Effort != "" && t.Effort != "default": // a word of https://console.groq.com/docs/reasoning
		return a.effort(t.Effort)
	case t.Budget.Known:
		return a.effort(budgetEffort(t.Budget))
	case t.Mode == "on": // some models do not unless they are told how much
		return a.effort("medium")
	}
	return ""
}

// least gives the word for the least reasoning that a model does; "" when that is not
// known.
func (a *ability) least() string {
	if !a.known || len(a.efforts) == 0 {
		return ""
	}
	return a.efforts[0]
}

// summary gives how much of the reasoning is to be shown.
func (w *requestWriter) summary() string {
	s := w.r.Thinking.Summary
	if s == "none" || s == "" || w.r.Thinking.Mode == "off" {
		return ""
	}
	if w.ability.known && !w.ability.reasons {
		w.lose(llm.FThinkingSummary)
		return ""
	}
	return s
}

// lose notes features that the request has and the target does not get.
func (w *requestWriter) lose(fs ...llm.Feature) {
	for _, f := range fs {
		if w.r.Has.Has(f) {
			w.lost.Add(f)
		}
	}
}

// output writes the form of the answer's text.
func (w *requestWriter) output() {
	verbosity := w.r.Setting(llm.FVerbosity)
	if verbosity != nil && w.lacks(llm.FVerbosity) {
		verbosity = nil
	}
	format := w.r.Output.Kind != "" || w.hasOwn("text.format")
	if !format && verbosity == nil && !w.hasOwn("text.") {
		return
	}
	w.Object("text")
	if whole := w.ownMember("text.format"); whole != nil {
		w.Member("format", whole)
	} else if format {
		w.Key("format")
		form := w.r.Output
		if !w.home && form.Strict != nil && *form.Strict && !dialect.Strictable(form.Schema) {
			form.Strict = nil // strict mode would refuse the schema
			w.lose(llm.FStrict)
		}
		writeFormat(&w.Writer, &form, w.inside("text.format."))
	}
	w.MemberIf("verbosity", verbosity)
	for _, m := range w.inside("text.") {
		if !strings.HasPrefix(m.Name, "format") {
			w.AnyKey(m.Name)
			w.Raw(m.Value)
		}
	}
	w.End('}')
}

// writeFormat writes a format of the answer's text.
func writeFormat(w *jsonout.Writer, o *llm.OutputFormat, others []llm.Member) {
	w.Begin('{')
	switch o.Kind {
	case "json":
		w.Text("type", "json_object")
	case "schema":
		w.Text("type", "json_schema")
		w.Text("name", formatName(o.Name))
		w.MemberIf("description", o.Description)
		if o.Strict != nil {
			w.Flag("strict", *o.Strict)
		}
		schema := o.Schema
		if schema == nil {
			schema = llm.Raw(`{"type":"object"}`)
		}
		w.Member("schema", schema)
	default:
		w.Text("type", "text")
	}
	for _, m := range others {
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
	w.End('}')
}

// formatName gives a schema's name as the vendor takes it, which wants one.
func formatName(name string) string {
	if name == "" {
		return "response"
	}
	clean := []byte(name)
	for i, c := range clean {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			clean[i] = '_'
		}
	}
	return string(clean[:min(len(clean), 64)])
}

// ownMembers writes back the top-level members that only this dialect has.
func (w *requestWriter) ownMembers() {
	if !w.home {
		return
	}
	for _, m := range w.r.Own {
		if m.Name == "include" || strings.HasPrefix(m.Name, "text.") || strings.HasPrefix(m.Name, "reasoning.") {
			continue // written in their place
		}
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
}

// ownMember gives a member of the caller's that only this dialect has.
func (w *requestWriter) ownMember(name string) llm.Raw {
	if !w.home {
		return nil
	}
	for _, m := range w.r.Own {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// inside gives those that stood in an inner object, without its path.
func (w *requestWriter) inside(path string) (members []llm.Member) {
	if !w.home {
		return nil
	}
	for _, m := range w.r.Own {
		if name, ok := strings.CutPrefix(m.Name, path); ok {
			members = append(members, llm.Member{Name: name, Value: m.Value})
		}
	}
	return members
}

func (w *requestWriter) hasOwn(path string) bool { return len(w.inside(path)) > 0 }

func (w *requestWriter) ownInside(path string) {
	for _, m := range w.inside(path) {
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
}
