package upstream

import (
	"io"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// Request is one attempt's request. It is read-only to the client. At most one of
// Body and Stream is set; both stay in the client's use until Response.Close has
// returned, or Do has failed.
type Request struct {
	Method string
	// Path is the escaped path with its query as it stands in the request line; it
	// starts with a slash.
	Path string
	// Host is sent as the Host field; "" = the host of BaseURL.
	Host string
	// Header is written in this order and as given. Host, Content-Length and
	// Transfer-Encoding are the client's own and are refused here.
	Header []Field

	// Body is a body held in memory, in pieces; it may be sent a second time.
	Body [][]byte

	// Stream is a body that flows through and cannot be sent twice. Length is its
	// size in bytes, -1 when unknown (it is then sent chunked).
	Stream io.Reader
	Length int64
	// StopStream, when set, is called from the caller's goroutine when the rest of
	// Stream is not wanted any more; it must make a blocked Stream.Read return soon.
	// Without it, ending an exchange early waits for the Read in progress.
	StopStream func()
}

// replayable reports whether the request can be sent a second time.
func (r *Request) replayable() bool { return r.Stream == nil }

// size is the length of the in-memory body.
func (r *Request) size() int64 {
	var n int64
	for _, b := range r.Body {
		n += int64(len(b))
	}
	return n
}

// check refuses whatever could change the meaning of the bytes on the wire
// (RFC 9112 §11.2). It is the caller's bug, so the fault is internal, except that
// a path or value may come from outside: those name the request.
func (r *Request) check() *fault.Fault {
	switch {
	case !isToken(r.Method):
		return fault.Newf(fault.InvalidRequest, "the method %q is not a valid HTTP method", r.Method)
	case !validPath(r.Path):
		return fault.New(fault.InvalidRequest, "the request path must start with a slash and may hold neither spaces nor control characters")
	case !validHost(r.Host):
		return fault.New(fault.InvalidRequest, "the upstream Host value holds characters that a host cannot have")
	case r.Stream != nil && r.Body != nil:
		return fault.New(fault.InternalError, "BUG: a request with both an in-memory and a streaming body")
	case r.Stream != nil && r.Length < -1:
		return fault.New(fault.InternalError, "BUG: a streaming body with a negative length")
	}
	for i := range r.Header {
		if f := checkField(&r.Header[i]); f != nil {
			return f
		}
	}
	return nil
}

func checkField(f *Field) *fault.Fault {
	if !isToken(f.Name) {
		return fault.Newf(fault.InvalidRequest, "the header name %q is not a valid HTTP field name", f.Name)
	}
	if !validValue(f.Value) {
		return fault.Newf(fault.InvalidRequest, "the value of header %s holds a control character (line breaks are not allowed)", f.Name)
	}
	if framesMessage(f.Name) {
		return fault.Newf(fault.InternalError, "BUG: header %s is the upstream client's own and cannot be given", f.Name)
	}
	return nil
}

// framesMessage reports whether the field is written by the client itself.
func framesMessage(name string) bool {
	switch len(name) {
	case len("Host"):
		return strings.EqualFold(name, "Host")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

func validPath(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	for i := 0; i < len(p); i++ {
		if p[i] <= ' ' || p[i] >= 0x7f {
			return false
		}
	}
	return true
}

func validHost(h string) bool {
	for i := 0; i < len(h); i++ {
		switch c := h[i]; {
		case c <= ' ' || c >= 0x7f, c == '/', c == '\\', c == '@', c == '?', c == '#', c == ',':
			return false
		}
	}
	return true
}

// appendHead appends the request line and all fields, up to the empty line. The
// request has been checked.
func (r *Request) appendHead(dst []byte, host string, size int64) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.Path...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	if r.Host != "" {
		host = r.Host
	}
	dst = append(dst, host...)
	dst = append(dst, "\r\n"...)
	for i := range r.Header {
		dst = append(dst, r.Header[i].Name...)
		dst = append(dst, ": "...)
		dst = append(dst, r.Header[i].Value...)
		dst = append(dst, "\r\n"...)
	}
	return append(r.appendFraming(dst, size), "\r\n"...)
}

// appendFraming says how long the body is. A length of zero is said only where a
// server may expect a body (RFC 9110 §8.6).
func (r *Request) appendFraming(dst []byte, size int64) []byte {
	if r.Stream != nil {
		size = r.Length
	}
	switch {
	case size < 0:
		return append(dst, "Transfer-Encoding: chunked\r\n"...)
	case size == 0 && r.Method != "POST" && r.Method != "PUT" && r.Method != "PATCH":
		return dst
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, size, 10)
	return append(dst, "\r\n"...)
}

// asksToClose reports whether the caller's own Connection field ends the connection.
func (r *Request) asksToClose() bool {
	for i := range r.Header {
		if f := &r.Header[i]; len(f.Name) == len("Connection") && strings.EqualFold(f.Name, "Connection") && hasToken(f.Value, "close") {
			return true
		}
	}
	return false
}
