package anthropic

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

const own = string(dialect.Messages)

// What the vendor takes as ids of tool calls and as names of tools.
var (
	idRule   = dialect.Rule{Extra: "_-"}
	nameRule = dialect.Rule{Extra: "_-", Max: 128}
)

// writer writes one request for one target. A request that came in this dialect is
// written as it was; any other one by the plan.
type writer struct {
	plan
	w     jsonout.Writer
	r     *llm.Request
	to    *dialect.Target
	rules rules
	out   dialect.Written
	betas []string
	err   *fault.Fault

	skip  int  // cache marks to leave out
	short bool // a mark of five minutes has been written
	made  int  // ids that were made for calls without one
	open  []openCall
	final *llm.Part  // the text that the model is to continue
	aside []llm.Part // of failed tools' results: what they may not hold
}

// openCall is a tool call that has no result yet.
type openCall struct{ id, given, name string }

// FormatRequest implements dialect.Codec.
func (codec) FormatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	start := len(dst)
	f := &writer{w: jsonout.Writer{B: slices.Grow(dst, 1024)}, r: r, to: to, rules: rulesOf(to.Model)}
	if to.Forgets(r, dialect.Messages) {
		f.lose(llm.FThinkingState)
	}
	if !f.same() {
		var err error
		if f.r, err = dialect.Arranged(r, dialect.Wants{UserFirst: true, SystemFirst: true, Words: true, Pieces: true, Found: f.rules.claude}); err != nil {
			return dialect.Written{}, err
		}
	}
	if f.same() {
		f.keep()
	} else {
		f.decide()
		f.skip = max(0, f.marks()-maxMarks)
	}
	f.w.B = append(f.w.B, '{')
	f.head()
	f.settings()
	f.tools()
	f.system()
	f.turns()
	f.tail()
	f.w.End('}')
	if f.err != nil {
		return dialect.Written{}, f.err
	}
	f.out.Body = f.w.B[start:]
	return f.out, nil
}

// same reports whether the caller speaks this dialect.
func (f *writer) same() bool { return f.r.Dialect == own }

// keep takes over what the caller asked in this dialect.
func (f *writer) keep() {
	t := &f.r.Thinking
	f.maxTokens = f.r.MaxOutput.Or(f.ceiling())
	f.effort = t.Effort
	switch t.Mode {
	case "on":
		f.think, f.budget = "enabled", t.Budget.N
		if f.lostState() && f.breaksLoop() {
			f.think = ""
			f.stopThinking()
		}
	case "adaptive":
		f.think = "adaptive"
	case "off":
		f.think = "disabled"
	}
	switch {
	case f.think == "":
	case t.Summary == "auto":
		f.display = "summarized"
	case t.Summary == "none":
		f.display = "omitted"
	}
}

// lostState reports whether the history has state that this target does not take.
func (f *writer) lostState() bool {
	for i := range f.r.Messages {
		for n := range f.r.Messages[i].Parts {
			if p := &f.r.Messages[i].Parts[n]; len(p.State) > 0 && f.state(p) == nil {
				return true
			}
		}
	}
	return false
}

// lose notes features that the target does not get, those that the request has.
func (f *writer) lose(features ...llm.Feature) {
	for _, x := range features {
		if f.r.Has.Has(x) {
			f.out.Lost.Add(x)
		}
	}
}

// lacks reports whether this provider refuses a feature, and notes it as lost then.
func (f *writer) lacks(x llm.Feature) bool {
	if f.same() || !f.to.Traits.Lacks.Has(x) {
		return false
	}
	f.lose(x)
	return true
}

// setting gives a setting that this provider takes.
func (f *writer) setting(x llm.Feature) llm.Raw {
	if f.lacks(x) {
		return nil
	}
	return f.r.Setting(x)
}

func (f *writer) beta(name string) {
	if !f.same() && !slices.Contains(f.betas, name) {
		f.betas = append(f.betas, name)
	}
}

// head writes what the clouds that host the models have elsewhere
// (https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai).
func (f *writer) head() {
	if v := f.to.Traits.Version; v != "" {
		f.w.Text("anthropic_version", v)
		return
	}
	f.w.Text("model", f.to.Model)
}

func (f *writer) settings() {
	f.w.Number("max_tokens", f.maxTokens)
	f.thinking()
	f.outputConfig()
	if f.same() {
		f.sameSampling()
	} else {
		f.sampling()
		f.loseSettings()
	}
	f.stop()
	f.user()
	f.tier()
}

