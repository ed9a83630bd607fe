package upstream_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

func TestConnectionCarriesOneRequestAfterAnother(t *testing.T) {
	h := serve(t, answers(ok("hello")))
	c := newClient(t, upstream.Options{BaseURL: h.url})
	for i := range 5 {
		a, err := send(c, post("question"))
		if err != nil || a.body != "hello" {
			t.Fatal(a.body, err)
		}
		if a.resp.Reused != (i > 0) || (a.resp.Connect > 0) == a.resp.Reused {
			t.Fatalf("request %d: reused %v, connect %v", i, a.resp.Reused, a.resp.Connect)
		}
		if a.resp.Waited <= 0 || a.resp.Waited < a.resp.Connect {
			t.Fatalf("waited %v, of it connecting %v", a.resp.Waited, a.resp.Connect)
		}
	}
	if h.count() != 1 {
		t.Fatalf("%d connections", h.count())
	}
}

// closedAfterOne answers one request, then closes and says so.
func closedAfterOne(closed chan<- struct{}, stray string) func(*peer) {
	return func(p *peer) {
		p.request()
		p.write(ok("first"))
		p.write(stray)
		if stray == "" {
			p.Close()
		}
		closed <- struct{}{}
		io.Copy(io.Discard, p)
	}
}

func TestIdleConnectionWithNewsIsNotUsedAgain(t *testing.T) {
	for name, stray := range map[string]string{
		"closed":      "",
		"stray bytes": "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan struct{}, 1)
			h := serve(t, closedAfterOne(closed, stray), answers(ok("second")))
			c := newClient(t, upstream.Options{BaseURL: h.url})
			if a, err := send(c, get()); err != nil || a.body != "first" {
				t.Fatal(a.body, err)
			}
			<-closed
			// A body that cannot be sent twice: only the check before sending can save it.
			r := &upstream.Request{Method: "POST", Path: "/", Stream: strings.NewReader("once"), Length: 4}
			a, err := send(c, r)
			if err != nil || a.body != "second" || a.resp.Reused {
				t.Fatal(a.body, a.resp.Reused, err)
			}
		})
	}
}

func TestRequestOnAConnectionThatDiedIsSentOnceMore(t *testing.T) {
	// The second request is read and then the connection closed without an answer.
	dies := func(last string) func(*peer) {
		return func(p *peer) {
			p.request()
			p.write(ok("first"))
			p.request()
			p.write(last)
		}
	}
	for name, tc := range map[string]struct {
		request *upstream.Request
		last    string
		again   bool
	}{
		"in memory":       {post("question"), "", true},
		"no body":         {get(), "", true},
		"large":           {post(strings.Repeat("q", 1<<20)), "", true},
		"streaming":       {&upstream.Request{Method: "POST", Path: "/", Stream: strings.NewReader("once"), Length: 4}, "", false},
		"after one byte":  {post("question"), "H", false},
		"after a 100":     {post("question"), "HTTP/1.1 100 Continue\r\n\r\n", false},
		"after half head": {get(), "HTTP/1.1 200 OK\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, dies(tc.last), answers(ok("second")))
			c := newClient(t, upstream.Options{BaseURL: h.url})
			if _, err := send(c, get()); err != nil {
				t.Fatal(err)
			}
			a, err := send(c, tc.request)
			if !tc.again {
				wantFault(t, err, fault.Upstream, "without a complete answer")
				return
			}
			if err != nil || a.body != "second" || a.resp.Reused {
				t.Fatal(a.body, a.resp.Reused, err)
			}
		})
	}
}

func TestFreshConnectionThatDiesIsNotTriedAgain(t *testing.T) {
	h := serve(t, func(p *peer) { p.request() })
	c := newClient(t, upstream.Options{BaseURL: h.url})
	_, err := send(c, post("question"))
	wantFault(t, err, fault.Upstream, "without a complete answer")
	if h.count() != 1 {
		t.Fatalf("%d connections", h.count())
	}
}

