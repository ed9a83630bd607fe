package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Words that are put in where the vendor wants some and the conversation has none.
const (
	seeFile  = `"The document is attached."` // a turn with a document must have text
	noOutput = `"(no output)"`               // a tool's answer may not be blank
)

// formatter writes one request.
type formatter struct {
	w     jsonout.Writer
	r     *llm.Request
	to    *dialect.Target
	model model
	own   bool // the caller speaks this dialect too: what it wrote is written back
	ids   dialect.Rule
	plan  plan
	lost  llm.Features
	names map[string]string
	err   error

	role      string // of the message that is open; "" = none yet
	said      bool   // the open message has text
	attached  bool   // the open message has a document
	documents int
	used      map[string]bool // names of documents
	after     []llm.Member    // what the open message has beside role and content
	aside     []llm.Part      // of failed tools' results: what they may not hold
}

// FormatRequest implements dialect.Codec. The model stands in the path, and so does
// whether the answer is a stream.
func (codec) FormatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	f := formatter{w: jsonout.Writer{B: append(dst, '{')}, r: r, to: to, model: modelOf(to.Model), own: r.Dialect == own, ids: idRule}
	if f.model.family == claude && !f.own {
		f.ids = claudeIDRule
	}
	if !f.own {
		var err error
		if f.r, err = dialect.Arranged(r, dialect.Wants{UserFirst: true, SystemFirst: true, Words: true, Found: f.model.family == claude}); err != nil {
			return dialect.Written{}, err
		}
		f.uncalled()
	}
	if to.Forgets(r, dialect.Converse) {
		f.loseIf(llm.FThinkingState)
	}
	f.check()
	f.plan = f.makePlan()
	f.conversation()
	f.system()
	f.inference()
	f.toolConfig()
	f.output()
	f.extras()
	f.settings()
	f.w.End('}')
	if f.err != nil {
		return dialect.Written{}, f.err
	}
	return dialect.Written{Body: f.w.B, Lost: f.lost, Names: f.names}, nil
}

func (f *formatter) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

func (f *formatter) lose(features ...llm.Feature) {
	for _, x := range features {
		f.lost.Add(x)
	}
}

// loseIf notes a loss of what the caller has asked for.
func (f *formatter) loseIf(features ...llm.Feature) {
	for _, x := range features {
		if f.r.Has.Has(x) {
			f.lost.Add(x)
		}
	}
}

// check refuses what cannot be left out, and notes what there is no member for unless it
// asks for what is so anyway.
func (f *formatter) check() {
	if v := f.r.Setting(llm.FStore); v != nil && string(v) != "false" {
		f.lose(llm.FStore)
	}
	if n, ok := jsonscan.Int(f.r.Setting(llm.FN)); ok && n > 1 {
		f.fail(fault.Newf(fault.UnsupportedParameter, "This provider gives one answer to a call, not %d.", n).Field("n"))
	}
}

// inference writes the parameters that every model has.
func (f *formatter) inference() {
	r := f.r
	temperature, topP := f.sampling()
	tokens := f.plan.maxTokens
	more := f.ownMember("inferenceConfig")
	if !tokens.Known && temperature == nil && topP == nil && len(r.Stop) == 0 && more == nil {
		return
	}
	f.w.Object("inferenceConfig")
	if tokens.Known {
		f.w.Number("maxTokens", tokens.N)
	}
	f.w.MemberIf("temperature", temperature)
	f.w.MemberIf("topP", topP)
	f.stops()
	_ = jsonscan.Members(more, func(key, v []byte) bool { f.w.Member(string(key), v); return true })
	f.w.End('}')
}

// ownMember gives a member that only this dialect's callers have.
func (f *formatter) ownMember(name string) llm.Raw {
	for i := range f.r.Own {
		if f.own && f.r.Own[i].Name == name {
			return f.r.Own[i].Value
		}
	}
	return nil
}

// verbatim gives what a caller of this dialect said in words that are understood only in
// part: additionalModelRequestFields, an object, or outputConfig.effort, a string.
func (f *formatter) verbatim(first byte) llm.Raw {
	for i := range f.r.Settings {
		if s := &f.r.Settings[i]; f.own && s.Feature == 0 && len(s.Value) > 0 && s.Value[0] == first {
			return s.Value
		}
	}
	return nil
}

// stops writes the stop sequences. Empty ones are refused, and by Claude also those of
// white space alone.
func (f *formatter) stops() {
	begun := false
	for _, s := range f.r.Stop {
		if !f.own && (len(s) <= len(`""`) || f.model.family == claude && isBlank(s)) {
			f.lose(llm.FStop)
			continue
		}
		if !begun {
			f.w.Array("stopSequences")
			begun = true
		}
		f.w.Raw(s)
	}
	if begun {
		f.w.End(']')
	}
}

