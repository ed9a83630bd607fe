package otlp

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// stuck is a destination that takes a batch when it is let.
type stuck struct {
	began chan []int
	let   chan error
}

func (s stuck) Send(ctx context.Context, batch []int) error {
	s.began <- append([]int(nil), batch...)
	select {
	case err := <-s.let:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (stuck) End(context.Context) {}

func newStanding() *standing {
	c := func(name string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name})
	}
	return &standing{exported: c("a"), fullness: c("b"), failures: c("c"), rejects: c("d"), log: slog.New(slog.DiscardHandler)}
}

func TestAQueueBlocksNobodyAndCountsWhatItDrops(t *testing.T) {
	to, s := stuck{make(chan []int), make(chan error)}, newStanding()
	q := newQueue(2, s, to)
	ended := make(chan struct{})
	go func() { defer close(ended); q.run() }()
	q.put(1, 10, false)
	if got := <-to.began; len(got) != 1 || got[0] != 1 {
		t.Fatalf("sent %v", got)
	}
	for i := range 4 { // two find room, while nothing moves
		q.put(2+i, 10, false)
	}
	if n := testutil.ToFloat64(s.fullness); n != 2 {
		t.Errorf("%v were dropped, not 2", n)
	}
	to.let <- errors.New("refused")
	if got := <-to.began; len(got) != 2 || got[1] != 3 {
		t.Errorf("then %v", got)
	}
	to.let <- nil
	q.put(6, maxWaiting+1, true)
	q.put(7, 10, false)
	ctx, cancel := context.WithCancel(t.Context())
	q.close(ctx)
	if got := <-to.began; len(got) != 1 || got[0] != 7 {
		t.Errorf("at the end %v", got)
	}
	cancel() // it is not waited for any longer
	<-ended
	if full, failed, sent := testutil.ToFloat64(s.fullness), testutil.ToFloat64(s.failures), testutil.ToFloat64(s.exported); full != 3 || failed != 2 || sent != 2 {
		t.Errorf("full %v, failed %v, sent %v", full, failed, sent)
	}
}

// What a batch leaves is not forgotten when nothing comes after it.
func TestWhatABatchLeavesIsSentAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to, s := stuck{make(chan []int), make(chan error)}, newStanding()
		q := newQueue(2000, s, to)
		ended := make(chan struct{})
		go func() { defer close(ended); q.run() }()
		began := time.Now()
		for i := range 10 { // nobody is disturbed for each
			q.put(i, 10, false)
		}
		synctest.Wait()
		for i := range 600 {
			q.put(10+i, 10, false)
		}
		for _, want := range []struct {
			n     int
			after time.Duration
		}{{maxBatch, 0}, {610 - maxBatch, batchWait}} {
			got := <-to.began
			to.let <- nil
			if after := time.Since(began); len(got) != want.n || after != want.after {
				t.Errorf("%d were sent after %v, not %d after %v", len(got), after, want.n, want.after)
			}
		}
		q.put(0, enough, false) // large enough to go alone
		<-to.began
		to.let <- nil
		for range 3 {
			q.put(0, 10, false)
		}
		q.close(t.Context())
		if got := <-to.began; len(got) != 3 {
			t.Errorf("at the end %v", got)
		}
		to.let <- nil
		<-ended
		if q.bytes != 0 || q.size != 0 || time.Since(began) != batchWait {
			t.Errorf("%d and %d bytes wait at the end, after %v", q.bytes, q.size, time.Since(began))
		}
	})
}

