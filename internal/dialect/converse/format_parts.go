package converse

import (
	"encoding/base64"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// part writes one part into a message of a role, and its cache point.
func (f *formatter) part(p *llm.Part, role string) {
	size := len(f.w.B)
	switch p.Kind {
	case llm.Text, llm.Refusal:
		f.textPart(p, role)
	case llm.Thinking:
		f.thinking(p, role)
	case llm.ToolCall:
		f.open(role)
		f.call(p)
	case llm.ToolResult:
		f.open(role)
		f.result(p)
		if p.Cache == "" && !f.own { // a mark inside it has no place of its own
			marked := *p
			marked.Cache = markIn(p.Result)
			p = &marked
		}
	case llm.Vendor:
		if f.own {
			f.open(role)
			f.w.Raw(p.Raw)
		}
	default:
		f.mediaPart(p, role)
	}
	if len(f.w.B) > size {
		f.cache(p.Cache, f.model.caches() && !(f.model.family == nova && p.Kind == llm.ToolResult), llm.FCache)
	}
}

// markIn gives the last cache mark on a piece of a result; "" = none.
func markIn(r *llm.Result) (mark string) {
	for i := range r.Parts {
		if c := r.Parts[i].Cache; c != "" {
			mark = c
		}
	}
	return mark
}

// ownBlock gives a block as its writer in this dialect had it, nil when it was an
// ordinary one.
func ownBlock(p *llm.Part) llm.Raw {
	for _, m := range p.Own {
		if m.Name == "guardContent" {
			return m.Value
		}
	}
	if p.Kind == llm.File {
		return p.Raw // a searchResult
	}
	return nil
}

func (f *formatter) textPart(p *llm.Part, role string) {
	raw := ownBlock(p)
	switch {
	case f.own && len(p.Text) == len(`""`) && len(p.State) > 0: // held nothing but state of another provider
	case f.own && raw != nil:
		f.open(role)
		f.wrapped("guardContent", raw)
	case f.own && (len(p.Cites) > 0 || len(p.Own) > 0):
		f.open(role)
		writeCited(&f.w, p)
	case f.own || !isBlank(p.Text):
		f.open(role)
		f.text(p.Text)
	}
}

// thinking writes a piece of reasoning: what this model has signed, unchanged. Nobody
// else's is taken, nor without a signature.
func (f *formatter) thinking(p *llm.Part, role string) {
	o := f.blob(p)
	switch {
	case o != nil && o.Kind == kindRedacted && p.Text == nil:
		f.open(role)
		writeRedacted(&f.w, o.Value)
	case o != nil:
		f.open(role)
		writeReasoning(&f.w, p.Text, o.Value)
	case f.own && len(p.State) == 0:
		f.open(role)
		writeReasoning(&f.w, p.Text, "")
	default:
		f.loseIf(llm.FThinking, llm.FThinkingState)
	}
}

// writeReasoning writes a block of reasoning text; the vendor wants the text, even when
// there is nothing of it.
func writeReasoning(w *jsonout.Writer, text llm.Raw, signature string) {
	if text == nil {
		text = llm.Raw(`""`)
	}
	w.Begin('{')
	w.Object("reasoningContent")
	w.Object("reasoningText")
	w.Member("text", text)
	w.TextIf("signature", signature)
	w.End('}')
	w.End('}')
	w.End('}')
}

func writeRedacted(w *jsonout.Writer, value string) {
	w.Begin('{')
	w.Object("reasoningContent")
	w.Text("redactedContent", value)
	w.End('}')
	w.End('}')
}

func (f *formatter) call(p *llm.Part) {
	var more []llm.Member
	if f.own {
		more = p.Own
	}
	writeToolUse(&f.w, f.ids.ID(p.Call.ID), nameRule.Name(p.Call.Name, &f.names), dialect.ArgumentsObject(p.Call), more)
}

func writeToolUse(w *jsonout.Writer, id, name string, input llm.Raw, more []llm.Member) {
	w.Begin('{')
	w.Object("toolUse")
	w.Text("toolUseId", id)
	w.Text("name", name)
	w.Member("input", input)
	writeMembers(w, more)
	w.End('}')
	w.End('}')
}

func writeMembers(w *jsonout.Writer, members []llm.Member) {
	for _, m := range members {
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
}

// result writes what a tool answered.
func (f *formatter) result(p *llm.Part) {
	res := p.Result
	f.w.Begin('{')
	f.w.Object("toolResult")
	f.w.Text("toolUseId", f.ids.ID(res.ID))
	f.w.Array("content")
	size := len(f.w.B)
	if res.JSON != nil {
		f.wrapped("json", res.JSON)
	}
	said := f.said
	words := res.Error && f.model.family == claude && !f.own
	for i := range res.Parts {
		switch p := &res.Parts[i]; {
		case words && isFound(p):
			text := dialect.FoundText(p)
			f.resultPart(&text)
		case words && p.Kind != llm.Text:
			f.setAside(res, p)
		default:
			f.resultPart(p)
		}
	}
	if len(f.w.B) == size && !f.own {
		f.text(llm.Raw(noOutput))
	}
	f.said = said
	f.w.End(']')
	if res.Error {
		if f.own || f.model.marksErrors() {
			f.w.Text("status", "error")
		} else {
			f.lose(llm.FResultError)
		}
	}
	f.w.End('}')
	f.w.End('}')
}

// setAside keeps a piece of a failed tool's result for the turn itself: Claude refuses
// anything but text in a result that is an error.
func (f *formatter) setAside(res *llm.Result, p *llm.Part) {
	if p.Kind == llm.Audio {
		f.loseIf(llm.FResultMedia)
		return
	}
	f.aside = append(f.aside, llm.Part{Kind: llm.Text, Text: jsonout.Quote("From the result of " + res.Name + ":")}, *p)
}

func isFound(p *llm.Part) bool { return p.Media != nil && p.Media.Source != nil }

// found writes https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_SearchResultBlock.html,
// all of whose members are wanted.
func (f *formatter) found(m *llm.Media) {
	title := m.Name
	if len(title) <= len(`""`) {
		title = m.Source
	}
	f.w.Begin('{')
	f.w.Object("searchResult")
	f.w.Member("source", m.Source)
	f.w.Member("title", title)
	f.w.Array("content")
	said := f.said
	for i := range m.Parts {
		f.text(m.Parts[i].Text)
	}
	if len(m.Parts) == 0 {
		f.text(m.Text)
	}
	f.said = said
	f.w.End(']')
	f.w.Object("citations")
	f.w.Flag("enabled", m.Cites)
	for range 3 {
		f.w.End('}')
	}
}

func (f *formatter) resultPart(p *llm.Part) {
	switch p.Kind {
	case llm.Text:
		if f.own || !isBlank(p.Text) {
			f.text(p.Text)
		}
	case llm.Audio:
		f.loseIf(llm.FResultMedia)
	case llm.Image, llm.File, llm.Video:
		if raw := ownBlock(p); f.own && raw != nil {
			f.wrapped("searchResult", raw)
			return
		}
		if isFound(p) {
			f.found(p.Media)
			return
		}
		attached := f.attached
		f.media(p)
		f.attached = attached
	}
}

// mediaPart writes media into a turn of the user's: the assistant's may have none.
func (f *formatter) mediaPart(p *llm.Part, role string) {
	switch raw := ownBlock(p); {
	case f.own && raw != nil && p.Kind == llm.Image:
		f.open(role)
		f.wrapped("guardContent", raw)
	case f.own && raw != nil:
		f.open(role)
		f.wrapped("searchResult", raw)
	case role == "assistant" && !f.own:
		f.loseMedia(p)
	case isFound(p):
		f.open(role)
		f.found(p.Media)
	default:
		f.open(role)
		f.media(p)
	}
}

func (f *formatter) loseMedia(p *llm.Part) {
	switch p.Kind {
	case llm.Image:
		f.loseIf(llm.FImageData, llm.FImageURL, llm.FImageFile)
	case llm.Audio:
		f.loseIf(llm.FAudioData)
	case llm.Video:
		f.loseIf(llm.FVideo)
	case llm.File:
		f.loseIf(llm.FFileData, llm.FFileURL, llm.FFileID, llm.FFileText)
	}
}

// media writes a block of media.
func (f *formatter) media(p *llm.Part) {
	m := p.Media
	if f.fileID(p) {
		return
	}
	if len(m.Data) == 0 && needsBytes(m) && m.Text == nil && m.FileID == nil {
		f.fail(fault.New(fault.UnsupportedParameter, "The provider takes media as bytes or from S3, not by URL. Send the bytes."))
		return
	}
	kind, format := "", ""
	switch p.Kind {
	case llm.Image:
		kind, format = "image", imageFormat(m)
	case llm.File:
		kind, format = "document", documentFormat(m)
	case llm.Video:
		kind, format = "video", videoFormat(m)
	case llm.Audio:
		kind, format = "audio", audioFormat(m)
	}
	if format == "" && !(f.own && p.Kind == llm.File) {
		f.fail(fault.Newf(fault.UnsupportedParameter, "The provider takes no %s of the type '%s'. %s", kind, dialect.MediaType(m), takes(p.Kind)))
		return
	}
	f.w.Begin('{')
	f.w.Object(kind)
	f.w.TextIf("format", format)
	if p.Kind == llm.File {
		f.document(m)
	}
	f.w.Object("source")
	f.source(p)
	f.w.End('}')
	if f.own {
		f.mediaOwn(p.Own)
	}
	f.w.End('}')
	f.w.End('}')
}

// fileID passes over a file that another vendor holds; what lies in S3 can be named.
func (f *formatter) fileID(p *llm.Part) bool {
	m := p.Media
	if m.FileID == nil || len(m.Data) > 0 || isS3(m.FileID) || f.own {
		return false
	}
	f.fail(fault.New(fault.UnsupportedParameter, "The file is kept by another provider: send its bytes, or put it into S3 and give its s3:// URI."))
	return true
}

func takes(kind llm.PartKind) string {
	switch kind {
	case llm.Image:
		return "Send png, jpeg, gif or webp."
	case llm.File:
		return "Send pdf, csv, doc, docx, xls, xlsx, html, txt or md."
	case llm.Audio:
		return "Send mp3, wav, opus, aac, flac, ogg, m4a, mp4, webm or pcm."
	}
	return "Send mp4, mov, mkv, webm, flv, mpeg, wmv or 3gp."
}

// document writes what a document has beside its bytes.
func (f *formatter) document(m *llm.Media) {
	f.documents++
	f.attached = true
	if f.own && m.Name != nil {
		f.w.Member("name", m.Name)
	} else {
		if f.used == nil {
			f.used = map[string]bool{}
		}
		f.w.Text("name", uniqueName(documentName(m.Name, f.documents), f.used))
	}
	f.w.MemberIf("context", m.Context)
	if m.Cites {
		f.w.Object("citations")
		f.w.Flag("enabled", true)
		f.w.End('}')
	}
}

// source writes where the bytes are. Plain text is sent as bytes, which every model
// takes.
func (f *formatter) source(p *llm.Part) {
	m := p.Media
	switch {
	case len(m.Data) > 0:
		f.bytes(m.Data)
	case isS3(m.FileID), f.own && m.FileID != nil:
		f.s3(m.FileID, p.Own)
	case isS3(m.URL):
		f.s3(m.URL, nil)
	case m.Text != nil && f.own:
		f.w.Member("text", m.Text)
	case m.Text != nil:
		text, _ := jsonscan.String(m.Text)
		f.w.Key("bytes")
		f.w.B = append(f.w.B, '"')
		f.w.B = base64.StdEncoding.AppendEncode(f.w.B, []byte(text))
		f.w.B = append(f.w.B, '"')
	case len(m.Parts) > 0:
		f.w.Array("content")
		for i := range m.Parts {
			if t := m.Parts[i].Text; t != nil {
				f.wrapped("text", t)
			}
		}
		f.w.End(']')
	default:
		f.bytes(nil)
	}
}

func (f *formatter) bytes(data []byte) {
	f.w.Key("bytes")
	f.w.B = append(append(append(f.w.B, '"'), data...), '"')
}

// s3 names an object in S3, with its owner if that was said.
func (f *formatter) s3(uri llm.Raw, members []llm.Member) {
	f.w.Object("s3Location")
	f.w.Member("uri", uri)
	for _, m := range members {
		if m.Name == "bucketOwner" && f.own {
			f.w.Member(m.Name, m.Value)
		}
	}
	f.w.End('}')
}

func (f *formatter) mediaOwn(members []llm.Member) {
	for _, m := range members {
		if m.Name != "bucketOwner" {
			f.w.AnyKey(m.Name)
			f.w.Raw(m.Value)
		}
	}
}
