package openairesponses

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// part writes one part of a content.
func (w *requestWriter) part(role llm.Role, p *llm.Part) {
	if p.Kind == llm.Vendor {
		w.Raw(p.Raw)
		return
	}
	w.Begin('{')
	switch p.Kind {
	case llm.Text:
		w.textPart(role, p)
	case llm.Refusal:
		w.Text("type", "refusal")
		w.Member("refusal", p.Text)
	case llm.Image:
		w.image(p.Media)
	case llm.Audio:
		w.audio(p.Media)
	case llm.File:
		w.file(p.Media)
	}
	w.cacheMark(role, p)
	for _, m := range p.Own {
		if w.home {
			w.AnyKey(m.Name)
			w.Raw(m.Value)
		}
	}
	w.End('}')
}

func (w *requestWriter) textPart(role llm.Role, p *llm.Part) {
	if role != llm.Assistant {
		w.Text("type", "input_text")
		w.Member("text", p.Text)
		return
	}
	w.Text("type", "output_text")
	w.Member("text", p.Text)
	w.Array("annotations")
	writeCites(&w.Writer, p.Cites, dialect.Characters(p.Text))
	w.End(']')
}

// writeCites writes the sources of a text: this dialect's own as they were, others
// where they are pages of the web. A source without a place is of the whole text, of
// whose length in characters it says.
func writeCites(w *jsonout.Writer, cites []llm.Citation, length int64) {
	for i := range cites {
		c := &cites[i]
		switch {
		case isAnnotation(c.Raw):
			w.Raw(c.Raw)
		case c.URL != nil:
			start, end := dialect.CitedAt(c, 0, length)
			w.Begin('{')
			w.Text("type", "url_citation")
			w.Number("start_index", start)
			w.Number("end_index", end)
			w.Member("url", c.URL)
			title := c.Title
			if title == nil {
				title = c.URL
			}
			w.Member("title", title)
			w.End('}')
		}
	}
}

// isAnnotation reports whether a source is written as this dialect writes them.
func isAnnotation(raw llm.Raw) bool {
	switch string(bare(jsonscan.Get(raw, "type"))) {
	case "url_citation":
		return jsonscan.Get(raw, "url") != nil // the chat dialect has it an object further inside
	case "file_citation", "container_file_citation", "file_path":
		return true
	}
	return false
}

func (w *requestWriter) image(m *llm.Media) {
	w.Text("type", "input_image")
	switch {
	case m.URL != nil:
		w.Member("image_url", m.URL)
	case m.Data != nil:
		w.dataURI("image_url", m)
	default:
		w.Member("file_id", m.FileID)
	}
	w.TextIf("detail", m.Detail)
}

func (w *requestWriter) dataURI(key string, m *llm.Media) {
	w.Key(key)
	w.B = append(w.B, '"')
	w.B = append(dialect.AppendDataURI(w.B, m), '"')
}

// audio writes sound as the dialect's schema has it, though few models take it.
func (w *requestWriter) audio(m *llm.Media) {
	w.Text("type", "input_audio")
	w.Object("input_audio")
	w.Key("data")
	w.B = append(append(append(w.B, '"'), m.Data...), '"')
	w.Text("format", audioFormat(m))
	w.End('}')
}

func audioFormat(m *llm.Media) string {
	if m.Format != "" {
		return m.Format
	}
	switch dialect.MediaType(m) {
	case "audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave":
		return "wav"
	}
	return "mp3"
}

// file writes a document. Plain text and documents in pieces become text, since the
// vendor reads these kinds of files otherwise only in part of its models.
func (w *requestWriter) file(m *llm.Media) {
	if t := documentText(m); t != nil {
		w.Text("type", "input_text")
		w.Member("text", t)
		return
	}
	if m.Context != nil {
		w.lose(llm.FFileContext)
	}
	w.Text("type", "input_file")
	switch {
	case m.URL != nil:
		w.Member("file_url", m.URL)
		if m.Name != nil { // only bytes bear a name
			w.lose(llm.FFileName)
		}
	case m.Data != nil:
		w.dataURI("file_data", m)
		name := m.Name
		switch {
		case w.home:
		case name == nil:
			name = jsonout.Quote("document" + extension(m))
		default:
			name = dialect.FileName(name, extension(m))
		}
		w.MemberIf("filename", name)
	default:
		w.Member("file_id", m.FileID)
	}
	w.TextIf("detail", m.Detail)
}

// documentText gives a document that is text, with its name before it; nil when it is
// none.
func documentText(m *llm.Media) llm.Raw {
	body := m.Text
	if body == nil && len(m.Parts) > 0 {
		var texts [][]byte
		for i := range m.Parts {
			texts = append(texts, m.Parts[i].Text)
		}
		body = jsonout.Join(paragraph, texts...)
	}
	if body == nil {
		return nil
	}
	return jsonout.Join(paragraph, m.Context, m.Name, body)
}

// extension gives the ending of a document's name, by its type; the vendor looks at it.
func extension(m *llm.Media) string {
	switch kind := dialect.MediaType(m); kind {
	case "application/pdf", "":
		return ".pdf"
	case "text/plain":
		return ".txt"
	case "text/markdown":
		return ".md"
	case "application/msword":
		return ".doc"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return ".docx"
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return ".xlsx"
	case "application/vnd.ms-excel":
		return ".xls"
	default:
		_, sub, _ := strings.Cut(kind, "/")
		return "." + sub
	}
}

// maxMarks is how many cache marks a request may have
// (https://platform.openai.com/docs/guides/prompt-caching).
const maxMarks = 4

// cacheMark writes the end of a prefix to cache where the model knows such marks; the
// others cache by themselves.
func (w *requestWriter) cacheMark(role llm.Role, p *llm.Part) {
	if p.Cache == "" {
		return
	}
	if !w.home && (!w.ability.marks || role == llm.Assistant || w.marks == maxMarks) {
		w.lose(llm.FCache)
		return
	}
	w.marks++
	w.Object("prompt_cache_breakpoint")
	w.Text("mode", "explicit")
	if w.home && p.Cache != "5m" {
		w.Text("ttl", p.Cache)
	}
	w.End('}')
}
