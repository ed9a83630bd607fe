package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const shortTimes = "server: { read_header_timeout: 600ms, body_idle_timeout: 600ms }"

// drip writes one byte every 100 ms until the other side cuts the connection; it gives
// how long that took, or false when it did not come to it.
func drip(conn net.Conn, text string, within time.Duration) (time.Duration, bool) {
	began := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	cut := make(chan struct{})
	go func() { // ends with the connection
		defer close(cut)
		_, _ = io.Copy(io.Discard, conn) // ends at the cut
	}()
	for i := 0; time.Since(began) < within; i++ {
		select {
		case <-cut:
			return time.Since(began), true
		case <-tick.C:
			if i < len(text) {
				_, _ = conn.Write([]byte{text[i]}) // the cut is seen by the reader
			}
		}
	}
	conn.Close()
	<-cut
	return 0, false
}

func TestClientsThatDripAreCutAndOthersDoNotNotice(t *testing.T) {
	t.Parallel()
	p := start(t, options{config: config(plainUpstream(t), metadataOnly, shortTimes)})
	whole := string(head(4000)) + `{"model":"up/m1","messages":[{"role":"user","content":"` + strings.Repeat("x", 3900)
	before := startLoad(t, p.URL, 4, 5*time.Millisecond)
	began := time.Now()
	var wg sync.WaitGroup
	for _, c := range []struct{ name, once, drip string }{
		{"a head that drips", "", whole},
		{"a connection that says nothing", "", ""},
		{"a body that stops", whole[:400], ""},
		{"a body that stops, from a caller without a key", strings.Replace(whole[:400], gatewayKey, "sk-sluice-nobody-knows-this", 1), ""},
		{"a body that drips", whole[:400], whole[400:]},
	} {
		for i := range 10 {
			conn := dial(t, p.URL)
			wg.Go(func() {
				if _, err := io.WriteString(conn, c.once); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				took, cut := drip(conn, c.drip, patience)
				switch {
				case !cut && i == 0:
					t.Errorf("%s: not cut", c.name)
				case i == 0:
					t.Logf("%s: cut after %s", c.name, millis(took))
				}
			})
		}
	}
	wg.Wait()
	before.end()
	before.noFailures(t, time.Time{})
	took := before.between(began, time.Now())
	t.Logf("others meanwhile: %d calls, p50 %s, p99 %s", len(took), millis(quantile(took, .5)), millis(quantile(took, .99)))
	if len(took) < 20 || quantile(took, .99) > promised(500*time.Millisecond) {
		t.Errorf("others were harmed: %d calls, p99 %s", len(took), quantile(took, .99))
	}
	eventually(t, patience, "nothing is left in flight", func() bool { v, ok := p.metric("sluice_requests_in_flight"); return ok && v == 0 })
}

// This test measures, so it runs before those that run at once.
func TestTenThousandIdleConnectionsDoNoHarm(t *testing.T) {
	const n = 10_000
	needFiles(t, n+2000)
	p := start(t, options{config: config(plainUpstream(t), metadataOnly)})
	p.mustCall()
	before := p.rss()
	conns := make([]net.Conn, n)
	t.Cleanup(func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	})
	began := time.Now()
	var wg sync.WaitGroup
	var bad atomic.Int64
	for w := range 16 {
		wg.Go(func() {
			for i := w; i < n; i += 16 {
				var err error
				if conns[i], err = idleConnection(p.URL); err != nil && bad.Add(1) <= 3 {
					t.Errorf("connection %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	now := p.rss()
	t.Logf("%d connections opened and used once in %s; RSS %d MB, was %d", n, time.Since(began).Round(time.Millisecond), now>>20, before>>20)
	if now > before+n*(24<<10) {
		t.Errorf("%d idle connections cost %d MB", n, (now-before)>>20)
	}
	l := startLoad(t, p.URL, 4, 2*time.Millisecond)
	from := time.Now()
	after(800 * time.Millisecond)
	l.end()
	l.noFailures(t, time.Time{})
	took := l.between(from, time.Now())
	t.Logf("calls beside them: p50 %s, p99 %s", millis(quantile(took, .5)), millis(quantile(took, .99)))
	if len(took) < 10 || quantile(took, .5) > promised(100*time.Millisecond) {
		t.Errorf("%d calls, median %s", len(took), quantile(took, .5))
	}
}

// idleConnection opens a connection and makes one small request on it.
func idleConnection(url string) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), patience)
	if err != nil {
		return nil, err
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return c, err
	}
	fmt.Fprintf(c, "GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		return c, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return c, fmt.Errorf("status %d", resp.StatusCode)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return c, err
}
