package cohere

import (
	"encoding/base64"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// results writes the answers of tools, a turn each. What a tool showed in images is
// shown by the user in the turn after them.
func (w *writer) results(m *llm.Message) {
	images := 0
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.ToolResult || p.Result == nil {
			continue
		}
		w.Begin('{')
		w.Text("role", "tool")
		w.Text("tool_call_id", w.calls.result(p.Result))
		w.resultContent(p.Result)
		w.members(w.back(p))
		w.End('}')
		for n := range p.Result.Parts {
			if p.Result.Parts[n].Kind == llm.Image {
				images++
			}
		}
	}
	if images > 0 && !w.own {
		w.shown(m)
	}
}

// resultContent: "should be formatted as a JSON object string, or a list of tool
// content blocks" (https://docs.cohere.com/reference/chat).
func (w *writer) resultContent(r *llm.Result) {
	text, plain := plainText(r)
	switch {
	case r.JSON != nil && r.Error:
		w.Member("content", errorText(r.JSON))
	case r.JSON != nil:
		w.Member("content", jsonout.Quote(string(r.JSON)))
	case r.Error && plain:
		w.Member("content", errorText(text))
	case plain && len(text) <= 2 && !w.own:
		w.Member("content", emptyObject)
	case plain && (text != nil || !w.own):
		w.Member("content", text)
	default:
		w.Array("content")
		if r.Error {
			w.piece("text", failedText, nil)
		}
		from := len(w.B)
		for i := range r.Parts {
			w.resultPart(&r.Parts[i])
		}
		if len(w.B) == from && !w.own && !r.Error { // nothing is left of it
			w.piece("text", emptyObject, nil)
		}
		w.End(']')
	}
}

var emptyObject = []byte(`"{}"`)

// plainText gives the text of a result that is one text or nothing.
func plainText(r *llm.Result) (llm.Raw, bool) {
	switch {
	case len(r.Parts) == 0:
		return nil, true
	case len(r.Parts) == 1 && r.Parts[0].Kind == llm.Text && r.Parts[0].Raw == nil && r.Parts[0].Own == nil:
		return r.Parts[0].Text, true
	}
	return nil, false
}

// errorText says that a tool failed, for which the dialect has no flag.
func errorText(text llm.Raw) llm.Raw {
	var w jsonout.Writer
	w.Begin('{')
	if text == nil {
		text = emptyText
	}
	w.Member("error", text)
	w.End('}')
	return jsonout.Quote(string(w.B))
}

func (w *writer) resultPart(p *llm.Part) {
	switch p.Kind {
	case llm.File:
		if text := w.fileText(p.Media); text != nil {
			w.Begin('{')
			w.Text("type", "document")
			w.Object("document")
			w.documentData(p.Media, text)
			w.End('}')
			w.End('}')
			return
		}
		w.userPart(p)
	case llm.Image:
		w.piece("text", shownBelow, nil)
	default:
		w.userPart(p)
	}
}

// failedText stands before the pieces of a result that is an error.
var failedText = llm.Raw(`"{\"error\": \"the tool failed; what it gave follows\"}"`)

var shownBelow = llm.Raw(`"(an image, shown in the next message)"`)

// shown writes the images of results as a turn of the user.
func (w *writer) shown(m *llm.Message) {
	w.Begin('{')
	w.Text("role", "user")
	w.Array("content")
	for i := range m.Parts {
		r := m.Parts[i].Result
		if r == nil {
			continue
		}
		for n := range r.Parts {
			if r.Parts[n].Kind != llm.Image {
				continue
			}
			w.piece("text", jsonout.Quote("An image from the tool "+w.name(r.Name)+":"), nil)
			w.image(&r.Parts[n])
		}
	}
	w.End(']')
	w.End('}')
}

// isDocument reports whether a part of a user's turn stands among the documents.
func (w *writer) isDocument(p *llm.Part) bool {
	return p.Kind == llm.File && !w.inline && (w.own || w.fileText(p.Media) != nil)
}

// documents writes the texts that the model may cite.
func (w *writer) documents() {
	n := 0
	for i := range w.r.Messages {
		m := &w.r.Messages[i]
		if m.Role == llm.Assistant || m.Role == llm.ToolRole {
			continue
		}
		for k := range m.Parts {
			p := &m.Parts[k]
			if !w.isDocument(p) {
				continue
			}
			if n++; n == 1 {
				w.Array("documents")
			}
			w.document(p)
		}
	}
	if n > 0 {
		w.End(']')
	}
}

func (w *writer) document(p *llm.Part) {
	if w.own && p.Raw != nil {
		w.Raw(p.Raw)
		return
	}
	w.Begin('{')
	w.documentData(p.Media, w.fileText(p.Media))
	w.End('}')
}

func (w *writer) documentData(m *llm.Media, text llm.Raw) {
	w.Object("data")
	w.MemberIf("title", m.Name)
	w.MemberIf("source", m.Source)
	w.MemberIf("context", m.Context)
	w.Member("text", text)
	w.End('}')
}

// fileText gives what a document says, nil when it is not text.
func (w *writer) fileText(m *llm.Media) llm.Raw {
	switch {
	case m == nil:
		return nil
	case m.Text != nil:
		return m.Text
	case len(m.Parts) > 0:
		texts := make([][]byte, 0, len(m.Parts))
		for i := range m.Parts {
			texts = append(texts, m.Parts[i].Text)
		}
		return jsonout.Join(`\n`, texts...)
	case m.Data != nil && isPlain(dialect.MediaType(m)):
		text, err := base64.StdEncoding.DecodeString(string(m.Data))
		if err != nil {
			return nil
		}
		return jsonout.Quote(string(text))
	}
	return nil
}

// isPlain reports whether a media type is text.
func isPlain(kind string) bool {
	return strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "application/xml" || kind == "application/yaml"
}