// sampling gives temperature and top p as this model takes them.
func (f *formatter) sampling() (temperature, topP llm.Raw) {
	temperature, topP = f.r.Setting(llm.FTemperature), f.r.Setting(llm.FTopP)
	if f.own {
		return temperature, topP
	}
	if t, ok := jsonscan.Float(temperature); ok && t > 1 { // the vendor's range is 0 to 1
		temperature = llm.Raw("1")
	}
	switch {
	case f.plan.bare || f.model.noBudget() || f.to.Facts.Known && !f.to.Facts.Temperature && f.model.family == claude:
		f.loseIf(llm.FTemperature, llm.FTopP)
		return nil, nil
	case f.model.family == claude && f.plan.thinks():
		// Thinking allows no temperature, and a top p of 0.95 at the least
		// (https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility).
		if t, ok := jsonscan.Float(temperature); ok && t != 1 {
			f.lose(llm.FTemperature)
		}
		if t, ok := jsonscan.Float(topP); ok && t < 0.95 {
			f.lose(llm.FTopP)
			topP = nil
		}
		return nil, topP
	case f.model.oneSampling() && temperature != nil && topP != nil:
		f.lose(llm.FTopP)
		return temperature, nil
	}
	return temperature, topP
}

// settings writes what is left.
func (f *formatter) settings() {
	f.metadata()
	f.tier()
	if !f.own {
		return
	}
	for _, m := range f.r.Own {
		if m.Name != "additionalModelRequestFields" && m.Name != "inferenceConfig" {
			f.w.AnyKey(m.Name)
			f.w.Raw(m.Value)
		}
	}
}

// maxMetadata is the vendor's limit of pairs.
const maxMetadata = 16

// metadata writes pairs by which the vendor's logs can be filtered. The vendor refuses
// what does not fit.
func (f *formatter) metadata() {
	v := f.r.Setting(llm.FMetadata)
	if v == nil {
		return
	}
	n, fits := 0, true
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		n++
		text, ok := jsonscan.String(value)
		fits = ok && n <= maxMetadata && len(key) > 0 && metadataText(string(key)) && metadataText(text)
		return fits
	})
	switch {
	case f.own || fits && n > 0:
		f.w.Member("requestMetadata", v)
	case n > 0:
		f.lose(llm.FMetadata)
	}
}

// metadataText: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestBody.
func metadataText(s string) bool {
	if len(s) > 256 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == ' ', c == '\t', c == '\n', c == '\r', c >= '+' && c <= '/', c == ':', c == '_', c == '@', c == '$', c == '#', c == '=':
		default:
			return false
		}
	}
	return true
}

func (f *formatter) tier() {
	tier, _ := jsonscan.String(f.r.Setting(llm.FTier))
	switch {
	case tier == "" || tier == "auto":
		return
	case f.own || tier == "default" || tier == "priority" || tier == "flex" || tier == "reserved":
		f.w.Object("serviceTier")
		f.w.Text("type", tier)
		f.w.End('}')
	default:
		f.lose(llm.FTier)
	}
}

// output writes the form of the answer. The vendor knows schemas only, and not for every
// model; what else was asked for stands in the system prompt (see instruction).
func (f *formatter) output() {
	o := &f.r.Output
	effort := f.verbatim('"')
	schema := o.Kind == "schema" && o.Schema != nil && f.plan.schema
	if !schema && effort == nil {
		return
	}
	f.w.Object("outputConfig")
	f.w.MemberIf("effort", effort)
	if schema {
		f.schema(o)
	}
	f.w.End('}')
}

func (f *formatter) schema(o *llm.OutputFormat) {
	schema := o.Schema
	if !f.own {
		schema = closed(schema)
	}
	f.w.Object("textFormat")
	f.w.Text("type", "json_schema")
	f.w.Object("structure")
	f.w.Object("jsonSchema")
	f.w.Text("schema", string(schema))
	f.w.TextIf("name", o.Name)
	f.w.MemberIf("description", o.Description)
	for range 3 {
		f.w.End('}')
	}
}

// instruction asks in words for what no parameter asks for; nil = nothing.
func (f *formatter) instruction() llm.Raw {
	o := &f.r.Output
	switch {
	case f.own || o.Kind == "" || f.plan.schema:
		return nil
	case o.Schema != nil:
		f.loseIf(llm.FStrict)
	}
	return dialect.InWords(o)
}
