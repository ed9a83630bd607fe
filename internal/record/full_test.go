package record_test

import (
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/record"
)

func TestAFullSpoolDropsBodiesFirstThenRefusesCallsAndNeverAccounting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		store.set(away)
		r := open(t, record.Options{Dir: t.TempDir(), Store: store, MaxBytes: 1 << 20, SoftBytes: 512 << 10})
		n, softAt := 0, 0
		for ; r.Room() && n < 5000; n++ {
			r.Append(withBodies(entry(n), 4000))
			advance(25 * time.Millisecond)
			if softAt == 0 && r.Stats().DroppedBodies > 0 {
				softAt = n
			}
		}
		if softAt < 40 || r.Room() || n >= 5000 || r.Stats().Bytes < 1<<20 {
			t.Fatalf("bodies dropped from %d on, room %v after %d, stats %+v", softAt, r.Room(), n, r.Stats())
		}
		for range 2000 { // calls that were running
			r.Append(withBodies(entry(n), 4000))
			n++
		}
		if r.Depth() != int64(n) || len(pendingIDs(r)) != n {
			t.Errorf("depth %d, pending %d, want %d", r.Depth(), len(pendingIDs(r)), n)
		}
		store.set(nil)
		advance(20 * time.Second)
		if store.len() != n || !r.Room() {
			t.Errorf("%d entries in the store, want %d; room %v", store.len(), n, r.Room())
		}
		if store.get(uuid(0)).Bodies == nil || store.get(uuid(n-1)).Bodies != nil {
			t.Error("bodies of the first should be there, of the last dropped")
		}
	})
}

// tinyDisk gives files on a disk that can be full.
type tinyDisk struct{ full, halfWritten atomic.Bool }

type tinyFile struct {
	record.File
	disk *tinyDisk
}

func (d *tinyDisk) create(path string) (record.File, error) {
	f, err := record.CreateFile(path)
	if err != nil {
		return nil, err
	}
	return tinyFile{f, d}, nil
}

func (f tinyFile) WriteAt(b []byte, off int64) (int, error) {
	if !f.disk.full.Load() {
		return f.File.WriteAt(b, off)
	}
	if f.disk.halfWritten.Load() {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, syscall.ENOSPC
	}
	return 0, syscall.ENOSPC
}

func TestAFullDiskKeepsEntriesInMemoryUntilItHasRoom(t *testing.T) {
	for _, halfWritten := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var l logs
			var disk tinyDisk
			disk.halfWritten.Store(halfWritten)
			dir, store := t.TempDir(), newStore()
			store.set(away)
			opt := record.Options{Dir: dir, Store: store, Logger: l.logger()}.WithCreate(disk.create)
			r := open(t, opt)
			n := 0
			load := func(count int) {
				for range count {
					r.Append(withBodies(entry(n), 100))
					n++
					advance(10 * time.Millisecond)
				}
			}
			load(100)
			disk.full.Store(true)
			load(100)
			if got := r.Stats(); r.Room() || !got.DiskFailing || got.Depth != 200 || len(pendingIDs(r)) != 200 {
				t.Fatalf("room %v, stats %+v, pending %d", r.Room(), got, len(pendingIDs(r)))
			}
			if e, ok := r.PendingEntry(uuid(150)); !ok || e.ID != uuid(150) {
				t.Error("an entry in memory is not found")
			}
			disk.full.Store(false)
			advance(10 * time.Second)
			if got := r.Stats(); !r.Room() || got.DiskFailing {
				t.Fatalf("room %v, stats %+v", r.Room(), got)
			}
			load(100)
			if l.count("cannot be written") != 1 || l.count("can be written again") != 1 {
				t.Errorf("log lines %q", l.lines)
			}
			closeNow(t, r)
			r = open(t, record.Options{Dir: dir, Store: store, Paused: true})
			if got := len(pendingIDs(r)); got != n {
				t.Errorf("%d entries after the restart, want %d", got, n)
			}
		})
	}
}

func TestAFullDiskDoesNotHoldBackTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l logs
		var disk tinyDisk
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store, Logger: l.logger()}.WithCreate(disk.create))
		disk.full.Store(true)
		for n := range 500 {
			r.Append(entry(n))
			advance(10 * time.Millisecond)
		}
		advance(time.Second)
		if store.len() != 500 || r.Room() || l.count("") != 1 {
			t.Errorf("%d entries in the store, room %v, log %q", store.len(), r.Room(), l.lines)
		}
	})
}

func TestCloseTellsWhatTheDiskDidNotTake(t *testing.T) {
	var disk tinyDisk
	store := newStore()
	store.set(away)
	r, err := record.Open(record.Options{Dir: t.TempDir(), Store: store, Logger: quiet()}.WithCreate(disk.create))
	if err != nil {
		t.Fatal(err)
	}
	disk.full.Store(true)
	r.Append(entry(1))
	ended, cancel := contextEnded()
	defer cancel()
	if err := r.Close(ended); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
}
