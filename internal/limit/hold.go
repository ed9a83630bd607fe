package limit

import (
	"errors"
	"math"
	"sync"
	"time"
)

// ErrNotOpen is what Extend returns for a hold that has expired or is settled.
var ErrNotOpen = errors.New("limit: the hold has expired or is settled")

// held is a Hold with what the engine knows of it, in one piece of memory. What happens
// to it is guarded by the locks of all its counters; place by its table's.
type held struct {
	Hold
	expires int64
	by      *Memory  // who took it; nil = it was read from somewhere
	set     uint64   // the locks of its counters
	charges []charge // one a claim, then what Extend added
	matters int64    // until when settling it, once lapsed, changes anything
	claims  uint16   // how many Reserve had
	lapsed  bool     // expired: gave everything back, but may still be settled
	settled bool
	place   int32 // in the heap, or one of the places beside it

	room struct {
		charges [4]charge
		granted [4]int64
		states  [4]State
	}
}

// freed are holds whose memory is used again.
var freed = sync.Pool{New: func() any { return new(held) }}

// Free gives back the memory of a hold that was settled where it was taken; of any other it
// does nothing. Neither it nor the verdict that it came with may be used afterwards. Nobody
// has to call it.
func (hold *Hold) Free() {
	h := hold.kept
	if h == nil || hold != &h.Hold || h.by == nil || !h.settled || h.place != removed || h.by.listing.Load() != 0 {
		return
	}
	*h = held{}
	freed.Put(h)
}

// room12 is the room of a hold with more claims than most have.
type room12 struct {
	charges [12]charge
	granted [12]int64
	states  [12]State
}

// newHeld makes a hold that has taken nothing yet.
func newHeld(claims []Claim, now time.Time, ttl time.Duration) (*held, []State) {
	h := freed.Get().(*held)
	h.kept, h.place = h, nowhere
	h.Claims = claims
	h.Taken, h.Expires = now, now.Add(ttl)
	h.expires = h.Expires.UnixNano()
	n := len(claims)
	h.claims = uint16(n)
	switch {
	case n <= len(h.room.charges):
		h.charges, h.Granted = h.room.charges[:n], h.room.granted[:n:n]
		return h, h.room.states[:n:n]
	case n <= len(room12{}.charges):
		room := new(room12)
		h.charges, h.Granted = room.charges[:n], room.granted[:n:n]
		return h, room.states[:n:n]
	default:
		h.charges, h.Granted = make([]charge, n), make([]int64, n)
		return h, make([]State, n)
	}
}

// lapse gives back what h took: it was not settled in time. It needs the locks.
func (h *held) lapse(now int64) {
	if h.lapsed || h.settled {
		return
	}
	h.lapsed = true
	for i := range h.charges {
		ch := &h.charges[i]
		ch.c.roll(ch.c.win, now)
		ch.settle(now, 0)
		h.matters = max(h.matters, ch.key)
	}
}

// extend takes more on h, one amount a claim. It needs the locks.
func (h *held) extend(charges []charge, more []int64, hold *Hold) {
	due := grain(h.expires, h.expires-h.Taken.UnixNano())
	for i := range charges {
		if n := clamp(more[i]); n > 0 {
			charges[i].take(n, due, i)
			h.charges = append(h.charges, charges[i])
			hold.Granted[i] += n
		}
	}
}

// settle replaces what h took by used, one amount a claim. What Extend took comes last:
// what is above all that was taken counts where Reserve took. It needs the locks.
func (h *held) settle(now int64, used []int64) {
	if h.settled {
		return
	}
	h.settled = true
	first, further := h.charges[:h.claims], h.charges[h.claims:]
	for i := range first {
		n := clamp(used[i])
		spare := max(n-first[i].n, 0)
		for j := range further {
			if ch := &further[j]; ch.claim == i {
				part := min(spare, ch.n)
				spare, n = spare-part, n-part
				ch.close(now, part)
			}
		}
		first[i].close(now, n)
	}
}

func (ch *charge) close(now, used int64) {
	if ch.c.over != nil { // what has left meanwhile was poured then; else the next who asks sees to it
		ch.c.roll(ch.c.win, now)
	}
	ch.settle(now, used)
	ch.c.pins--
}

// forget lets go of h's counters: it lapsed, and nobody settled it while that mattered.
// It needs the locks.
func (h *held) forget() {
	if h.settled {
		return
	}
	h.settled = true
	for i := range h.charges {
		h.charges[i].c.pins--
	}
}

// most is the greatest amount: sums of many fit in 64 bits.
const most = math.MaxInt64 >> 8

func clamp(n int64) int64 { return min(max(n, 0), most) }
