package gemini

import (
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// source is a source of a text: which part it belongs to, and where in it, in bytes of
// UTF-8, as the vendor counts (https://ai.google.dev/api/generate-content#Segment).
type source struct {
	part       int // index of the vendor's part
	start, end llm.Count
	cite       llm.Citation
}

// readSources gives the sources of a groundingMetadata and a citationMetadata, and how
// many searches were made. A source that supports no certain words has no place.
func readSources(grounding, citations llm.Raw) (all []source, searches int) {
	var chunks []llm.Citation
	var supports llm.Raw
	_ = jsonscan.Members(grounding, func(key, v []byte) bool {
		switch string(key) {
		case "groundingChunks":
			_ = jsonscan.Elements(v, func(one []byte) bool { chunks = append(chunks, readChunk(one)); return true })
		case "groundingSupports":
			supports = v
		case "webSearchQueries":
			searches = length(v)
		}
		return true
	})
	_ = jsonscan.Elements(supports, func(v []byte) bool { all = readSupport(all, v, chunks); return true })
	if len(all) == 0 {
		for _, c := range chunks {
			all = append(all, source{part: -1, cite: c})
		}
	}
	_ = jsonscan.Elements(jsonscan.Get(citations, "citations"), func(v []byte) bool {
		all = append(all, readCitation(v))
		return true
	})
	return all, searches
}

// readChunk reads where a ground was found: on the web, in a store of
// documents, on a map, among images.
func readChunk(v []byte) (c llm.Citation) {
	c.Raw = v
	_ = jsonscan.Members(v, func(_, place []byte) bool {
		_ = jsonscan.Members(place, func(key, v []byte) bool {
			switch string(key) {
			case "uri", "sourceUri":
				c.URL = v
			case "title":
				c.Title = v
			case "text":
				c.Text = v
			}
			return true
		})
		return true
	})
	return c
}

// readSupport reads which words are supported by which grounds.
func readSupport(all []source, v []byte, chunks []llm.Citation) []source {
	s := source{start: llm.Known(0)}
	segment := jsonscan.Get(v, "segment")
	_ = jsonscan.Members(segment, func(key, v []byte) bool {
		switch string(key) {
		case "partIndex":
			s.part = int(count(v).N)
		case "startIndex":
			s.start = count(v)
		case "endIndex":
			s.end = count(v)
		}
		return true
	})
	_ = jsonscan.Elements(jsonscan.Get(v, "groundingChunkIndices"), func(v []byte) bool {
		if n, ok := jsonscan.Int(v); ok && n >= 0 && int(n) < len(chunks) {
			s.cite = chunks[n]
			all = append(all, s)
		}
		return true
	})
	return all
}

// readCitation reads a source that the vendor recognised in the text.
func readCitation(v []byte) source {
	s := source{part: -1, start: llm.Known(0), cite: llm.Citation{Raw: v}}
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "startIndex":
			s.start = count(v)
		case "endIndex":
			s.end = count(v)
		case "uri":
			s.cite.URL = v
		case "title":
			s.cite.Title = v
		}
		return true
	})
	return s
}

// sources gives each text of the choice its sources, their places counted in characters.
func (p *answerParser) sources(c *candidate) {
	all, searches := readSources(c.grounding, c.citations)
	p.searches += searches
	texts := map[int]string{}
	for _, s := range all {
		n := p.textAt(s.part)
		if n < 0 {
			continue
		}
		part := &p.choice.Parts[n]
		if _, ok := texts[n]; !ok {
			texts[n], _ = jsonscan.String(part.Text)
		}
		if s.end.Known && s.end.N <= int64(len(texts[n])) && s.start.N <= s.end.N {
			s.cite.Start = llm.Known(int64(utf8.RuneCountInString(texts[n][:s.start.N])))
			s.cite.End = llm.Known(int64(utf8.RuneCountInString(texts[n][:s.end.N])))
		}
		part.Cites = append(part.Cites, s.cite)
	}
}

// textAt finds the text that the vendor's nth part became, else the last text.
func (p *answerParser) textAt(part int) int {
	if part >= 0 && part < len(p.at) {
		if n := p.at[part]; n >= 0 && p.choice.Parts[n].Kind == llm.Text {
			return n
		}
	}
	for n := len(p.choice.Parts) - 1; n >= 0; n-- {
		if p.choice.Parts[n].Kind == llm.Text {
			return n
		}
	}
	return -1
}

// grounds collects the sources of an answer that is written.
type grounds struct {
	chunks   jsonout.Writer
	supports jsonout.Writer
	places   []string // of the chunks, to find one again
}

func (g *grounds) empty() bool { return len(g.places) == 0 }

// add takes the sources of the nth part that is written. text is the part's text,
// decoded, "" where it is not at hand: then places are right only in plain ASCII.
func (g *grounds) add(part int, text string, cites []llm.Citation) {
	for i := range cites {
		c := &cites[i]
		if c.URL == nil && c.Title == nil && c.Text == nil {
			continue
		}
		n := g.chunk(c)
		if !c.End.Known {
			continue
		}
		w := &g.supports
		w.Begin('{')
		w.Object("segment")
		if part > 0 {
			w.Number("partIndex", int64(part))
		}
		start, end := bytesOf(text, c.Start.N), bytesOf(text, c.End.N)
		w.Number("startIndex", int64(start))
		w.Number("endIndex", int64(end))
		if text != "" && start <= end {
			w.Text("text", text[start:end])
		}
		w.End('}')
		w.Array("groundingChunkIndices")
		w.Int(int64(n))
		w.End(']')
		w.End('}')
	}
}

// chunk gives the index of a source, which is written once.
func (g *grounds) chunk(c *llm.Citation) int {
	place := string(c.URL) + string(c.Title)
	if c.URL == nil {
		place += string(c.Text)
	}
	for i, p := range g.places {
		if p == place {
			return i
		}
	}
	g.places = append(g.places, place)
	w := &g.chunks
	w.Begin('{')
	if c.URL != nil {
		w.Object("web")
		w.Member("uri", c.URL)
		w.MemberIf("title", c.Title)
	} else {
		w.Object("retrievedContext")
		w.MemberIf("title", c.Title)
		w.MemberIf("text", c.Text)
	}
	w.End('}')
	w.End('}')
	return len(g.places) - 1
}

// write writes groundingMetadata.
func (g *grounds) write(w *jsonout.Writer) {
	w.Object("groundingMetadata")
	w.Array("groundingChunks")
	w.B = append(w.B, g.chunks.B...)
	w.End(']')
	if len(g.supports.B) > 0 {
		w.Array("groundingSupports")
		w.B = append(w.B, g.supports.B...)
		w.End(']')
	}
	w.End('}')
}

// bytesOf gives how many bytes the first n characters of a text take.
func bytesOf(text string, n int64) int {
	if text == "" {
		return int(n)
	}
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// isASCII reports whether a JSON string is plain ASCII, so that a byte is a character.
func isASCII(raw llm.Raw) bool {
	for i, c := range raw {
		if c >= utf8.RuneSelf || c == 'u' && raw[i-1] == '\\' {
			return false
		}
	}
	return true
}
