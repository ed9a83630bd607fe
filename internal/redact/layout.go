package redact

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"mime"
	"slices"
	"strings"
)

// layout is how a body is built: where its strings stand, in which alone something may be
// put, and what its events say piece by piece.
type layout struct {
	body       []byte
	structured bool
	frames     []frame   // of binary events
	strings    []stretch // their contents, in order; only where it is structured
	pieces     []piece   // of streams
}

// piece is a string of an event, by the place where it stands.
type piece struct {
	place string
	at    stretch
}

// frame is one binary event.
type frame struct{ from, payload, end int }

// layoutOf reads a body as its type says, or as it looks.
func layoutOf(contentType string, body []byte) *layout {
	l := &layout{body: body}
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "text/event-stream":
		l.structured = true
		l.events(body)
	case kind == "application/vnd.amazon.eventstream":
		l.structured = true
		l.binary(body)
	case kind == "application/x-ndjson" || kind == "application/jsonl":
		l.structured = true
		l.lines(body)
	case kind == "application/json" || strings.HasSuffix(kind, "+json") || looksLikeJSON(body):
		l.structured = true
		l.elements(body)
	}
	return l
}

func looksLikeJSON(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// events reads server-sent events; what is in no data is free text.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
func (l *layout) events(body []byte) {
	for from := 0; from < len(body); {
		end := lineEnd(body, from)
		line := body[from:end]
		if _, value, found := bytes.Cut(line, []byte(":")); found {
			l.document(body, end-len(value), end, bytes.HasPrefix(line, []byte("data:")))
		} else {
			l.free(from, end)
		}
		from = end + 1
	}
}

// lines reads a document a line.
func (l *layout) lines(body []byte) {
	for from := 0; from < len(body); {
		end := lineEnd(body, from)
		l.document(body, from, end, true)
		from = end + 1
	}
}

func lineEnd(body []byte, from int) int {
	if i := bytes.IndexByte(body[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(body)
}

// elements reads one document, or a stream that is an array of events.
func (l *layout) elements(body []byte) {
	l.document(body, 0, len(body), bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")))
}

// binary reads binary events: total length, length of headers, a checksum of these, headers,
// payload, a checksum of all. https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
func (l *layout) binary(body []byte) {
	const before, after = 12, 4
	from := 0
	for len(body)-from > before {
		total, headers := int(binary.BigEndian.Uint32(body[from:])), int(binary.BigEndian.Uint32(body[from+4:]))
		if total > len(body)-from || total < before+after || headers < 0 || headers > total-before-after {
			break
		}
		f := frame{from, from + before + headers, from + total}
		l.frames = append(l.frames, f)
		l.document(body, f.payload, f.end-after, true)
		from = f.end
	}
	if from < len(body) { // cut off
		l.free(from, len(body))
	}
}

// document notes the strings of the JSON in [from, to); what is no JSON is free text.
func (l *layout) document(body []byte, from, to int, pieces bool) {
	for from < to && (body[from] == ' ' || body[from] == '\t' || body[from] == '\r' || body[from] == '\n') {
		from++
	}
	x := lexer{in: body[:to], at: from}
	if from == to || !x.document() {
		l.free(from, to)
		return
	}
	l.strings = append(l.strings, x.strings...)
	if pieces {
		for _, p := range x.pieces {
			l.pieces = append(l.pieces, piece{x.index + p.place, p.at})
		}
	}
}

// free notes that [from, to) may be changed anywhere.
func (l *layout) free(from, to int) {
	if to > from {
		l.strings = append(l.strings, stretch{from, to})
	}
}

// joined gives what events said in pieces, as one text a place.
func (l *layout) joined(body []byte) (out []*view) {
	byPlace := map[string]*view{}
	last := map[string][]byte{}
	for _, p := range l.pieces {
		text := body[p.at.from:p.at.to]
		v := byPlace[p.place]
		if v == nil {
			v = new(view)
			byPlace[p.place] = v
			out = append(out, v)
		} else if len(text) > 8 && bytes.Equal(last[p.place], text) {
			continue // a name that each event repeats
		}
		last[p.place] = text
		v.add(body, p.at.from, p.at.to)
	}
	return slices.DeleteFunc(out, func(v *view) bool { return len(v.segs) < 2 })
}

// edit is something of a body that is replaced.
type edit struct {
	at     stretch
	kind   string
	first  bool // of what was found; the others are left out without a word
	number bool // of JSON, which becomes a string
}

// edits appends what has to be changed for hits in a view.
func (l *layout) edits(v *view, hits []hit, out []edit) []edit {
	for _, h := range hits {
		first := true
		for _, part := range v.origins(h.from, h.to) {
			for _, e := range l.within(part) {
				e.kind, e.first = h.kind, first
				out, first = append(out, e), false
			}
		}
	}
	return out
}

// within gives what of a stretch may be changed: what lies in strings, and numbers.
func (l *layout) within(part stretch) (out []edit) {
	if !l.structured {
		return []edit{{at: part}}
	}
	i, _ := slices.BinarySearchFunc(l.strings, part.from, func(s stretch, at int) int {
		if s.to <= at {
			return -1
		}
		return 1
	})
	at := part.from
	for ; at < part.to; i++ {
		gap := part.to
		if i < len(l.strings) {
			gap = min(gap, l.strings[i].from)
		}
		if at < gap {
			out = append(out, numbers(l.body, at, gap)...)
			at = gap
		}
		if i >= len(l.strings) {
			break
		}
		if end := min(part.to, l.strings[i].to); end > at {
			out = append(out, edit{at: stretch{at, end}})
			at = end
		}
	}
	return out
}

// numbers gives the numbers of JSON that [from, to) touches, whole.
func numbers(body []byte, from, to int) (out []edit) {
	for i := from; i < to; i++ {
		if !numeric(body[i]) {
			continue
		}
		start, end := i, i
		for start > 0 && numeric(body[start-1]) {
			start--
		}
		for end < len(body) && (numeric(body[end]) || body[end]|0x20 == 'e') {
			end++
		}
		out = append(out, edit{at: stretch{start, end}, number: true})
		i = end
	}
	return out
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.'
}

// Marker is what stands where something of a kind was.
func Marker(kind string) string {
	if kind == Secret {
		return "[redacted]"
	}
	return "[redacted:" + kind + "]"
}

// apply gives the body with edits made, body itself when there are none, and counts them.
func (l *layout) apply(body []byte, edits []edit, counts *Counts) []byte {
	if len(edits) == 0 {
		return body
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.at.from - b.at.from })
	if len(l.frames) > 0 {
		return l.applyFramed(body, edits, counts)
	}
	return splice(body, 0, len(body), edits, counts)
}

// splice gives [from, to) of a body with the edits that begin in it.
func splice(body []byte, from, to int, edits []edit, counts *Counts) []byte {
	out := make([]byte, 0, to-from+64)
	at := from
	for _, e := range edits {
		if e.at.from < from || e.at.from >= to {
			continue
		}
		if e.at.from >= at {
			out = append(out, body[at:e.at.from]...)
			switch {
			case e.number:
				out = append(append(append(out, '"'), Marker(e.kind)...), '"')
			case e.first:
				out = append(out, Marker(e.kind)...)
			}
			if e.first {
				counts.Add(e.kind, 1)
			}
		}
		at = max(at, min(e.at.to, to))
	}
	return append(out, body[at:to]...)
}

// applyFramed changes the payloads of binary events, and their lengths and checksums.
func (l *layout) applyFramed(body []byte, edits []edit, counts *Counts) []byte {
	out := make([]byte, 0, len(body))
	end := 0
	for _, f := range l.frames {
		start := len(out)
		out = append(out, body[f.from:f.payload]...)
		out = append(out, splice(body, f.payload, f.end-4, edits, counts)...)
		binary.BigEndian.PutUint32(out[start:], uint32(len(out)-start+4))
		binary.BigEndian.PutUint32(out[start+8:], crc32.ChecksumIEEE(out[start:start+8]))
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
		end = f.end
	}
	return append(out, splice(body, end, len(body), edits, counts)...)
}
