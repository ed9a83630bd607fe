package dialecttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// CheckStream says how a whole stream breaks the grammar that a dialect's vendor
// documents, as the strictest client would see it: order, indices and numbers, members
// that must be there and none that nobody knows, the place of usage, the end. nil = not
// at all. A stream that ends with the dialect's in-stream error does break it.
func CheckStream(name dialect.Name, stream []byte) error {
	check, ok := checkers[name]
	if !ok {
		return fmt.Errorf("there is no grammar of %s", name)
	}
	events, err := framed(name, stream)
	if err != nil {
		return err
	}
	c := check()
	for i, e := range events {
		if why := c.event(e.name, e.data); why != "" {
			return fmt.Errorf("event %d: %s: %.400s", i, why, e.text)
		}
	}
	if why := c.end(); why != "" {
		return errors.New(why)
	}
	return nil
}

// checker follows a stream. event takes an event's name and its data, which is nil where
// it is no JSON object, and the text of that is the name then.
type checker interface {
	event(name string, data Object) string
	end() string
}

var checkers = map[dialect.Name]func() checker{
	dialect.Chat:      newChatCheck,
	dialect.Responses: newResponsesCheck,
	dialect.Messages:  newMessagesCheck,
	dialect.Gemini:    newGeminiCheck,
	dialect.Converse:  newConverseCheck,
	dialect.Cohere:    newCohereCheck,
}

// streamed is one event as it stood.
type streamed struct {
	name, text string
	data       Object
}

// done is the name that an event "[DONE]" is given.
const done = "[DONE]"

func framed(name dialect.Name, stream []byte) ([]streamed, error) {
	if name == dialect.Converse {
		return framedBinary(stream)
	}
	if name == dialect.Gemini { // whose lines end as the vendor's do
		stream = bytes.ReplaceAll(stream, []byte("\r\n"), []byte("\n"))
	}
	return framedText(stream)
}

// framedText reads server-sent events in the one form that every client reads: each of a
// name, perhaps, and one line of data, and a blank line.
func framedText(stream []byte) (all []streamed, err error) {
	text := string(stream)
	for text != "" {
		event, rest, ok := strings.Cut(text, "\n\n")
		if !ok {
			return nil, fmt.Errorf("the last event is not closed: %.200q", text)
		}
		text = rest
		var e streamed
		for line := range strings.SplitSeq(event, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch {
			case name == "event" && e.name == "" && e.text == "":
				e.name = value
			case name == "data" && e.text == "":
				e.text = value
			default:
				return nil, fmt.Errorf("the line %.200q is neither a name nor the one line of data", line)
			}
		}
		if e.data = decodeStrictly(e.text); e.data == nil && (e.text != done || e.name != "") {
			return nil, fmt.Errorf("the data is no JSON object: %.300q", event)
		}
		if e.text == done {
			e.name = done
		}
		all = append(all, e)
	}
	return all, nil
}

// decodeStrictly decodes a JSON object of whose members none stands twice; nil when it is
// none.
func decodeStrictly(text string) Object {
	o := Decode(text)
	if o == nil || twice(json.NewDecoder(strings.NewReader(text))) {
		return nil
	}
	return o
}

// twice reports whether a member stands twice in an object, at any depth. What d reads
// must be JSON.
func twice(d *json.Decoder) bool {
	t, err := d.Token()
	if err != nil {
		return false
	}
	switch t {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			key, _ := d.Token()
			name, _ := key.(string)
			if seen[name] || twice(d) {
				return true
			}
			seen[name] = true
		}
		_, _ = d.Token()
	case json.Delim('['):
		for d.More() {
			if twice(d) {
				return true
			}
		}
		_, _ = d.Token()
	}
	return false
}

// framedBinary reads AWS event streams, checksums included.
func framedBinary(stream []byte) (all []streamed, err error) {
	f := dialect.NewEventStream(nil)
	read := 0
	take := func(e *dialect.Event) {
		read += len(e.Raw)
		data := decodeStrictly(string(e.Data))
		if data == nil || bytes.ContainsAny(e.Name, " ") {
			err = fmt.Errorf("no event: %.300q", e.Raw)
		}
		all = append(all, streamed{string(e.Name), string(e.Data), data})
	}
	f.Feed(stream, take)
	whole := read
	f.Close(func(*dialect.Event) { err = errors.New("the last event is not closed") })
	if err == nil && whole != len(stream) {
		err = fmt.Errorf("%d bytes are no events", len(stream)-whole)
	}
	return all, err
}

// counter numbers what must begin with 0 and rise by one.
type counter int

func (c *counter) next(v any) bool {
	ok := v == float64(*c)
	*c++
	return ok
}

// argumentsOf reports whether what a call's arguments are in pieces is a JSON object.
func isObject(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "{") && json.Valid([]byte(text))
}
