package openairesponses

import (
	"bytes"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// recollection is how requests name what the vendor has stored: the response that they
// go on from, and items of earlier ones
// (https://platform.openai.com/docs/guides/conversation-state).
type recollection struct{}

const (
	previousMember = "previous_response_id"
	referenceKind  = "item_reference"
)

var previousMark, referenceMark = []byte(previousMember), []byte(referenceKind)

// Recollect implements dialect.Recollection.
func (recollection) Recollect(body []byte, find func(id string) *llm.Said) (*dialect.Recollected, error) {
	if !bytes.Contains(body, previousMark) && !bytes.Contains(body, referenceMark) {
		return nil, nil
	}
	c := recollector{find: find}
	if jsonscan.Members(body, c.member) != nil {
		return nil, nil // it will be refused for what it is
	}
	before, err := c.conversation()
	if err != nil {
		return nil, err
	}
	asked := c.asked()
	if c.err != nil || before == nil && !c.filled {
		return nil, c.err
	}
	r := &dialect.Recollected{Asked: asked}
	if before != nil {
		r.Previous = text(c.previous)
	}
	r.Body = c.write(body, before, asked)
	return r, nil
}

// recollector reads one body.
type recollector struct {
	find   func(id string) *llm.Said
	named  map[string]bool // items that were named so far
	filled bool            // one of them stands in the input
	err    error

	previous, input, store []byte
}

func (c *recollector) member(key, v []byte) bool {
	switch string(key) {
	case previousMember:
		c.previous = v
	case "input":
		c.input = v
	case "store":
		c.store = v
	}
	return true
}

// conversation gives what was said up to the response that the body goes on from, latest
// first; nil when it is none that the gateway has given.
func (c *recollector) conversation() (said []*llm.Said, err error) {
	first := text(c.previous)
	for id := first; id != ""; {
		s := c.find(id)
		switch {
		case s == nil && id == first && !made(id):
			return nil, nil
		case s == nil:
			return nil, fault.Newf(fault.InvalidRequest, "Previous response with id '%s' not found. What another provider's model has answered is kept for some time only, "+
				"and not if store is false: send the whole conversation.", shown(first)).Field(previousMember)
		case s.Cut:
			return nil, fault.Newf(fault.InvalidRequest, "Previous response with id '%s' not found: its conversation is longer than is kept. Send the whole conversation.", shown(first)).Field(previousMember)
		}
		said = append(said, s)
		id = s.Previous
	}
	return said, nil
}

// asked gives the body's own input as an array of items, with those that it only names.
func (c *recollector) asked() llm.Raw {
	if isArray(c.input) && !bytes.Contains(c.input, referenceMark) {
		return c.input
	}
	w := jsonout.Writer{B: make([]byte, 0, len(c.input)+64)}
	w.Begin('[')
	switch {
	case isString(c.input):
		writeUserText(&w, c.input)
	case isArray(c.input):
		_ = jsonscan.Elements(c.input, func(raw []byte) bool {
			c.item(&w, raw)
			return c.err == nil
		})
	}
	w.End(']')
	return w.B
}

func writeUserText(w *jsonout.Writer, text []byte) {
	w.Begin('{')
	w.Text("type", "message")
	w.Text("role", string(llm.User))
	w.Member("content", text)
	w.End('}')
}

// item writes an item of the input. Some clients name an item once for each of its parts.
func (c *recollector) item(w *jsonout.Writer, raw []byte) {
	id := ""
	if isObject(raw) && string(bare(jsonscan.Get(raw, "type"))) == referenceKind {
		id = text(jsonscan.Get(raw, "id"))
	}
	if !made(id) { // an item, or the name of one that a vendor has stored
		w.Raw(raw)
		return
	}
	found := pieceOf(c.find(responseOf(id)), id)
	switch {
	case found == nil:
		c.err = fault.Newf(fault.InvalidRequest, "Item with id '%s' not found. What another provider's model has answered is kept for some time only, "+
			"and not if store is false: send the item itself.", shown(id)).Field("input")
	case !c.named[id]:
		w.Raw(found)
		if c.named == nil {
			c.named = map[string]bool{}
		}
		c.named[id], c.filled = true, true
	}
}

// pieceOf finds an item in an answer, nil when it is not there.
func pieceOf(s *llm.Said, id string) (found []byte) {
	if s == nil {
		return nil
	}
	_ = jsonscan.Elements(s.Answered, func(raw []byte) bool {
		if isObject(raw) && string(bare(jsonscan.Get(raw, "id"))) == id {
			found = raw
		}
		return found == nil
	})
	return found
}

// write writes the body with the whole conversation as its input.
func (c *recollector) write(body []byte, before []*llm.Said, asked llm.Raw) []byte {
	n := len(body) + len(asked)
	for _, s := range before {
		n += len(s.Asked) + len(s.Answered) + 2
	}
	w := jsonout.Writer{B: append(make([]byte, 0, n), '{')}
	_ = jsonscan.Members(body, func(key, v []byte) bool {
		if string(key) != "input" && (string(key) != previousMember || before == nil) {
			writeRawKey(&w, key)
			w.Raw(v)
		}
		return true
	})
	w.Array("input")
	for i := len(before) - 1; i >= 0; i-- {
		writeInner(&w, before[i].Asked)
		writeInner(&w, before[i].Answered)
	}
	writeInner(&w, asked)
	w.End(']')
	w.End('}')
	return w.B
}

// writeInner writes the elements of an array as elements of the array that is open.
func writeInner(w *jsonout.Writer, list llm.Raw) {
	if elements := bytes.TrimSpace(inner(list)); len(elements) > 0 {
		w.Raw(elements)
	}
}

// Said implements dialect.Recollection. A caller who wants nothing stored gets nothing
// stored.
func (recollection) Said(body []byte, r *dialect.Recollected, written []byte) *llm.Said {
	var c recollector
	if jsonscan.Members(body, c.member) != nil || string(c.store) == "false" {
		return nil
	}
	answer := written
	if !isObject(answer) { // the last event of a stream
		_, data, _ := bytes.Cut(written, []byte("\ndata: "))
		answer = jsonscan.Get(bytes.TrimSpace(data), "response")
	}
	var a response
	if a.read(answer) != nil || !isArray(a.output) || string(bare(a.status)) == "failed" {
		return nil
	}
	s := &llm.Said{ID: text(a.id), Answered: a.output}
	if r != nil {
		s.Previous, s.Asked = r.Previous, r.Asked
		return s
	}
	if s.Asked = c.input; !isArray(c.input) {
		s.Asked = c.asked()
	}
	return s
}

// Keeps implements dialect.Recollection.
func (recollection) Keeps(body []byte) bool {
	var c recollector
	return jsonscan.Members(body, c.member) == nil && string(c.store) != "false"
}

// seedLength is how many letters the id of a request has in the ids made from it.
const seedLength = 32

// seedIn gives the request's id in the id of a response or item that the gateway has
// made: msg_<seed>_0; "" where it is no such id.
func seedIn(id string) string {
	_, rest, ok := strings.Cut(id, "_")
	if !ok || len(rest) < seedLength || len(rest) > seedLength && rest[seedLength] != '_' {
		return ""
	}
	seed := rest[:seedLength]
	if strings.Trim(seed, "0123456789abcdef") != "" || seed[12] != '7' { // RFC 9562, section 5.7
		return ""
	}
	return seed
}

// made reports whether an id is one that the gateway has made.
func made(id string) bool { return seedIn(id) != "" }

// responseOf gives the id of the response that an item is of, by the item's; "" for an
// item of a vendor's.
func responseOf(id string) string {
	if seed := seedIn(id); seed != "" {
		return responsePrefix + seed
	}
	return ""
}

// shown cuts an id for a message.
func shown(id string) string { return id[:min(len(id), 100)] }
