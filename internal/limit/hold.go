package limit

import (
	"encoding/binary"
	"errors"
	"math"
	"sync"
	"time"
)

// ErrNotOpen is what Extend returns for a hold that has expired or is settled.
var ErrNotOpen = errors.New("limit: the hold has expired or is settled")

// held is a Hold with what the engine knows of it, in one piece of memory. What
// happens to it is guarded by the locks of all its counters; place and matters by its table's.
type held struct {
	Hold
	expires int64
	set     uint64   // the locks of its counters
	claims  int      // how many Reserve had
	charges []charge // one a claim, then what Extend added
	lapsed  bool     // expired: gave everything back, but may still be settled
	settled bool
	place   int   // in the heap; -1 when it is not there
	matters int64 // until when settling it, once lapsed, changes anything

	room struct {
		charges [6]charge
		granted [6]int64
		states  [6]State
	}
}

// newHeld makes a hold that has taken nothing yet.
func newHeld(claims []Claim, now time.Time, ttl time.Duration) (*held, []State) {
	h := &held{place: -1}
	h.Claims = claims
	h.Taken, h.Expires = now, now.Add(ttl)
	h.expires = h.Expires.UnixNano()
	n := len(claims)
	h.claims = n
	if n <= len(h.room.charges) {
		h.charges, h.Granted = h.room.charges[:n], h.room.granted[:n:n]
		return h, h.room.states[:n:n]
	}
	h.charges, h.Granted = make([]charge, n), make([]int64, n)
	return h, make([]State, n)
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
func (h *held) extend(charges []charge, more []int64, hold *Hold, now int64) {
	due := grain(h.expires, h.expires-h.Taken.UnixNano())
	for i := range charges {
		if n := clamp(more[i]); n > 0 {
			h.charges = append(h.charges, charges[i].c.take(now, n, due, i))
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
	ch.c.roll(ch.c.win, now)
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

// tables is how many parts the table of holds has.
const tables = 64

// table keeps the holds that are open, and those that lapsed as long as they matter.
type table struct {
	mu     sync.Mutex
	known  map[[16]byte]*held
	heap   []*held // open ones, the first to expire in front
	lapsed []*held // by the moment they lapsed
	_      [64]byte
}

// maxLapsed is how many lapsed holds a table remembers.
const maxLapsed = 1024

func tableOf(id *[16]byte) int { return int(binary.BigEndian.Uint64(id[8:]) % tables) }

func (t *table) put(h *held) {
	t.mu.Lock()
	t.known[h.ID] = h
	t.push(h)
	t.mu.Unlock()
}

func (t *table) get(id [16]byte) *held {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[id]
}

func (t *table) remove(h *held) {
	t.mu.Lock()
	delete(t.known, h.ID)
	t.cut(h)
	t.mu.Unlock()
}

// expired takes the open holds out of the heap that expired by now, and returns when
// the next one does.
func (t *table) expired(now int64, into []*held) ([]*held, int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.heap) > 0 && t.heap[0].expires <= now {
		into = append(into, t.heap[0])
		t.cut(t.heap[0])
	}
	if len(t.heap) == 0 {
		return into, math.MaxInt64
	}
	return into, t.heap[0].expires
}

// remember keeps a lapsed hold as long as it matters. It returns those that are to be
// forgotten.
func (t *table) remember(h *held, now int64) (forget []*held) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known[h.ID] != h {
		return nil // settled in between
	}
	t.lapsed = append(t.lapsed, h)
	keep := t.lapsed[:0]
	for i, old := range t.lapsed {
		if old.matters > now && len(t.lapsed)-i <= maxLapsed {
			keep = append(keep, old)
			continue
		}
		delete(t.known, old.ID)
		forget = append(forget, old)
	}
	clear(t.lapsed[len(keep):])
	t.lapsed = keep
	return forget
}

func (t *table) push(h *held) {
	h.place = len(t.heap)
	t.heap = append(t.heap, h)
	t.up(h.place)
}

// cut takes h out of the heap, or out of the lapsed.
func (t *table) cut(h *held) {
	i := h.place
	if i < 0 {
		t.cutLapsed(h)
		return
	}
	h.place = -1
	last := len(t.heap) - 1
	moved := t.heap[last]
	t.heap[last] = nil
	t.heap = t.heap[:last]
	if i == last {
		return
	}
	t.set(i, moved)
	t.down(i)
	t.up(moved.place)
}

func (t *table) cutLapsed(h *held) {
	for i, old := range t.lapsed {
		if old == h {
			t.lapsed = append(t.lapsed[:i], t.lapsed[i+1:]...)
			return
		}
	}
}

func (t *table) set(i int, h *held) { t.heap[i], h.place = h, i }

func (t *table) up(i int) {
	h := t.heap[i]
	for i > 0 {
		above := (i - 1) / 2
		if t.heap[above].expires <= h.expires {
			break
		}
		t.set(i, t.heap[above])
		i = above
	}
	t.set(i, h)
}

func (t *table) down(i int) {
	h := t.heap[i]
	for {
		below := 2*i + 1
		if below >= len(t.heap) {
			break
		}
		if below+1 < len(t.heap) && t.heap[below+1].expires < t.heap[below].expires {
			below++
		}
		if t.heap[below].expires >= h.expires {
			break
		}
		t.set(i, t.heap[below])
		i = below
	}
	t.set(i, h)
}
