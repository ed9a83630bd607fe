package front

import (
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendStatus appends a status line (RFC 9112 §4).
func appendStatus(b []byte, minor, status int) []byte {
	if minor == 1 {
		b = append(b, "HTTP/1.1 "...)
	} else {
		b = append(b, "HTTP/1.0 "...)
	}
	b = append(appendInt(b, int64(status)), ' ')
	if text := http.StatusText(status); text != "" {
		b = append(b, text...)
	} else {
		b = appendInt(append(b, "status code "...), int64(status))
	}
	return append(b, "\r\n"...)
}

// appendField appends one line. A value cannot break out of it; a name that is no
// token makes no line at all.
func appendField(b []byte, name, value string) []byte {
	if !httpguts.ValidHeaderFieldName(name) {
		return b
	}
	b = append(append(b, name...), ": "...)
	value = textproto.TrimString(value)
	from := len(b)
	b = append(b, value...)
	if !validValue(value) {
		for i, c := range b[from:] {
			if c == '\r' || c == '\n' {
				b[from+i] = ' '
			}
		}
	}
	return append(b, "\r\n"...)
}

// appendHeader appends what the handler has set. What says how the body is framed is
// only noted: that is decided when the first bytes go out.
func (w *answer) appendHeader() {
	for name, values := range w.header {
		switch {
		case len(values) == 0: // the way to have no such line
			w.dated = w.dated || name == "Date"
			w.typed = w.typed || name == "Content-Type"
			continue
		case strings.HasPrefix(name, http.TrailerPrefix):
			w.late = true
			continue
		}
		switch name {
		case "Content-Length":
			w.declare(values[0])
			continue
		case "Transfer-Encoding":
			w.coded, w.identity = values[0] != "", values[0] == "identity"
			continue
		case "Connection":
			if httpguts.HeaderValuesContainsToken(values, "close") {
				w.close, w.closes = true, true
			}
			if w.close {
				continue
			}
			w.tagged = true
		case "Trailer":
			w.announce(values)
		case "Content-Type":
			w.typed = true
			if w.status == http.StatusNotModified {
				continue
			}
		case "Content-Encoding":
			w.typed = w.typed || values[0] != ""
		case "Date":
			w.dated = true
		}
		for _, v := range values {
			w.out = appendField(w.out, name, v)
		}
	}
}

// declare takes the handler's Content-Length.
func (w *answer) declare(value string) {
	if n, err := strconv.ParseUint(value, 10, 63); err == nil {
		w.length = int64(n)
	} else if value != "" {
		w.c.s.log.Debug("a handler has set an invalid Content-Length")
	}
}

// announce takes the names of the trailers that the handler is going to set.
func (w *answer) announce(values []string) {
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			name = http.CanonicalHeaderKey(textproto.TrimString(name))
			if httpguts.ValidTrailerHeader(name) {
				w.trailers = append(w.trailers, name)
			}
		}
	}
}

// decide settles how the body is framed and whether the connection stays (RFC 9112
// §6.3 and §9.3).
func (w *answer) decide() {
	if w.coded && w.identity || !w.bodyAllowed() || (w.coded && w.length >= 0) {
		w.length = -1
	}
	gathered := int64(len(w.out) - w.data)
	if w.head() {
		gathered = w.written
	}
	if w.over && w.length < 0 && !w.coded && !w.late && len(w.trailers) == 0 && w.bodyAllowed() && (!w.head() || gathered > 0) {
		w.length = gathered
	}
	w.settleBody()
	bodiless := w.head() || !w.bodyAllowed()
	switch {
	case w.c.s.closing.Load(), w.status == http.StatusSwitchingProtocols:
		w.close = true
	case w.length >= 0 || bodiless:
	case w.req.ProtoMinor == 0 || w.identity:
		w.close = true
	default:
		w.chunked = true
	}
}

// appendTail appends the lines that depend on the body, first being its first bytes,
// and the empty line.
func (w *answer) appendTail(b, first []byte) []byte {
	if !w.typed && !w.coded && len(first) > 0 && w.bodyAllowed() {
		b = append(append(append(b, "Content-Type: "...), http.DetectContentType(first)...), "\r\n"...)
	}
	switch {
	case w.length >= 0:
		b = append(appendInt(append(b, "Content-Length: "...), w.length), "\r\n"...)
	case w.chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case w.close && (w.req.ProtoMinor == 1 || w.closes):
		b = append(b, "Connection: close\r\n"...)
	case !w.close && w.wants10 && !w.tagged:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	if !w.dated {
		b = append(b, w.c.s.dateLine(w.c.s.clock())...)
	}
	return append(b, "\r\n"...)
}

// appendEnd appends the last chunk with the trailers (RFC 9112 §7.1.2).
func (w *answer) appendEnd(b []byte) []byte {
	b = append(b, "0\r\n"...)
	for name, values := range w.header {
		if rest, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			for _, v := range values {
				b = appendField(b, rest, v)
			}
		}
	}
	for _, name := range w.trailers {
		for _, v := range w.header[name] {
			b = appendField(b, name, v)
		}
	}
	return append(b, "\r\n"...)
}
