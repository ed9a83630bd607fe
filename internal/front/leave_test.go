package front_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

func TestTheContextEndsWhenTheCallerLeaves(t *testing.T) {
	gone := make(chan time.Time, 1)
	began := make(chan struct{}, 1)
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		began <- struct{}{}
		<-r.Context().Done()
		gone <- time.Now()
	})
	for _, in := range []string{get, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"} {
		p := dial(t, addr).send(in)
		await(t, began, "the handler")
		left := time.Now()
		p.Close()
		if d := await(t, gone, "the context's end").Sub(left); d > 10*time.Second {
			t.Errorf("it took %v", d)
		}
	}
}

func TestTheContextEndsWithTheHandler(t *testing.T) {
	kept := make(chan context.Context, 1)
	ran, stopped := make(chan struct{}), make(chan bool, 1)
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		context.AfterFunc(ctx, func() { close(ran) })
		stop := context.AfterFunc(ctx, func() { t.Error("called though stopped") })
		stopped <- stop() && !stop()
		child, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		_ = child
		if _, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); !ok {
			t.Error("no local address")
		}
		kept <- ctx
	})
	dial(t, addr).send(get).answer("GET")
	ctx := await(t, kept, "the context")
	await(t, ctx.Done(), "its end")
	await(t, ran, "the function after it")
	if !<-stopped || ctx.Err() != context.Canceled {
		t.Error("stop or Err is wrong")
	}
	if context.AfterFunc(ctx, func() {})() {
		t.Error("a function after the end could be stopped")
	}
}

// TestAByteReadInTheBackgroundIsNotLost lets a handler run long enough to be watched
// while the next request is already coming.
func TestAByteReadInTheBackgroundIsNotLost(t *testing.T) {
	hold := make(chan struct{})
	began := make(chan struct{}, 1)
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-hold
		if r.Context().Err() != nil {
			t.Error("the context ended")
		}
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.URL.Path+string(body))
	})
	for _, second := range []string{"GET /b HTTP/1.1\r\nHost: a\r\n\r\n", "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"} {
		p := dial(t, addr).send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
		await(t, began, "the first")
		tick(t, 30*time.Millisecond)
		p.send(second)
		tick(t, 10*time.Millisecond)
		hold <- struct{}{}
		if _, body := p.answer("GET"); body != "/a" {
			t.Errorf("got %q", body)
		}
		await(t, began, "the second")
		hold <- struct{}{}
		if _, body := p.answer("GET"); !strings.HasPrefix(body, "/b") {
			t.Errorf("got %q", body)
		}
	}
}

func TestACallerWhoHungUpGetsWhatItHadAskedFor(t *testing.T) {
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			<-r.Context().Done() // the caller's half has ended
		}
		io.WriteString(w, r.URL.Path)
	})
	got := talk(t, addr, "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
	if strings.Count(got, "HTTP/1.1 200 OK") != 2 || !strings.HasSuffix(got, "/b") {
		t.Errorf("got %q", got)
	}
}

// tick lets real time pass: what is tested is that nothing happens.
func tick(t testing.TB, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// TestOldDeadlinesDoNotEndStreams runs a handler for much longer than every limit of
// the server, watched and writing.
func TestOldDeadlinesDoNotEndStreams(t *testing.T) {
	addr := serve(t, &front.Server{
		ReadHeaderTimeout: time.Second, IdleTimeout: time.Second, WriteIdle: time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			io.Copy(io.Discard, r.Body)
			for range 3 {
				tick(t, 1100*time.Millisecond)
				io.WriteString(w, "x")
				flush(w)
			}
			if r.Context().Err() != nil {
				t.Error("the context ended")
			}
		}),
	})
	p := dial(t, addr)
	for range 2 {
		if _, body := p.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").answer("POST"); body != "xxx" {
			t.Errorf("got %q", body)
		}
	}
}

func TestTimeouts(t *testing.T) {
	addr := serve(t, &front.Server{ReadHeaderTimeout: 2 * time.Second, IdleTimeout: 2200 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})})
	silent, slow, idle := dial(t, addr), dial(t, addr), dial(t, addr)
	idle.send(get).answer("GET")
	again := dial(t, addr)
	again.send(get).answer("GET")
	again.send("GET / HT")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // slow loris: each byte comes in time, the whole does not
		for _, c := range get[:len(get)-3] {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				slow.Write([]byte{byte(c)})
			}
		}
	})
	for _, p := range []*peer{silent, slow, idle, again} {
		if s := p.rest(); s != "" {
			t.Errorf("got %q", s)
		}
	}
	close(stop)
	wg.Wait()
}

func TestReadDeadlinesOfTheHandlerBoundTheBody(t *testing.T) {
	errs := make(chan error, 2)
	addr := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/idle" {
			w.(interface{ SetReadIdle(time.Duration) }).SetReadIdle(30 * time.Millisecond)
		} else {
			go http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
		}
		_, err := io.ReadAll(r.Body)
		errs <- err
		set(w, "Connection", "close")
		w.WriteHeader(408)
	})
	for _, path := range []string{"/past", "/idle"} {
		p := dial(t, addr).send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nh")
		if err, ok := await(t, errs, "the end of the read").(net.Error); !ok || !err.Timeout() {
			t.Errorf("%s: got %v", path, err)
		}
		if resp, _ := p.answer("POST"); resp.StatusCode != 408 {
			t.Errorf("got %v", resp)
		}
	}
}

func TestACallerWhoTakesNothingIsCut(t *testing.T) {
	failed := make(chan error, 1)
	addr := serve(t, &front.Server{WriteIdle: 50 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 1<<20)
		for {
			if _, err := w.Write(b); err != nil {
				failed <- err
				return
			}
		}
	})})
	dial(t, addr).send(get)
	await(t, failed, "the write's failure")
}

func TestAbruptEndsAtEveryPoint(t *testing.T) {
	addr := serve(t, &front.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop := context.AfterFunc(r.Context(), func() {})
		defer stop()
		io.Copy(io.Discard, io.LimitReader(r.Body, 1000))
		for range 20 {
			io.WriteString(w, "some text")
			flush(w)
		}
		select {
		case <-r.Context().Done():
		case <-time.After(7 * time.Millisecond):
		}
		w.Header().Set(http.TrailerPrefix+"X-T", "1")
	})})
	in := "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("x", 2000) + get
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; i < len(in); i += 67 {
				nc, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(nc, in[:i])
				if i%3 == 0 {
					nc.(*net.TCPConn).SetLinger(0)
				}
				if i%5 == 0 {
					nc.SetReadDeadline(time.Now().Add(time.Duration(i%13) * time.Millisecond))
					io.CopyN(io.Discard, nc, int64(i))
				}
				nc.Close()
			}
		})
	}
	wg.Wait()
}
