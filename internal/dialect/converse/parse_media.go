package converse

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// media reads an image, a document, a video or a sound.
func (p *parser) media(d *jsonscan.Reader, kind llm.PartKind, member string) llm.Part {
	m := &llm.Media{}
	part := llm.Part{Kind: kind, Media: m}
	p.object(d, member, func(key []byte) {
		switch string(key) {
		case "format":
			p.format(m, kind, p.word(d, member+".format"))
		case "source":
			p.source(d, &part, member+".source")
		case "name":
			if m.Name = p.text(d, member+".name"); m.Name != nil {
				p.r.Has.Add(llm.FFileName)
			}
		case "context":
			if m.Context = p.text(d, member+".context"); m.Context != nil {
				p.r.Has.Add(llm.FFileContext)
			}
		case "citations":
			m.Cites = p.cites(d, member+".citations")
		default:
			p.keep(&part.Own, member, key, d.Raw())
		}
	})
	p.mediaFeature(kind, m)
	return part
}

func (p *parser) format(m *llm.Media, kind llm.PartKind, format string) {
	switch kind {
	case llm.Image:
		m.Type = typeOf(imageTypes, format)
	case llm.File:
		m.Type = typeOf(documentTypes, format)
	case llm.Video:
		m.Type = typeOf(videoTypes, format)
	case llm.Audio:
		m.Type, m.Format = typeOf(audioTypes, format), format
	}
}

// cites reads whether a document shall be cited.
func (p *parser) cites(d *jsonscan.Reader, member string) bool {
	on := false
	p.object(d, member, func(key []byte) {
		if string(key) == "enabled" {
			if v := p.flag(d, member+".enabled"); v != nil && *v {
				on = true
				p.r.Has.Add(llm.FFileCites)
			}
		}
	})
	return on
}

// source reads where the bytes are.
func (p *parser) source(d *jsonscan.Reader, part *llm.Part, member string) {
	m := part.Media
	p.object(d, member, func(key []byte) {
		switch string(key) {
		case "bytes":
			m.Data = p.bytes(d, member+".bytes")
		case "text":
			m.Text = p.text(d, member+".text")
		case "s3Location":
			p.object(d, member+".s3Location", func(key []byte) {
				if string(key) == "uri" {
					m.FileID = p.text(d, member+".s3Location.uri")
					return
				}
				p.keep(&part.Own, member+".s3Location", key, d.Raw())
			})
		case "content":
			p.array(d, member+".content", func() {
				p.object(d, member+".content", func(key []byte) {
					if string(key) == "text" {
						m.Parts = append(m.Parts, llm.Part{Kind: llm.Text, Text: p.text(d, member+".content.text")})
					}
				})
			})
		default:
			p.keep(&part.Own, member, key, d.Raw())
		}
	})
}

// bytes gives base64 without its quotes. Some writers of JSON escape its slashes.
func (p *parser) bytes(d *jsonscan.Reader, member string) []byte {
	raw := p.text(d, member)
	if raw == nil {
		return nil
	}
	data := dialect.Base64(raw)
	if data == nil {
		p.bad(member, "bytes in base64")
	}
	return data
}

func (p *parser) mediaFeature(kind llm.PartKind, m *llm.Media) {
	var f llm.Feature
	switch {
	case kind == llm.Video:
		f = llm.FVideo
	case kind == llm.Audio:
		f = llm.FAudioData
	case kind == llm.Image && m.FileID != nil:
		f = llm.FImageFile
	case kind == llm.Image:
		f = llm.FImageData
	case m.FileID != nil:
		f = llm.FFileID
	case m.Text != nil || m.Parts != nil:
		f = llm.FFileText
	default:
		f = llm.FFileData
	}
	p.r.Has.Add(f)
}

// searchResult reads something that the caller's own search has found.
func (p *parser) searchResult(d *jsonscan.Reader) {
	p.give(p.searchPart(d, "searchResult"))
}

func (p *parser) searchPart(d *jsonscan.Reader, member string) llm.Part {
	ahead := *d
	m := &llm.Media{Type: "text/plain"}
	part := llm.Part{Kind: llm.File, Media: m, Raw: ahead.Raw()}
	var pieces [][]byte
	p.object(d, member, func(key []byte) {
		switch string(key) {
		case "title":
			m.Name = p.text(d, member+".title")
		case "source":
			m.Source = p.text(d, member+".source")
		case "content":
			p.array(d, member+".content", func() {
				p.object(d, member+".content", func(key []byte) {
					if string(key) == "text" {
						text := p.text(d, member+".content.text")
						pieces = append(pieces, text)
						m.Parts = append(m.Parts, llm.Part{Kind: llm.Text, Text: text})
					}
				})
			})
		case "citations":
			m.Cites = p.cites(d, member+".citations")
		default:
			p.unname(p.where(member+"."+string(key), false))
		}
	})
	if m.Text = jsonout.Join(`\n`, pieces...); m.Text == nil {
		m.Text = llm.Raw(`""`)
	}
	if m.Source == nil {
		m.Source = llm.Raw(`""`)
	}
	p.r.Has.Add(llm.FFound)
	return part
}

// citations reads text with its sources
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CitationsContentBlock.html).
func (p *parser) citations(d *jsonscan.Reader) {
	part := llm.Part{Kind: llm.Text}
	var pieces [][]byte
	p.object(d, "citationsContent", func(key []byte) {
		switch string(key) {
		case "content":
			p.array(d, "citationsContent.content", func() {
				p.object(d, "citationsContent.content", func(key []byte) {
					if string(key) == "text" {
						pieces = append(pieces, p.text(d, "citationsContent.content.text"))
					}
				})
			})
		case "citations":
			p.array(d, "citationsContent.citations", func() {
				part.Cites = append(part.Cites, readCitation(d.Raw()))
				p.r.Has.Add(llm.FCitations)
			})
		default:
			p.keep(&part.Own, "citationsContent", key, d.Raw())
		}
	})
	if part.Text = jsonout.Join("", pieces...); part.Text == nil {
		part.Text = llm.Raw(`""`)
	}
	p.give(part)
}

// readCitation reads one source, of a text or of a delta.
func readCitation(raw []byte) llm.Citation {
	c := llm.Citation{Raw: raw}
	_ = jsonscan.Members(raw, func(key, value []byte) bool {
		switch string(key) {
		case "title":
			c.Title = ifText(value)
		case "sourceContent":
			var pieces [][]byte
			_ = jsonscan.Elements(value, func(one []byte) bool {
				pieces = append(pieces, ifText(jsonscan.Get(one, "text")))
				return true
			})
			c.Text = jsonout.Join(" ", pieces...)
		case "location":
			_ = jsonscan.Members(value, func(_, where []byte) bool {
				c.URL = ifText(jsonscan.Get(where, "url"))
				c.Start, c.End = count(jsonscan.Get(where, "start")), count(jsonscan.Get(where, "end"))
				return false
			})
		case "source":
			if len(c.URL) == 0 && strings.HasPrefix(string(value), `"http`) {
				c.URL = value
			}
		}
		return true
	})
	return c
}

func ifText(v []byte) llm.Raw {
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	return v
}
