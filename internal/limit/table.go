package limit

// table keeps the holds that are open, and those that lapsed as long as they matter. It is
// guarded by the lock of its shard.
type table struct {
	heap   []*held // open ones, the first to expire in front
	lapsed []*held // by the moment they lapsed
}

// The places of holds that are not in the heap.
const (
	nowhere = -1 // new, or lapsed
	removed = -2
)

// maxLapsed is how many lapsed holds a table remembers.
const maxLapsed = 1024

// get looks for a hold that was read from somewhere: those that are taken here are known
// by their address.
func (t *table) get(id [16]byte) *held {
	for _, list := range [...][]*held{t.heap, t.lapsed} {
		for _, h := range list {
			if h.ID == id {
				return h
			}
		}
	}
	return nil
}

func (t *table) remove(h *held) {
	t.cut(h)
	h.place = removed
}

// expired takes an open hold out of the heap that expired by now, if there is one.
func (t *table) expired(now int64) *held {
	if len(t.heap) == 0 || t.heap[0].expires > now {
		return nil
	}
	h := t.heap[0]
	t.cut(h)
	return h
}

// remember keeps a lapsed hold as long as it matters. It returns those that are to be
// forgotten.
func (t *table) remember(h *held, now int64) (forget []*held) {
	t.lapsed = append(t.lapsed, h)
	keep := t.lapsed[:0]
	for i, old := range t.lapsed {
		if old.matters > now && len(t.lapsed)-i <= maxLapsed {
			keep = append(keep, old)
			continue
		}
		old.place = removed
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
	h.place = nowhere
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
