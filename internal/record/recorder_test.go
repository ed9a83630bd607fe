package record_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

func TestAnEntryReachesTheStoreWithin100ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		for round := range 3 {
			r.Append(entry(round))
			advance(100 * time.Millisecond)
			if store.get(uuid(round)) == nil {
				t.Fatalf("entry %d is not in the store after 100 ms", round)
			}
		}
		if d := r.Depth(); d != 0 {
			t.Errorf("depth %d, want 0", d)
		}
	})
}

func full() *gateway.Entry {
	e := withBodies(entry(7), 300)
	e.Bodies.Attempts = []gateway.Sent{
		{Attempt: 0, Request: &gateway.Body{ContentType: "a/b", Bytes: []byte{0, 255, '"'}, Size: 3}, DumpNote: "no answer came"},
		{Attempt: 1, Answer: &gateway.Body{ContentType: "c/d", Bytes: []byte("answer"), Size: 6}},
	}
	e.Objects = []gateway.Object{{ID: "file-1", Kind: "file", Provider: "vendor", Workspace: "default", Created: e.Time}}
	e.Settlements = []gateway.Settlement{settlement("c1", -5, e.Time), {}, settlement("c\x00", 1<<62, e.Time.Add(time.Nanosecond))}
	e.Metadata = []byte(`{"plan":"free"}`)
	e.UserAgent = "odd \"agent\"\n\xff"
	score := 0.5
	e.Score = &score
	return e
}

func TestAnEntryComesBackFromTheDiskAsItWas(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	r := open(t, record.Options{Dir: dir, Store: store, Paused: true})
	r.Append(full())
	closeNow(t, r)

	r = open(t, record.Options{Dir: dir, Store: store})
	flush(t, r)
	want, got := full(), store.get(uuid(7))
	want.UserAgent = "odd \"agent\"\n\uFFFD"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAppendFillsInCountAndLastTime(t *testing.T) {
	store := newStore()
	r := open(t, record.Options{Dir: t.TempDir(), Store: store})
	e := entry(1)
	e.Count, e.LastTime = 0, time.Time{}
	r.Append(e)
	flush(t, r)
	if got := store.get(uuid(1)); got.Count != 1 || !got.LastTime.Equal(got.Time) {
		t.Errorf("count %d, last time %v", got.Count, got.LastTime)
	}
}

func TestManyGoroutinesAppendWithoutLoss(t *testing.T) {
	store := newStore()
	r := open(t, record.Options{Dir: t.TempDir(), Store: store, MaxBytes: 8 << 20, MaxMemory: 64 << 10})
	const workers, each = 8, 500
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				r.Append(entry(w*each + i))
			}
		})
	}
	wg.Wait()
	flush(t, r)
	if store.len() != workers*each || store.largest > record.BatchEntries {
		t.Errorf("%d entries in the store, want %d; largest batch %d", store.len(), workers*each, store.largest)
	}
}

func TestDrainedSegmentsLeaveNoFiles(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	r := open(t, record.Options{Dir: dir, Store: store, MaxBytes: 1 << 20})
	for i := range 1000 {
		r.Append(entry(i))
		if i%50 == 0 {
			flush(t, r)
		}
	}
	flush(t, r)
	for end := time.Now().Add(time.Minute); len(segments(t, dir)) > 1; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d segments while all is in the store", len(segments(t, dir)))
		}
	}
	closeNow(t, r)
	if files := segments(t, dir); len(files) != 0 {
		t.Errorf("segments %v remain after Close", files)
	}
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCloseBringsEverythingToTheStore(t *testing.T) {
	store := newStore()
	r := open(t, record.Options{Dir: t.TempDir(), Store: store})
	for i := range 2000 {
		r.Append(entry(i))
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if store.len() != 2000 {
		t.Errorf("%d entries in the store, want 2000", store.len())
	}
}

func TestCloseKeepsWhatTheStoreDoesNotTake(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	store.set(away)
	r := open(t, record.Options{Dir: dir, Store: store})
	for i := range 100 {
		r.Append(entry(i))
	}
	closeNow(t, r)
	store.set(nil)
	r = open(t, record.Options{Dir: dir, Store: store})
	if n := len(pendingIDs(r)) + store.len(); n < 100 {
		t.Errorf("%d entries after the restart, want 100", n)
	}
	flush(t, r)
	if store.len() != 100 {
		t.Errorf("%d entries in the store, want 100", store.len())
	}
}

func TestAnEntryAfterCloseIsCountedAndLogged(t *testing.T) {
	var l logs
	r := open(t, record.Options{Dir: t.TempDir(), Store: newStore(), Logger: l.logger()})
	closeNow(t, r)
	r.Append(entry(1))
	if r.Stats().Late != 1 || l.count("after the recorder was closed") != 1 {
		t.Errorf("late %d, lines %q", r.Stats().Late, l.lines)
	}
}

func TestASpoolBelongsToOneRecorder(t *testing.T) {
	dir := t.TempDir()
	open(t, record.Options{Dir: dir, Store: newStore()})
	if r, err := record.Open(record.Options{Dir: dir, Store: newStore(), Logger: quiet()}); err == nil {
		closeNow(t, r)
		t.Error("a second recorder opened the same directory")
	}
}

func TestPauseKeepsEntriesAndResumeBringsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store, Paused: true})
		for i := range 10 {
			r.Append(entry(i))
		}
		advance(time.Hour)
		if store.len() != 0 || r.Depth() != 10 || len(pendingIDs(r)) != 10 {
			t.Fatalf("store %d, depth %d, pending %d", store.len(), r.Depth(), len(pendingIDs(r)))
		}
		r.Pause(false)
		advance(100 * time.Millisecond)
		if store.len() != 10 {
			t.Errorf("store %d, want 10", store.len())
		}
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	store := newStore()
	store.set(away)
	r := open(t, record.Options{Dir: t.TempDir(), Store: store})
	r.Append(entry(1))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestFsyncedEntriesGoTheSameWay(t *testing.T) {
	store := newStore()
	r := open(t, record.Options{Dir: t.TempDir(), Store: store, Sync: 25 * time.Millisecond})
	for i := range 200 {
		r.Append(entry(i))
	}
	flush(t, r)
	if store.len() != 200 {
		t.Errorf("store %d, want 200", store.len())
	}
}

func TestTheOldestWaitingEntryIsKnown(t *testing.T) {
	r := open(t, record.Options{Dir: t.TempDir(), Store: newStore(), Paused: true})
	if got := r.Stats().Oldest; !got.IsZero() {
		t.Errorf("oldest %v of nothing", got)
	}
	r.Append(entry(5))
	r.Pending(func(*gateway.Entry) bool { return false })
	r.Append(entry(4))
	if got := r.Stats(); !got.Oldest.Equal(entry(5).Time) || got.Depth != 2 || got.Bytes < 1000 {
		t.Errorf("stats %+v", got)
	}
}

// TestIdleMeansAsleep advances hours of the fake clock: a ticker would show as work.
func TestIdleMeansAsleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		clock := func() time.Time { asked.Add(1); return time.Now() }
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store, Clock: clock})
		r.Append(entry(1))
		r.Refuse(refused(2, "203.0.113.9"))
		advance(time.Minute)
		before, puts := asked.Load(), store.count()
		advance(24 * time.Hour)
		if asked.Load() != before || store.count() != puts {
			t.Errorf("the clock was read %d times and the store asked %d times in an idle day", asked.Load()-before, store.count()-puts)
		}
	})
}
