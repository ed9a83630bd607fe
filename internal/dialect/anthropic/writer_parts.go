package anthropic

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// part writes a part that may stand in any turn.
func (f *writer) part(p *llm.Part) {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		f.text(p)
	case llm.Image:
		if f.lacks(imageFeature(p.Media)) {
			return
		}
		f.w.Begin('{')
		f.w.Text("type", "image")
		f.source(p.Media)
		f.close(p)
	case llm.File:
		switch {
		case p.Media.Source != nil:
			f.found(p)
		case !f.lacks(fileFeature(p.Media)):
			f.document(p)
		}
	case llm.Audio:
		f.cannot("audio")
	case llm.Video:
		f.cannot("video")
	default:
		if f.same() {
			f.samePart(p)
		}
	}
}

// cannot refuses the call for what the vendor takes in no form.
func (f *writer) cannot(what string) {
	if f.err == nil {
		f.err = fault.Newf(fault.UnsupportedParameter, "The model '%s' cannot be given %s. Leave it out, or use a model of another provider.", f.to.Model, what).Field("messages")
	}
}

// samePart writes what only this dialect has, or has in any place.
func (f *writer) samePart(p *llm.Part) {
	switch p.Kind {
	case llm.Vendor:
		f.w.Raw(p.Raw)
	case llm.ToolCall:
		f.call(p)
	case llm.ToolResult:
		f.result(p)
	case llm.Thinking:
		f.thought(p)
	}
}

func imageFeature(m *llm.Media) llm.Feature {
	switch {
	case m.FileID != nil:
		return llm.FImageFile
	case m.Data == nil && m.URL != nil:
		return llm.FImageURL
	}
	return llm.FImageData
}

func fileFeature(m *llm.Media) llm.Feature {
	switch {
	case m.FileID != nil:
		return llm.FFileID
	case m.Text != nil || m.Parts != nil:
		return llm.FFileText
	case m.Data == nil && m.URL != nil:
		return llm.FFileURL
	}
	return llm.FFileData
}

// close ends a block.
func (f *writer) close(p *llm.Part) {
	f.mark(p.Cache)
	if f.same() {
		f.owned(p.Own)
	}
	f.w.End('}')
}

// text writes a text. The vendor refuses one that is empty or blank.
func (f *writer) text(p *llm.Part) {
	if !f.same() && isBlank(p.Text) {
		return
	}
	f.w.Begin('{')
	f.w.Text("type", "text")
	f.w.Member("text", f.textOf(p))
	if f.same() && len(p.Cites) > 0 {
		f.w.Array("citations")
		for i := range p.Cites {
			f.w.Raw(p.Cites[i].Raw)
		}
		f.w.End(']')
	}
	f.close(p)
}

// source writes where an image or a PDF is.
func (f *writer) source(m *llm.Media) {
	f.w.Object("source")
	switch {
	case m.FileID != nil:
		f.beta("files-api-2025-04-14") // https://platform.claude.com/docs/en/build-with-claude/files
		f.w.Text("type", "file")
		f.w.Member("file_id", m.FileID)
	case m.Data == nil && m.URL != nil:
		f.w.Text("type", "url")
		f.w.Member("url", m.URL)
	default:
		f.w.Text("type", "base64")
		f.w.Text("media_type", mediaType(m))
		f.w.Key("data")
		f.w.B = append(append(append(f.w.B, '"'), m.Data...), '"')
	}
	f.w.End('}')
}

func mediaType(m *llm.Media) string {
	if t := dialect.MediaType(m); t != "image/jpg" {
		return t
	}
	return "image/jpeg"
}

// document writes https://platform.claude.com/docs/en/build-with-claude/pdf-support and
// the plain and the custom documents of the page about citations.
func (f *writer) document(p *llm.Part) {
	m := p.Media
	f.w.Begin('{')
	f.w.Text("type", "document")
	switch kind := mediaType(m); {
	case m.Parts != nil:
		f.piecesSource(m.Parts)
	case m.Text != nil:
		f.plainSource(m.Text)
	case m.Data == nil || f.same() || kind == "application/pdf" || kind == "":
		f.source(m)
	case isText(kind):
		raw, _ := base64.StdEncoding.DecodeString(string(m.Data))
		f.plainSource(jsonout.Quote(string(raw)))
	case f.err == nil:
		f.err = fault.Newf(fault.UnsupportedParameter, "The model '%s' reads PDF and text; a document of type '%s' cannot be sent to it.", f.to.Model, kind)
	}
	if len(m.Name) > 2 {
		f.w.Member("title", m.Name)
	}
	f.w.MemberIf("context", m.Context)
	if m.Cites {
		f.w.Object("citations")
		f.w.Flag("enabled", true)
		f.w.End('}')
	}
	f.close(p)
}

// found writes https://platform.claude.com/docs/en/build-with-claude/search-results.
func (f *writer) found(p *llm.Part) {
	m := p.Media
	f.w.Begin('{')
	f.w.Text("type", "search_result")
	f.w.Member("source", m.Source)
	if title := m.Name; title != nil || f.same() {
		f.w.MemberIf("title", title)
	} else {
		f.w.Member("title", m.Source) // it is required
	}
	f.w.Array("content")
	if len(m.Parts) == 0 && !isBlank(m.Text) {
		f.words(m.Text)
	}
	for i := range m.Parts {
		f.part(&m.Parts[i])
	}
	f.w.End(']')
	if m.Cites || !f.same() {
		f.w.Object("citations")
		f.w.Flag("enabled", m.Cites)
		f.w.End('}')
	}
	f.close(p)
}

