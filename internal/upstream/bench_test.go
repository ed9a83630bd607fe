package upstream_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/sluice-gateway/sluice/internal/upstream"
)

// usual is what a vendor's 1 KB answer looks like.
var usual = "HTTP/1.1 200 OK\r\nDate: Sat, 01 Aug 2026 10:00:00 GMT\r\nContent-Type: application/json\r\n" +
	"x-request-id: req_0123456789abcdef\r\nopenai-processing-ms: 412\r\nx-ratelimit-limit-requests: 10000\r\n" +
	"x-ratelimit-remaining-requests: 9999\r\nserver: cloudflare\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("j", 1024)

func usualRequest() *upstream.Request {
	return &upstream.Request{Method: "POST", Path: "/v1/chat/completions",
		Header: []upstream.Field{{Name: "Authorization", Value: "Bearer k-0123456789abcdef"}, {Name: "Content-Type", Value: "application/json"},
			{Name: "Accept", Value: "application/json"}, {Name: "User-Agent", Value: "bench"}},
		Body: [][]byte{[]byte(`{"model":"`), []byte("m-1"), bytes.Repeat([]byte("x"), 400)}}
}

// cheap is a server that costs next to nothing: it looks for the end of a request of
// known size and writes fixed bytes.
func cheap(t testing.TB, size int, answer string) *host {
	return serve(t, func(p *peer) {
		buf, out := make([]byte, 64<<10), []byte(answer)
		for got := 0; ; {
			n, err := p.Conn.Read(buf)
			if err != nil {
				return
			}
			if got += n; got >= size {
				got -= size
				p.Conn.Write(out)
			}
		}
	})
}

func wireSize(t testing.TB, write func(url string)) int {
	size := make(chan int, 1)
	h := serve(t, func(p *peer) {
		var raw bytes.Buffer
		p.in = bufio.NewReader(io.TeeReader(p.Conn, &raw))
		p.request()
		size <- raw.Len()
		p.write(usual)
	})
	write(h.url)
	return <-size
}

// cpu reports the process's CPU time per operation, client and server together.
func cpu(b *testing.B, f func()) {
	var before, after syscall.Rusage
	b.ReportAllocs()
	b.ResetTimer()
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	f()
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
}

func BenchmarkDirect(b *testing.B) {
	r := usualRequest()
	size := wireSize(b, func(url string) { send(newClient(b, upstream.Options{BaseURL: url}), r) })
	h := cheap(b, size, usual)
	c := newClient(b, upstream.Options{BaseURL: h.url})
	for name, ctx := range map[string]context.Context{"": context.Background(), "Cancellable": b.Context()} {
		b.Run("Plain"+name, func(b *testing.B) {
			var resp upstream.Response
			buf := make([]byte, 4096)
			cpu(b, func() {
				for b.Loop() {
					roundTrip(b, ctx, c, r, &resp, buf)
				}
			})
		})
	}
	b.Run("Parallel", func(b *testing.B) {
		cpu(b, func() {
			b.RunParallel(func(pb *testing.PB) {
				var resp upstream.Response
				buf := make([]byte, 4096)
				for pb.Next() {
					roundTrip(b, context.Background(), c, r, &resp, buf)
				}
			})
		})
	})
}

func roundTrip(t testing.TB, ctx context.Context, c *upstream.Client, r *upstream.Request, resp *upstream.Response, buf []byte) {
	if err := c.Do(ctx, r, resp); err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		m, err := resp.Read(buf)
		if n += m; err != nil {
			break
		}
	}
	if resp.Close(); n != 1024 {
		t.Fatal(n)
	}
}

func BenchmarkNetHTTPTransport(b *testing.B) {
	body := bytes.Join(usualRequest().Body, nil)
	request := func(url string) *http.Request {
		q, _ := http.NewRequest("POST", url+"/v1/chat/completions", bytes.NewReader(body))
		for _, f := range usualRequest().Header {
			q.Header.Set(f.Name, f.Value)
		}
		return q
	}
	tr := &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}
	b.Cleanup(tr.CloseIdleConnections)
	do := func(url string, buf []byte) {
		resp, err := tr.RoundTrip(request(url))
		if err != nil {
			b.Error(err)
			return
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		resp.Body.Close()
	}
	size := wireSize(b, func(url string) { do(url, make([]byte, 4096)) })
	h := cheap(b, size, usual)
	b.Run("Plain", func(b *testing.B) {
		buf := make([]byte, 4096)
		cpu(b, func() {
			for b.Loop() {
				do(h.url, buf)
			}
		})
	})
	b.Run("Parallel", func(b *testing.B) {
		cpu(b, func() {
			b.RunParallel(func(pb *testing.PB) {
				buf := make([]byte, 4096)
				for pb.Next() {
					do(h.url, buf)
				}
			})
		})
	})
}

