package limit

import (
	"encoding/binary"
	"math"
	"sync"
)

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
	h.place = int32(len(t.heap))
	t.heap = append(t.heap, h)
	t.up(int(h.place))
}

// cut takes h out of the heap, or out of the lapsed.
func (t *table) cut(h *held) {
	i := int(h.place)
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
	t.up(int(moved.place))
}

func (t *table) cutLapsed(h *held) {
	for i, old := range t.lapsed {
		if old == h {
			t.lapsed = append(t.lapsed[:i], t.lapsed[i+1:]...)
			return
		}
	}
}

func (t *table) set(i int, h *held) { t.heap[i], h.place = h, int32(i) }

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
