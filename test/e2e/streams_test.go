package e2e_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The bounds of memory, with room for other machines: what is promised is 45 MB idle
// and 120 MB with 1,000 streams.
const (
	idleBound   = 60 << 20
	streamBound = 100 << 10 // each, beyond idle
)

// This test measures memory, so it runs before those that run at once.
func TestTwoThousandStreamsAtOnceComeWholeInConstantMemory(t *testing.T) {
	const streams, chunks = 2000, 10
	needFiles(t, 4*streams+1000)
	every := 300 * time.Millisecond
	var opened atomic.Int64
	begin := make(chan struct{})
	up := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s := beginStream(w)
		s.send(chunk("0"))
		opened.Add(1)
		<-begin
		tick := time.NewTicker(every)
		defer tick.Stop()
		for i := 1; i < chunks; i++ {
			<-tick.C
			if !s.send(chunk(fmt.Sprint(i))) {
				return
			}
		}
		s.finish(body)
	})
	want := ""
	for i := range chunks {
		want += chunk(fmt.Sprint(i))
	}
	want += lastChunk + doneEvent

	p := start(t, options{config: config(up, metadataOnly)})
	p.settle()
	idle := p.rss()
	c := newClient(t)
	answers := make([]answer, streams)
	var wg sync.WaitGroup
	var wrong atomic.Int64
	for i := range streams {
		wg.Go(func() {
			var err error
			if answers[i], err = c.call(p.URL, streamCall); err != nil || string(answers[i].body) != want {
				if wrong.Add(1) <= 3 {
					t.Errorf("stream %d: %v, status %d, %q", i, err, answers[i].status, tail(string(answers[i].body), 200))
				}
			}
			answers[i].body = nil
		})
	}
	eventually(t, patience, "every stream is open", func() bool { return opened.Load() == streams })
	after(300 * time.Millisecond)
	open := p.rss()
	close(begin)
	after(every * (chunks - 3))
	late := p.rss()
	wg.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of %d streams came damaged", n, streams)
	}
	t.Logf("RSS: %d MB idle, %d MB with %d streams open, %d MB after %d chunks of each", idle>>20, open>>20, streams, late>>20, chunks-3)
	if open == 0 {
		skipLoudly(t, "memory cannot be measured on this system")
	}
	if idle > idleBound || open > idleBound+streams*streamBound {
		t.Errorf("too much memory: %d MB idle, %d MB with %d streams", idle>>20, open>>20, streams)
	}
	if late > open+open/4+(8<<20) {
		t.Errorf("memory grows while streams run: %d MB, then %d MB", open>>20, late>>20)
	}
	listedOnce(t, p.entries(), answers)
}

// settle lets what a start leaves behind be done with, for which a busy machine takes longer.
func (p *process) settle() {
	p.t.Helper()
	p.awaitReady()
	after(500 * time.Millisecond)
	for end := time.Now().Add(20 * time.Second); p.rss() > idleBound && time.Now().Before(end); {
		after(100 * time.Millisecond)
	}
}

func TestASlowReaderHoldsItsUpstreamBackAndNobodyElse(t *testing.T) {
	t.Parallel()
	const total = 192 << 20
	var sent atomic.Int64
	sum := make(chan [32]byte, 1)
	event := chunk(strings.Repeat("x", 32<<10))
	up := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !strings.Contains(string(body), "flood") {
			_, _ = io.WriteString(w, plainText)
			return
		}
		h := sha256.New()
		s := beginStream(w)
		for sent.Load() < total {
			if !send(s, h, event) {
				return
			}
			sent.Add(int64(len(event)))
		}
		send(s, h, lastChunk+doneEvent)
		sum <- [32]byte(h.Sum(nil))
	})
	p := start(t, options{config: config(up, metadataOnly)})
	p.mustCall()
	before := p.rss()
	conn := dial(t, p.URL)
	if err := conn.(*net.TCPConn).SetReadBuffer(32 << 10); err != nil {
		t.Fatal(err)
	}
	// Usage is asked for here, so that nothing has to be hidden from the caller.
	body := `{"model":"up/m1","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"flood"}]}`
	fmt.Fprintf(conn, "%s%s", head(len(body)), body)
	in := bufio.NewReaderSize(conn, 4<<10)
	if _, err := in.Peek(1000); err != nil {
		t.Fatal(err)
	}
	stalled := awaitStall(t, &sent)
	t.Logf("the upstream was stopped after %d MB of %d; RSS %d MB, was %d", stalled>>20, total>>20, p.rss()>>20, before>>20)
	if stalled > total*3/4 {
		t.Errorf("the upstream could write %d MB to a caller who does not read", stalled>>20)
	}
	if now := p.rss(); now > before+(24<<20) {
		t.Errorf("RSS went from %d to %d MB for one slow reader", before>>20, now>>20)
	}
	l := startPlainLoad(t, p.URL, 4, 5*time.Millisecond)
	eventually(t, patience, "others get their answers", func() bool { return l.count() >= 50 })
	l.end()
	l.noFailures(t, time.Time{})
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, resp.Body); err != nil {
		t.Fatalf("the rest of the stream: %v", err)
	}
	if got := [32]byte(h.Sum(nil)); got != <-sum {
		t.Error("the bytes of the stream changed on their way")
	}
}

