package alert

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

const (
	queued = 1024 // notes that wait to be looked at

	// A counter seems to have reached a threshold because of what is held, or its spend is
	// on the way to the ledger: it is looked at again, until it has or nobody notes it.
	maxPending  = 4096
	firstLook   = 200 * time.Millisecond
	longestLook = time.Minute
	giveUp      = time.Hour

	quietFor  = time.Second
	storeTime = 5 * time.Second
)

// watch raises alerts from notes.
type watch struct {
	store Raiser
	spent limit.Spent // nil = what is noted is believed
	link  string
	log   *slog.Logger
	marks marks
	notes chan gateway.Standing
	wake  chan<- struct{} // told of each alert that is new

	// Of run alone.
	pending map[span]*pending
	away    bool // the last try to ask the store failed
}

// span is one period of a counter.
type span struct {
	counter [16]byte
	start   int64
}

// pending is a counter that seems to have reached a threshold.
type pending struct {
	gateway.Standing
	start, end time.Time
	name       string    // of the period
	noted      time.Time // last
	look       time.Time // next
	wait       time.Duration
}

func newWatch(o *Options, wake chan<- struct{}) *watch {
	return &watch{
		store: o.Store, spent: o.Spent, link: o.AdminURL, log: o.Logger, wake: wake,
		notes: make(chan gateway.Standing, queued), pending: map[span]*pending{},
	}
}

// note costs a comparison while no threshold is reached, and a look into memory after.
func (w *watch) note(s *gateway.Standing) {
	if len(s.Rule.Alert) == 0 || !reached(s, s.Used, s.Rule.Alert[0]) {
		return
	}
	if k := w.marks.of(&s.Counter, s.Time); k != nil && k.needless(highest(s, s.Used), s.Refused) {
		return
	}
	select {
	case w.notes <- *s:
	default: // the share stays reached: the next call notes it again
	}
}

func (w *watch) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-w.notes:
			if p := w.admit(s); p != nil && !p.look.After(time.Now()) {
				w.examine(ctx, p)
			}
		case <-timer.C:
			w.examineDue(ctx)
		}
		timer.Reset(w.untilLook())
	}
}

// admit puts a note into what is pending, nil when it cannot be.
func (w *watch) admit(s gateway.Standing) *pending {
	now := time.Now()
	start, end, name, err := periodOf(s.Window, s.Time)
	if err != nil {
		w.log.Error("a budget cannot be watched", "rule", s.ID, "error", err)
		return nil
	}
	at := span{s.Counter, start.UnixNano()}
	p := w.pending[at]
	switch {
	case p != nil: // calls end in another order than they were counted in: the most counts
		s.Refused, s.Used = s.Refused || p.Refused, max(s.Used, p.Used)
	case len(w.pending) >= maxPending:
		return nil
	default:
		p = &pending{start: start, end: end, name: name, look: now, wait: firstLook}
		if w.spent != nil {
			p.look = now.Add(firstLook) // the entry of the call that was noted is not recorded yet
		}
		w.pending[at] = p
	}
	p.Standing, p.noted = s, now
	if soon := now.Add(firstLook); p.look.After(soon) {
		p.look = soon
	}
	w.hush(p, now.Add(quietFor))
	return p
}

// hush lets further notes of the counter be dropped for a time.
func (w *watch) hush(p *pending, until time.Time) {
	done := 0
	if k := w.marks.of(&p.Counter, p.start); k != nil {
		done = k.done
	}
	w.marks.put(&mark{
		counter: p.Counter, start: p.start, end: p.end, done: done, quiet: until, seen: highest(&p.Standing, p.Used), refused: p.Refused,
	})
}

func (w *watch) examineDue(ctx context.Context) {
	now := time.Now()
	for _, p := range w.pending {
		if !p.look.After(now) && !w.examine(ctx, p) {
			return // the store fails for the others as well; what is due stays due
		}
	}
}

// examine raises what a counter has really reached, and looks again later when it seems
// to have reached more. It reports whether the store answered.
func (w *watch) examine(ctx context.Context, p *pending) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	used, err := w.used(ctx, p)
	if err == nil {
		err = w.raise(ctx, p, used)
	}
	w.tell(err)
	now := time.Now()
	if err == nil && (highest(&p.Standing, used) >= highest(&p.Standing, p.Used) || now.Sub(p.noted) >= giveUp) {
		delete(w.pending, span{p.Counter, p.start.UnixNano()})
		w.hush(p, time.Time{})
		return true
	}
	p.look = now.Add(p.wait)
	p.wait = min(2*p.wait, longestLook)
	return err == nil
}

func (w *watch) used(ctx context.Context, p *pending) (gateway.USD, error) {
	if w.spent == nil {
		return p.Used, nil
	}
	n, err := w.spent(ctx, limit.ID(p.Counter), p.start)
	return gateway.USD(n), err
}

// raise puts each threshold that is reached into the outbox, unless it is there.
func (w *watch) raise(ctx context.Context, p *pending, used gateway.USD) error {
	k := w.marks.of(&p.Counter, p.start)
	for _, t := range p.Rule.Alert {
		if !reached(&p.Standing, used, t) {
			break
		}
		if k != nil && t <= k.done {
			continue
		}
		a, err := newAlert(p, t, used, w.link)
		if err != nil {
			return err
		}
		fresh, err := w.store.RaiseAlert(ctx, a)
		if err != nil {
			return err
		}
		if fresh {
			w.log.Info("a budget has reached a threshold", "alert", a.ID, "rule", p.ID, "period", p.name, "threshold", t)
			signal(w.wake)
		}
		w.marks.put(&mark{counter: p.Counter, start: p.start, end: p.end, done: t})
	}
	return nil
}

// tell logs the first of several failures in a row.
func (w *watch) tell(err error) {
	if err != nil && !w.away && !errors.Is(err, context.Canceled) {
		w.log.Warn("alerts of budgets cannot be raised; it is tried again", "error", err)
	}
	w.away = err != nil
}

// untilLook is how long nothing that is pending is due.
func (w *watch) untilLook() time.Duration {
	wait := time.Hour
	now := time.Now()
	for _, p := range w.pending {
		wait = min(wait, p.look.Sub(now))
	}
	return max(wait, 0)
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// periodOf gives the calendar period that a time lies in, and its name.
func periodOf(w *gateway.Window, at time.Time) (start, end time.Time, name string, err error) {
	zone := time.UTC
	if w.Zone != "" {
		if zone, err = time.LoadLocation(w.Zone); err != nil {
			return start, end, "", err
		}
	}
	start, end = limit.PeriodOf(w.Period, zone, at)
	return start, end, periodName(w.Period, start.In(zone)), nil
}
