package cache

import "time"

// policy says what stays in memory: W-TinyLFU by bytes. What is new lives in a window,
// the least recent of which must be asked for more often than what it would push out of
// the main part; there, what is asked for again is protected. It hears of hits when it
// looks at an entry, as CLOCK does, so that a hit costs a reader nothing. It is not safe
// for concurrent use.
type policy struct {
	sketch                       sketch
	climber                      climber
	max                          int64
	full                         bool // it has been
	window, probation, protected list
	maxWindow, maxShield         int64
	unlink                       func(*entry) // is told of each entry that has to go
	dropped                      int64        // of them
	scratch                      []*entry
}

func newPolicy(max int64, unlink func(*entry)) policy {
	p := policy{sketch: newSketch(max / bytesPerKey), climber: newClimber(), max: max, unlink: unlink}
	p.share(p.climber.share)
	return p
}

// share gives the window its part of the bytes.
func (p *policy) share(window float64) {
	p.maxWindow = int64(window * float64(p.max))
	p.maxShield = (p.max - p.maxWindow) / 5 * 4
}

// adapt hears how many keys were found and not found since it last said true, and says
// whether that was enough to learn from.
func (p *policy) adapt(hits, misses int64) bool {
	asked := hits + misses
	if asked < 5*int64(max(p.len(), 256)) {
		return false
	}
	if !p.full { // while it fills up, more is found each time whatever it does
		p.full = p.bytes() > p.max/10*9
		return true
	}
	p.share(p.climber.climb(float64(hits) / float64(asked)))
	return true
}

// entry is one answer in memory.
type entry struct {
	key        Key
	answer     *Answer
	after      link // in its bucket
	uses       uses
	size       int64
	in         *list
	prev, next *entry
}

func (p *policy) bytes() int64 { return p.window.bytes + p.probation.bytes + p.protected.bytes }
func (p *policy) len() int     { return p.window.len + p.probation.len + p.protected.len }

// add takes a new entry in, which may be let go of at once. old is the one whose place it
// takes; nil = none.
func (p *policy) add(e, old *entry, now time.Time) {
	p.sketch.add(&e.key, 1)
	p.sketch.fade(p.len())
	switch {
	case old != nil:
		e.uses.take(&old.uses)
		in := old.in
		in.remove(old)
		in.push(e)
	case e.size > p.maxWindow:
		p.contest(e, now)
	default:
		p.window.push(e)
	}
	p.settle(now)
}

// settle brings the window back to its bound, and all parts together. Where only shares
// have moved that takes several calls, so that none takes long.
func (p *policy) settle(now time.Time) {
	const some = 64
	for i := 0; p.window.bytes > p.maxWindow && (i < some || p.bytes() > p.max); i++ {
		e := p.window.last()
		p.window.remove(e)
		p.contest(e, now)
	}
	p.shield()
	for p.bytes() > p.max {
		v := p.victim(nil)
		if v == nil {
			v = p.window.last()
		}
		p.evict(v)
	}
}

// contest lets an entry that is in no part into the main part if it is asked for more
// often than all that it would push out together.
func (p *policy) contest(e *entry, now time.Time) {
	need := p.bytes() + e.size - p.max
	worth := p.worth(e, now)
	victims, against := p.scratch[:0], uint32(0)
	defer func() {
		clear(victims)
		p.scratch = victims
	}()
	for v := (*entry)(nil); need > 0; need -= v.size {
		if v = p.victim(v); v != nil {
			against += p.worth(v, now)
		}
		if v == nil || against >= worth {
			p.drop(e)
			return
		}
		victims = append(victims, v)
	}
	for _, v := range victims {
		p.evict(v)
	}
	p.probation.push(e)
}

// worth is about how often an entry was asked for lately; nothing when it is dead.
func (p *policy) worth(e *entry, now time.Time) uint32 {
	if e.answer.Dead(now) {
		return 0
	}
	p.note(e)
	return p.sketch.count(&e.key)
}

// note counts what an entry was used since it was last looked at, and says whether it was.
func (p *policy) note(e *entry) bool {
	n := e.uses.reset()
	if n > 0 {
		p.sketch.add(&e.key, n)
	}
	return n > 0
}

// victim gives the next entry to go before one that was given; nil = there is none. On
// the way, what was used is protected.
func (p *policy) victim(before *entry) *entry {
	for {
		v := p.probation.last()
		if before != nil {
			v = before.prev
		}
		switch {
		case v == nil && before != nil:
			return nil
		case v == nil:
			v = p.protected.last()
			if v == nil {
				return nil
			}
			p.protected.remove(v)
			p.probation.push(v)
			return v
		case !p.note(v):
			return v
		}
		p.probation.remove(v)
		p.protected.push(v)
		p.shield()
	}
}

// shield takes the least recent out of the protected part while it is too large.
func (p *policy) shield() {
	for p.protected.bytes > p.maxShield {
		e := p.protected.last()
		used := p.note(e)
		p.protected.remove(e)
		if used {
			p.protected.push(e)
		} else {
			p.probation.push(e)
		}
	}
}

func (p *policy) evict(e *entry) {
	p.remove(e)
	p.drop(e)
}

func (p *policy) drop(e *entry) {
	p.dropped++
	p.unlink(e)
}

// remove takes an entry out.
func (p *policy) remove(e *entry) { e.in.remove(e) }

// list is a list of entries, the most recent in front.
type list struct {
	front, back *entry
	len         int
	bytes       int64
}

func (l *list) last() *entry { return l.back }

func (l *list) push(e *entry) {
	e.in, e.prev, e.next = l, nil, l.front
	if l.front != nil {
		l.front.prev = e
	} else {
		l.back = e
	}
	l.front = e
	l.len++
	l.bytes += e.size
}

func (l *list) remove(e *entry) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		l.front = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		l.back = e.prev
	}
	e.in, e.prev, e.next = nil, nil, nil
	l.len--
	l.bytes -= e.size
}