// While a destination is away, what is usual fills the queue; failures find room all the same.
func TestFailuresFindRoomWhereTheUsualDoesNot(t *testing.T) {
	s := newStanding()
	q := newQueue(80, s, stuck{}) // nobody takes anything out
	for i := range 100 {
		q.put(i, 10, false)
	}
	if n := testutil.ToFloat64(s.fullness); n != 30 {
		t.Errorf("%v of the usual were dropped, not 30", n)
	}
	for i := range 12 {
		q.put(1000+i, 10, true)
	}
	if n := testutil.ToFloat64(s.fullness); n != 32 || len(q.items) != 80 {
		t.Errorf("%v were dropped in all, %d wait", n, len(q.items))
	}
	q = newQueue(80, s, stuck{})
	q.put(1, maxWaiting/8*7+1, false)
	q.put(2, maxWaiting/8*7+1, true)
	if len(q.items) != 1 || q.items[0].value != 2 {
		t.Error("bytes are not kept free for what matters")
	}
}

func TestRefusalsAreKeptUpToAHundredASecond(t *testing.T) {
	var b budget
	now, kept := time.Unix(1000, 0), 0
	for range 500 {
		if b.take(now) {
			kept++
		}
	}
	if kept != refusalsASecond || !b.take(now.Add(time.Second)) {
		t.Errorf("%d of a second are kept", kept)
	}
}

// What a flood of refused calls leaves out is counted, for all destinations together; calls
// that were sampled as they began, and those that failed further on, are no part of it.
func TestAFloodOfRefusalsIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // all within one second
		registry := prometheus.NewRegistry()
		e := &Exporter{counts: newCounts(registry), resource: newResource(Options{})}
		for range 2 {
			e.calls = append(e.calls, newQueue[*spans](10_000, newStanding(), nil))
		}
		observe := func(sampled, refused bool) {
			e.Observe(&proxy.Observation{Entry: &gateway.Entry{ErrorCode: "rate_limited", Status: 429}, Trace: &proxy.Trace{Sampled: sampled, Refused: refused}})
		}
		for range refusalsASecond + 7 {
			observe(false, true)
		}
		observe(true, true)
		observe(false, false)
		e.Observe(&proxy.Observation{Entry: &gateway.Entry{}}) // it makes no spans
		if n := testutil.ToFloat64(e.counts.dropped.WithLabelValues("", "traces", "flood")); n != 7 {
			t.Errorf("%v calls of the flood are counted as left out, not 7", n)
		}
		for _, q := range e.calls {
			if len(q.items) != refusalsASecond+2 {
				t.Errorf("%d calls wait", len(q.items))
			}
		}
		time.Sleep(time.Second)
		observe(false, true)
		if n := len(e.calls[0].items); n != refusalsASecond+3 {
			t.Errorf("%d calls wait a second later", n)
		}
	})
}

// While every destination is away and its queue full, no spans are made.
func TestSpansAreMadeOnlyWhereTheyFindRoom(t *testing.T) {
	made, stand := 0, []*standing{newStanding(), newStanding()}
	e := &Exporter{opt: Options{Vendor: func(string) Vendor { made++; return Vendor{} }}, counts: newCounts(prometheus.NewRegistry()), resource: newResource(Options{})}
	for i, room := range []int{8, 16} {
		e.calls = append(e.calls, newQueue[*spans](room, stand[i], nil))
	}
	o := &proxy.Observation{Entry: &gateway.Entry{Provider: "openai"}, Trace: &proxy.Trace{Sampled: true}}
	e.Observe(o)
	each := made
	for range 29 {
		e.Observe(o)
	}
	if each == 0 || made != 14*each || len(e.calls[0].items) != 7 || len(e.calls[1].items) != 14 {
		t.Errorf("the vendor was asked %d times (%d a call); %d and %d calls wait", made, each, len(e.calls[0].items), len(e.calls[1].items))
	}
	for i, want := range []float64{23, 16} {
		if n := testutil.ToFloat64(stand[i].fullness); n != want {
			t.Errorf("%v calls are counted as dropped, not %v", n, want)
		}
	}
	o.Entry.ErrorCode = "upstream_error"
	e.Observe(o)
	if made != 15*each || len(e.calls[0].items) != 8 {
		t.Error("a failure found no room")
	}
}

