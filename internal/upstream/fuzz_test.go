package upstream_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/upstream"
)

// recorded is a connection that gives fixed bytes, some at a time, and then its end.
type recorded struct {
	rest []byte
	step int
}

func (c *recorded) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.step)], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
func (c *recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (c *recorded) Close() error                     { return nil }
func (c *recorded) LocalAddr() net.Addr              { return nil }
func (c *recorded) RemoteAddr() net.Addr             { return nil }
func (c *recorded) SetDeadline(time.Time) error      { return nil }
func (c *recorded) SetReadDeadline(time.Time) error  { return nil }
func (c *recorded) SetWriteDeadline(time.Time) error { return nil }

// reading is what one parser makes of the bytes.
type reading struct {
	status  int
	header  http.Header
	body    string
	trailer http.Header
	err     error
}

func readOurs(t *testing.T, method string, raw []byte, step int) reading {
	c, err := upstream.New(upstream.Options{BaseURL: "http://vendor.test", Dial: func(context.Context, string, string) (net.Conn, error) {
		return &recorded{raw, step}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a, err := send(c, &upstream.Request{Method: method, Path: "/"})
	return reading{a.resp.Status, a.resp.Header.HTTP(), a.body, a.resp.Trailer.HTTP(), err}
}

func readTheirs(method string, raw []byte) reading {
	br := bufio.NewReader(bytes.NewReader(raw))
	for {
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			return reading{err: err}
		}
		if resp.StatusCode >= 100 && resp.StatusCode < 200 && resp.StatusCode != 101 {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		return reading{resp.StatusCode, resp.Header, string(body), resp.Trailer, err}
	}
}

// What this package refuses on purpose though net/http lets it pass: each can make two
// readers see different messages.
var stricter = []string{
	"both Content-Length and Transfer-Encoding", // RFC 9112 §6.3 calls it an error
	"HTTP/1.0 with a Transfer-Encoding",         // RFC 9112 §6.1: faulty framing
	"folded over several lines",                 // RFC 9112 §5.2
	"no valid name before a colon",              // §5.1: blanks before the colon
	"not an HTTP/1.1 status line",               // several blanks, statuses below 100, control bytes in the reason
	"version other than 1.0 and 1.1",
	"Content-Length is not one number", // net/http forgets it under a Transfer-Encoding in HTTP/1.0
	"Transfer-Encoding is not chunked", // the same
	"a header value holds a control character",
	"too many interim",
	"more than 256 header fields",
	"header is too large",
}

// FuzzAnswerAgainstNetHTTP reads the same bytes here and with net/http. Both must see
// the same message, or refuse it; this side may refuse more, for the reasons above.
func FuzzAnswerAgainstNetHTTP(f *testing.F) {
	const head = "HTTP/1.1 200 OK\r\n"
	for _, raw := range []string{
		ok("hello"),
		head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nx-sum: 9\r\n\r\n",
		head + "Content-Length: 3\r\ncontent-length: 3\r\n\r\nabcdef",
		head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nabcd",
		"HTTP/1.1 304 Not Modified\nX-a : b\n\n",
		head + "X-A: b\r\n c\r\n\r\nuntil close",
		head + "Connection: close\r\n\r\nuntil close",
		"HTTP/1.1  200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 101 Up\r\n\r\nraw",
		head + "Transfer-Encoding: chunked\r\n\r\n1 ;x\r\na\r\n 0\r\n\r\n",
		head + "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
		head + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\nC: d\r\n\r\n",
	} {
		for _, head := range []bool{false, true} {
			f.Add([]byte(raw), head, byte(0))
			f.Add([]byte(raw), head, byte(3))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, head bool, step byte) {
		method := map[bool]string{false: "GET", true: "HEAD"}[head]
		ours := readOurs(t, method, bytes.Clone(raw), 1<<20)
		if split := readOurs(t, method, bytes.Clone(raw), int(step)+1); split.body != ours.body || (split.err == nil) != (ours.err == nil) || split.status != ours.status {
			t.Fatalf("split into %d bytes, it reads\n%+v, else\n%+v", int(step)+1, split, ours)
		}
		compare(t, ours, readTheirs(method, raw))
	})
}

func compare(t *testing.T, ours, theirs reading) {
	if ours.err != nil {
		strict := slices.ContainsFunc(stricter, func(s string) bool { return strings.Contains(ours.err.Error(), s) })
		if theirs.err == nil && !strict {
			t.Fatalf("refused here only: %v", ours.err)
		}
		return
	}
	if ours.status == 101 { // net/http's parser has no idea of what follows it
		return
	}
	if theirs.err != nil {
		t.Fatalf("refused there only: %v\nhere: %+v", theirs.err, ours)
	}
	for _, name := range []string{"Connection", "Transfer-Encoding", "Content-Length", "Trailer", "Pragma", "Cache-Control"} { // net/http edits these
		delete(ours.header, name)
		delete(theirs.header, name)
	}
	same := func(a, b http.Header) bool { return maps.EqualFunc(a, b, slices.Equal) }
	if ours.status != theirs.status || ours.body != theirs.body || !same(ours.header, theirs.header) {
		t.Fatalf("here\n%+v, there\n%+v", ours, theirs)
	}
	for name := range theirs.trailer {
		if theirs.trailer[name] == nil {
			delete(theirs.trailer, name) // announced, not sent
		}
	}
	if !same(ours.trailer, theirs.trailer) {
		t.Fatalf("trailer here %v, there %v", ours.trailer, theirs.trailer)
	}
}

// FuzzRequestNeverSplits sends hostile methods, paths, hosts and fields: whatever is
// not refused must be read by net/http as exactly that one request.
func FuzzRequestNeverSplits(f *testing.F) {
	f.Add("GET", "/a?b", "", "X-A", "b", []byte("body"))
	f.Add("POST", "/a b", "h\r\n", "X-A\r\nX-B", "b\r\nGET / HTTP/1.1", []byte(nil))
	f.Add("PO\nST", "/\x00", "h", "content-length", "3", []byte("x"))
	f.Fuzz(func(t *testing.T, method, path, host, name, value string, body []byte) {
		var wire bytes.Buffer
		c, err := upstream.New(upstream.Options{BaseURL: "http://vendor.test", Dial: func(context.Context, string, string) (net.Conn, error) {
			return &sink{recorded{[]byte(ok("x")), 1 << 20}, &wire}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = send(c, &upstream.Request{Method: method, Path: path, Host: host, Header: []upstream.Field{{Name: name, Value: value}}, Body: [][]byte{body}})
		if err != nil && wire.Len() == 0 {
			return
		}
		br := bufio.NewReader(&wire)
		r, err := http.ReadRequest(br)
		if err != nil {
			if strings.HasPrefix(err.Error(), "parse ") || strings.Contains(err.Error(), "malformed Host") || strings.Contains(err.Error(), "invalid method") {
				return // odd but harmless: another reader refuses it whole
			}
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		if method == "CONNECT" || errors.Is(err, io.ErrUnexpectedEOF) {
			return
		}
		if err != nil || r.Method != method || r.RequestURI != path || !bytes.Equal(got, body) || br.Buffered() > 0 {
			t.Fatalf("read back as %s %q with body %q and %d more bytes, %v", r.Method, r.RequestURI, got, br.Buffered(), err)
		}
	})
}

type sink struct {
	recorded
	wire *bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) { return s.wire.Write(p) }
