package openaichat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// messages writes the conversation.
func (w *writer) messages() {
	w.Array("messages")
	w.schemaInWords()
	all := w.turns()
	for i := 0; i < len(all); {
		n := w.alike(all[i:])
		m := all[i]
		if n > 1 {
			m = merged(all[i : i+n])
		}
		i += n
		w.message(&m, i == len(all))
	}
	w.handOver(nil)
	w.End(']')
}

// turns gives the turns without those of which only another dialect's pieces are left.
func (w *writer) turns() []llm.Message {
	if w.own || !slices.ContainsFunc(w.r.Messages, mute) {
		return w.r.Messages
	}
	return slices.DeleteFunc(slices.Clone(w.r.Messages), mute)
}

func mute(m llm.Message) bool {
	return m.Role != llm.User && len(m.Parts) > 0 && !slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind != llm.Vendor })
}

// alike gives how many turns from the first are one speaker's and may be written as
// one. Servers of this form that run open models mostly refuse two turns of the same
// role one after the other; OpenAI does not.
func (w *writer) alike(turns []llm.Message) int {
	n := 1
	if w.own || w.vendor || turns[0].Role == llm.ToolRole {
		return n
	}
	for n < len(turns) && w.role(turns[n].Role) == w.role(turns[0].Role) && string(turns[n].Name) == string(turns[0].Name) {
		n++
	}
	return n
}

func merged(turns []llm.Message) llm.Message {
	m := turns[0]
	m.Parts = append([]llm.Part(nil), m.Parts...)
	for _, t := range turns[1:] {
		next := len(m.Parts)
		m.Parts = append(m.Parts, t.Parts...)
		if next < len(m.Parts) && m.Parts[next].Kind == llm.Text {
			m.Parts[next].Apart = true
		}
	}
	return m
}

// role gives the word of a role that the target knows.
func (w *writer) role(r llm.Role) string {
	if r == llm.Developer && w.to.Traits.NoDeveloper {
		return string(llm.System)
	}
	return string(r)
}

func (w *writer) message(m *llm.Message, last bool) {
	switch m.Role {
	case llm.System, llm.Developer:
		w.said(m, "\\n\\n")
	case llm.User:
		w.bridge()
		if len(w.moved) > 0 {
			w.handOver(m)
			return
		}
		w.said(m, "\\n\\n")
	case llm.Assistant:
		w.handOver(nil)
		w.assistant(m, last)
	case llm.ToolRole:
		for i := range m.Parts {
			if m.Parts[i].Kind == llm.ToolResult {
				w.result(&m.Parts[i])
			}
		}
	}
	w.last = m.Role
}

// begin opens a message.
func (w *writer) begin(role string, speaker llm.Raw) {
	w.Begin('{')
	w.Text("role", role)
	if speaker != nil && !w.lacks(llm.FMessageName) {
		w.Member("name", speaker)
	}
}

// said writes a turn of the system or the user.
func (w *writer) said(m *llm.Message, sep string) {
	w.begin(w.role(m.Role), m.Name)
	w.content(m.Parts, sep)
	w.ownFlat(m.Own)
	w.End('}')
}

// bridge puts an answer between a tool's result and the user's next turn, where the
// target refuses one after the other
// (https://github.com/mistralai/mistral-common: its order of roles).
func (w *writer) bridge() {
	if w.to.Traits.StrictTurns && w.last == llm.ToolRole && !w.own {
		w.Begin('{')
		w.Text("role", "assistant")
		w.Text("content", "Done.")
		w.End('}')
	}
}

// handOver writes the media of tools' results, which only a user's turn can hold: in
// the turn that follows, or in one of their own.
func (w *writer) handOver(m *llm.Message) {
	if len(w.moved) == 0 {
		return
	}
	turn := llm.Message{Role: llm.User, Parts: w.moved}
	if m == nil {
		w.bridge()
	} else {
		turn.Name, turn.Own, turn.Parts = m.Name, m.Own, append(w.moved, m.Parts...)
	}
	w.moved = nil
	w.said(&turn, "\\n\\n")
	w.last = llm.User
}