func send(s eventWriter, h hash.Hash, event string) bool {
	h.Write([]byte(event))
	return s.send(event)
}

// awaitStall waits until a counter stands still, and gives it.
func awaitStall(t *testing.T, n *atomic.Int64) int64 {
	t.Helper()
	last, since := n.Load(), time.Now()
	eventually(t, patience, "the upstream stalls", func() bool {
		if now := n.Load(); now != last {
			last, since = now, time.Now()
		}
		return last > 0 && time.Since(since) > 400*time.Millisecond
	})
	return last
}

func TestAReaderThatStoppedForGoodDoesNotKeepTheProcessAlive(t *testing.T) {
	t.Parallel()
	event := chunk(strings.Repeat("x", 32<<10))
	var sent atomic.Int64
	up := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		s := beginStream(w)
		for s.send(event) {
			sent.Add(int64(len(event)))
		}
	})
	p := start(t, options{config: config(up, metadataOnly, "server: { shutdown_grace: 500ms }")})
	conn := dial(t, p.URL)
	if err := conn.(*net.TCPConn).SetReadBuffer(32 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "%s%s", head(len(streamCall)), streamCall)
	head, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 4<<10)), nil)
	if err != nil {
		t.Fatal(err)
	}
	id := head.Header.Get("sluice-request-id")
	awaitStall(t, &sent)
	p.signal(sigterm)
	if code := p.wait(patience); code != 0 {
		t.Errorf("exit code %d", code)
	}
	listedOnce(t, p.again(options{}).entries(), []answer{{id: id}})
}

func TestACallerWhoLeavesEndsTheCallUpstreamWithin100ms(t *testing.T) {
	t.Parallel()
	arrived, ended := make(chan bool, 1), make(chan time.Time, 1)
	up := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		arrived <- true
		if strings.Contains(string(body), `"stream":true`) {
			beginStream(w).send(chunk("Good"))
		}
		<-r.Context().Done()
		ended <- time.Now()
	})
	p := start(t, options{config: config(up, metadataOnly)})
	h2c := http.Protocols{}
	h2c.SetUnencryptedHTTP2(true)
	for _, c := range []struct {
		name, body string
		protocols  *http.Protocols
	}{
		{"in a stream", streamCall, nil},
		{"before the answer", plainCall, nil},
		{"in a stream over HTTP/2", streamCall, &h2c},
		{"before the answer over HTTP/2", plainCall, &h2c},
	} {
		tr := &http.Transport{Protocols: c.protocols}
		ctx, leave := context.WithCancel(t.Context())
		running := make(chan struct{})
		go func() { // ends when its caller leaves
			defer close(running)
			resp, err := tr.RoundTrip(request(ctx, p.URL, c.body))
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body) // cut on purpose
				resp.Body.Close()
			}
		}()
		select {
		case <-arrived:
		case <-time.After(patience):
			t.Fatalf("%s: the call does not come to the upstream", c.name)
		}
		if strings.Contains(c.body, "stream") {
			eventually(t, patience, "the stream is open", func() bool { v, _ := p.metric("sluice_streams_open"); return v == 1 })
		}
		after(50 * time.Millisecond)
		left := time.Now()
		leave()
		select {
		case at := <-ended:
			t.Logf("%s: the upstream knew after %s", c.name, millis(at.Sub(left)))
			if at.Sub(left) > promised(100*time.Millisecond) {
				t.Errorf("%s: the upstream knew only after %s", c.name, at.Sub(left))
			}
		case <-time.After(patience):
			t.Errorf("%s: the call upstream goes on", c.name)
		}
		<-running
		tr.CloseIdleConnections()
		eventually(t, patience, "the call ended", func() bool { v, ok := p.metric("sluice_requests_in_flight"); return ok && v == 0 })
		var e entry
		eventually(t, patience, "the call is recorded", func() bool {
			id := ""
			for one := range p.entries() {
				id = max(id, one)
			}
			return id != "" && p.admin(http.MethodGet, "/api/v1/entries/"+id, &e) == http.StatusOK
		})
		if e.Status != 499 && e.ErrorCode == "" {
			t.Errorf("%s: the entry says status %d, code %q", c.name, e.Status, e.ErrorCode)
		}
	}
}
