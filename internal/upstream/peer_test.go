package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the server's end of one connection, played by a test.
type peer struct {
	net.Conn
	in   *bufio.Reader
	over <-chan struct{} // the test is
}

func newPeer(c net.Conn, over <-chan struct{}) *peer { return &peer{c, bufio.NewReader(c), over} }

// request reads one request with its body; nil when the connection has ended.
func (p *peer) request() *http.Request {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return r
}

func (p *peer) write(s string) { io.WriteString(p.Conn, s) }

// answers serves every request with the same bytes.
func answers(s string) func(*peer) {
	return func(p *peer) {
		for p.request() != nil {
			p.write(s)
		}
	}
}

func ok(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

// host is a scripted server; the n-th connection plays the n-th script, later ones
// the last.
type host struct {
	url   string
	ln    net.Listener
	wg    sync.WaitGroup
	over  chan struct{}
	mu    sync.Mutex
	conns []net.Conn
}

func serve(t testing.TB, scripts ...func(*peer)) *host {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{url: "http://" + ln.Addr().String(), ln: ln, over: make(chan struct{})}
	h.wg.Go(func() { h.accept(scripts) })
	t.Cleanup(h.stop)
	return h
}

func (h *host) accept(scripts []func(*peer)) {
	for n := 0; ; n++ {
		c, err := h.ln.Accept()
		if err != nil {
			return
		}
		h.mu.Lock()
		h.conns = append(h.conns, c)
		h.mu.Unlock()
		script := scripts[min(n, len(scripts)-1)]
		h.wg.Go(func() {
			defer c.Close()
			script(newPeer(c, h.over))
		})
	}
}

func (h *host) stop() {
	close(h.over)
	h.ln.Close()
	h.mu.Lock()
	for _, c := range h.conns {
		c.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
}

// count is how many connections came.
func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

func dialURL(url string) (net.Conn, error) {
	return net.Dial("tcp", strings.TrimPrefix(url, "http://"))
}

func newClient(t testing.TB, o upstream.Options) *upstream.Client {
	t.Helper()
	if o.ProxyURL == "" {
		o.ProxyURL = "none"
	}
	c, err := upstream.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// piped gives a client whose connections are pipes played by the scripts; it works in
// a synctest bubble.
func piped(t testing.TB, times provider.Timeouts, scripts ...func(*peer)) *upstream.Client {
	t.Helper()
	n := 0
	var wg sync.WaitGroup
	over := make(chan struct{})
	t.Cleanup(func() { close(over); wg.Wait() })
	dial := func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		script := scripts[min(n, len(scripts)-1)]
		n++
		wg.Go(func() {
			defer far.Close()
			script(newPeer(far, over))
		})
		return near, nil
	}
	return newClient(t, upstream.Options{BaseURL: "http://vendor.test", Dial: dial, Timeouts: times})
}

type answer struct {
	resp *upstream.Response
	body string
}

// get sends r and reads the whole answer.
func send(c *upstream.Client, r *upstream.Request) (answer, error) {
	return sendIn(context.Background(), c, r)
}

func sendIn(ctx context.Context, c *upstream.Client, r *upstream.Request) (answer, error) {
	return sendBy(ctx, ways["read"], c, r)
}

// ways are the ways to take in a body.
var ways = map[string]func(*upstream.Response) ([]byte, error){
	"read": func(r *upstream.Response) ([]byte, error) { return io.ReadAll(r) },
	"each": func(r *upstream.Response) (all []byte, err error) {
		err = r.Each(func(p []byte) error { all = append(all, p...); return nil })
		return all, err
	},
}

func sendBy(ctx context.Context, way func(*upstream.Response) ([]byte, error), c *upstream.Client, r *upstream.Request) (answer, error) {
	resp := new(upstream.Response)
	if err := c.Do(ctx, r, resp); err != nil {
		return answer{resp: resp}, err
	}
	defer resp.Close()
	body, err := way(resp)
	return answer{resp, string(body)}, err
}

func get() *upstream.Request { return &upstream.Request{Method: "GET", Path: "/"} }

func post(body string) *upstream.Request {
	return &upstream.Request{Method: "POST", Path: "/v1/x", Body: [][]byte{[]byte(body)}}
}

// wantFault fails unless err is a fault of that kind whose message holds text.
func wantFault(t testing.TB, err error, kind fault.Kind, text string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatalf("error %v is not a fault", err)
	}
	if f.Kind != kind || !strings.Contains(f.Message, text) {
		t.Fatalf("got %v %q, want %v with %q in its message (cause: %v)", f.Kind, f.Message, kind, text, f.Unwrap())
	}
}

// soon fails when f takes longer than a blocked call may.
func soon(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s did not end in time", what)
	}
}

func itoa(n int) string {
	var b []byte
	for ; n > 9; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(append([]byte{byte('0' + n)}, b...))
}