func isText(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml") || strings.HasSuffix(kind, "yaml") ||
		kind == "application/javascript" || kind == "application/csv" || kind == "application/toml"
}

func (f *writer) plainSource(text llm.Raw) {
	f.w.Object("source")
	f.w.Text("type", "text")
	f.w.Text("media_type", "text/plain")
	f.w.Member("data", text)
	f.w.End('}')
}

func (f *writer) piecesSource(parts []llm.Part) {
	f.w.Object("source")
	f.w.Text("type", "content")
	f.w.Array("content")
	for i := range parts {
		f.part(&parts[i])
	}
	f.w.End(']')
	f.w.End('}')
}

// state finds what a thought is sent back by; nil when this target takes none of it.
func (f *writer) state(p *llm.Part) *llm.Opaque {
	if o := f.to.State(p, dialect.Messages, "signature"); o != nil {
		return o
	}
	return f.to.State(p, dialect.Messages, "redacted")
}

// thought writes reasoning back as it came. The vendor refuses a thought that bears no
// signature of its own.
func (f *writer) thought(p *llm.Part) {
	o := f.state(p)
	switch {
	case o == nil && f.same() && len(p.State) == 0: // the caller's own, unsigned
		f.signed(p, "")
	case o == nil:
		f.lose(llm.FThinking, llm.FThinkingState)
	case o.Kind == "redacted":
		f.w.Begin('{')
		f.w.Text("type", "redacted_thinking")
		f.w.Text("data", o.Value)
		f.close(p)
	default:
		f.signed(p, o.Value)
	}
}

func (f *writer) signed(p *llm.Part, signature string) {
	f.w.Begin('{')
	f.w.Text("type", "thinking")
	if p.Text != nil {
		f.w.Member("thinking", p.Text)
	} else {
		f.w.Text("thinking", "")
	}
	f.w.Text("signature", signature)
	f.close(p)
}

// call writes a tool call of the model's and expects its result.
func (f *writer) call(p *llm.Part) {
	c := p.Call
	if len(p.State) > 0 {
		f.lose(llm.FThinkingState)
	}
	o := openCall{id: c.ID, given: c.ID, name: c.Name}
	switch {
	case f.same():
	case c.ID == "":
		f.made++
		o.id, o.given = "toolu_"+strconv.Itoa(f.made), c.Name
	default:
		o.id = idRule.ID(c.ID)
	}
	f.w.Begin('{')
	f.w.Text("type", "tool_use")
	f.w.Text("id", o.id)
	if f.same() {
		f.w.Text("name", c.Name)
		f.w.MemberIf("input", c.Arguments)
	} else {
		f.w.Text("name", nameRule.Name(c.Name, &f.out.Names))
		f.w.Member("input", dialect.ArgumentsObject(c))
		f.open = append(f.open, o)
	}
	f.close(p)
}

// result writes a tool's answer.
func (f *writer) result(p *llm.Part) {
	r := p.Result
	id := r.ID
	if !f.same() {
		id = f.answered(r)
		r = f.wordsOfError(r)
	}
	f.w.Begin('{')
	f.w.Text("type", "tool_result")
	f.w.Text("tool_use_id", id)
	switch only := plainResult(r); {
	case only != nil:
		f.w.Member("content", only)
	case len(r.Parts) > 0:
		f.w.Array("content")
		for i := range r.Parts {
			f.part(&r.Parts[i])
		}
		f.w.End(']')
	case r.JSON != nil:
		f.w.Text("content", string(r.JSON))
	case r.Error && !f.same(): // an error must say something
		f.w.Text("content", "The tool failed.")
	}
	if r.Error {
		f.w.Flag("is_error", true)
	}
	f.close(p)
}

// wordsOfError gives the result of a tool that failed with its texts only, since the
// vendor refuses anything else beside is_error ("all content must be type text"). The
// rest is set aside for the turn itself.
func (f *writer) wordsOfError(r *llm.Result) *llm.Result {
	isText := func(p llm.Part) bool { return p.Kind == llm.Text }
	if !r.Error || !slices.ContainsFunc(r.Parts, func(p llm.Part) bool { return !isText(p) }) {
		return r
	}
	words := *r
	words.Parts = nil
	label := llm.Part{Kind: llm.Text, Text: jsonout.Quote("From the result of " + r.Name + ":")}
	for i := range r.Parts {
		switch p := &r.Parts[i]; {
		case isText(*p):
			words.Parts = append(words.Parts, *p)
		case p.Media != nil && p.Media.Source != nil:
			words.Parts = append(words.Parts, dialect.FoundText(p))
		case label.Kind != 0:
			f.aside = append(f.aside, label, *p)
			label.Kind = 0
		default:
			f.aside = append(f.aside, *p)
		}
	}
	return &words
}

// plainResult gives the text that a result consists of, nil when it holds more.
func plainResult(r *llm.Result) llm.Raw {
	if len(r.Parts) != 1 {
		return nil
	}
	p := &r.Parts[0]
	if p.Kind != llm.Text || p.Cache != "" || len(p.Cites) > 0 || len(p.Own) > 0 {
		return nil
	}
	return p.Text
}

// answered finds the call that a result belongs to, by its id, else by name and order.
func (f *writer) answered(r *llm.Result) string {
	at := -1
	for i, o := range f.open {
		if o.given == r.ID && r.ID != "" || r.ID == "" && (r.Name == "" || o.name == r.Name) {
			at = i
			break
		}
	}
	if at < 0 {
		f.refuse("The tool result '%s' belongs to no call in the turn before it.", r.ID+r.Name)
		return r.ID
	}
	id := f.open[at].id
	f.open = append(f.open[:at], f.open[at+1:]...)
	return id
}
