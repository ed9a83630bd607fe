package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/nettest"

	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

const hello = `{"model":"echo","messages":[{"role":"user","content":"Hello"}]}`

func dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := sandbox.New(sandbox.Options{}).Dial(t.Context(), "tcp", "sandbox.internal:80")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConnectionsBehaveAsNetConnsDo(t *testing.T) {
	nettest.TestConn(t, func() (a, b net.Conn, stop func(), err error) {
		a, b = sandbox.Connect()
		return a, b, func() { a.Close(); b.Close() }, nil
	})
}

func TestManyRequestsShareOneConnection(t *testing.T) {
	dials := 0
	spec := sandbox.New(sandbox.Options{})
	tr := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		return spec.Dial(ctx, network, addr)
	}}
	defer tr.CloseIdleConnections()
	for range 10 {
		r, err := send(t.Context(), &http.Client{Transport: tr}, "/v1/chat/completions", hello)
		if err != nil {
			t.Fatal(err)
		}
		if b := readAll(t, r); !strings.Contains(string(b), `"content":"Hello"`) {
			t.Fatalf("got %s", b)
		}
	}
	if dials != 1 {
		t.Errorf("%d connections", dials)
	}
}

func TestAClosedConnectionLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for range 10 {
		c := dial(t)
		io.WriteString(c, "POST /v1/chat/completions HTTP/1.1\r\nHost: sandbox.internal\r\n")
		c.Close()
	}
	goleak.VerifyNone(t, before)
}

func TestACancelledDialGivesNoConnection(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sandbox.Spec.Dial(ctx, "tcp", "sandbox.internal:80"); !errors.Is(err, context.Canceled) {
		t.Errorf("err is %v", err)
	}
}

func TestAReadDeadlinePassesWhileTheSandboxIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t)
		defer c.Close()
		c.SetReadDeadline(time.Now().Add(3 * time.Second))
		start := time.Now()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestLatencyComesBeforeTheFirstByteAndDelayBetweenChunks(t *testing.T) {
	for _, c := range []struct {
		name, model string
		options     sandbox.Options
		head, total time.Duration
	}{
		{"by the name", "chat?latency=200ms&delay=10ms&chunks=5", sandbox.Options{}, 200 * time.Millisecond, 240 * time.Millisecond},
		{"by the options", "chat", sandbox.Options{Latency: time.Second, ChunkDelay: time.Second, Chunks: 3}, time.Second, 3 * time.Second},
		{"the name wins", "chat?latency=0s&delay=0s", sandbox.Options{Latency: time.Second, ChunkDelay: time.Second}, 0, 0},
		{"slow", "slow?chunks=1", sandbox.Options{}, 2 * time.Second, 2 * time.Second},
		{"slow, but told how slow", "slow?latency=5s", sandbox.Options{}, 5 * time.Second, 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hc := client(t, sandbox.New(c.options))
				defer hc.CloseIdleConnections()
				start := time.Now()
				r, err := send(t.Context(), hc, "/v1/chat/completions", `{"model":"`+c.model+`","stream":true,"messages":[{"role":"user","content":"Hello"}]}`)
				if err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != c.head {
					t.Errorf("the head came after %s, want %s", got, c.head)
				}
				readAll(t, r)
				if got := time.Since(start); got != c.total {
					t.Errorf("the end came after %s, want %s", got, c.total)
				}
			})
		})
	}
}

func TestACallerWhoLeavesEndsTheAnswer(t *testing.T) {
	for _, model := range []string{"chat?latency=10m", "chat?delay=1m&chunks=100"} {
		synctest.Test(t, func(t *testing.T) {
			hc := client(t, sandbox.New(sandbox.Options{}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r, err := send(ctx, hc, "/v1/chat/completions", `{"model":"`+model+`","stream":true,"messages":[{"role":"user","content":"Hello"}]}`)
			if err == nil {
				_, err = io.ReadAll(r.Body)
				r.Body.Close()
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err is %v", err)
			}
			synctest.Wait() // the bubble fails if a goroutine stays
		})
	}
}

func TestCutBreaksOffInTheMiddle(t *testing.T) {
	hc := client(t, sandbox.New(sandbox.Options{}))
	for name, s := range dialects() {
		target, body := s.request("cut", "Hello, what is it that you do?")
		for _, streamed := range []bool{false, true} {
			if streamed {
				target, body = s.stream(target, body)
			}
			r, err := send(t.Context(), hc, target, body)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r.Body)
			r.Body.Close()
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(b) == 0 || r.StatusCode != 200 {
				t.Errorf("%s, streamed %v: %d bytes, %v", name, streamed, len(b), err)
			}
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	spec := sandbox.New(sandbox.Options{})
	tr := &http.Transport{DialContext: spec.Dial}
	defer tr.CloseIdleConnections()
	hc := &http.Client{Transport: tr}
	for _, c := range []struct{ name, body string }{
		{"whole", hello},
		{"stream", strings.Replace(hello, `"model":"echo"`, `"model":"echo?size=1600&chunks=100","stream":true`, 1)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := send(b.Context(), hc, "/v1/chat/completions", c.body)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, r.Body)
				r.Body.Close()
			}
		})
	}
}
