package openaichat

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

const partAt = "messages[].content[]"

// piece is what a content part holds, by the names that vendors use.
type piece struct {
	kind    []byte // of type, without quotes
	text    []byte
	refusal []byte
	image   []byte
	audio   []byte
	video   []byte
	file    []byte
	fileID  []byte
	fileURL []byte
	name    []byte
	thought []byte
	mark    []byte
	ownMark []byte
}

// part reads one content part.
func (p *reader) part(v []byte) llm.Part {
	if v[0] == '"' {
		return llm.Part{Kind: llm.Text, Text: v}
	}
	if v[0] != '{' {
		p.fail(partAt, "an object")
		return llm.Part{}
	}
	var in piece
	var own []llm.Member
	p.object(v, partAt, func(key, v []byte) {
		if !in.take(key, v) {
			own = append(own, llm.Member{Name: memberName(key), Value: v})
		}
	})
	part := p.partOf(&in, v)
	if part.Kind == llm.Vendor {
		p.r.Has.Add(llm.FVendorPart)
		return part
	}
	for _, m := range own {
		p.unname(partAt + "." + m.Name)
	}
	part.Own = append(part.Own, own...)
	p.mark(&part, &in)
	return part
}

// take notes a member that means something in some part.
func (in *piece) take(key, v []byte) bool {
	switch string(key) {
	case "type":
		in.kind, _ = jsonscan.Plain(v)
	case "text":
		in.text = v
	case "refusal":
		in.refusal = v
	case "image_url":
		in.image = v
	case "input_audio":
		in.audio = v
	case "video_url":
		in.video = v
	case "file":
		in.file = v
	case "file_id":
		in.fileID = v
	case "file_url", "document_url":
		in.fileURL = v
	case "file_name", "document_name":
		in.name = v
	case "thinking":
		in.thought = v
	case "cache_control":
		in.mark = v
	case "prompt_cache_breakpoint":
		in.ownMark = v
	default:
		return false
	}
	return true
}

func (p *reader) mark(part *llm.Part, in *piece) {
	if in.mark != nil {
		part.Cache = p.cacheMark(in.mark, partAt+".cache_control")
		return
	}
	// https://platform.openai.com/docs/guides/prompt-caching: its only lifetime is the default.
	p.object(in.ownMark, partAt+".prompt_cache_breakpoint", func(key, v []byte) {
		if string(key) != "mode" {
			p.keepAt(&part.Own, partAt+".", "prompt_cache_breakpoint."+memberName(key), v)
		}
	})
	if in.ownMark != nil {
		part.Cache = "5m"
		p.r.Has.Add(llm.FCache)
	}
}

func (p *reader) partOf(in *piece, whole []byte) llm.Part {
	switch string(in.kind) {
	case "text", "":
		if in.text != nil {
			return llm.Part{Kind: llm.Text, Text: p.text(in.text, partAt+".text")}
		}
		if in.kind == nil {
			p.fail(partAt+".type", "a string, and is missing")
		} else {
			p.fail(partAt+".text", "a string, and is missing")
		}
	case "refusal":
		p.r.Has.Add(llm.FRefusal)
		return llm.Part{Kind: llm.Refusal, Text: p.text(in.refusal, partAt+".refusal")}
	case "thinking": // https://docs.mistral.ai/capabilities/reasoning
		p.r.Has.Add(llm.FThinking)
		return llm.Part{Kind: llm.Thinking, Text: thinkingText(in.thought)}
	case "image_url":
		return p.image(in.image)
	case "input_audio":
		return p.audio(in.audio)
	case "video_url":
		return p.video(in.video)
	case "file", "document_url", "file_url":
		return p.file(in)
	default:
		return llm.Part{Kind: llm.Vendor, Raw: whole}
	}
	return llm.Part{}
}

// url reads {url} or the URL itself, and keeps what else the object holds.
func (p *reader) url(part *llm.Part, v []byte, member string, more func(key, v []byte) bool) {
	m := part.Media
	if len(v) > 0 && v[0] == '"' {
		dialect.ReadURL(m, v)
		return
	}
	p.object(v, partAt+"."+member, func(key, v []byte) {
		switch {
		case string(key) == "url":
			if s := p.text(v, partAt+"."+member+".url"); s != nil {
				dialect.ReadURL(m, s)
			}
		case more != nil && more(key, v):
		default:
			p.keepAt(&part.Own, partAt+".", member+"."+memberName(key), v)
		}
	})
	if m.URL == nil && m.Data == nil {
		p.fail(partAt+"."+member+".url", "a string, and is missing")
	}
}

