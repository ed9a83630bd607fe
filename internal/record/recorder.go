package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// Recorder takes entries and brings them to the store. All methods may be called by
// any number of goroutines.
type Recorder struct {
	opt    Options
	log    *slog.Logger
	lock   *os.File
	spool  *spool
	shards *shards
	flood  *flood
	found  int64 // entries that Open found

	pressure atomic.Int32 // what Room and Append look at
	dirty    atomic.Bool  // a flush is on its way
	paused   atomic.Bool
	away     atomic.Bool // the store, as last seen
	sick     atomic.Bool // the disk refuses records; changed under flushMu
	counters counters

	flushMu sync.Mutex
	spare   *chunk    // under flushMu, as the rest
	cureAt  time.Time // when the sick disk is tried again
	cures   backoff

	wake   chan struct{} // to the flusher: something waits
	urgent chan struct{} // to the flusher: much waits
	work   chan struct{} // to the drainer: the spool has records
	hurry  chan struct{} // to the drainer: somebody waits
	synced chan struct{} // to the syncer: something was written

	cancel context.CancelFunc
	done   sync.WaitGroup
	closed sync.Once
}

// How full the spool is.
const (
	roomy    int32 = iota
	noBodies       // bodies are dropped
	noRoom         // and new calls are refused
)

type counters struct {
	bad, badBytes, putErrors, droppedBodies, locked, late, cut, collapsed atomic.Int64
}

// Open reads what the last process left in the spool and starts the way to the store.
// It fails only when the directory cannot be used at all, never for damage in it.
func Open(opt Options) (*Recorder, error) {
	if opt.Dir == "" || opt.Store == nil {
		return nil, errors.New("the spool needs a directory and a store")
	}
	opt = opt.withDefaults()
	if err := os.MkdirAll(opt.Dir, dirMode); err != nil {
		return nil, fmt.Errorf("make the spool's directory: %w", err)
	}
	lock, err := lockDir(opt.Dir)
	if err != nil {
		return nil, err
	}
	r := newRecorder(opt, lock)
	if err := whole.SweepAll(badPath(opt.Dir), nil); err != nil {
		r.log.Warn("what is left of unfinished files in bad/ cannot be removed", "error", err)
	}
	cut, err := r.spool.load(r.log)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	r.found = r.spool.depth()
	r.counters.cut.Store(cut)
	r.counters.badBytes.Store(dirBytes(badPath(opt.Dir)))
	r.assess()
	r.start()
	return r, nil
}

func newRecorder(opt Options, lock *os.File) *Recorder {
	r := &Recorder{
		opt:    opt,
		log:    opt.Logger,
		lock:   lock,
		shards: newShards(min(runtime.GOMAXPROCS(0), maxShards)),
		spare:  new(chunk),
		spool: &spool{
			dir:     opt.Dir,
			segSize: min(max(opt.MaxBytes/64, 64<<10), 64<<20),
			hotMax:  opt.MaxMemory / 2,
			syncs:   opt.Sync > 0,
			create:  opt.create,
		},
		wake:   make(chan struct{}, 1),
		urgent: make(chan struct{}, 1),
		work:   make(chan struct{}, 1),
		hurry:  make(chan struct{}, 1),
		synced: make(chan struct{}, 1),
	}
	r.flood = newFlood(r)
	r.paused.Store(opt.Paused)
	return r
}

// start runs the goroutines; Close ends them.
func (r *Recorder) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.done.Go(func() { r.runFlusher(ctx) })
	r.done.Go(func() { newDrainer(r).run(ctx) })
	r.done.Go(func() { r.flood.run(ctx) })
	if r.opt.Sync > 0 {
		r.done.Go(func() { r.runSyncer(ctx) })
	}
	signal(r.work)
}