// schemaInWords asks for JSON of a schema where only any JSON can be asked for.
func (w *writer) schemaInWords() {
	out := &w.r.Output
	if w.own || !w.to.Traits.NoSchema || out.Kind != "schema" {
		return
	}
	w.begin("system", nil)
	w.Text("content", "Answer with one JSON object and nothing else. It must match this JSON schema: "+string(dialect.Described(out)))
	w.End('}')
}

// content writes the member content: a string where there is nothing but text, else an array.
func (w *writer) content(parts []llm.Part, sep string) {
	if text, ok := w.plain(parts, sep); ok {
		w.Member("content", text)
		return
	}
	from := len(w.B)
	w.Array("content")
	empty := len(w.B)
	for i := range parts {
		w.part(&parts[i])
	}
	if len(w.B) == empty && !w.own { // nothing is left of it
		w.B = w.B[:from]
		w.Text("content", "")
		return
	}
	w.End(']')
}

// plain joins parts that are text without anything to it. Texts of the dialect's own
// callers are left apart.
func (w *writer) plain(parts []llm.Part, sep string) (llm.Raw, bool) {
	for i := range parts {
		p := &parts[i]
		if p.Kind != llm.Text || w.marks(p.Cache) || w.own && (len(parts) > 1 || len(p.Own) > 0) {
			return nil, false
		}
		if p.Cache != "" {
			w.lose(llm.FCache)
		}
	}
	switch len(parts) {
	case 0:
		return llm.Raw(`""`), true
	case 1:
		return parts[0].Text, true
	}
	texts := make([][]byte, 0, 2*len(parts))
	for i := range parts {
		if p := &parts[i]; i > 0 && sep == "" && p.Apart {
			texts = append(texts, paragraph)
		}
		texts = append(texts, parts[i].Text)
	}
	return jsonout.Join(sep, texts...), true
}

// paragraph stands between texts that were messages of their own.
var paragraph = llm.Raw(`"\n\n"`)

// assistant writes a turn of the assistant.
func (w *writer) assistant(m *llm.Message, last bool) {
	var room [4]llm.Part
	said, calls, broken := room[:0], false, false
	var refusals [][]byte
	for i := range m.Parts {
		p := &m.Parts[i]
		broken = broken || p.Kind != llm.Text
		switch p.Kind {
		case llm.Text:
			said = append(said, *p)
			if broken && !w.own { // something else stood before it
				said[len(said)-1].Apart = true
			}
			broken = false
		case llm.Refusal:
			refusals = append(refusals, p.Text)
		case llm.ToolCall:
			calls = true
		case llm.Thinking:
			if w.to.Traits.EchoReasoning == "content" && len(p.Text) > 0 {
				said = append(said, *p)
			}
		default:
			if w.own {
				said = append(said, *p)
			} else {
				w.loseMedia(p.Kind)
			}
		}
	}
	w.begin("assistant", m.Name)
	w.spoken(said, refusals, calls)
	w.echo(m.Parts, calls)
	if calls {
		w.calls(m.Parts)
	}
	w.textExtras(m)
	w.continued(m, last)
	w.ownFlat(m.Own, "extra_content.")
	w.End('}')
}

// loseMedia notes what an assistant's turn cannot hold in this dialect.
func (w *writer) loseMedia(kind llm.PartKind) {
	switch kind {
	case llm.Image:
		w.lose(llm.FImageData)
	case llm.Audio:
		w.lose(llm.FAudioData)
	case llm.File:
		w.lose(llm.FFileData)
	}
}

// spoken writes content and refusal.
func (w *writer) spoken(said []llm.Part, refusals [][]byte, calls bool) {
	switch {
	case len(said) > 0:
		w.content(said, "")
	case len(refusals) > 0 && !w.vendor && !w.own: // only OpenAI has the member
		w.Member("content", jsonout.Join("", refusals...))
		return
	case calls || len(refusals) > 0:
		w.Member("content", nil)
	default:
		w.Text("content", "")
	}
	if len(refusals) > 0 && (w.vendor || w.own) {
		w.Member("refusal", jsonout.Join("", refusals...))
	}
}

