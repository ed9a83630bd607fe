package store

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func batchOf(changed, first int64, sizes ...int) recentBatch {
	b := recentBatch{changed: changed}
	for i, size := range sizes {
		b.all = append(b.all, gateway.Arrival{Number: first + int64(i), Doc: make([]byte, size)})
	}
	return b
}

func numbers(all []gateway.Arrival) (out string) {
	for _, a := range all {
		out += fmt.Sprint(a.Number, " ")
	}
	return out
}

func TestArrivalsAreKeptWithoutAGapAndUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recent
		defer r.close()
		if r.wanted() {
			t.Error("nobody looks, and they are wanted")
		}
		if r.look(1) || !r.wanted() {
			t.Error("somebody looks")
		}
		r.add(batchOf(7, 4, 1, 1)) // the later transaction is quicker
		r.add(batchOf(7, 1, 1, 1, 1))
		r.add(batchOf(7, 9, 1))
		r.add(batchOf(8, 10, 1))
		r.add(recentBatch{})
		for _, c := range []struct {
			after   int64
			limit   int
			changed int64
			want    string
		}{{0, 10, 7, "1 2 3 4 5 "}, {1, 3, 7, "2 3 4 "}, {2, 1, 7, "3 "}, {5, 10, 7, ""}, {8, 10, 7, "9 "}, {8, 10, 8, ""}, {9, 10, 8, "10 "}, {10, 10, 8, ""}, {0, 10, 8, ""}} {
			if got := numbers(r.take(c.after, c.limit, c.changed)); got != c.want {
				t.Errorf("%+v: %s", c, got)
			}
		}
		if r.look(6) || !r.look(5) || !r.look(9) {
			t.Error("it does not know which it has")
		}
		time.Sleep(recentFor)
		if r.wanted() {
			t.Error("nobody looks any more")
		}
	})
}

func TestWhatIsKeptOfArrivalsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recent
		for i := range int64(5) {
			r.add(batchOf(1, 1+i, maxRecent/4))
			time.Sleep(recentFor / 8)
		}
		if r.bytes > maxRecent || len(r.kept) != 4 || r.look(1) || !r.look(2) {
			t.Errorf("%d batches of %d bytes", len(r.kept), r.bytes)
		}
		time.Sleep(recentFor / 2)
		synctest.Wait()
		if len(r.kept) != 3 || r.look(2) {
			t.Errorf("%d batches after a while", len(r.kept))
		}
		time.Sleep(recentFor)
		synctest.Wait()
		if len(r.kept) != 0 || r.bytes != 0 || r.timer != nil {
			t.Errorf("%d batches of %d bytes are never dropped", len(r.kept), r.bytes)
		}
		r.add(batchOf(1, 100, maxRecent+1))
		if len(r.kept) != 0 {
			t.Error("one that is too large is kept")
		}
		r.add(batchOf(1, 101, 1))
		r.close()
		r.add(batchOf(1, 102, 1))
		if len(r.kept) != 0 {
			t.Error("a closed store keeps documents")
		}
	})
}

func TestExportsAreToldWhenABatchWaits(t *testing.T) {
	var r recent
	defer r.close()
	var told []int64
	var last int64
	r.tell = func() { told = append(told, last) }
	put := func(n int64) {
		sizes := make([]int, n)
		last += n
		r.add(batchOf(1, last-n+1, sizes...))
	}
	for range 3 {
		put(tellAfter / 2)
	}
	r.take(0, tellAfter*3/2, 1) // all
	put(tellAfter / 2)
	put(tellAfter / 4)
	put(tellAfter / 4) // a batch
	r.take(last-tellAfter, tellAfter/2, 1)
	put(tellAfter / 2) // there is one again
	for range 5 {      // the quickest takes all at once, others may not
		put(tellAfter / 2)
		r.take(last-tellAfter/2, tellAfter, 1)
	}
	if got := fmt.Sprint(told); got != fmt.Sprint([]int64{tellAfter, tellAfter * 3 / 2, tellAfter * 5 / 2, tellAfter * 3, tellAfter * 7 / 2, tellAfter * 11 / 2}) {
		t.Errorf("they were told at %s", got)
	}
}

// What is kept must be what is given: else every read would go to the database unseen.
func TestWhoKeepsUpReadsNothingBack(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+t.TempDir()+"/s.db")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.SeeExports(ctx, []string{"a"}, time.Now(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	put := func(ids ...string) {
		t.Helper()
		var all []*gateway.Entry
		for _, id := range ids {
			all = append(all, &gateway.Entry{ID: id, Time: time.Now(), Count: 1})
		}
		if err := s.PutEntries(ctx, all); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	s.OnArrivals(func() { told++ })
	put("a")
	if len(s.recent.kept) != 0 {
		t.Error("nobody looks, and documents are kept")
	}
	if _, err := s.HoldExport(ctx, "a", "n", time.Now(), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if held, err := s.HoldExport(ctx, "a", "other", time.Now(), time.Now()); err != nil || held {
		t.Fatal(held, err)
	}
	put("b", "c")
	kept, err := s.recentArrivals(ctx, 1, 10)
	if err != nil || numbers(kept) != "2 3 " || kept[0].ID != "b" || len(kept[0].Doc) == 0 {
		t.Errorf("kept are %v: %v", kept, err)
	}
	if err := s.DeleteEntry(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.recentArrivals(ctx, 1, 10); err != nil || len(kept) != 0 {
		t.Errorf("after a deletion %v: %v", kept, err)
	}
	var many []string
	for i := range tellAfter {
		many = append(many, fmt.Sprintf("m%d", i))
	}
	if put(many...); told != 1 {
		t.Errorf("exports were told %d times", told)
	}
	err = s.Atomically(ctx, func(ctx context.Context) error {
		return s.PutEntries(ctx, []*gateway.Entry{{ID: "d", Time: time.Now(), Count: 1}})
	})
	if err != nil || s.recent.look(4+tellAfter) {
		t.Errorf("what was to be committed yet is kept: %v", err)
	}
}
