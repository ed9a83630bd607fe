package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// plainCall and streamCall ask the scripted upstream for an answer and for a stream.
const (
	plainCall  = `{"model":"up/m1","messages":[{"role":"user","content":"Hello"}]}`
	streamCall = `{"model":"up/m1","stream":true,"messages":[{"role":"user","content":"Hello"}]}`
)

// client has connections of its own.
type client struct {
	http  *http.Client
	dials atomic.Int64
}

// newClient makes a client that keeps its connections until the test ends.
func newClient(t testing.TB) *client {
	c := &client{}
	d := net.Dialer{Timeout: patience}
	tr := &http.Transport{
		MaxIdleConnsPerHost: 4096, DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c.dials.Add(1)
			return d.DialContext(ctx, network, addr)
		},
	}
	c.http = &http.Client{Transport: tr}
	t.Cleanup(tr.CloseIdleConnections)
	return c
}

// answer is one whole answer.
type answer struct {
	status       int
	id           string // sluice-request-id
	header       http.Header
	body         []byte
	began, ended time.Time
}

func (a *answer) took() time.Duration { return a.ended.Sub(a.began) }

// request makes an authenticated chat call.
func request(ctx context.Context, url, body string) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	r.Header.Set("Authorization", "Bearer "+gatewayKey)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// call sends a chat call and reads the answer to its end.
func (c *client) call(url, body string) (answer, error) {
	return c.do(request(context.Background(), url, body))
}

// do sends a request and reads the answer to its end.
func (c *client) do(r *http.Request) (answer, error) {
	a := answer{began: time.Now()}
	resp, err := c.http.Do(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	a.status, a.id, a.header = resp.StatusCode, resp.Header.Get("sluice-request-id"), resp.Header
	a.body, err = io.ReadAll(resp.Body)
	a.ended = time.Now()
	return a, err
}

// whole says what is wrong with an answer that should be a good one.
func (a *answer) whole(stream bool) error {
	switch {
	case a.status != http.StatusOK:
		return fmt.Errorf("status %d: %s", a.status, tail(string(a.body), 300))
	case a.id == "":
		return errors.New("no sluice-request-id")
	case stream && string(a.body) != streamText:
		return fmt.Errorf("another stream: %q", tail(string(a.body), 300))
	case !stream && string(a.body) != plainText:
		return fmt.Errorf("another answer: %q", tail(string(a.body), 300))
	}
	return nil
}

// post sends a body to a path of the data plane with the headers given; the test fails
// when there is no answer.
func (p *process) post(path string, body io.Reader, header ...string) answer {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, p.URL+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	c := newClient(p.t)
	a, err := c.do(r)
	if err != nil {
		p.t.Fatalf("POST %s: %v", path, err)
	}
	return a
}

// mustCall makes one good call and gives its answer.
func (p *process) mustCall() answer {
	p.t.Helper()
	a := p.post("/v1/chat/completions", strings.NewReader(plainCall), "Authorization", "Bearer "+gatewayKey)
	if err := a.whole(false); err != nil {
		p.t.Fatal(err)
	}
	return a
}

// load is clients that call in closed loops until they are told to end.
type load struct {
	stop      chan struct{}
	wg        sync.WaitGroup
	c         *client
	plainOnly bool

	mu     sync.Mutex
	good   []answer
	failed []failure
}

type failure struct {
	at  time.Time
	err error
}

// startLoad runs clients with a pause between two calls of each. Every third call of a
// client is a stream.
func startLoad(t testing.TB, url string, clients int, pause time.Duration) *load {
	return runLoad(t, &load{}, url, clients, pause)
}

// startPlainLoad is startLoad without streams.
func startPlainLoad(t testing.TB, url string, clients int, pause time.Duration) *load {
	return runLoad(t, &load{plainOnly: true}, url, clients, pause)
}

func runLoad(t testing.TB, l *load, url string, clients int, pause time.Duration) *load {
	l.stop, l.c = make(chan struct{}), newClient(t)
	for range clients {
		l.wg.Go(func() { l.loop(url, pause) })
	}
	t.Cleanup(l.end)
	return l
}

func (l *load) loop(url string, pause time.Duration) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		stream := i%3 == 2 && !l.plainOnly
		body := plainCall
		if stream {
			body = streamCall
		}
		a, err := l.c.call(url, body)
		if err == nil {
			err = a.whole(stream)
		}
		l.note(a, err)
	}
}

func (l *load) note(a answer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = append(l.failed, failure{time.Now(), err})
		return
	}
	a.body, a.header = nil, nil
	l.good = append(l.good, a)
}

// end stops the clients and waits for them.
func (l *load) end() {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.wg.Wait()
}

// count says how many calls went well so far.
func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.good)
}

// noFailures fails the test for every call that went wrong before a time; zero = ever.
func (l *load) noFailures(t testing.TB, before time.Time) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, f := range l.failed {
		if before.IsZero() || f.at.Before(before) {
			if n++; n <= 5 {
				t.Errorf("a call failed: %v", f.err)
			}
		}
	}
	if n > 5 {
		t.Errorf("%d calls failed, of %d", n, n+len(l.good))
	}
}

// between gives how long the calls took that began between two times, sorted.
func (l *load) between(from, to time.Time) []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []time.Duration
	for i := range l.good {
		if a := &l.good[i]; a.began.After(from) && a.began.Before(to) {
			out = append(out, a.took())
		}
	}
	slices.Sort(out)
	return out
}

// quantile gives the value at q (0 to 1) of sorted values.
func quantile[T cmp.Ordered](sorted []T, q float64) T {
	var zero T
	if len(sorted) == 0 {
		return zero
	}
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}

// dial opens a plain connection to a URL's host.
func dial(t testing.TB, url string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(strings.TrimPrefix(url, "http://"), "https://"), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// head is the head of a chat request with a body of the length given, ready for a plain
// connection.
func head(length int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", gatewayKey, length)
	return b.Bytes()
}