// signal wakes the reader of ch, or leaves a note that it should not fall asleep.
func signal(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Append hands an entry over; it belongs to the recorder from here on and must not be
// changed any more. Append waits neither for the disk nor for the store. It drops the
// entry's bodies when the spool is nearly full, and nothing else, ever.
func (r *Recorder) Append(e *gateway.Entry) { r.append(e, r.shards.add) }

// appendShared is Append for an entry that is appended again and again: what is handed over
// by it is spooled in that order, so that the last is the newest.
func (r *Recorder) appendShared(e *gateway.Entry) { r.append(e, r.shards.addInOrder) }

func (r *Recorder) append(e *gateway.Entry, add func(e *gateway.Entry, sealed []byte) (waiting int, ok bool)) {
	if e.Count == 0 {
		e.Count = 1
	}
	if e.LastTime.IsZero() {
		e.LastTime = e.Time
	}
	if e.Bodies != nil && r.pressure.Load() != roomy {
		e.Bodies = nil
		r.counters.droppedBodies.Add(1)
	}
	sealed, done := r.sealed(e)
	waiting, ok := add(e, sealed)
	done()
	if !ok {
		r.counters.late.Add(1)
		r.log.Error("a log entry came after the recorder was closed and is lost", "id", e.ID)
		return
	}
	if waiting > urgentBytes {
		r.crowded(waiting)
	}
	if !r.dirty.Load() && !r.dirty.Swap(true) {
		signal(r.wake)
	}
}

// crowded asks for an early flush, and for fewer calls when the flusher hangs in the disk.
func (r *Recorder) crowded(waiting int) {
	signal(r.urgent)
	if int64(waiting)*int64(len(r.shards.all)) > r.opt.MaxMemory/2 {
		r.pressure.Store(noRoom)
	}
}

// Room reports whether new calls may come in. When it is false, entries of calls that
// are already running are still taken.
func (r *Recorder) Room() bool { return r.pressure.Load() != noRoom }

// Pause keeps entries in the spool (true), or brings them to the store again (false).
func (r *Recorder) Pause(on bool) {
	r.paused.Store(on)
	if on {
		r.spool.cool()
	}
	signal(r.work)
}

// assess sets how full the spool is.
func (r *Recorder) assess() {
	bytes := r.spool.level() + r.counters.badBytes.Load()
	switch {
	case bytes >= r.opt.MaxBytes || r.sick.Load():
		r.pressure.Store(noRoom)
	case bytes >= r.opt.SoftBytes:
		r.pressure.Store(noBodies)
	default:
		r.pressure.Store(roomy)
	}
}

// Depth is the number of entries that are not yet in the store.
func (r *Recorder) Depth() int64 {
	drained, _ := r.spool.ends() // first: what is under way between the two is then counted
	appended, _ := r.shards.count()
	return r.found + appended - int64(drained)
}

// Flush waits until everything appended so far is in the store, or ctx ends.
func (r *Recorder) Flush(ctx context.Context) error {
	r.flood.settle()
	r.flush()
	_, target := r.spool.ends()
	for {
		ch := r.spool.wait(target)
		if ch == nil {
			return nil
		}
		signal(r.hurry)
		select {
		case <-ch:
		case <-ctx.Done():
			return fmt.Errorf("%d log entries are not yet in the store: %w", r.Depth(), ctx.Err())
		}
	}
}

// Close writes everything to the disk, brings it to the store until ctx ends, and stops.
// What the store did not take stays in the spool for the next Open; that is no error.
func (r *Recorder) Close(ctx context.Context) (err error) {
	r.closed.Do(func() { err = r.close(ctx) })
	return err
}

func (r *Recorder) close(ctx context.Context) error {
	r.flood.settle()
	r.shards.close()
	if !r.paused.Load() {
		if err := r.Flush(ctx); err != nil {
			r.log.Warn("log entries stay in the spool until the next start", "entries", r.Depth())
		}
	}
	r.cancel()
	r.done.Wait()
	r.flush()
	return errors.Join(r.spool.rescue(), r.spool.sync(), r.spool.close(), r.lock.Close())
}

func dirBytes(dir string) (total int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { //nolint:errcheck // the function never fails
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	return total
}
