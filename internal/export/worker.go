package export

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	usualPoll = time.Second // between looks for new entries
	storeTime = 20 * time.Second

	maxWait  = 5 * time.Minute
	maxAsked = time.Hour // of a wait that a sink asks for
)

// worker works for one export while this node holds it.
type worker struct {
	spec   *Spec
	store  Store
	bodies Bodies
	node   string
	poll   time.Duration // between looks for new entries
	breath time.Duration // between looks while waiting for something else, at most beat
	log    *slog.Logger
	wake   chan struct{}

	lock chan struct{} // of sink; holds one while somebody uses it
	sink Sink          // nil = not open

	last   batch            // the memory of the last one
	lease  time.Time        // until then nobody else takes the export
	pace   pace             // of what arrives
	fates  map[int64]fate   // of arrivals behind the place where the export stands, and behind one that is open
	why    map[int64]string // of those refused
	ids    map[int64]string // of those refused
	tries  int              // that failed since the last success
	rest   time.Time        // no try before
	streak int              // rows refused since one was taken
	took   bool             // the sink has taken something since the work began
}

func newWorker(o *Options, s *Spec) *worker {
	w := &worker{poll: cmp.Or(o.Poll, usualPoll), spec: s, store: o.Store, bodies: o.Bodies, node: o.Node, log: o.Logger.With("export", s.Name, "to", s.Kind), wake: make(chan struct{}, 1), lock: make(chan struct{}, 1)}
	w.breath = min(10*w.poll, beat)
	w.forget()
	return w
}

func (w *worker) forget() {
	w.lease, w.last = time.Time{}, batch{}
	w.fates, w.why, w.ids = map[int64]fate{}, map[int64]string{}, map[int64]string{}
}

func (w *worker) run(ctx context.Context) {
	defer w.leave(context.WithoutCancel(ctx))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.wake:
		}
		timer.Reset(max(w.look(ctx), 0))
	}
}

// look does what there is to do, and says when to look again.
func (w *worker) look(ctx context.Context) time.Duration {
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	now := time.Now()
	if !w.hold(asking, now) {
		w.close()
		w.forget()
		return w.breath / 2
	}
	st, err := w.store.Export(asking, w.spec.Name)
	if err != nil {
		return w.breath / 2
	}
	w.pace.told(st.Last, now)
	switch {
	case st.Paused:
		w.close()
		w.forget()
		return w.skip(ctx, &st)
	case now.Before(w.rest):
		return min(w.rest.Sub(now), w.breath)
	}
	if wait := w.due(&st, now); wait > 0 {
		return wait
	}
	return w.round(ctx, &st)
}

// due gives how long to wait for the next batch, 0 = it is due.
func (w *worker) due(st *gateway.ExportState, now time.Time) time.Duration {
	full := w.pace.until(st.Passed + int64(w.spec.Rows) - st.Last)
	if st.Lag() == 0 {
		return min(full, w.poll)
	}
	if wait := w.spec.Wait - now.Sub(st.Oldest); st.Lag() < int64(w.spec.Rows) && wait > 0 {
		return min(wait, full, w.poll)
	}
	return 0
}

// hold makes this node the one that works for the export, and reports whether it is. While
// the lease is young nobody is asked.
func (w *worker) hold(ctx context.Context, now time.Time) bool {
	if w.lease.Sub(now) > lease-beat {
		return true
	}
	held, err := w.store.HoldExport(ctx, w.spec.Name, w.node, now, now.Add(lease))
	if w.lease = now.Add(lease); err != nil || !held {
		w.lease = time.Time{}
	}
	return err == nil && held
}

// round reads, sends and moves on.
func (w *worker) round(ctx context.Context, st *gateway.ExportState) time.Duration {
	held, letGo := w.keep(ctx)
	defer letGo()
	reading, cancel := context.WithTimeout(held, storeTime)
	b, err := w.collect(reading, st.Passed, st.Last)
	cancel()
	if err != nil {
		w.log.Warn("entries to export cannot be read; it is tried again", "error", err)
		return w.breath / 2
	}
	var failure error
	if len(b.rows) > 0 {
		failure = w.deliver(held, b)
	}
	err = w.advance(ctx, b)
	clear(b.rows[:cap(b.rows)]) // the documents may go
	if err != nil {
		w.close() // another node goes on, or the store is away: what was sent may come again
		w.forget()
		return w.breath / 2
	}
	switch {
	case failure == nil:
		w.tries, w.rest = 0, time.Time{}
		st.Passed = b.to // what is left came no earlier than the oldest of before
		return w.due(st, time.Now())
	case held.Err() != nil: // another node has it, or the process ends
		w.close()
		w.forget()
		return w.breath / 2
	}
	return w.failed(ctx, failure, slices.ContainsFunc(b.numbers, func(n int64) bool { return b.fate(n) == sent }))
}

