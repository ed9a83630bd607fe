package limit

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// parts is into how many sub-spans a sliding window is cut. What is taken in one of them
// leaves together, when its end lies a whole span back: so no span of the window's
// length ever holds more than Max, and no more than a 256th part of it is lost.
const parts = 256

// never is a wait that helps nothing.
const never = time.Duration(-1)

// counter is what one ID has taken in one window. It is guarded by its shard's lock, and
// has to be brought to the present (roll) before it is asked or charged.
type counter struct {
	id    ID
	win   *gateway.Window
	most  int64 // what may stand in win at once
	kind  kind
	open  bool  // counts places
	pins  int32 // open holds on it: it is not forgotten
	asked bool  // the ledger, for the present period
	whole bool  // the present period began while c was counting: the ledger knows no more of it
	gone  bool  // from its shard: forgotten, or another has its place

	home *shard // nil = nobody can find it; else never changed

	width      int64 // of a sub-span, when sliding
	start, end int64 // the present period, when by the calendar
	here       int64 // when what is taken now leaves; of the last roll
	touched    int64

	taken cells      // by the moment it leaves the window
	due   cells      // what open holds give back when they expire, by that moment
	over  *overdraft // only with a Burst
	base  int64      // what a snapshot knew to be settled in the present period
	loc   *time.Location
}

// kind is how a counter counts. It never changes.
type kind uint8

const (
	bySpan kind = iota
	byTurn
	byDate
	atOnce
)

func kindOf(w *gateway.Window, open bool) kind {
	switch {
	case open:
		return atOnce
	case w.Period != "":
		return byDate
	case w.Fixed:
		return byTurn
	}
	return bySpan
}

func newCounter(id ID, w *gateway.Window, open bool, loc *time.Location) *counter {
	c := &counter{id: id, kind: kindOf(w, open), open: open, loc: loc}
	c.asks(w)
	if c.sliding() {
		c.width = max(divUp(int64(w.Span), parts), 1)
	}
	return c
}

// asks makes w the window that counts: it may allow more or less than the one before.
func (c *counter) asks(w *gateway.Window) {
	c.win, c.most = w, w.Max
	if c.kind == bySpan || c.kind == byTurn {
		c.most = addSat(w.Max, w.Burst)
	}
}

func (c *counter) calendar() bool { return c.kind == byDate }
func (c *counter) sliding() bool  { return c.kind == bySpan }
func (c *counter) fixed() bool    { return c.kind == byTurn }

// same reports whether w counts as c does; only Max and Burst may differ.
func (c *counter) same(w *gateway.Window, open bool) bool {
	if c.win == w && c.open == open {
		return true
	}
	a := c.win
	return c.open == open &&
		(open || a.Span == w.Span && a.Fixed == w.Fixed && a.Period == w.Period && a.Zone == w.Zone)
}

// roll brings c to now. It has to be called with the window of the present claim.
func (c *counter) roll(w *gateway.Window, now int64) {
	if c.win != w {
		c.asks(w)
	}
	if c.kind == atOnce {
		return
	}
	if c.kind == byDate {
		c.turn(now)
	}
	here := c.leaves(now)
	c.here = here
	if w.Burst > 0 && c.kind != byDate {
		c.overdraw(now, here)
	}
	last := here + int64(w.Span) // a clock that steps back a little forgives nothing
	if !c.taken.stale(now, last) {
		return
	}
	held := c.taken.held
	c.taken.leave(now, last)
	if c.over != nil && c.sliding() {
		c.over.pour(w, now, held-c.taken.held)
	}
}

// turn enters the period that now lies in. Clocks that step back over its beginning by
// less than a minute do not leave it.
func (c *counter) turn(now int64) {
	if now < c.end && now >= c.start-int64(time.Minute) && c.end != 0 {
		return
	}
	start, end := PeriodOf(c.win.Period, c.loc, time.Unix(0, now))
	c.whole = c.asked && start.UnixNano() >= c.end
	c.start, c.end = start.UnixNano(), end.UnixNano()
	c.asked, c.base = false, 0
}

// overdraw keeps the overdraft of a window with a Burst. When the Burst is new, what the
// window holds is in it.
func (c *counter) overdraw(now, here int64) {
	if c.over == nil {
		c.over = &overdraft{turn: here}
		c.over.pour(c.win, now, c.taken.sum-c.taken.held)
	}
	if c.fixed() {
		c.over.roll(c.win, here, c.taken.sum)
	}
}

// leaves tells when what is taken now stops counting.
func (c *counter) leaves(now int64) int64 {
	switch {
	case c.width > 0:
		if left := c.here - int64(parts)*c.width - now; 0 < left && left <= c.width {
			return c.here // still in the same sub-span
		}
		return (now/c.width + parts + 1) * c.width
	case c.fixed():
		return (now/int64(c.win.Span) + 1) * int64(c.win.Span)
	default:
		return c.end
	}
}

// limit is what may stand in the window at once.
func (c *counter) limit() int64 { return c.most }

// fits reports whether n has room now.
func (c *counter) fits(now, n int64) bool {
	room := c.most - n
	return room >= 0 && c.used(now) <= room
}

// used is what stands in the window, with what an earlier burst has still to repay.
func (c *counter) used(now int64) int64 {
	switch {
	case c.open:
		return c.due.sum
	case c.over == nil || c.win.Burst == 0:
		return c.taken.sum
	case c.fixed():
		return c.taken.sum + c.over.carry
	default:
		return max(c.taken.sum, c.over.level(c.win, now)+c.taken.held)
	}
}

// state is what callers are told.
func (c *counter) state(now int64) State {
	s := State{Max: c.limit(), Used: c.used(now)}
	if s.Used == 0 {
		return s
	}
	of := &c.taken
	if c.kind == atOnce {
		of = &c.due
	}
	key, ok := of.after(1)
	switch {
	case ok:
	case c.over != nil && c.fixed():
		key = c.over.turn
	case c.over != nil:
		key = c.over.dry(c.win, s.Used-1, 0, 0)
	}
	s.Reset = time.Duration(max(key-now, 1))
	return s
}

// wait tells how long until n has room if nothing else is taken: 0 now, negative never.
func (c *counter) wait(now, n int64) time.Duration {
	room := c.limit() - n
	if room < 0 {
		return never
	}
	excess := c.used(now) - room
	if excess <= 0 {
		return 0
	}
	at, ok := c.due.after(excess)
	if !c.open {
		if by := c.frees(now, room); !ok || by < at {
			at = by
		}
	}
	return time.Duration(max(at-now, 1))
}

// frees is when no more than room is used in the window, by time alone.
func (c *counter) frees(now, room int64) int64 {
	at := now
	switch {
	case c.over == nil || c.win.Burst == 0:
	case c.fixed():
		return c.over.turns(c.win, c.taken.sum, room)
	default:
		last := int64(0)
		if live := c.taken.live(); len(live) > 0 {
			last = live[len(live)-1].key
		}
		at = max(at, c.over.dry(c.win, room, c.taken.held, last))
	}
	if excess := c.taken.sum - room; excess > 0 {
		key, _ := c.taken.after(excess)
		at = max(at, key)
	}
	return at
}

// idle reports whether nothing would be lost without c.
func (c *counter) idle(now int64) bool {
	if c.pins > 0 || c.calendar() && now < c.end {
		return false
	}
	if n := len(c.taken.list); n > 0 && c.taken.list[n-1].key > now {
		return false
	}
	o := c.over
	return o == nil || o.until <= now && o.carry == 0 && c.taken.sum == 0
}
