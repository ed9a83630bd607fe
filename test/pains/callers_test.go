package pains_test

import (
	"encoding/binary"
	"hash/crc32"
	"net/url"
	"strings"
	"testing"
)

// caller asks in one dialect and reads what it gets as strictly as its SDKs do.
type caller struct {
	name string
	path func(model string, stream bool) string
	body func(q *question, stream bool) object
	// whole reads an answer, stream a stream, of which it keeps what is against the grammar.
	whole  func(t testing.TB, o object) *said
	stream func(raw []byte, asked *question) *said
	// forget gives the turn as a client keeps it that drops what is new to it.
	forget func(raw any) any
	// message gives the text of an error answer.
	message func(o object) string
}

var callers = []*caller{chatCaller, responsesCaller, messagesCaller, geminiCaller, converseCaller, cohereCaller}

func callerOf(name string) *caller {
	for _, c := range callers {
		if c.name == name {
			return c
		}
	}
	panic(name)
}

// event is one server-sent event.
type event struct {
	name, data string
	comment    bool
}

// sse cuts a stream as the WHATWG grammar says; what stands after the last blank line is
// no event.
func sse(raw []byte) (all []event) {
	s := strings.ReplaceAll(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\r", "\n")
	blocks := strings.Split(s, "\n\n")
	for _, b := range blocks[:len(blocks)-1] {
		var e event
		var data []string
		for line := range strings.SplitSeq(b, "\n") {
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "event":
				e.name = value
			case "data":
				data = append(data, value)
			case "":
				e.comment = true
			}
		}
		if len(data) > 0 {
			e.data, e.comment = strings.Join(data, "\n"), false
			all = append(all, e)
		}
	}
	if rest := blocks[len(blocks)-1]; strings.TrimSpace(rest) != "" {
		all = append(all, event{name: "unfinished", data: rest})
	}
	return all
}

// frame writes an event in the framing of
// https://smithy.io/2.0/aws/amazon-eventstream.html.
func frame(headers [][2]string, payload string) string {
	var head []byte
	for _, h := range headers {
		head = append(append(head, byte(len(h[0]))), h[0]...)
		head = append(binary.BigEndian.AppendUint16(append(head, 7), uint16(len(h[1]))), h[1]...)
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(head)+len(payload)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(head)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	b = append(append(b, head...), payload...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}

func awsEvent(kind string, o object) string {
	return frame([][2]string{{":event-type", kind}, {":content-type", "application/json"}, {":message-type", "event"}}, text(o))
}

func awsException(kind, message string) string {
	return frame([][2]string{{":exception-type", kind}, {":content-type", "application/json"}, {":message-type", "exception"}}, text(object{"message": message}))
}

// frames cuts such a stream; problem says what is wrong with it.
func frames(raw []byte) (all []event, problem string) {
	for len(raw) > 0 {
		if len(raw) < 16 || int(binary.BigEndian.Uint32(raw)) > len(raw) {
			return all, "a message is cut off"
		}
		m := raw[:binary.BigEndian.Uint32(raw)]
		end, headers := len(m)-4, int(binary.BigEndian.Uint32(m[4:]))
		if crc32.ChecksumIEEE(m[:8]) != binary.BigEndian.Uint32(m[8:]) || crc32.ChecksumIEEE(m[:end]) != binary.BigEndian.Uint32(m[end:]) {
			return all, "a checksum is wrong"
		}
		e := event{data: string(m[12+headers : end])}
		for h := m[12 : 12+headers]; len(h) > 0; {
			n := int(h[0])
			name, size := string(h[1:1+n]), int(binary.BigEndian.Uint16(h[2+n:]))
			value := string(h[4+n : 4+n+size])
			switch name {
			case ":event-type":
				e.name = value
			case ":exception-type", ":error-code":
				e.name = "!" + value
			}
			h = h[4+n+size:]
		}
		all, raw = append(all, e), raw[len(m):]
	}
	return all, ""
}

func plainPath(path string) func(string, bool) string {
	return func(string, bool) string { return path }
}

// withModel makes paths that name the model.
func withModel(before, whole, streamed string) func(string, bool) string {
	return func(model string, stream bool) string {
		if stream {
			return before + url.PathEscape(model) + streamed
		}
		return before + url.PathEscape(model) + whole
	}
}

func merge(o object, more object) object {
	for k, v := range more {
		o[k] = v
	}
	return o
}

func errorMessage(o object) string {
	if m := str(at(o, "error", "message")); m != "" {
		return m
	}
	return str(at(o, "message"))
}

// without copies an object but for some members.
func without(o object, names ...string) object {
	out := merge(object{}, o)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

// only copies some members of an object.
func only(o object, names ...string) object {
	out := object{}
	for _, n := range names {
		if v, ok := o[n]; ok {
			out[n] = v
		}
	}
	return out
}
