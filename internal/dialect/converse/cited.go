package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// writeCited writes a text with its sources.
func writeCited(w *jsonout.Writer, p *llm.Part) {
	w.Begin('{')
	w.Object("citationsContent")
	w.Array("content")
	w.Begin('{')
	w.Member("text", p.Text)
	w.End('}')
	w.End(']')
	w.Array("citations")
	for i := range p.Cites {
		w.Begin('{')
		writeCitation(w, &p.Cites[i])
		w.End('}')
	}
	w.End(']')
	w.End('}')
	w.End('}')
}

// isOwnCitation tells this dialect's form of a source from that of others.
func isOwnCitation(raw llm.Raw) bool {
	return jsonscan.Get(raw, "location") != nil || jsonscan.Get(raw, "sourceContent") != nil
}

// writeCitation writes the members of a source: its title, what was quoted, and where it
// is.
func writeCitation(w *jsonout.Writer, c *llm.Citation) {
	if isOwnCitation(c.Raw) {
		_ = jsonscan.Members(c.Raw, func(key, v []byte) bool { w.Member(string(key), v); return true })
		return
	}
	w.MemberIf("title", c.Title)
	if c.Text != nil {
		w.Array("sourceContent")
		w.Begin('{')
		w.Member("text", c.Text)
		w.End('}')
		w.End(']')
	}
	switch {
	case c.URL != nil:
		w.Object("location")
		w.Object("web")
		w.Member("url", c.URL)
		w.End('}')
		w.End('}')
	case c.Start.Known && c.End.Known:
		w.Object("location")
		w.Object("documentChar")
		w.Number("documentIndex", 0)
		w.Number("start", c.Start.N)
		w.Number("end", c.End.N)
		w.End('}')
		w.End('}')
	}
}

// envelope gives what stands for a blob in a field of a caller's.
func envelope(o *llm.Opaque) string { return dialect.Wrap(o, dialect.Converse) }

// thoughtEnvelope is that of a thought signature, with the id of what it belongs to.
func thoughtEnvelope(o llm.Opaque, id string) string {
	o.ID = id
	return envelope(&o)
}
