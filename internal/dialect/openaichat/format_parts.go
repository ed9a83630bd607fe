package openaichat

import (
	"encoding/base64"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// part writes one content part.
func (w *writer) part(p *llm.Part) {
	if p.Kind == llm.Vendor {
		if w.own {
			w.Raw(p.Raw)
		}
		return
	}
	if p.Kind == llm.File && !w.own {
		text := *p
		if w.asText(&text) {
			p = &text
		}
	}
	if !w.writable(p) {
		return
	}
	w.Begin('{')
	switch p.Kind {
	case llm.Text:
		w.Text("type", "text")
		w.Member("text", p.Text)
	case llm.Refusal:
		w.Text("type", "refusal")
		w.Member("refusal", p.Text)
	case llm.Thinking:
		w.thinkingChunk(p)
	case llm.Image:
		w.image(p)
	case llm.Audio:
		w.audio(p)
	case llm.Video:
		w.video(p)
	case llm.File:
		w.file(p)
	}
	w.mark(p)
	w.ownFlat(p.Own, "image_url.", "input_audio.", "video_url.", "file.", "prompt_cache_breakpoint.", "file_url.", "document_url.")
	w.End('}')
}

// writable reports whether a part can be written, and refuses the call where leaving it
// out would change what is asked.
func (w *writer) writable(p *llm.Part) bool {
	m := p.Media
	switch p.Kind {
	case llm.Text, llm.Refusal, llm.Thinking:
		return true
	case llm.Image:
		if m.URL == nil && m.Data == nil {
			return w.refuse("images by file id")
		}
		return true
	case llm.Audio:
		if m.Data == nil && !w.own {
			return w.refuse("audio by URL")
		}
		return true
	case llm.Video:
		if w.vendor && !w.own {
			return w.refuse("video")
		}
		if m.URL == nil && m.Data == nil && !w.own {
			return w.refuse("video by file id")
		}
		return true
	case llm.File:
		if m.Data == nil && m.FileID == nil && !w.own && w.to.Traits.Files == "" {
			return w.refuse("documents by URL")
		}
		return true
	}
	return false
}

func (w *writer) refuse(what string) bool {
	if w.err == nil {
		w.err = fault.Newf(fault.UnsupportedParameter, "The provider %q has no way to take %s. Send the bytes (base64) where it takes them, or use a model of another provider.", w.to.Provider, what)
	}
	return false
}

// marks reports whether a cache mark can be written.
func (w *writer) marks(cache string) bool {
	return cache != "" && (w.own || w.to.Traits.CacheMarks || w.model.breakpoints)
}

// mark writes a cache mark: OpenAI has one form of it, the others Anthropic's.
func (w *writer) mark(p *llm.Part) {
	if p.Cache == "" {
		return
	}
	switch {
	case w.to.Traits.CacheMarks, w.own && !w.vendor:
		w.cacheControl(p.Cache)
	case w.own, w.model.breakpoints:
		w.Object("prompt_cache_breakpoint")
		w.Text("mode", "explicit")
		w.ownIn(p.Own, "prompt_cache_breakpoint.")
		w.End('}')
		if p.Cache != "5m" {
			w.lose(llm.FCacheTTL)
		}
	default:
		w.lose(llm.FCache)
	}
}

// cacheControl: https://openrouter.ai/docs/features/prompt-caching
func (w *writer) cacheControl(ttl string) {
	w.Object("cache_control")
	w.Text("type", "ephemeral")
	if ttl != "5m" && ttl != "1h" && !w.own { // there are two lifetimes
		ttl = "1h"
		w.lose(llm.FCacheTTL)
	}
	if ttl != "5m" {
		w.Text("ttl", ttl)
	}
	w.End('}')
}

// thinkingChunk: https://docs.mistral.ai/capabilities/reasoning
func (w *writer) thinkingChunk(p *llm.Part) {
	w.Text("type", "thinking")
	w.Array("thinking")
	w.Begin('{')
	w.Text("type", "text")
	w.Member("text", p.Text)
	w.End('}')
	w.End(']')
}

// link writes a member whose value is a URL, or the bytes as one. Where both are known
// the bytes were fetched because the target wants them.
func (w *writer) link(member string, m *llm.Media) {
	w.Key(member)
	if m.Data == nil {
		w.Raw(m.URL)
		return
	}
	w.B = append(w.B, '"')
	w.B = dialect.AppendDataURI(w.B, m)
	w.B = append(w.B, '"')
}

func (w *writer) image(p *llm.Part) {
	w.Text("type", "image_url")
	w.Object("image_url")
	w.link("url", p.Media)
	w.TextIf("detail", p.Media.Detail)
	w.ownIn(p.Own, "image_url.")
	w.End('}')
}

func (w *writer) video(p *llm.Part) {
	w.Text("type", "video_url")
	w.Object("video_url")
	w.link("url", p.Media)
	w.ownIn(p.Own, "video_url.")
	w.End('}')
}

func (w *writer) audio(p *llm.Part) {
	m := p.Media
	w.Text("type", "input_audio")
	if m.Data == nil { // https://docs.mistral.ai/capabilities/audio: a URL, or the bare bytes
		w.Member("input_audio", m.URL)
		return
	}
	if w.to.Traits.Files == documentURL {
		w.quoted("input_audio", m.Data)
		return
	}
	w.Object("input_audio")
	w.quoted("data", m.Data)
	if format := audioFormat(m); format != "" {
		w.Text("format", format)
	}
	w.ownIn(p.Own, "input_audio.")
	w.End('}')
}

// quoted writes a member whose value is base64.
func (w *writer) quoted(member string, data []byte) {
	w.Key(member)
	w.B = append(append(append(w.B, '"'), data...), '"')
}

// audioFormat gives the short name of an audio's format.
func audioFormat(m *llm.Media) string {
	if m.Format != "" {
		return m.Format
	}
	kind, _, _ := strings.Cut(dialect.MediaType(m), ";")
	switch kind {
	case "audio/mpeg", "audio/mp3":
		return "mp3"
	case "audio/wave", "audio/x-wav", "audio/vnd.wave":
		return "wav"
	}
	return strings.TrimPrefix(kind, "audio/")
}

// The forms of documents; see dialect.Traits.
const (
	documentURL = "document_url" // https://docs.mistral.ai/capabilities/document_ai
	fileURL     = "file_url"     // https://docs.perplexity.ai/guides/file-attachments
)

// file writes a document in the form that the target takes.
func (w *writer) file(p *llm.Part) {
	m := p.Media
	switch form := w.to.Traits.Files; {
	case m.FileID != nil:
		w.Text("type", "file")
		w.Object("file")
		w.Member("file_id", m.FileID)
		w.MemberIf("filename", m.Name)
	case form == documentURL:
		w.Text("type", documentURL)
		w.link(documentURL, m)
		w.MemberIf("document_name", m.Name)
		return
	case form == fileURL:
		w.Text("type", fileURL)
		w.fileURL(m)
		w.MemberIf("file_name", m.Name)
		return
	default:
		w.Text("type", "file")
		w.Object("file")
		w.filename(m)
		w.link("file_data", m)
	}
	w.ownIn(p.Own, "file.")
	w.End('}')
}

// fileURL writes a document's URL or its bare bytes.
func (w *writer) fileURL(m *llm.Media) {
	w.Object(fileURL)
	if m.URL != nil {
		w.Member("url", m.URL)
	} else {
		w.quoted("url", m.Data)
	}
	w.End('}')
}

// filename writes a document's name, which the vendor wants beside the bytes.
func (w *writer) filename(m *llm.Media) {
	switch {
	case w.own:
		w.MemberIf("filename", m.Name)
	case m.Name == nil:
		w.Text("filename", "document"+ending(m))
	default:
		w.Member("filename", dialect.FileName(m.Name, ending(m)))
	}
}

// ending gives the end of a document's name, by its type.
func ending(m *llm.Media) string {
	if _, sub, ok := strings.Cut(m.Type, "/"); ok && len(sub) <= 5 {
		return "." + sub
	}
	return ".pdf"
}

// asText makes a text of a document that is text: the dialect takes documents of other
// kinds only.
func (w *writer) asText(p *llm.Part) bool {
	m := p.Media
	var texts [][]byte
	switch {
	case m.Text != nil:
		texts = [][]byte{m.Text}
	case m.Parts != nil:
		for i := range m.Parts {
			if m.Parts[i].Kind == llm.Text {
				texts = append(texts, m.Parts[i].Text)
			}
		}
	case m.Data != nil && strings.HasPrefix(m.Type, "text/"):
		plain, err := base64.StdEncoding.DecodeString(string(m.Data))
		if err != nil {
			return false
		}
		texts = [][]byte{jsonout.Quote(string(plain))}
	default:
		return false
	}
	if m.Name != nil {
		texts = append([][]byte{m.Name}, texts...)
	}
	*p = llm.Part{Kind: llm.Text, Text: jsonout.Join("\\n\\n", texts...), Cache: p.Cache}
	return true
}
