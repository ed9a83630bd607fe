// Package said finds the words in what was said: in the bodies of requests and answers,
// whatever dialect they are in, and in what people search for. The same words come out
// of both, so that an index need only compare bytes.
//
// It reads the content members of JSON, not its syntax, names, tools or media, joins
// what streams sent in pieces, and reads as much of a body that was cut as is there.
package said

import (
	"bytes"
	"encoding/binary"
	"mime"
	"strings"
)

// Append appends the words of a body to dst, each behind a space.
func Append(dst []byte, contentType string, body []byte) []byte {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "text/event-stream":
		return appendStream(dst, eventsOf(body))
	case kind == "application/vnd.amazon.eventstream":
		return appendStream(dst, framesOf(body))
	case kind == "application/x-ndjson" || kind == "application/jsonl":
		return appendStream(dst, bytes.Split(body, []byte("\n")))
	case kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "" && looksLikeJSON(body):
		return appendStream(dst, elementsOf(body))
	case strings.HasPrefix(kind, "text/"):
		return appendWords(dst, string(body))
	}
	return dst
}

func looksLikeJSON(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// eventsOf gives the data of events, a line each.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
func eventsOf(body []byte) (all [][]byte) {
	for line := range bytes.Lines(body) {
		if data, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("data:")); ok {
			all = append(all, data)
		}
	}
	return all
}

// framesOf gives the payloads of binary events: total length, length of headers, a
// checksum of these, headers, payload, a checksum.
// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
func framesOf(body []byte) (all [][]byte) {
	const before, after = 12, 4
	for len(body) > before {
		total, headers := int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:]))
		if total > len(body) || headers < 0 || headers > total-before-after {
			break
		}
		all, body = append(all, body[before+headers:total-after]), body[total:]
	}
	return all
}

// elementsOf gives the elements of an array, which may be a stream's events, or the body
// itself.
func elementsOf(body []byte) [][]byte {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '[' {
		return [][]byte{body}
	}
	var all [][]byte
	start, depth, quoted := 1, 0, false
	for i := 1; i < len(trimmed); i++ {
		switch c := trimmed[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ',' && depth == 0:
			all, start = append(all, trimmed[start:i]), i+1
		}
	}
	return append(all, trimmed[start:])
}

// piece is one text of an event, and where it stood.
type piece struct{ place, text string }

// appendStream appends the words of events: what stood at the same place of several is
// one text. A whole answer at the end of a stream repeats what came before.
func appendStream(dst []byte, events [][]byte) []byte {
	var order []string
	texts := map[string]*strings.Builder{}
	for _, event := range events {
		w := walker{in: event, deltas: len(order) > 0}
		w.value("", false)
		if w.repeats {
			continue
		}
		for _, p := range w.pieces {
			place := w.index + p.place
			if texts[place] == nil {
				texts[place] = new(strings.Builder)
				order = append(order, place)
			}
			if len(events) == 1 {
				texts[place].WriteByte('\n') // pieces of one document are texts of their own
			}
			texts[place].WriteString(p.text)
		}
	}
	for _, place := range order {
		dst = appendWords(dst, texts[place].String())
	}
	return dst
}