func TestClosingBeforeTheEndKeepsTheConnectionOnlyIfTheRestIsThere(t *testing.T) {
	for name, tc := range map[string]struct {
		raw  string
		kept bool
	}{
		"last chunk is there":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n", true},
		"more is to come":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n", false},
		"a small rest":            {ok("done and a bit"), true},
		"a large rest":            {ok("done" + strings.Repeat("x", 1<<20)), false},
		"until close":             {"HTTP/1.1 200 OK\r\n\r\ndone", false},
		"the connection goes too": {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\ndone..", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, answers(tc.raw))
			c := newClient(t, upstream.Options{BaseURL: h.url})
			var resp upstream.Response
			if err := c.Do(context.Background(), get(), &resp); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(&resp, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
			soon(t, "Close", resp.Close)
			resp.Close()
			if got := upstream.Idle(c) == 1; got != tc.kept {
				t.Fatalf("kept: %v, want %v", got, tc.kept)
			}
			if _, err := resp.Read(make([]byte, 1)); err == nil || err == io.EOF && !tc.kept {
				t.Fatalf("reading after Close gives %v", err)
			}
		})
	}
}

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{}, answers(ok("x")))
		if _, err := send(c, get()); err != nil || upstream.Idle(c) != 1 {
			t.Fatal(err)
		}
		<-time.After(80 * time.Second)
		if upstream.Idle(c) != 1 {
			t.Fatal("closed too early")
		}
		<-time.After(40 * time.Second)
		if upstream.Idle(c) != 0 {
			t.Fatal("still open")
		}
		if a, err := send(c, get()); err != nil || a.resp.Reused {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestHostsKeepAliveHintIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{}, answers("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\nContent-Length: 1\r\n\r\nx"))
		if _, err := send(c, get()); err != nil {
			t.Fatal(err)
		}
		<-time.After(3 * time.Second)
		if a, err := send(c, get()); err != nil || !a.resp.Reused {
			t.Fatal("not used again within the host's time", err)
		}
		<-time.After(4500 * time.Millisecond)
		if a, err := send(c, get()); err != nil || a.resp.Reused {
			t.Fatal("used again after the host's time", err)
		}
		c.Close()
	})
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	h := serve(t, answers(ok("hello")))
	c := newClient(t, upstream.Options{BaseURL: h.url, MaxIdlePerHost: 2})
	open := make([]upstream.Response, 6)
	for i := range open {
		if err := c.Do(context.Background(), get(), &open[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range open {
		io.Copy(io.Discard, &open[i])
		open[i].Close()
	}
	if n := upstream.Idle(c); n != 2 {
		t.Fatalf("%d idle", n)
	}
}

func TestClosedClientLetsRequestsInFlightEnd(t *testing.T) {
	go1 := make(chan struct{})
	h := serve(t, func(p *peer) {
		p.request()
		p.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
		<-go1
		p.write("half")
		io.Copy(io.Discard, p)
	}, answers(ok("late")))
	c := newClient(t, upstream.Options{BaseURL: h.url})
	var resp upstream.Response
	if err := c.Do(context.Background(), get(), &resp); err != nil {
		t.Fatal(err)
	}
	c.Close()
	close(go1)
	if b, err := io.ReadAll(&resp); err != nil || string(b) != "halfhalf" {
		t.Fatal(string(b), err)
	}
	resp.Close()
	if a, err := send(c, get()); err != nil || a.body != "late" {
		t.Fatal("a closed client must still serve what holds it", err)
	}
	if upstream.Idle(c) != 0 {
		t.Fatal("a closed client kept a connection")
	}
}

func TestManyAtOnceGetEachTheirOwnAnswer(t *testing.T) {
	h := serve(t, func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			p.write(ok(r.URL.Path))
		}
	})
	c := newClient(t, upstream.Options{BaseURL: h.url, MaxIdlePerHost: 4})
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 50 {
				path := "/" + itoa(w) + "/" + itoa(i)
				a, err := send(c, &upstream.Request{Method: "GET", Path: path})
				if err != nil || a.body != path {
					t.Errorf("asked for %s, got %q, %v", path, a.body, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestRequestThatAsksToCloseIsNotKept(t *testing.T) {
	h := serve(t, answers(ok("x")))
	c := newClient(t, upstream.Options{BaseURL: h.url})
	r := get()
	r.Header = []upstream.Field{{Name: "connection", Value: "Close"}}
	if _, err := send(c, r); err != nil || upstream.Idle(c) != 0 {
		t.Fatal(upstream.Idle(c), err)
	}
}

func TestDialledConnectionNeedsNoName(t *testing.T) {
	var asked string
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		asked = addr
		near, far := net.Pipe()
		far.Close()
		return near, nil
	}
	c := newClient(t, upstream.Options{BaseURL: "http://127.0.0.1", Dial: dial})
	_, err := send(c, get())
	wantFault(t, err, fault.Upstream, "127.0.0.1")
	if asked != "127.0.0.1:80" {
		t.Fatalf("dialled %s", asked)
	}
}

// Closing takes in what is left of an answer. From then on the connection is another's.
func TestAConnectionThatClosingGaveBackIsLeftAlone(t *testing.T) {
	h := serve(t, answers(ok("an answer of some length")))
	c := newClient(t, upstream.Options{BaseURL: h.url})
	const callers, calls = 16, 200
	failed := make(chan error, callers)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range calls {
				resp := new(upstream.Response)
				if err := c.Do(context.Background(), get(), resp); err != nil {
					failed <- err
					return
				}
				if _, err := io.ReadFull(resp, make([]byte, 2)); err != nil {
					failed <- err
				}
				resp.Close()
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if n := h.count(); n > callers*calls/10 {
		t.Errorf("%d calls made %d connections", callers*calls, n)
	}
}
