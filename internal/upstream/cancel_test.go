package upstream_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

func TestCallerWhoLeavesEndsTheCallAtOnce(t *testing.T) {
	for kind, make := range kinds {
		for name, script := range map[string]func(p *peer, reached chan<- struct{}){
			"waiting for the head": func(p *peer, reached chan<- struct{}) {
				p.request()
				reached <- struct{}{}
				<-p.over
			},
			"within the body": func(p *peer, reached chan<- struct{}) {
				p.request()
				p.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
				reached <- struct{}{}
				<-p.over
			},
		} {
			for by, way := range ways {
				t.Run(kind+" "+name+", by "+by, func(t *testing.T) {
					reached := chan1()
					h := serve(t, func(p *peer) { script(p, reached) })
					c := make(t, upstream.Options{BaseURL: h.url})
					ctx, cancel := context.WithCancel(context.Background())
					go func() { <-reached; cancel() }()
					soon(t, "the call", func() {
						_, err := sendBy(ctx, way, c, post("question"))
						wantFault(t, err, fault.Gone, "caller left")
					})
					if kind == "direct" && upstream.Idle(c) != 0 {
						t.Fatal("the connection was kept")
					}
				})
			}
		}
	}
}

func chan1() chan struct{} { return make(chan struct{}, 1) }

func TestCallerWhoLeavesEndsALargeUpload(t *testing.T) {
	reached := chan1()
	h := serve(t, func(p *peer) { readHead(p); reached <- struct{}{}; <-p.over })
	c := newClient(t, upstream.Options{BaseURL: h.url})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-reached; cancel() }()
	soon(t, "the call", func() {
		_, err := sendIn(ctx, c, &upstream.Request{Method: "POST", Path: "/", Body: [][]byte{make([]byte, 64<<20)}})
		wantFault(t, err, fault.Gone, "caller left")
	})
}

func TestCallerWhoLeavesEndsTheDial(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := newClient(t, upstream.Options{BaseURL: "http://vendor.test", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	_, err := sendIn(ctx, c, get())
	wantFault(t, err, fault.Gone, "caller left")
	_, err = sendIn(ctx, c, get())
	wantFault(t, err, fault.Gone, "caller left")
}

func TestCallersDeadlineIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{}, func(p *peer) { p.request(); <-p.over })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := sendIn(ctx, c, get())
		wantFault(t, err, fault.Timeout, "caller's limit")
		if d := time.Since(start); d != time.Second {
			t.Fatalf("after %v", d)
		}
	})
}

// Contexts end at random moments of their exchanges; whoever is not cancelled must
// get the right answer, and nobody someone else's.
func TestCancellingAtRandomNeverHarmsAnotherRequest(t *testing.T) {
	h := serve(t, func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			body, _ := io.ReadAll(r.Body)
			p.write("HTTP/1.1 200 OK\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n")
			p.write(string(body))
		}
	})
	c := newClient(t, upstream.Options{BaseURL: h.url})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 150 {
				exchange(t, c, itoa(w)+"/"+itoa(i), i%2 == 0)
			}
		})
	}
	wg.Wait()
}

func exchange(t *testing.T, c *upstream.Client, body string, cancelled bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if cancelled {
		timer := time.AfterFunc(time.Duration(rand.IntN(200))*time.Microsecond, cancel)
		defer timer.Stop()
	}
	a, err := sendIn(ctx, c, post(body))
	if err == nil && a.body != body {
		t.Errorf("sent %q, got %q", body, a.body)
	}
	if err != nil && !cancelled {
		t.Errorf("%s failed though nobody cancelled it: %v", body, err)
	}
	if err != nil && cancelled {
		wantFault(t, err, fault.Gone, "")
	}
}

func TestContextThatEndsAfterTheAnswerTouchesNothing(t *testing.T) {
	h := serve(t, answers(ok("hello")))
	c := newClient(t, upstream.Options{BaseURL: h.url})
	for range 50 {
		ctx, cancel := context.WithCancel(context.Background())
		if a, err := sendIn(ctx, c, get()); err != nil || a.body != "hello" {
			t.Fatal(a.body, err)
		}
		cancel()
	}
	if h.count() != 1 {
		t.Fatalf("%d connections", h.count())
	}
}
