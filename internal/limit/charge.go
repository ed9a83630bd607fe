package limit

import "math/bits"

// charge is what a hold has taken from one counter at one moment.
type charge struct {
	c     *counter
	key   int64 // its cell in c.taken: when it leaves the window
	n     int64
	due   int64 // its key in c.due; 0 when the window ends before the hold does
	claim int
}

// take charges its counter for a hold. It needs the counter rolled to now.
func (ch *charge) take(n, due int64, claim int) {
	c := ch.c
	ch.n, ch.due, ch.claim = n, due, claim
	c.pins++
	if c.kind == atOnce {
		c.due.add(due, n, n)
		return
	}
	ch.key = c.here
	c.taken.add(ch.key, n, n)
	if due > ch.key {
		ch.due = 0
	} else {
		c.due.add(due, n, n)
	}
}

// settle replaces what ch took by what was used. It needs c rolled to now.
func (ch *charge) settle(now, used int64) {
	c, had := ch.c, ch.n
	ch.n = 0
	if ch.due != 0 {
		c.due.settle(ch.due, had, 0)
		ch.due = 0
	}
	if c.kind == atOnce {
		return
	}
	if ch.key > now {
		c.taken.settle(ch.key, had, used)
		had = 0
	}
	switch {
	case c.over == nil:
	case c.sliding(): // what has left the window was poured when it did
		c.over.pour(c.win, now, used-had)
	case ch.key <= now:
		c.over.late(c.win, ch.key, used-had)
	}
}

// grain returns the moment at which what a hold of a life has taken is counted as given
// back by those who wait: rounded up by less than a 256th of the life, so that many
// holds share one.
func grain(expires, life int64) int64 {
	g := int64(1) << max(bits.Len64(uint64(max(life, 0)/(2*parts)))-1, 0)
	return (expires + g - 1) &^ (g - 1)
}
