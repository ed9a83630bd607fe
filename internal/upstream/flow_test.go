package upstream_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// opened gives a client and the head of an answer whose body the script then plays.
func opened(t *testing.T, times provider.Timeouts, script func(p *peer)) (*upstream.Client, *upstream.Response) {
	t.Helper()
	h := serve(t, func(p *peer) {
		p.request()
		script(p)
	})
	c := newClient(t, upstream.Options{BaseURL: h.url, Timeouts: times})
	resp := new(upstream.Response)
	if err := c.Do(t.Context(), get(), resp); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(resp.Close)
	return c, resp
}

func TestEachPieceIsGivenAsItComes(t *testing.T) {
	next := make(chan string, 1)
	c, resp := opened(t, provider.Timeouts{}, func(p *peer) {
		p.write(chunkedHead + "3\r\none\r\n")
		for s := range next {
			p.write(s)
		}
		p.write("0\r\n\r\n")
		<-p.over
	})
	steps := []struct{ want, send string }{
		{"one", "3\r\ntwo\r\n5;a=b\r\nthree\r\n5\r\nfo"},
		{"twothreefo", "urt\r"},
		{"urt", "\n" + "1\r\n!\r\n"},
		{"!", ""},
	}
	at, got := 0, ""
	soon(t, "the body", func() {
		err := resp.Each(func(p []byte) error {
			if got += string(p); got != steps[at].want {
				if !strings.HasPrefix(steps[at].want, got) {
					t.Errorf("step %d: got %q, want %q", at, got, steps[at].want)
				}
				return nil
			}
			if got = ""; steps[at].send == "" {
				close(next)
			} else {
				next <- steps[at].send
			}
			at++
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	if at != len(steps) || upstream.Idle(c) != 1 {
		t.Fatalf("%d steps, %d connections kept", at, upstream.Idle(c))
	}
}

func TestEachOfALargeBody(t *testing.T) {
	want := strings.Repeat("0123456789abcdef", 1<<14)
	_, resp := opened(t, provider.Timeouts{}, func(p *peer) {
		var b strings.Builder
		b.WriteString(chunkedHead)
		for i, rest := 1, want; rest != ""; i = i*3%4099 + 1 {
			n := min(i, len(rest))
			b.WriteString(hex(n) + "\r\n" + rest[:n] + "\r\n")
			rest = rest[n:]
		}
		p.write(b.String() + "0\r\nX-Sum: 1\r\n\r\n")
		<-p.over
	})
	got, err := ways["each"](resp)
	if err != nil || string(got) != want || len(resp.Trailer) != 1 {
		t.Fatalf("%d bytes, %v, trailer %v", len(got), err, resp.Trailer)
	}
}

func hex(n int) string {
	const digits = "0123456789abcdef"
	if n < 16 {
		return digits[n : n+1]
	}
	return hex(n/16) + digits[n%16:n%16+1]
}

func TestTheReceiverOfPiecesMayStop(t *testing.T) {
	enough := errors.New("enough")
	c, resp := opened(t, provider.Timeouts{}, func(p *peer) { p.write(chunkedHead + "3\r\none\r\n"); <-p.over })
	if err := resp.Each(func([]byte) error { return enough }); err != enough {
		t.Fatal(err)
	}
	resp.Close()
	if upstream.Idle(c) != 0 {
		t.Fatal("a connection with an answer left on it was kept")
	}
}

// The kernel tells of a connection's end once. When it came together with the last
// bytes, nobody tells again.
func TestAnEndTogetherWithTheLastBytesIsNoticed(t *testing.T) {
	for range 20 { // which way it comes is chance
		endTogether(t)
	}
}

func endTogether(t *testing.T) {
	t.Helper()
	first, closed := make(chan struct{}), make(chan struct{})
	_, resp := opened(t, provider.Timeouts{}, func(p *peer) {
		p.write(chunkedHead + "3\r\none\r\n")
		<-first
		p.write("3\r\ntwo\r\n")
		p.Close()
		close(closed)
	})
	soon(t, "the end", func() {
		var got strings.Builder
		err := resp.Each(func(p []byte) error {
			if got.Len() == 0 {
				close(first)
				<-closed
			}
			got.Write(p)
			return nil
		})
		wantFault(t, err, fault.Upstream, "in the middle of its answer")
		if got.String() != "onetwo" {
			t.Errorf("got %q", got.String())
		}
	})
}

func TestTheLimitsOfPieces(t *testing.T) {
	silent := func(p *peer) { p.write(chunkedHead + "1\r\n:\r\n"); <-p.over }
	t.Run("idle", func(t *testing.T) {
		_, resp := opened(t, provider.Timeouts{Idle: 100 * time.Millisecond}, silent)
		_, err := ways["each"](resp)
		wantFault(t, err, fault.Timeout, "timeouts.idle")
	})
	t.Run("idle, beyond the second look", func(t *testing.T) {
		began := time.Now()
		_, resp := opened(t, provider.Timeouts{Idle: 700 * time.Millisecond}, silent)
		_, err := ways["each"](resp)
		wantFault(t, err, fault.Timeout, "timeouts.idle")
		if d := time.Since(began); d < 700*time.Millisecond {
			t.Fatal(d)
		}
	})
	t.Run("first event", func(t *testing.T) {
		_, resp := opened(t, provider.Timeouts{}, func(p *peer) {
			p.write(chunkedHead)
			for tick := time.NewTicker(10 * time.Millisecond); ; {
				select {
				case <-tick.C:
					p.write("1\r\n:\r\n")
				case <-p.over:
					tick.Stop()
					return
				}
			}
		})
		resp.AwaitEvent(100 * time.Millisecond)
		_, err := ways["each"](resp)
		wantFault(t, err, fault.Timeout, "timeouts.first_event")
	})
}

func TestManyFlowsShareTheirLooking(t *testing.T) {
	h := serve(t, func(p *peer) {
		for p.request() != nil {
			p.write(chunkedHead + "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
		}
	})
	c := newClient(t, upstream.Options{BaseURL: h.url})
	failed := make(chan error, 32)
	for range cap(failed) {
		go func() {
			for range 50 {
				if a, err := sendBy(context.Background(), ways["each"], c, get()); err != nil || a.body != "onetwo" {
					failed <- errors.Join(err, errors.New(a.body))
					return
				}
			}
			failed <- nil
		}()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

var _ io.Reader = (*upstream.Response)(nil)
