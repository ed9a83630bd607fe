package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// content is one part of an item's content, as spans.
type content struct {
	raw, kind                    []byte
	text, refusal                []byte
	annotations, logprobs, cache []byte
	imageURL, fileID, detail     []byte
	fileData, fileURL, filename  []byte
	audio                        []byte
	extra                        []llm.Member
}

func (c *content) read(raw []byte) error {
	*c = content{raw: raw}
	return jsonscan.Members(raw, c.member)
}

func (c *content) member(key, v []byte) bool {
	if isNull(v) {
		return true
	}
	switch string(key) {
	case "type":
		c.kind = bare(v)
	case "text":
		c.text = v
	case "refusal":
		c.refusal = v
	case "annotations":
		c.annotations = v
	case "logprobs":
		c.logprobs = v
	case "prompt_cache_breakpoint":
		c.cache = v
	case "image_url":
		c.imageURL = v
	case "file_id":
		c.fileID = v
	case "detail":
		c.detail = v
	case "file_data":
		c.fileData = v
	case "file_url":
		c.fileURL = v
	case "filename":
		c.filename = v
	case "input_audio":
		c.audio = v
	default:
		c.extra = append(c.extra, llm.Member{Name: keyText(key), Value: v})
	}
	return true
}

// readParts reads the parts in a member of the current item.
func (p *requestReader) readParts(list []byte, member string) []llm.Part {
	parts := make([]llm.Part, 0, 2)
	var c content
	err := jsonscan.Elements(list, func(raw []byte) bool {
		at := place{member, len(parts)}
		if !isObject(raw) {
			p.failItem(at.String(), "an object")
			return false
		}
		if err := c.read(raw); err != nil {
			p.err = malformed(err)
			return false
		}
		parts = append(parts, p.part(&c, at))
		return p.err == nil
	})
	if err != nil && p.err == nil {
		p.err = malformed(err)
	}
	return parts
}

// part makes a part of a content; at is where it stands in the current item.
func (p *requestReader) part(c *content, at place) llm.Part {
	var part llm.Part
	switch string(c.kind) {
	case "input_text", "output_text", "text", "summary_text", "reasoning_text":
		if !isString(c.text) {
			p.failItem(at.String()+".text", "a string")
		}
		part = llm.Part{Kind: llm.Text, Text: c.text, Cites: readCites(c.annotations)}
		if len(part.Cites) > 0 {
			p.r.Has.Add(llm.FCitations)
		}
	case "refusal":
		part = llm.Part{Kind: llm.Refusal, Text: c.refusal}
		p.r.Has.Add(llm.FRefusal)
	case "input_image":
		part = p.image(c, at)
	case "input_file":
		part = p.file(c, at)
	case "input_audio":
		part = p.audio(c, at)
	default:
		p.r.Has.Add(llm.FVendorPart)
		return llm.Part{Kind: llm.Vendor, Raw: c.raw}
	}
	if c.cache != nil {
		part.Cache = p.cacheMark(c.cache)
	}
	for _, m := range c.extra {
		part.Own = append(part.Own, m)
		p.unname("input[]."+at.list+"[].", []byte(m.Name))
	}
	return part
}

// cacheMark reads the end of a prefix to cache and gives its lifetime.
func (p *requestReader) cacheMark(v []byte) string {
	p.r.Has.Add(llm.FCache)
	if ttl := word(jsonscan.Get(v, "ttl")); ttl != "" {
		p.r.Has.Add(llm.FCacheTTL)
		return ttl
	}
	return "5m"
}

func (p *requestReader) image(c *content, at place) llm.Part {
	m := &llm.Media{FileID: c.fileID, Detail: word(c.detail)}
	url := c.imageURL
	if isObject(url) { // as the chat dialect has it; some clients mix them
		url = jsonscan.Get(url, "url")
	}
	switch {
	case isString(url):
		dialect.ReadURL(m, url)
	case c.fileID == nil:
		p.failItem(at.String()+".image_url", "a string, or file_id be given")
	}
	p.has(m, llm.FImageURL, llm.FImageData, llm.FImageFile)
	if m.Detail != "" {
		p.r.Has.Add(llm.FImageDetail)
	}
	return llm.Part{Kind: llm.Image, Media: m}
}

// has notes which of three features a media is.
func (p *requestReader) has(m *llm.Media, url, data, file llm.Feature) {
	switch {
	case m.URL != nil:
		p.r.Has.Add(url)
	case m.Data != nil:
		p.r.Has.Add(data)
	default:
		p.r.Has.Add(file)
	}
}

func (p *requestReader) file(c *content, at place) llm.Part {
	m := &llm.Media{Name: c.filename, Detail: word(c.detail)}
	switch {
	case isString(c.fileData):
		if dialect.ReadURL(m, c.fileData); m.URL != nil { // base64 without the head of a data URI
			m.Data, m.URL = m.URL[1:len(m.URL)-1], nil
		}
	case isString(c.fileURL):
		dialect.ReadURL(m, c.fileURL)
	case isString(c.fileID):
		m.FileID = c.fileID
	default:
		p.failItem(at.String(), "a file: file_data, file_url or file_id must be given")
	}
	p.has(m, llm.FFileURL, llm.FFileData, llm.FFileID)
	if m.Name != nil {
		p.r.Has.Add(llm.FFileName)
	}
	return llm.Part{Kind: llm.File, Media: m}
}

func (p *requestReader) audio(c *content, at place) llm.Part {
	data, format := jsonscan.Get(c.audio, "data"), jsonscan.Get(c.audio, "format")
	if !isString(data) || !isString(format) {
		p.failItem(at.String()+".input_audio", "an object with data and format")
		return llm.Part{}
	}
	p.r.Has.Add(llm.FAudioData)
	return llm.Part{Kind: llm.Audio, Media: &llm.Media{Data: data[1 : len(data)-1], Format: word(format)}}
}

// readCites reads the annotations of a text.
func readCites(list []byte) (cites []llm.Citation) {
	if len(list) <= 2 {
		return nil
	}
	jsonscan.Elements(list, func(raw []byte) bool {
		cites = append(cites, readCite(raw))
		return true
	})
	return cites
}

// readCite reads one annotation. Only those of the web have a place that others know.
func readCite(raw []byte) llm.Citation {
	c := llm.Citation{Raw: raw}
	jsonscan.Members(raw, func(key, v []byte) bool {
		switch string(key) {
		case "url":
			c.URL = v
		case "title", "filename":
			c.Title = v
		case "start_index":
			c.Start = count(v)
		case "end_index":
			c.End = count(v)
		}
		return true
	})
	return c
}

func count(v []byte) llm.Count {
	n, ok := jsonscan.Int(v)
	return llm.Count{N: n, Known: ok}
}

// reasoningText gives the text of a reasoning item: its summary, or the reasoning itself
// from servers that show that. nil when there is none.
func reasoningText(it *item) llm.Raw {
	if t := joinTexts(it.summary); t != nil {
		return t
	}
	return joinTexts(it.content)
}

func joinTexts(list []byte) llm.Raw {
	if len(list) <= 2 || list[0] != '[' {
		return nil
	}
	var texts [][]byte
	jsonscan.Elements(list, func(raw []byte) bool {
		if t := jsonscan.Get(raw, "text"); len(t) > 2 {
			texts = append(texts, t)
		}
		return true
	})
	return jsonout.Join(paragraph, texts...)
}

// paragraph stands between the pieces of a summary, as it stands between quotes.
const paragraph = `\n\n`
