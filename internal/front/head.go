package front

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// refusal is a request that is answered without the handler; its text is for people.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func bad(text string) error { return &refusal{http.StatusBadRequest, text} }

// readHead reads a request's head into the exchange, whose request is then complete
// but for its body. The head's bytes become one string, which everything shares.
func (c *conn) readHead(x *exchange) error {
	if err := c.skipEmptyLine(); err != nil {
		return err
	}
	max := c.s.maxHeader()
	end, seen := headEnd(c.buf[c.r:c.w], 0)
	for {
		if !c.later && c.isHTTP2() {
			c.handOver()
			return nil
		}
		if end >= 0 {
			break
		}
		if c.w-c.r >= max {
			return c.tooLarge(max)
		}
		if err := c.more(); err != nil {
			return err
		}
		end, seen = headEnd(c.buf[c.r:c.w], seen)
	}
	if end > max {
		return c.tooLarge(max)
	}
	head := c.buf[c.r : c.r+end]
	c.r += end
	return x.parse(head)
}

// more waits for more of a head. The time for it counts from its first byte.
func (c *conn) more() error {
	if c.later && c.headBy == 0 {
		c.headBy = after(c.s.clock(), c.s.ReadHeaderTimeout)
		c.limit(c.headBy)
	}
	err := c.fill()
	if err == io.EOF && c.r < c.w {
		return bad("the request ends in its header")
	}
	return err
}

// skipEmptyLine skips one empty line before a request line (RFC 9112 §2.2).
func (c *conn) skipEmptyLine() error {
	c.headBy = 0
	for {
		have := c.buf[c.r:c.w]
		switch {
		case len(have) == 0, len(have) == 1 && have[0] == '\r':
			if err := c.more(); err != nil {
				return err
			}
			continue
		case have[0] == '\n':
			c.r++
		case have[0] == '\r' && have[1] == '\n':
			c.r += 2
		}
		return nil
	}
}

func (c *conn) tooLarge(max int) error {
	have := c.buf[c.r:c.w]
	if bytes.IndexByte(have[:min(len(have), max)], '\n') < 0 {
		return &refusal{http.StatusRequestURITooLong, "the request line is too long"}
	}
	return &refusal{http.StatusRequestHeaderFieldsTooLarge, "the header is too large"}
}

// headEnd gives the length of the head with its empty line, -1 when it is not there
// yet, and where to look on. A line may end with LF alone (RFC 9112 §2.2).
func headEnd(b []byte, from int) (end, next int) {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1, from
		}
		if i == 0 || (i == 1 && b[from] == '\r') {
			return from + i + 1, 0
		}
		from += i + 1
	}
}

// cutLine gives the first line without its end, and the length of both.
func cutLine(b []byte) (line []byte, length int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, len(b)
	}
	line = b[:i]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, i + 1
}

// requestLine is the first line. Path and query are empty when the target has been
// parsed in full.
type requestLine struct{ path, query string }

func (x *exchange) parse(head []byte) error {
	line, n := cutLine(head)
	if len(line) == 0 {
		return bad("the request line is empty")
	}
	var err error
	if x.places, err = parseFields(x.places[:0], head, n); err != nil {
		return err
	}
	text := string(head)
	if err := x.parseLine(text[:len(line)]); err != nil {
		return err
	}
	return x.takeFields(text)
}

// parseLine reads "GET /path HTTP/1.1" (RFC 9112 §3).
func (x *exchange) parseLine(line string) error {
	p := &x.plain
	method, rest, ok := strings.Cut(line, " ")
	uri, proto, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 || !httpguts.ValidHeaderFieldName(method) {
		return bad("malformed request line")
	}
	switch proto {
	case "HTTP/1.1":
		p.ProtoMinor = 1
	case "HTTP/1.0":
	default:
		if _, _, ok := http.ParseHTTPVersion(proto); ok {
			return &refusal{http.StatusHTTPVersionNotSupported, "unsupported protocol version"}
		}
		return bad("malformed protocol version")
	}
	p.Method, p.RequestURI, p.Proto, p.ProtoMajor = method, uri, proto, 1
	return x.parseTarget(uri)
}

// parseTarget reads the request's target. The usual form needs no parser: a path of
// bytes that stand for themselves.
func (x *exchange) parseTarget(uri string) (err error) {
	if path, query, ok := plainTarget(uri); ok {
		x.line = requestLine{path, query}
		return nil
	}
	p := &x.plain
	authority := p.Method == http.MethodConnect && !strings.HasPrefix(uri, "/")
	if authority {
		uri = "http://" + uri
	}
	if p.URL, err = url.ParseRequestURI(uri); err != nil {
		return bad("malformed request target")
	}
	if authority {
		p.URL.Scheme = ""
	}
	return nil
}

// plainByte marks the bytes that a URL's path shows unescaped.
var plainByte = func() (t [256]bool) {
	for _, c := range "-_.~$&+,/:;=@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()

func plainTarget(uri string) (path, query string, ok bool) {
	if uri == "" || uri[0] != '/' {
		return "", "", false
	}
	for i := 0; i < len(uri); i++ {
		switch {
		case plainByte[uri[i]]:
		case uri[i] == '?' && i+1 < len(uri) && validValue(uri[i+1:]):
			return uri[:i], uri[i+1:], strings.IndexByte(uri[i+1:], '\t') < 0
		default:
			return "", "", false
		}
	}
	return uri, "", true
}

// refuse answers a request that the handler shall not see. Reads that failed are not
// answered.
func (c *conn) refuse(err error) {
	var r *refusal
	if !errors.As(err, &r) {
		return
	}
	title := http.StatusText(r.status)
	b := make([]byte, 0, 256)
	b = appendStatus(b, 1, r.status)
	b = append(b, c.s.dateLine(c.s.clock())...)
	b = append(b, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "...)
	b = appendInt(b, int64(len(title)+len(": ")+len(r.text)+1))
	b = append(append(append(b, "\r\n\r\n"...), title...), ": "...)
	b = append(append(b, r.text...), '\n')
	if c.write(b) == nil {
		c.linger = true
	}
}
