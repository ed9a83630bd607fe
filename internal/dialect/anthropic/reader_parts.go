package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The members of blocks that have a meaning in some block or other.
const (
	bText = iota
	bCitations
	bCache
	bSource
	bTitle
	bContext
	bID
	bName
	bInput
	bResultOf
	bContent
	bIsError
	bThinking
	bSignature
	bData
	bCount
)

var blockMembers = [bCount]string{
	bText: "text", bCitations: "citations", bCache: "cache_control", bSource: "source", bTitle: "title", bContext: "context",
	bID: "id", bName: "name", bInput: "input", bResultOf: "tool_use_id", bContent: "content", bIsError: "is_error",
	bThinking: "thinking", bSignature: "signature", bData: "data",
}

// block is a content block whose members are told apart and not yet understood.
type block struct {
	at   string
	raw  []byte
	kind []byte
	have [bCount][]byte
	rest []llm.Member
}

func memberOf(key []byte) int {
	switch string(key) {
	case "text":
		return bText
	case "citations":
		return bCitations
	case "cache_control":
		return bCache
	case "source":
		return bSource
	case "title":
		return bTitle
	case "context":
		return bContext
	case "id":
		return bID
	case "name":
		return bName
	case "input":
		return bInput
	case "tool_use_id":
		return bResultOf
	case "content":
		return bContent
	case "is_error":
		return bIsError
	case "thinking":
		return bThinking
	case "signature":
		return bSignature
	case "data":
		return bData
	}
	return -1
}

// cut tells the members of a block apart; false when it is no object.
func (b *block) cut(raw []byte) bool {
	b.raw = raw
	return jsonscan.Members(raw, func(key, v []byte) bool {
		if jsonscan.IsNull(v) {
			return true
		}
		if n := memberOf(key); n >= 0 {
			b.have[n] = v
		} else if string(key) == "type" {
			b.kind = text(v)
		} else {
			b.rest = append(b.rest, member(key, v))
		}
		return true
	}) == nil
}

// take gives a member once.
func (b *block) take(n int) []byte {
	v := b.have[n]
	b.have[n] = nil
	return v
}

// part reads one block and adds what it is.
func (p *reader) part(at string, raw []byte) {
	b := block{at: at}
	if !b.cut(raw) {
		p.fail(at, "", "an object")
		return
	}
	var out llm.Part
	switch string(b.kind) {
	case "text":
		out = p.textBlock(&b)
	case "image":
		out = llm.Part{Kind: llm.Image, Media: p.source(&b)}
	case "document":
		out = p.document(&b)
	case "search_result":
		out = p.found(&b)
	case "tool_use":
		out = p.call(&b)
	case "tool_result":
		out = p.result(&b)
	case "thinking", "redacted_thinking":
		if p.thought(&b, &out) {
			return
		}
	case "":
		p.fail(at, "type", "a string")
		return
	default:
		p.flushPending()
		p.req.Has.Add(llm.FVendorPart)
		p.parts = append(p.parts, llm.Part{Kind: llm.Vendor, Raw: raw})
		return
	}
	if out.Kind != llm.ToolCall {
		p.flushPending()
	}
	out.Cache = p.cacheMark(at, b.take(bCache))
	p.leftOver(&b, &out)
	p.parts = append(p.parts, out)
}

// leftOver keeps the members that this kind of block has no meaning for.
func (p *reader) leftOver(b *block, out *llm.Part) {
	for n, v := range b.have {
		if v != nil {
			b.rest = append(b.rest, llm.Member{Name: blockMembers[n], Value: v})
		}
	}
	for _, m := range b.rest {
		p.unname(b.at, m.Name)
	}
	out.Own = b.rest
}

func (p *reader) textBlock(b *block) llm.Part {
	out := llm.Part{Kind: llm.Text, Text: p.text(b.at, "text", b.take(bText))}
	p.expect(out.Text != nil, b.at, "text", "a string")
	if list := b.take(bCitations); list != nil {
		out.Cites = readCitations(list)
	}
	if len(out.Cites) > 0 {
		p.req.Has.Add(llm.FCitations)
	}
	return out
}

// readCitations reads the sources of a text
// (https://platform.claude.com/docs/en/build-with-claude/citations).
func readCitations(list []byte) (all []llm.Citation) {
	_ = jsonscan.Elements(list, func(v []byte) bool {
		all = append(all, readCitation(v))
		return true
	})
	return all
}

func readCitation(v []byte) llm.Citation {
	c := llm.Citation{Raw: v}
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		if value[0] != '"' {
			return true
		}
		switch string(key) {
		case "url", "source": // of a web page; of a search result of the caller's
			c.URL = value
		case "title", "document_title":
			c.Title = value
		case "cited_text":
			c.Text = value
		}
		return true
	})
	return c
}

