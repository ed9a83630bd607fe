package cohere

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// readCitation reads {start, end, text, sources, content_index, type}. Where there are
// several sources the first one gives url and title; Raw has them all.
func readCitation(v []byte) llm.Citation {
	c := llm.Citation{Raw: v}
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "start":
			setCount(&c.Start, v)
		case "end":
			setCount(&c.End, v)
		case "text":
			if isText(v) {
				c.Text = v
			}
		case "sources":
			_ = jsonscan.Elements(v, func(source []byte) bool {
				c.URL, c.Title = sourceNames(source)
				return false
			})
		}
		return true
	})
	return c
}

// sourceNames gives url and title of a source: a document, or what a tool found. The
// vendor knows both only where the caller put them into the document; else the
// source's id stands for the title.
func sourceNames(source []byte) (url, title llm.Raw) {
	for _, holder := range [...]string{"document", "tool_output"} {
		data := jsonscan.Get(source, holder)
		if v := jsonscan.Get(data, "url"); isText(v) {
			url = v
		}
		if v := jsonscan.Get(data, "title"); isText(v) {
			title = v
		}
	}
	if title == nil {
		if id := jsonscan.Get(source, "id"); isText(id) {
			title = id
		}
	}
	return url, title
}

// appendCitation writes a citation: as it was where it is of this dialect, which the
// sources tell, else made of what is known. index is the piece of content it is of.
func appendCitation(w *jsonout.Writer, c *llm.Citation, index int) {
	if isObject(c.Raw) && jsonscan.Get(c.Raw, "sources") != nil {
		w.Raw(c.Raw)
		return
	}
	w.Begin('{')
	number(w, "start", c.Start)
	number(w, "end", c.End)
	if isText(c.Text) {
		w.Member("text", c.Text)
	}
	w.Array("sources")
	appendSource(w, c)
	w.End(']')
	if index >= 0 {
		w.Number("content_index", int64(index))
	}
	w.Text("type", "TEXT_CONTENT")
	w.End('}')
}

// appendSource writes a source as a document, known by its url or else its title.
func appendSource(w *jsonout.Writer, c *llm.Citation) {
	id := c.URL
	if id == nil {
		id = c.Title
	}
	w.Begin('{')
	w.Text("type", "document")
	w.MemberIf("id", id)
	w.Object("document")
	w.MemberIf("id", id)
	w.MemberIf("title", c.Title)
	w.MemberIf("url", c.URL)
	w.End('}')
	w.End('}')
}
