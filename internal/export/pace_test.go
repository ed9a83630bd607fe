package export_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
)

// bounded is a sink that takes everything, and the rows of each batch.
type bounded struct{ batches chan int }

func (s *bounded) Send(_ context.Context, rows []export.Row) error {
	s.batches <- len(rows)
	return nil
}

func (*bounded) Close() error { return nil }

// A batch that fills within the usual look is sent as it is full: what waits is bounded, and
// the store need not read back what it has just written.
func TestABatchThatFillsIsSentBeforeTheUsualLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sink := &shelf{}, &bounded{make(chan int, 1000)}
		runSink(t, store, "a", 1000, sink)
		time.Sleep(5 * time.Second)
		for range 300 { // 10,000 a second
			time.Sleep(10 * time.Millisecond)
			store.mu.Lock()
			store.st.Last += 100
			store.mu.Unlock()
		}
		time.Sleep(5 * time.Second)
		n, most, total := 0, 0, 0
		for len(sink.batches) > 0 {
			rows := <-sink.batches
			n, most, total = n+1, max(most, rows), total+rows
		}
		if st := store.stand(); total != 30_000 || st.Passed != 30_000 || most > 1000 {
			t.Errorf("%d rows of %d were sent, %d at once", total, st.Passed, most)
		}
		if store.most > 12_000 {
			t.Errorf("%d waited", store.most)
		}
		if n > 60 {
			t.Errorf("in %d batches", n)
		}
		if store.holds > 10 {
			t.Errorf("it asked %d times for a lease of ten seconds", store.holds)
		}
	})
}
