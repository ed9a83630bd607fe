// Package testup is a scripted upstream for tests: it keeps what it received, and can
// answer slowly, in any pieces, cut, or not at all.
package testup

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Call is one request as it came, and the way to answer it.
type Call struct {
	Method string
	URI    string // path and query as sent
	Host   string
	Header http.Header
	Body   []byte

	w http.ResponseWriter
	r *http.Request
}

// Upstream is a running scripted upstream.
type Upstream struct {
	URL string

	t      testing.TB
	mu     sync.Mutex
	calls  []*Call
	script func(*Call)
}

// New starts an upstream that answers with script. It stops with its test.
func New(t testing.TB, script func(*Call)) *Upstream {
	t.Helper()
	u := &Upstream{t: t, script: script}
	s := httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(s.Close)
	u.URL = s.URL
	return u
}

func (u *Upstream) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c := &Call{Method: r.Method, URI: r.RequestURI, Host: r.Host, Header: r.Header.Clone(), Body: body, w: w, r: r}
	u.mu.Lock()
	u.calls = append(u.calls, c)
	script := u.script
	u.mu.Unlock()
	script(c)
}

// Script changes how later calls are answered.
func (u *Upstream) Script(script func(*Call)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.script = script
}

// Calls gives what came so far.
func (u *Upstream) Calls() []*Call {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]*Call(nil), u.calls...)
}

// Last gives the newest call; the test fails when there was none.
func (u *Upstream) Last() *Call {
	u.t.Helper()
	calls := u.Calls()
	if len(calls) == 0 {
		u.t.Fatal("the upstream was not called")
	}
	return calls[len(calls)-1]
}

// Gone is closed when the caller has left.
func (c *Call) Gone() <-chan struct{} { return c.r.Context().Done() }

// Set sets an answer header.
func (c *Call) Set(name, value string) *Call { c.w.Header().Set(name, value); return c }

// JSON answers with a JSON body.
func (c *Call) JSON(status int, body string) {
	c.Answer(status, "application/json", []byte(body))
}

// Answer answers with a whole body.
func (c *Call) Answer(status int, contentType string, body []byte) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
}

// Stream answers 200 with an event stream, one flush per piece. step, when not nil, is
// called before each piece.
func (c *Call) Stream(step func(i int), pieces ...string) {
	c.StreamAs("text/event-stream", step, pieces...)
}

// StreamAs is Stream with another content type.
func (c *Call) StreamAs(contentType string, step func(i int), pieces ...string) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.WriteHeader(http.StatusOK)
	c.w.(http.Flusher).Flush()
	for i, p := range pieces {
		if step != nil {
			step(i)
		}
		if !c.More(p) {
			return
		}
	}
}

// More goes on with a stream, one flush per piece; false = nobody takes it any more.
func (c *Call) More(pieces ...string) bool {
	for _, p := range pieces {
		if _, err := io.WriteString(c.w, p); err != nil {
			return false
		}
		c.w.(http.Flusher).Flush()
	}
	return true
}

// Raw takes the connection over: what is written to it is all that the gateway sees.
// The connection is closed when fn returns.
func (c *Call) Raw(fn func(conn net.Conn, rw *bufio.ReadWriter)) {
	conn, rw, err := c.w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fn(conn, rw)
}

// Write answers with raw bytes and closes the connection.
func (c *Call) Write(raw string) {
	c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) { _, _ = io.WriteString(conn, raw) })
}

// Events cuts a stream into its events, terminators included, for Stream.
func Events(stream string) []string {
	var out []string
	for stream != "" {
		i := strings.Index(stream, "\n\n")
		if i < 0 {
			return append(out, stream)
		}
		out, stream = append(out, stream[:i+2]), stream[i+2:]
	}
	return out
}