// sameSampling writes what the caller set, in the caller's order.
func (f *writer) sameSampling() {
	for _, s := range f.r.Settings {
		switch s.Feature {
		case llm.FTemperature:
			f.w.Member("temperature", s.Value)
		case llm.FTopP:
			f.w.Member("top_p", s.Value)
		case llm.FTopK:
			f.w.Member("top_k", s.Value)
		}
	}
}

func (f *writer) thinking() {
	if f.kept("thinking") && !f.out.Lost.Has(llm.FThinkingBudget) || f.think == "" {
		return
	}
	f.w.Object("thinking")
	f.w.Text("type", f.think)
	if f.think == "enabled" {
		f.w.Number("budget_tokens", f.budget)
	}
	f.w.TextIf("display", f.display)
	f.w.End('}')
}

// kept reports whether a member of the caller's is written whole at the end.
func (f *writer) kept(name string) bool {
	return f.same() && slices.ContainsFunc(f.r.Own, func(m llm.Member) bool { return m.Name == name })
}

func (f *writer) outputConfig() {
	form := f.r.Output.Kind == "schema" && !f.answerTool && !f.instruct
	if f.kept("output_config") || f.effort == "" && !form {
		return
	}
	f.w.Object("output_config")
	f.w.TextIf("effort", f.effort)
	if form {
		f.w.Object("format")
		f.w.Text("type", "json_schema")
		f.w.Key("schema")
		f.schema(dialect.Described(&f.r.Output), !f.same())
		f.w.End('}')
	}
	f.w.End('}')
}

func (f *writer) stop() {
	if len(f.r.Stop) == 0 || f.lacks(llm.FStop) {
		return
	}
	at := len(f.w.B)
	f.w.Array("stop_sequences")
	n := 0
	for _, s := range f.r.Stop {
		if !f.same() && isBlank(s) { // the vendor refuses white space alone
			f.out.Lost.Add(llm.FStop)
			continue
		}
		f.w.Raw(s)
		n++
	}
	f.w.End(']')
	if n == 0 {
		f.w.B = f.w.B[:at]
	}
}

const maxUserID = 256 // https://platform.claude.com/docs/en/api/messages#body-metadata

func (f *writer) user() {
	id := f.setting(llm.FSafetyID)
	if id == nil {
		id = f.setting(llm.FUser)
	} else {
		f.lose(llm.FUser)
	}
	if len(id) > maxUserID+2 {
		f.lose(llm.FUser, llm.FSafetyID)
		return
	}
	if id == nil || f.kept("metadata") {
		return
	}
	f.w.Object("metadata")
	f.w.Member("user_id", id)
	f.w.End('}')
}

func (f *writer) tier() {
	switch string(f.setting(llm.FTier)) {
	case "":
	case `"auto"`, `"priority"`:
		f.w.Text("service_tier", "auto")
	case `"default"`, `"standard"`:
		f.w.Text("service_tier", "standard_only")
	default:
		f.lose(llm.FTier)
	}
}

// loseSettings notes settings that only some values of can be had.
func (f *writer) loseSettings() {
	if n, ok := jsonscan.Int(f.setting(llm.FN)); ok && n > 1 && f.err == nil {
		f.err = fault.Newf(fault.UnsupportedParameter, "The model '%s' gives one answer at a time. Ask for one, or use a model of another provider.", f.to.Model).Field("n")
	}
	if v := f.setting(llm.FStore); string(v) == "true" {
		f.out.Lost.Add(llm.FStore)
	}
}

// tail writes what only this dialect has, and the stream.
func (f *writer) tail() {
	hosted := f.to.Traits.Version != ""
	if f.same() {
		for _, m := range f.r.Own {
			if m.Name == "thinking" && f.out.Lost.Has(llm.FThinkingBudget) || hosted && m.Name == "anthropic_version" {
				continue
			}
			f.w.AnyKey(m.Name)
			f.w.Raw(m.Value)
		}
	}
	f.writeBetas(hosted)
	if f.to.Stream && !hosted {
		f.w.Flag("stream", true)
	}
}

func (f *writer) writeBetas(hosted bool) {
	if len(f.betas) == 0 {
		return
	}
	if !hosted {
		for _, b := range f.betas {
			f.out.Header = append(f.out.Header, [2]string{"Anthropic-Beta", b})
		}
		return
	}
	f.w.Array("anthropic_beta")
	for _, b := range f.betas {
		f.w.String(b)
	}
	f.w.End(']')
}