func TestAnAttemptThatBeganWhileAnotherRanIsItsHedge(t *testing.T) {
	at := time.Unix(1000, 0)
	all := []gateway.Attempt{{Started: at}, {Started: at.Add(100 * time.Millisecond)}, {Started: at.Add(300 * time.Millisecond)}}
	all[0].LatencyMS.N, all[1].LatencyMS.N = 200, 50
	for i, want := range []int{-1, 0, -1} {
		if got := rivalOf(all, i); got != want {
			t.Errorf("the rival of %d is %d, not %d", i, got, want)
		}
	}
	e := &Exporter{opt: Options{Vendor: func(name string) Vendor { return Vendor{Name: name} }}}
	c := &call{entry: &gateway.Entry{Time: at, Attempts: all, Operation: "chat"}, trace: &proxy.Trace{ID: "4bf92f3577b34da6a3ce929d0e0e4736", Span: "00f067aa0ba902b7", Took: time.Second, Copied: "01a20429-a56a-7000-b29e-df0ff2cdce21"}}
	spans := decoded(t, e, c).ScopeSpans[0].Spans
	if len(spans) != 4 || len(spans[2].Links) != 1 || string(spans[2].Links[0].SpanId) != string(spans[1].SpanId) || len(spans[1].Links)+len(spans[3].Links) != 0 || len(spans[0].Links) != 1 {
		t.Errorf("spans %v", spans)
	}
}

func TestMessagesAreBoundedAndTheLastOnesStay(t *testing.T) {
	long := Message{Role: "user", Parts: []Part{{Type: "text", Content: "ä first " + string(make([]byte, 500))}}}
	last := Message{Role: "user", Parts: []Part{{Type: "text", Content: "the last"}}}
	got, cut := fitting([]Message{long, last}, 256)
	if !cut || len(got) == 0 || got[len(got)-1].Parts[0].Content != "the last" {
		t.Errorf("%v, cut: %v", got, cut)
	}
	if got, cut := fitting([]Message{last}, 256); cut || len(got) != 1 {
		t.Errorf("%v, cut: %v", got, cut)
	}
}

func TestEveryServersWordsForTooLargeAreKnown(t *testing.T) {
	for _, text := range []string{
		"rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5242880 vs. 4194304)",
		"rpc error: code = ResourceExhausted desc = grpc: received message after decompression larger than max 65536",
		"rpc error: code = ResourceExhausted desc = gRPC message exceeds maximum size 4194304: 5242880",
		"failed to send to http://127.0.0.1:4318/v1/traces: 413 Request Entity Too Large (body: (empty))",
		"failed to send to http://127.0.0.1:4318/v1/traces: 413 Content Too Large (body: no)",
		"failed to send to https://c.example/v1/traces: 413 (body: (empty))",
	} {
		if !tooLarge(errors.New(text)) {
			t.Errorf("%s", text)
		}
	}
	for _, text := range []string{
		"failed to send to http://127.0.0.1:4318/v1/traces: 400 Bad Request (body: 413 things)",
		"failed to send to http://127.0.0.1:4318/v1/traces: 307 Temporary Redirect (body: (empty))",
		"rpc error: code = ResourceExhausted desc = quota",
	} {
		if tooLarge(errors.New(text)) {
			t.Errorf("%s", text)
		}
	}
}

func TestAnErrorIsNoPartOfAConversation(t *testing.T) {
	e := &Exporter{opt: Options{MaxContent: func(string) int { return 1000 }}}
	said := &gateway.Body{Bytes: []byte("{}")}
	for status, answers := range map[int]bool{200: true, 0: true, 401: false, 502: false} {
		s := e.spokenIn(&call{&gateway.Entry{Status: status}, &proxy.Trace{Prompt: said, Answer: said}})
		if s == nil || s.prompt == nil || (s.answer != nil) != answers {
			t.Errorf("%d: %+v", status, s)
		}
	}
	if s := e.spokenIn(&call{&gateway.Entry{Status: 500}, &proxy.Trace{Answer: said}}); s != nil {
		t.Errorf("an error alone: %+v", s)
	}
}