func (p *reader) image(v []byte) llm.Part {
	part := llm.Part{Kind: llm.Image, Media: &llm.Media{}}
	m := part.Media
	p.url(&part, v, "image_url", func(key, v []byte) bool {
		if string(key) != "detail" {
			return false
		}
		m.Detail = p.word(v, partAt+".image_url.detail")
		p.r.Has.Add(llm.FImageDetail)
		return true
	})
	p.had(m, llm.FImageURL, llm.FImageData)
	return part
}

func (p *reader) had(m *llm.Media, url, data llm.Feature) {
	if m.Data != nil {
		p.r.Has.Add(data)
	} else {
		p.r.Has.Add(url)
	}
}

func (p *reader) video(v []byte) llm.Part {
	part := llm.Part{Kind: llm.Video, Media: &llm.Media{}}
	p.url(&part, v, "video_url", nil)
	p.r.Has.Add(llm.FVideo)
	return part
}

func (p *reader) audio(v []byte) llm.Part {
	const at = partAt + ".input_audio"
	part := llm.Part{Kind: llm.Audio, Media: &llm.Media{}}
	m := part.Media
	if len(v) > 0 && v[0] == '"' { // https://docs.mistral.ai/capabilities/audio: the bytes or a URL
		p.bytes(m, v)
	} else {
		p.object(v, at, func(key, v []byte) {
			switch string(key) {
			case "data":
				p.bytes(m, p.text(v, at+".data"))
			case "format":
				m.Format = p.word(v, at+".format")
			default:
				p.keepAt(&part.Own, partAt+".", "input_audio."+memberName(key), v)
			}
		})
	}
	if m.Data == nil && m.URL == nil {
		p.fail(at+".data", "a string, and is missing")
	}
	if m.Type == "" {
		m.Type = audioType(m.Format)
	}
	p.r.Has.Add(llm.FAudioData)
	return part
}

// bytes reads base64, a data: URI or a URL.
func (p *reader) bytes(m *llm.Media, v llm.Raw) {
	switch {
	case v == nil:
	case len(v) > 6 && (strings.EqualFold(string(v[1:6]), "data:") || strings.EqualFold(string(v[1:5]), "http")):
		dialect.ReadURL(m, v)
	default:
		m.Data = dialect.Base64(v)
	}
}

// audioType gives the media type of a short name.
func audioType(format string) string {
	switch format {
	case "":
		return ""
	case "mp3":
		return "audio/mpeg"
	case "pcm16":
		return "audio/pcm"
	}
	return "audio/" + format
}

func (p *reader) file(in *piece) llm.Part {
	part := llm.Part{Kind: llm.File, Media: &llm.Media{}}
	m := part.Media
	p.object(in.file, partAt+".file", func(key, v []byte) {
		switch string(key) {
		case "file_data":
			p.bytes(m, p.text(v, partAt+".file.file_data"))
		case "file_id":
			m.FileID = p.text(v, partAt+".file.file_id")
		case "filename":
			m.Name = p.text(v, partAt+".file.filename")
		default:
			p.keepAt(&part.Own, partAt+".", "file."+memberName(key), v)
		}
	})
	if in.fileURL != nil {
		p.fileURL(&part, in)
	}
	if in.name != nil {
		m.Name = p.text(in.name, partAt+".document_name")
	}
	if m.FileID == nil && in.fileID != nil {
		m.FileID = p.text(in.fileID, partAt+".file_id")
	}
	p.fileFeatures(m)
	return part
}

// fileURL reads a document's URL; one vendor takes bare base64 in its place.
func (p *reader) fileURL(part *llm.Part, in *piece) {
	url := in.fileURL
	if inner := jsonscan.Get(url, "url"); inner != nil {
		url = inner
	}
	p.bytes(part.Media, p.text(url, partAt+"."+string(in.kind)))
}

func (p *reader) fileFeatures(m *llm.Media) {
	if m.Name != nil {
		p.r.Has.Add(llm.FFileName)
	}
	switch {
	case m.Data != nil:
		p.r.Has.Add(llm.FFileData)
	case m.URL != nil:
		p.r.Has.Add(llm.FFileURL)
	case m.FileID != nil:
		p.r.Has.Add(llm.FFileID)
	default:
		p.fail(partAt+".file", "an object with file_data or file_id")
	}
}

// thinkingText joins the texts of a thinking chunk: [{type: text, text}], or a string.
func thinkingText(v []byte) llm.Raw {
	if len(v) > 0 && v[0] == '"' {
		return v
	}
	var first []byte
	var texts [][]byte
	_ = jsonscan.Elements(v, func(v []byte) bool {
		if s := jsonscan.Get(v, "text"); len(s) > 0 && s[0] == '"' {
			if first == nil {
				first = s
			} else {
				texts = append(texts, s)
			}
		}
		return true
	})
	if texts == nil {
		return first
	}
	return joined("", append([][]byte{first}, texts...))
}