// advance moves the export on to before the first arrival whose fate is open.
func (w *worker) advance(ctx context.Context, b *batch) error {
	step := gateway.ExportStep{From: b.from, To: b.from, Time: time.Now()}
	for n := b.from + 1; n <= b.to; n++ {
		f := b.fate(n)
		if f == 0 {
			break
		}
		step.To = n
		switch f {
		case sent:
			step.Sent++
		case filtered:
			step.Filtered++
		case deleted:
			step.Deleted++
		case refused:
			step.SetAside = append(step.SetAside, gateway.SetAside{EntryID: w.ids[n], Time: step.Time, Reason: w.why[n]})
		}
	}
	w.remember(b, step.To)
	if step.To == step.From {
		return nil
	}
	step.Until = step.Time.Add(lease)
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime) // what was sent was sent
	defer cancel()
	if err := w.store.AdvanceExport(writing, w.spec.Name, w.node, step); err != nil {
		w.log.Warn("how far the export has come cannot be written down; what was sent may be sent again", "error", err)
		return err
	}
	w.lease = step.Until
	if step.Deleted > 0 {
		w.log.Warn("entries were deleted before they were exported", "entries", step.Deleted)
	}
	if len(step.SetAside) > 0 {
		w.log.Warn("the sink refused entries; they are set aside", "entries", len(step.SetAside), "first", step.SetAside[0].EntryID, "reason", step.SetAside[0].Reason)
	}
	w.passed(step.To)
	return nil
}

// remember keeps what became of arrivals behind one whose fate is open.
func (w *worker) remember(b *batch, to int64) {
	for n := to + 1; n <= b.to; n++ {
		if f := b.fate(n); f != 0 {
			w.fates[n] = f
		}
	}
}

// passed forgets what was remembered of arrivals up to a number.
func (w *worker) passed(to int64) {
	old := func(n int64) bool { return n <= to }
	maps.DeleteFunc(w.fates, func(n int64, _ fate) bool { return old(n) })
	maps.DeleteFunc(w.why, func(n int64, _ string) bool { return old(n) })
	maps.DeleteFunc(w.ids, func(n int64, _ string) bool { return old(n) })
}

// failed notes a failure and says when to look again: later and later, unless the sink took
// some of what it was sent.
func (w *worker) failed(ctx context.Context, failure error, some bool) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	wait := w.poll << min(w.tries, 10)
	if some {
		wait = w.poll
	}
	wait = min(wait, maxWait)
	wait = wait/2 + rand.N(wait/2) // so that many do not come at once
	if asked := askedWait(failure); asked > wait {
		wait = min(asked, maxAsked)
	}
	now, reason := time.Now(), cut(failure.Error())
	w.tries, w.rest = w.tries+1, now.Add(wait)
	if w.tries == 1 || w.tries%10 == 0 {
		w.log.Warn("the sink does not take entries; it is tried again", "tries", w.tries, "reason", reason, "next", w.rest)
	}
	writing, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := w.store.ExportFailed(writing, w.spec.Name, w.node, reason, now, now.Add(lease)); err != nil {
		w.log.Warn("a failure of an export cannot be written down", "error", err)
	}
	return min(wait, w.breath)
}

func askedWait(err error) time.Duration {
	var away *Away
	var part *Partial
	switch {
	case errors.As(err, &away):
		return away.Wait
	case errors.As(err, &part):
		return part.Wait
	}
	return 0
}

// skip passes entries that were deleted while the export is paused, so that their numbers
// need not be kept.
func (w *worker) skip(ctx context.Context, st *gateway.ExportState) time.Duration {
	if st.Lag() == 0 {
		return w.poll
	}
	reading, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	all, err := w.store.Arrivals(reading, st.Passed, w.spec.Rows)
	if err != nil || len(all) == 0 || all[0].Doc != nil {
		return w.poll
	}
	b := &batch{from: st.Passed}
	for _, a := range all {
		if a.Doc != nil {
			break
		}
		b.set(a.Number, deleted)
		b.to = a.Number
	}
	_ = w.advance(ctx, b) // it is logged, and tried again
	return w.poll
}

// leave ends the work: another node may go on at once.
func (w *worker) leave(ctx context.Context) {
	w.close()
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := w.store.LeaveExport(ctx, w.spec.Name, w.node); err != nil {
		w.log.Debug("the export could not be handed over; others take it when its time is over", "error", err)
	}
}

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
