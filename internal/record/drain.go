package record

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
	putTimeout   = 30 * time.Second

	// A record is bad when it fails alone this often in a row while others are taken.
	badAfter = 10
	badPause = 250 * time.Millisecond
	// unreadableAfter is how often in a row the disk may fail to read a segment.
	unreadableAfter = 5
)

// backoff doubles from firstBackoff to lastBackoff, with jitter.
type backoff struct{ fails int }

func (b *backoff) next() time.Duration {
	d := min(firstBackoff<<min(b.fails, 10), lastBackoff)
	b.fails++
	return d/2 + rand.N(d/2)
}

// drainer is the one goroutine that brings records to the store.
type drainer struct {
	*Recorder
	limit      int     // entries a batch; halved by failures, to find out who is to blame
	retry      backoff // since the last success
	hunting    uint64  // a bad record is somewhere before; 0 = none is known of
	suspicion  int     // how often the first record failed alone while others were taken
	unreadable int     // how often in a row the disk failed
	awaySince  time.Time
	locked     map[gateway.BodyKeyID]time.Time // keys that do not open, and since when
}

func newDrainer(r *Recorder) *drainer {
	return &drainer{Recorder: r, limit: batchEntries, locked: map[gateway.BodyKeyID]time.Time{}}
}

func (d *drainer) run(ctx context.Context) {
	for d.waitForWork(ctx) {
		d.step(ctx)
	}
}

// waitForWork returns true when there is a batch worth sending: a full one, or one whose
// first entry has waited a little. It sleeps without a timer while there is nothing.
func (d *drainer) waitForWork(ctx context.Context) bool {
	for d.paused.Load() || d.spool.depth() == 0 {
		select {
		case <-d.work:
		case <-ctx.Done():
			return false
		}
	}
	if d.spool.depth() >= int64(d.limit) || d.away.Load() {
		return ctx.Err() == nil
	}
	return sleep(ctx, linger, d.hurry)
}

// step sends one batch.
func (d *drainer) step(ctx context.Context) {
	b, err := d.spool.take(d.limit, batchBytes)
	if err != nil {
		d.cannotRead(ctx, err)
		return
	}
	d.unreadable = 0
	if b.from == b.to {
		return
	}
	if len(b.entries) > 0 {
		switch err := d.put(ctx, b.entries); {
		case errors.Is(err, gateway.ErrBodyLocked):
			d.withoutLocked(ctx, b)
			return
		case err != nil:
			d.refused(ctx, b, err)
			return
		}
	}
	d.finish(ctx, b)
}

// finish lets go of a batch whose entries the store has.
func (d *drainer) finish(ctx context.Context, b batch) {
	if len(b.entries) > 0 {
		d.taken(b)
	}
	if !d.setAside(b.broken, "it is damaged") {
		sleep(ctx, d.retry.next(), d.hurry)
		return
	}
	d.advance(b.to)
}

func (d *drainer) put(ctx context.Context, entries []*gateway.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	entries, err := d.settled(ctx, entries)
	if err != nil {
		return err
	}
	return d.opt.Store.PutEntries(ctx, entries)
}

func (d *drainer) taken(b batch) {
	if d.away.Swap(false) {
		d.log.Info("the store takes log entries again", "after", d.opt.Clock().Sub(d.awaySince).Round(time.Millisecond), "waiting", d.spool.depth())
	}
	d.retry, d.suspicion = backoff{}, 0
	if b.to >= d.hunting {
		d.hunting = 0
		d.limit = min(d.limit*2, batchEntries)
	}
}

func (d *drainer) advance(to uint64) {
	if err := d.spool.advance(to); err != nil {
		// A stale cursor only means that a restart hands entries to the store twice.
		d.log.Debug("the spool's cursor cannot be saved", "error", err)
	}
	d.assess()
}

// refused finds out whether the store is away or one record is to blame. Batches get
// smaller with each failure; while other records are taken there is no need to wait.
func (d *drainer) refused(ctx context.Context, b batch, err error) {
	if ctx.Err() != nil {
		return // it was us who gave up
	}
	d.counters.putErrors.Add(1)
	alone := len(b.entries) == 1
	d.limit = max(len(b.entries)/2, 1)
	if !alone && b.from < d.hunting {
		return
	}
	switch {
	case d.retry.fails == 0: // once is nothing yet
		sleep(ctx, d.retry.next(), d.hurry)
	case !alone && errors.Is(err, context.DeadlineExceeded), !d.othersTaken(ctx):
		d.hunting, d.suspicion = 0, 0
		d.goneAway(err)
		sleep(ctx, d.retry.next(), d.hurry)
	case alone:
		d.blame(ctx, b, err)
	default:
		d.hunting = b.to
	}
}

// blame notes that the only entry of b failed while another was taken.
func (d *drainer) blame(ctx context.Context, b batch, err error) {
	d.suspicion++
	if d.suspicion < badAfter {
		sleep(ctx, badPause, nil)
		return
	}
	seq := b.from
	for slices.Contains(b.broken, seq) {
		seq++
	}
	if d.setAside(append(b.broken, seq), err.Error()) {
		d.suspicion, d.hunting = 0, 0
		d.advance(b.to)
	}
}

func (d *drainer) goneAway(err error) {
	if d.away.Swap(true) {
		return
	}
	d.awaySince = d.opt.Clock()
	d.spool.cool()
	d.log.Warn("the store takes no log entries: they wait in the spool", "waiting", d.Depth(), "error", err)
}

// othersTaken tries some records behind the first one alone. Those that are taken are
// sent again in their turn, which changes nothing.
func (d *drainer) othersTaken(ctx context.Context) bool {
	const tries = 3
	first, next := d.spool.ends()
	others := min(next-first, batchEntries) - 1
	for range tries {
		if others == 0 || ctx.Err() != nil {
			return false
		}
		e, err := d.spool.one(first + 1 + rand.Uint64N(others))
		if err == nil && e != nil && d.put(ctx, []*gateway.Entry{e}) == nil {
			return true
		}
	}
	return false
}

// setAside moves records to bad/; false when that failed and must be tried again.
func (d *drainer) setAside(seqs []uint64, why string) bool {
	for _, seq := range seqs {
		path, size, err := d.spool.setAside(seq)
		if err != nil {
			d.log.Error("a bad log entry cannot be set aside", "error", err)
			return false
		}
		d.counters.bad.Add(1)
		d.counters.badBytes.Add(size)
		d.log.Error("a log entry cannot be stored and was set aside", "file", path, "reason", why)
	}
	return true
}

// cannotRead waits, and sets the whole segment aside when the disk keeps failing.
func (d *drainer) cannotRead(ctx context.Context, err error) {
	d.unreadable++
	if d.unreadable < unreadableAfter {
		sleep(ctx, d.retry.next(), d.hurry)
		return
	}
	d.unreadable = 0
	path, lost, moveErr := d.spool.setSegmentAside()
	if moveErr != nil {
		d.log.Error("a spool segment can neither be read nor moved", "error", errors.Join(err, moveErr))
		return
	}
	d.counters.bad.Add(int64(lost))
	d.log.Error("a spool segment cannot be read and was set aside", "file", path, "entries", lost, "error", err)
	first, _ := d.spool.ends()
	d.advance(first + uint64(lost))
}
