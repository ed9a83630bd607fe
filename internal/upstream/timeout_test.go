package upstream_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

const streamHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestEachPhaseHasItsLimit(t *testing.T) {
	drip := func(every time.Duration) func(*peer) {
		return func(p *peer) {
			p.request()
			p.write(streamHead)
			for {
				select {
				case <-time.After(every):
					p.write("1\r\nx\r\n")
				case <-p.over:
					return
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		times  provider.Timeouts
		script func(*peer)
		after  time.Duration
		text   string
	}{
		"first byte by default": {provider.Timeouts{}, func(p *peer) { p.request(); <-p.over }, 120 * time.Second, "timeouts.first_byte"},
		"first byte":            {provider.Timeouts{FirstByte: 3 * time.Second}, func(p *peer) { p.request(); <-p.over }, 3 * time.Second, "3s (timeouts.first_byte)"},
		"half a head":           {provider.Timeouts{FirstByte: 3 * time.Second}, func(p *peer) { p.request(); p.write("HTTP/1.1 200 OK\r\nX-"); <-p.over }, 3 * time.Second, "timeouts.first_byte"},
		"idle by default":       {provider.Timeouts{}, func(p *peer) { p.request(); p.write(streamHead); <-p.over }, 60 * time.Second, "timeouts.idle"},
		"idle after data":       {provider.Timeouts{Idle: 5 * time.Second}, func(p *peer) { p.request(); p.write(streamHead + "1\r\nx\r\n"); <-p.over }, 5 * time.Second, "5s (timeouts.idle)"},
		"total":                 {provider.Timeouts{Total: 10500 * time.Millisecond}, drip(time.Second), 10500 * time.Millisecond, "timeouts.total"},
		"total by default":      {provider.Timeouts{}, drip(50 * time.Second), 15 * time.Minute, "timeouts.total"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := piped(t, tc.times, tc.script)
				start := time.Now()
				a, err := send(c, get())
				wantFault(t, err, fault.Timeout, tc.text)
				if d := time.Since(start); d != tc.after {
					t.Fatalf("after %v, want %v", d, tc.after)
				}
				if a.resp.Waited != tc.after {
					t.Fatalf("waited %v of %v", a.resp.Waited, tc.after)
				}
			})
		})
	}
}

func TestSlowButSteadyAnswerIsNotTimedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{}, func(p *peer) {
			for p.request() != nil {
				<-time.After(110 * time.Second)
				p.write(streamHead)
				for range 8 {
					<-time.After(59 * time.Second)
					p.write("1\r\nx\r\n")
				}
				p.write("0\r\n\r\n")
			}
		})
		for i := range 3 { // later rounds find the deadlines of earlier ones
			a, err := send(c, get())
			if err != nil || a.body != "xxxxxxxx" || a.resp.Reused != (i > 0) {
				t.Fatal(i, a.body, err)
			}
			<-time.After(70 * time.Second)
		}
		c.Close()
	})
}

func TestReadTimeoutReplacesIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{}, func(p *peer) { p.request(); p.write(streamHead); <-p.over })
		var resp upstream.Response
		if err := c.Do(t.Context(), get(), &resp); err != nil {
			t.Fatal(err)
		}
		defer resp.Close()
		resp.SetReadTimeout(7 * time.Second)
		start := time.Now()
		_, err := resp.Read(make([]byte, 1))
		wantFault(t, err, fault.Timeout, "stalled for 7s")
		if d := time.Since(start); d != 7*time.Second {
			t.Fatal(d)
		}
	})
}

func TestKeepAliveBytesDoNotPutOffTheFirstEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{}, func(p *peer) {
			p.request()
			p.write(streamHead)
			for range 100 {
				select {
				case <-time.After(10 * time.Second):
					p.write("1\r\n:\r\n")
				case <-p.over:
					return
				}
			}
		})
		var resp upstream.Response
		if err := c.Do(t.Context(), get(), &resp); err != nil {
			t.Fatal(err)
		}
		defer resp.Close()
		resp.AwaitEvent(25 * time.Second)
		start := time.Now()
		_, err := io.ReadAll(&resp)
		wantFault(t, err, fault.Timeout, "timeouts.first_event")
		if d := time.Since(start); d != 25*time.Second {
			t.Fatal(d)
		}
	})
}

func TestFirstByteCountsFromTheEndOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, provider.Timeouts{FirstByte: 3 * time.Second}, func(p *peer) { p.request(); <-p.over })
		pr, pw := io.Pipe()
		go func() {
			for range 10 {
				<-time.After(2 * time.Second)
				pw.Write([]byte("x"))
			}
			pw.Close()
		}()
		start := time.Now()
		_, err := send(c, &upstream.Request{Method: "POST", Path: "/", Stream: pr, Length: -1})
		wantFault(t, err, fault.Timeout, "timeouts.first_byte")
		if d := time.Since(start); d != 23*time.Second {
			t.Fatalf("after %v", d)
		}
	})
}

func TestConnectHasItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		a, err := send(newClient(t, upstream.Options{BaseURL: "http://vendor.test", Dial: hang}), get())
		wantFault(t, err, fault.Timeout, "connecting to vendor.test took longer than 5s (timeouts.connect)")
		if d := time.Since(start); d != 5*time.Second || a.resp.Waited != d {
			t.Fatal(d, a.resp.Waited)
		}
		_, err = send(newClient(t, upstream.Options{BaseURL: "http://vendor.test", Dial: hang, Timeouts: provider.Timeouts{Total: time.Second}}), get())
		wantFault(t, err, fault.Timeout, "timeouts.total")
	})
}

// A TLS handshake that never ends is part of connecting.
func TestHandshakeHasTheConnectLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		go io.Copy(io.Discard, far)
		dial := func(context.Context, string, string) (net.Conn, error) { return near, nil }
		_, err := send(newClient(t, upstream.Options{BaseURL: "https://vendor.test", Dial: dial}), get())
		wantFault(t, err, fault.Timeout, "timeouts.connect")
	})
}
