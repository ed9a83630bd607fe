package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// image reads {url, detail}; the url may be a data: URI.
func (p *reader) image(v []byte, path at) *llm.Media {
	m := &llm.Media{}
	p.members(v, path.on(".content[].image_url"), func(key, v []byte) bool {
		switch string(key) {
		case "url":
			if url := p.raw(v, path.on(".content[].image_url.url")); url != nil {
				dialect.ReadURL(m, url)
			}
		case "detail":
			m.Detail = p.text(v, path.on(".content[].image_url.detail"))
			p.has(llm.FImageDetail)
		default:
			p.unname("messages[].content[].image_url." + keyName(key))
		}
		return true
	})
	switch {
	case m.URL != nil:
		p.has(llm.FImageURL)
	case m.Data != nil:
		p.has(llm.FImageData)
	default:
		p.wrong(path.on(".content[].image_url.url"), "a URL or a data: URI")
	}
	return m
}

// resultDocument reads a document that a tool found: its data, as a text. For its own
// dialect the part keeps it as it was.
func (p *reader) resultDocument(v []byte, path at) llm.Raw {
	data := jsonscan.Get(v, "data")
	switch {
	case isText(data):
		return data
	case isObject(data):
		return jsonout.Quote(string(data))
	}
	p.wrong(path.on(".content[].document.data"), "an object")
	return nil
}

// cite gives citations to the pieces that they are of. from is where the content
// begins among the parts.
func (p *reader) cite(parts []llm.Part, from int, list []byte) []llm.Part {
	_ = jsonscan.Elements(list, func(v []byte) bool {
		if !isObject(v) {
			return true
		}
		part := citedPart(parts, from, v)
		if part == nil {
			parts = append(parts, llm.Part{Kind: llm.Text, Text: emptyText})
			part = &parts[len(parts)-1]
		}
		part.Cites = append(part.Cites, readCitation(v))
		p.has(llm.FCitations)
		return true
	})
	return parts
}

var emptyText = llm.Raw(`""`)

// citedPart finds the piece by content_index, else the first text, else the plan; nil
// when there is nothing that could be cited.
func citedPart(parts []llm.Part, from int, citation []byte) *llm.Part {
	if n, ok := jsonscan.Int(jsonscan.Get(citation, "content_index")); ok && n >= 0 && n < int64(len(parts)-from) {
		return &parts[from+int(n)]
	}
	for i := from; i < len(parts); i++ {
		if parts[i].Kind == llm.Text {
			return &parts[i]
		}
	}
	if len(parts) > 0 {
		return &parts[0]
	}
	return nil
}