// BenchmarkOwnCost leaves out the system calls: what the client itself costs.
func BenchmarkOwnCost(b *testing.B) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		return &parrot{answer: []byte(usual)}, nil
	}
	c := newClient(b, upstream.Options{BaseURL: "http://vendor.test", Dial: dial})
	r := usualRequest()
	var resp upstream.Response
	buf := make([]byte, 4096)
	cpu(b, func() {
		for b.Loop() {
			roundTrip(b, context.Background(), c, r, &resp, buf)
		}
	})
}

// parrot answers every write with the same bytes.
type parrot struct {
	recorded
	answer []byte
}

func (p *parrot) Write(b []byte) (int, error) {
	p.recorded = recorded{p.answer, 1 << 20}
	return len(b), nil
}

// BenchmarkTLS is an exchange over TLS.
func BenchmarkTLS(b *testing.B) {
	s, ca := secure(b, false, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, usual[len(usual)-1024:])
	})
	c := newClient(b, upstream.Options{BaseURL: s.URL, CAFile: ca})
	for name, size := range map[string]int{"1KB": 1 << 10, "20KB": 20 << 10} {
		b.Run(name, func(b *testing.B) {
			r := usualRequest()
			r.Body = [][]byte{make([]byte, size)}
			var resp upstream.Response
			buf := make([]byte, 4096)
			cpu(b, func() {
				for b.Loop() {
					roundTrip(b, context.Background(), c, r, &resp, buf)
				}
			})
		})
	}
}

// BenchmarkFloor is the least that an exchange can cost: write, read.
func BenchmarkFloor(b *testing.B) {
	request := bytes.Repeat([]byte("q"), 600)
	h := cheap(b, len(request), usual)
	nc, err := dialURL(h.url)
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	buf := make([]byte, 4096)
	cpu(b, func() {
		for b.Loop() {
			nc.Write(request)
			for n := 0; n < len(usual); {
				m, _ := nc.Read(buf)
				n += m
			}
		}
	})
}

// BenchmarkStream reads a stream of small chunks; an operation is one chunk.
func BenchmarkStream(b *testing.B) {
	const events = 1000
	chunk := "c8\r\n" + strings.Repeat("e", 200) + "\r\n"
	h := serve(b, func(p *peer) {
		for p.request() != nil {
			p.write(streamHead)
			for range events {
				p.write(chunk)
			}
			p.write("0\r\n\r\n")
		}
	})
	c := newClient(b, upstream.Options{BaseURL: h.url})
	var resp upstream.Response
	buf := make([]byte, 4096)
	cpu(b, func() {
		for n := 0; n < b.N; n += events {
			if err := c.Do(context.Background(), get(), &resp); err != nil {
				b.Fatal(err)
			}
			for {
				if _, err := resp.Read(buf); err != nil {
					break
				}
			}
			resp.Close()
		}
	})
}

// The ceiling of the plain path. The one allocation is the text of the head.
func TestPlainRequestHardlyAllocates(t *testing.T) {
	if testing.CoverMode() != "" || raceEnabled {
		t.Skip("instrumented builds allocate more")
	}
	r := usualRequest()
	size := wireSize(t, func(url string) { send(newClient(t, upstream.Options{BaseURL: url}), r) })
	h := cheap(t, size, usual)
	c := newClient(t, upstream.Options{BaseURL: h.url})
	var resp upstream.Response
	buf := make([]byte, 4096)
	one := func() { roundTrip(t, context.Background(), c, r, &resp, buf) }
	one()
	if n := testing.AllocsPerRun(300, one); n > 2 {
		t.Fatalf("%v allocations per request", n)
	}
}
