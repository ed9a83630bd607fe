package front_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

func proto(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprint(w, r.Proto, " ", r.TLS != nil, " ", string(body))
}

func TestEveryProtocolIsServed(t *testing.T) {
	serverTLS, clientTLS := certificate(t)
	plain := serve(t, &front.Server{Handler: http.HandlerFunc(proto), MaxConns: 3})
	secure := serve(t, &front.Server{Handler: http.HandlerFunc(proto), TLSConfig: serverTLS, HandshakeTimeout: patience, WriteIdle: patience, MaxConns: 3})
	for _, c := range []struct {
		url, want string
		h1, h2    bool
	}{
		{"http://" + plain, "HTTP/1.1 false hi", true, false},
		{"http://" + plain, "HTTP/2.0 false hi", false, true},
		{"https://" + secure, "HTTP/1.1 true hi", true, false},
		{"https://" + secure, "HTTP/2.0 true hi", true, true},
	} {
		tr := &http.Transport{TLSClientConfig: clientTLS.Clone(), Protocols: new(http.Protocols)}
		tr.Protocols.SetHTTP1(c.h1)
		tr.Protocols.SetHTTP2(c.h2)
		tr.Protocols.SetUnencryptedHTTP2(c.h2 && !c.h1)
		for range 8 { // more than there are places
			resp, err := (&http.Client{Transport: tr, Timeout: patience}).Post(c.url, "text/plain", strings.NewReader("hi"))
			if err != nil {
				t.Fatal(c, err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(body) != c.want {
				t.Errorf("%s: got %q instead of %q", c.url, body, c.want)
			}
			tr.CloseIdleConnections()
		}
	}
}

func TestTLSStreamsAndLeaving(t *testing.T) {
	serverTLS, clientTLS := certificate(t)
	big := strings.Repeat("0123456789abcdef", 4<<10)
	gone := make(chan struct{})
	addr := serve(t, &front.Server{TLSConfig: serverTLS, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, n := range []int{1, 4000, 4090, 4096, 5000, 9000, len(big)} {
			io.WriteString(w, big[:n])
			flush(w)
		}
		if r.URL.Path == "/wait" {
			<-r.Context().Done()
			close(gone)
		}
	})})
	clientTLS.NextProtos = []string{"http/1.1"}
	nc, err := tls.Dial("tcp", addr, clientTLS)
	if err != nil {
		t.Fatal(err)
	}
	p := dialed(t, nc)
	if _, body := p.send(get).answer("GET"); len(body) != 1+4000+4090+4096+5000+9000+len(big) {
		t.Errorf("%d bytes", len(body))
	}
	p.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
	p.in.Peek(20)
	nc.Close()
	await(t, gone, "the context's end")
	if got := talk(t, addr, get); !strings.HasPrefix(got, "HTTP/1.0 400") {
		t.Errorf("plain HTTP got %q", got)
	}
}

func TestShutdownLetsRunningRequestsFinish(t *testing.T) {
	began, hold := make(chan struct{}), make(chan struct{})
	s := &front.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-hold
		}
	})}
	addr := serve(t, s)
	running, idle := dial(t, addr), dial(t, addr)
	idle.send(get).answer("GET")
	running.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	await(t, began, "the handler")
	short, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(short); err != context.Canceled {
		t.Errorf("a shutdown without time gave %v", err)
	}
	if idle.rest() != "" {
		t.Error("the idle connection was not just closed")
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("it still accepts")
	}
	close(hold)
	if resp, _ := running.answer("GET"); !resp.Close {
		t.Error("the last answer does not say close")
	}
	shutdown(t, s)
}

func TestShutdownWithHTTP2(t *testing.T) {
	s := &front.Server{Handler: http.HandlerFunc(proto)}
	addr := serve(t, s)
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get("http://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	shutdown(t, s)
}

func TestCloseEndsRunningRequests(t *testing.T) {
	began, gone := make(chan struct{}), make(chan struct{})
	s := &front.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(gone)
	})}
	addr := serve(t, s)
	dial(t, addr).send(get)
	await(t, began, "the handler")
	s.Close()
	await(t, gone, "its context's end")
}

func TestConnContextGivesItsValues(t *testing.T) {
	type key struct{}
	addr := serve(t, &front.Server{
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, key{}, "v") },
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Context().Value(key{})) }),
	})
	if _, body := dial(t, addr).send(get).answer("GET"); body != "v" {
		t.Errorf("got %q", body)
	}
}

// TestIdleConnectionsHoldLittle keeps thousands of connections open between requests.
func TestIdleConnectionsHoldLittle(t *testing.T) {
	const most = 6 << 10
	n := 3000
	if testing.Short() {
		n = 500
	}
	addr := serve(t, &front.Server{Handler: http.HandlerFunc(small), ReadHeaderTimeout: time.Minute, IdleTimeout: time.Minute})
	conns := make([]net.Conn, n)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	before := heap()
	var answer [512]byte
	for i := range conns {
		var err error
		if conns[i], err = net.Dial("tcp", addr); err != nil {
			t.Skip("not enough file descriptors: ", err)
		}
		io.WriteString(conns[i], post)
		if _, err := conns[i].Read(answer[:]); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / int64(n)
	t.Logf("%d bytes for both ends of an idle connection", each)
	if each > most {
		t.Errorf("an idle connection holds %d bytes", each)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestAllocationsPerRequest(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	addr := serve(t, &front.Server{Handler: http.HandlerFunc(small), ReadHeaderTimeout: time.Minute, IdleTimeout: time.Minute, WriteIdle: time.Minute})
	p := dial(t, addr)
	req := []byte(post)
	n := testing.AllocsPerRun(200, func() {
		p.Conn.Write(req)
		if err := readOne(p.in, true); err != nil {
			t.Fatal(err)
		}
	})
	if n > 6 {
		t.Errorf("%v allocations a request", n)
	}
}

func TestAnEmptyHeadIsABadRequestAndNoPanic(t *testing.T) {
	for _, raw := range []string{"\r\n\r\n", "\n\n", "\r\n\r\n\r\n", "\n\r\n"} {
		got := talk(t, serveFunc(t, func(http.ResponseWriter, *http.Request) {}), raw)
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%q: %q", raw, got)
		}
	}
}