// source reads where an image or a document is.
func (p *reader) source(b *block) *llm.Media {
	m := &llm.Media{}
	v := b.take(bSource)
	at := b.at + ".source"
	if v == nil {
		p.fail(at, "", "an object")
		return m
	}
	var kind, data, url, id, content []byte
	p.object(at, "", v, func(key, value []byte) {
		switch string(key) {
		case "type":
			kind = text(value)
		case "media_type":
			m.Type = p.word(at, "media_type", value)
		case "data":
			data = p.text(at, "data", value)
		case "url":
			url = p.text(at, "url", value)
		case "file_id":
			id = p.text(at, "file_id", value)
		case "content":
			content = value
		default:
			p.unname(at, string(key))
		}
	})
	image := string(b.kind) == "image"
	switch string(kind) {
	case "base64":
		m.Data = dialect.Base64(data)
		p.expect(data != nil, at, "data", "a string of base64")
		p.has(image, llm.FImageData, llm.FFileData)
	case "url":
		dialect.ReadURL(m, url)
		p.expect(url != nil, at, "url", "a string")
		if m.Data != nil {
			p.has(image, llm.FImageData, llm.FFileData)
		} else {
			p.has(image, llm.FImageURL, llm.FFileURL)
		}
	case "file":
		m.FileID = id
		p.expect(id != nil, at, "file_id", "a string")
		p.has(image, llm.FImageFile, llm.FFileID)
	case "text":
		m.Text = data
		p.expect(data != nil, at, "data", "a string")
		p.has(image, llm.FFileText, llm.FFileText)
	case "content":
		m.Parts = p.nested(at, "content", at+".content[]", content)
		m.Text = wordsOf(m.Parts)
		p.has(image, llm.FFileText, llm.FFileText)
	default:
		p.fail(at, "type", `"base64", "url", "file", "text" or "content"`)
	}
	return m
}

// wordsOf gives the texts of a document's pieces as one, for those who know no pieces;
// nil when there is none.
func wordsOf(parts []llm.Part) llm.Raw {
	var texts [][]byte
	for i := range parts {
		texts = append(texts, parts[i].Text)
	}
	return jsonout.Join(`\n\n`, texts...)
}

func (p *reader) has(first bool, a, b llm.Feature) {
	if first {
		b = a
	}
	p.req.Has.Add(b)
}

// plainText gives what stands between a string's quotes, escapes resolved.
func plainText(v []byte) []byte {
	if t, ok := jsonscan.Plain(v); ok {
		return t
	}
	s, _ := jsonscan.String(v)
	return []byte(s)
}

func (p *reader) document(b *block) llm.Part {
	m := p.source(b)
	if m.Name = p.text(b.at, "title", b.take(bTitle)); m.Name != nil {
		p.req.Has.Add(llm.FFileName)
	}
	if m.Context = p.text(b.at, "context", b.take(bContext)); m.Context != nil {
		p.req.Has.Add(llm.FFileContext)
	}
	p.cites(b, m)
	return llm.Part{Kind: llm.File, Media: m}
}

// found reads something that the caller's own search has found
// (https://platform.claude.com/docs/en/build-with-claude/search-results).
func (p *reader) found(b *block) llm.Part {
	m := &llm.Media{Type: "text/plain", Source: p.text(b.at, "source", b.take(bSource)), Name: p.text(b.at, "title", b.take(bTitle))}
	p.expect(m.Source != nil, b.at, "source", "a string")
	m.Parts = p.nested(b.at, "content", b.at+".content[]", b.take(bContent))
	if m.Text = wordsOf(m.Parts); m.Text == nil {
		m.Text = llm.Raw(`""`)
	}
	p.cites(b, m)
	p.req.Has.Add(llm.FFound)
	return llm.Part{Kind: llm.File, Media: m}
}

// cites reads whether a document shall be cited.
func (p *reader) cites(b *block, m *llm.Media) {
	if on := jsonscan.Get(b.have[bCitations], "enabled"); string(on) == "true" {
		b.take(bCitations)
		m.Cites = true
		p.req.Has.Add(llm.FFileCites)
	}
}

func (p *reader) call(b *block) llm.Part {
	c := &llm.Call{ID: p.word(b.at, "id", b.take(bID)), Name: p.word(b.at, "name", b.take(bName)), Arguments: b.take(bInput)}
	p.req.Has.Add(llm.FToolCall)
	out := llm.Part{Kind: llm.ToolCall, Call: c, State: p.pending}
	p.pending = nil
	return out
}

func (p *reader) result(b *block) llm.Part {
	r := &llm.Result{ID: p.word(b.at, "tool_use_id", b.take(bResultOf))}
	r.Parts = p.nested(b.at, "content", b.at+".content[]", b.take(bContent))
	p.req.Has.Add(llm.FToolResult)
	for i := range r.Parts {
		if m := r.Parts[i].Media; m != nil && m.Source == nil {
			p.req.Has.Add(llm.FResultMedia)
		}
	}
	if v := b.take(bIsError); v != nil {
		if r.Error = p.flag(b.at, "is_error", v); r.Error {
			p.req.Has.Add(llm.FResultError)
		}
	}
	return llm.Part{Kind: llm.ToolResult, Result: r}
}

// thought reads a thinking block. It reports whether that was but the carrier of
// another vendor's state of the call that follows, which is kept for it.
func (p *reader) thought(b *block, out *llm.Part) bool {
	out.Kind = llm.Thinking
	kind, value := "signature", b.take(bSignature)
	if string(b.kind) == "redacted_thinking" {
		kind, value = "redacted", b.take(bData)
	}
	out.Text = p.text(b.at, "thinking", b.take(bThinking))
	shown := len(out.Text) > 2
	if !shown {
		out.Text = nil
	}
	if blob := p.word(b.at, kind, value); blob != "" {
		state := dialect.Unwrap(blob, dialect.Messages, kind)
		p.req.Has.Add(llm.FThinkingState)
		if state.Kind == ofCall && !shown {
			p.pending = append(p.pending, state)
			return true
		}
		out.State = []llm.Opaque{state}
	}
	if shown {
		p.req.Has.Add(llm.FThinking)
	}
	return false
}

// ofCall is the kind of state that belongs to a tool call rather than to a thought.
const ofCall = "thought_signature"

// flushPending makes a thought of state whose call did not follow.
func (p *reader) flushPending() {
	for i := range p.pending {
		p.parts = append(p.parts, llm.Part{Kind: llm.Thinking, State: p.pending[i : i+1 : i+1]})
	}
	p.pending = nil
}