// continued marks a last turn that the model shall go on with.
func (w *writer) continued(m *llm.Message, last bool) {
	switch {
	case !last || calls(m.Parts):
	case w.r.Setting(llm.FAssistantPrefill) != nil, w.to.Traits.StrictTurns && !w.own: // https://docs.mistral.ai/capabilities/completion
		w.Flag("prefix", true)
	default:
		w.lose(llm.FAssistantPrefill)
	}
}

// textExtras writes what belongs to a turn's text.
func (w *writer) textExtras(m *llm.Message) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.Text {
			continue
		}
		if w.own && len(p.Cites) > 0 {
			w.Array("annotations")
			for n := range p.Cites {
				w.Raw(p.Cites[n].Raw)
			}
			w.End(']')
		}
		if o := w.to.State(p, name, kindThought); o != nil {
			w.extra(o.Value, m.Own)
			return
		}
		if len(p.State) > 0 {
			w.lose(llm.FThinkingState)
		}
	}
	if w.has(m.Own, "extra_content.") {
		w.extra("", m.Own)
	}
}

// extra writes extra_content with the signature of a thought.
func (w *writer) extra(signature string, own []llm.Member) {
	w.Object("extra_content")
	if signature != "" || w.has(own, "extra_content.google.") {
		w.Object("google")
		w.TextIf("thought_signature", signature)
		w.ownIn(own, "extra_content.google.")
		w.End('}')
	}
	w.ownIn(own, "extra_content.")
	w.End('}')
}

// id gives a call's id as the target takes it. Calls without one are given one, which
// their results then find by name and order.
func (w *writer) id(id string) string {
	switch {
	case w.to.Traits.ShortToolIDs:
		return shortIDs.ID(id)
	case w.own:
		return id
	}
	return toolIDs.ID(id)
}

func (w *writer) callID(c *llm.Call) string {
	if c.ID != "" {
		return w.id(c.ID)
	}
	w.made++
	id := w.id("call_" + strconv.Itoa(w.made))
	w.open = append(w.open, openCall{c.Name, id})
	return id
}

func (w *writer) resultID(r *llm.Result) string {
	if r.ID != "" {
		return w.id(r.ID)
	}
	for i, c := range w.open {
		if c.name == r.Name || r.Name == "" {
			w.open = append(w.open[:i:i], w.open[i+1:]...)
			return c.id
		}
	}
	return w.id("call_0")
}

// result writes the answer of a tool.
func (w *writer) result(p *llm.Part) {
	r := p.Result
	w.Begin('{')
	if w.own && strings.HasPrefix(r.ID, legacyID) {
		w.Text("role", "function")
		w.Text("name", r.Name)
	} else {
		w.Text("role", "tool")
		w.Text("tool_call_id", w.resultID(r))
	}
	switch {
	case r.JSON != nil:
		w.Member("content", jsonout.Quote(string(r.JSON)))
	case w.own:
		w.content(r.Parts, "")
	default:
		w.resultContent(p)
	}
	w.ownFlat(p.Own)
	w.End('}')
	w.last = llm.ToolRole
}

// resultContent writes the texts of a result and sets its media aside.
func (w *writer) resultContent(p *llm.Part) {
	var room [4]llm.Part
	texts, labelled := room[:0], false
	for i := range p.Result.Parts {
		one := p.Result.Parts[i]
		if one.Kind == llm.File && w.asText(&one) || one.Kind == llm.Text {
			texts = append(texts, one)
			continue
		}
		if one.Media == nil {
			continue
		}
		if !labelled {
			labelled = true
			w.moved = append(w.moved, llm.Part{Kind: llm.Text, Text: jsonout.Quote("From the result of " + p.Result.Name + ":")})
		}
		w.moved = append(w.moved, one)
	}
	if len(texts) == 0 && labelled {
		texts = append(texts, llm.Part{Kind: llm.Text, Text: llm.Raw(`"The result follows in the next message of the user."`)})
	}
	if p.Cache != "" && len(texts) > 0 {
		texts[len(texts)-1].Cache = p.Cache
	}
	w.content(texts, "\\n")
}
