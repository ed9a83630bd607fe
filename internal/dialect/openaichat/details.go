package openaichat

import (
	"bytes"
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// entry is one entry of reasoning_details
// (https://openrouter.ai/docs/use-cases/reasoning-tokens).
type entry struct {
	kind  string
	text  llm.Raw // of reasoning.text and reasoning.summary
	id    string
	blob  llm.Raw // the signature, or the encrypted data
	index llm.Raw
	grown bool   // text is the entry's own, with the pieces before it
	value []byte // the entry without its text
}

// readEntry reads an entry. It must be an object.
func readEntry(v []byte) (e entry) {
	w := jsonout.Writer{B: make([]byte, 0, len(v))}
	w.Begin('{')
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "text", "summary":
			if len(v) > 0 && v[0] == '"' {
				e.text = v
				return true
			}
		case "type":
			e.kind, _ = jsonscan.String(v)
		case "id":
			e.id, _ = jsonscan.String(v)
		case "index":
			e.index = v
		case "signature", "data":
			if len(v) > 2 && v[0] == '"' {
				e.blob = v
			}
		}
		w.AnyKey(memberName(key))
		w.Raw(v)
		return true
	})
	w.End('}')
	e.value = w.B
	return e
}

// continues reports whether an entry is a further piece of the one before it: clients
// keep what a stream gave, piece by piece, and the signature comes with the last one.
func (e *entry) continues(before *entry) bool {
	return e.index != nil && bytes.Equal(e.index, before.index) && e.kind == before.kind && e.kind != entryEncrypted && before.blob == nil
}

// join puts the text of the pieces before it in front of an entry's own.
func (e *entry) join(before *entry) {
	switch {
	case before.text == nil:
	case e.text == nil:
		e.text, e.grown = before.text, before.grown
	default:
		head := before.text[:len(before.text)-1]
		if !before.grown {
			head = slices.Clip(head) // what follows there is the body
		}
		e.text, e.grown = append(head, e.text[1:]...), true
	}
}

// asked gives the part of a caller's history that an entry is: what the gateway sealed
// is opened, anything else came from a vendor of this dialect.
func (e *entry) asked() llm.Part {
	if s, ok := jsonscan.String(e.blob); ok {
		if o := dialect.Unwrap(s, name, kindDetails); o.Value != s {
			return llm.Part{Kind: llm.Thinking, Text: e.text, State: []llm.Opaque{o}}
		}
	}
	return llm.Part{Kind: llm.Thinking, Text: e.text, State: []llm.Opaque{{Dialect: string(name), Kind: kindDetails, ID: e.id, Value: string(e.value)}}}
}

// answered gives the part of an answer that an entry is. Text alone is no state.
func (e *entry) answered(c *dialect.Call) llm.Part {
	if e.kind == entryText && e.blob == nil && e.id == "" {
		return llm.Part{Kind: llm.Thinking, Text: e.text}
	}
	return llm.Part{Kind: llm.Thinking, Text: e.text, State: []llm.Opaque{stateOf(c, kindDetails, e.id, string(e.value))}}
}

// stateOf makes a blob that came with an answer.
func stateOf(c *dialect.Call, kind, id, value string) llm.Opaque {
	return llm.Opaque{Dialect: string(name), Provider: c.Provider, Model: c.Model, Kind: kind, ID: id, Value: value}
}

// opened reads what a caller sent as the signature of a thought.
func opened(s string) llm.Opaque { return dialect.Unwrap(s, name, kindThought) }

// appendEntry writes a vendor's own entry with its text put back.
func appendEntry(w *jsonout.Writer, value string, text llm.Raw) {
	w.Raw([]byte(value))
	if text == nil {
		return
	}
	member := "text"
	if kind := jsonscan.Get([]byte(value), "type"); string(kind) == `"`+entrySummary+`"` {
		member = "summary"
	}
	w.B = w.B[:len(w.B)-1]
	w.Member(member, text)
	w.End('}')
}

// appendSealed writes an entry of the gateway's making: text, and a blob of some
// vendor's in an envelope. Either may be missing.
func appendSealed(w *jsonout.Writer, index int, text llm.Raw, seal string) {
	w.Begin('{')
	if text == nil {
		w.Text("type", entryEncrypted)
		w.Text("data", seal)
	} else {
		w.Text("type", entryText)
		w.Member("text", text)
		w.TextIf("signature", seal)
	}
	w.Text("format", "unknown")
	w.Number("index", int64(index))
	w.End('}')
}

// readCitation reads an annotation of the type url_citation.
func readCitation(v []byte) (c llm.Citation, ok bool) {
	url := jsonscan.Get(v, "url_citation")
	if len(url) == 0 || url[0] != '{' {
		return c, false
	}
	c.Raw = v
	_ = jsonscan.Members(url, func(key, v []byte) bool {
		switch string(key) {
		case "url":
			c.URL = stringOnly(v)
		case "title":
			c.Title = stringOnly(v)
		case "content":
			c.Text = stringOnly(v)
		case "start_index":
			c.Start = count(v)
		case "end_index":
			c.End = count(v)
		}
		return true
	})
	return c, true
}

func stringOnly(v []byte) llm.Raw {
	if len(v) >= 2 && v[0] == '"' {
		return v
	}
	return nil
}

func count(v []byte) llm.Count {
	if n, ok := jsonscan.Int(v); ok && n >= 0 {
		return llm.Known(n)
	}
	return llm.Count{}
}

func joined(sep string, texts [][]byte) llm.Raw { return jsonout.Join(sep, texts...) }
