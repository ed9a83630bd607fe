package limit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// A snapshot is: the heading, which names the version; the time; holds; counters; and
// the SHA-256 of all before. Holds are written first, and counters without
// what is held: a hold that is settled in between counts twice until it expires, and
// never too little.
const heading = "sluice limits 1\n"

// ErrDamaged is what Restore returns for a snapshot that is not whole, or not one.
var ErrDamaged = errors.New("limit: the snapshot of the counters is damaged or from another version: delete it to begin without")

// Snapshot writes all counters and open holds to w. Decisions go on meanwhile.
func (m *Memory) Snapshot(w io.Writer) error {
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	if _, err := io.WriteString(out, heading); err != nil {
		return err
	}
	now := m.clock().UnixNano()
	var p packer
	p.int(now)
	for i := range m.holds {
		for _, h := range m.holds[i].all() {
			m.lock(h.set)
			p.hold(h, m.gone)
			m.unlock(h.set)
		}
		if err := p.flush(out); err != nil {
			return err
		}
	}
	p.uint(0)
	for i := range m.shards {
		m.lock(1 << i)
		for _, c := range m.shards[i].counters {
			p.counter(c, now)
		}
		m.unlock(1 << i)
		if err := p.flush(out); err != nil {
			return err
		}
	}
	p.uint(0)
	if err := p.flush(out); err != nil {
		return err
	}
	_, err := w.Write(sum.Sum(nil))
	return err
}

// Restore replaces all counters and holds by those of a snapshot, or, when it returns an
// error, nothing. It is for an engine that nobody uses yet. Holds that have expired since
// are given back; budgets are asked for at the ledger again, and the greater sum holds.
func (m *Memory) Restore(r io.Reader) error {
	all, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("limit: the snapshot of the counters: %w", err)
	}
	body := len(all) - sha256.Size
	if body < len(heading) || string(all[:len(heading)]) != heading {
		return ErrDamaged
	}
	if sum := sha256.Sum256(all[:body]); !bytes.Equal(sum[:], all[body:]) {
		return ErrDamaged
	}
	u := unpacker{rest: all[len(heading):body]}
	now := u.int()
	holds := u.holds()
	counters, err := u.counters(m)
	switch {
	case err != nil:
		return err
	case u.bad || len(u.rest) > 0:
		return ErrDamaged
	}
	m.replace(rejoin(holds, counters, now), counters)
	return nil
}

// rejoin gives holds their counters back, and counters what is held of them. A hold
// that has a counter which is not there was settled while the snapshot was written.
func rejoin(holds []*held, counters map[ID]*counter, now int64) []*held {
	return slices.DeleteFunc(holds, func(h *held) bool {
		for i := range h.charges {
			ch := &h.charges[i]
			if c := counters[ch.c.id]; c != nil && !ch.c.open {
				ch.c = c
			} else if !ch.c.open {
				return true
			}
			h.set |= 1 << shardOf(&ch.c.id)
		}
		for i := range h.charges {
			h.charges[i].rejoin(h.lapsed, now)
		}
		return false
	})
}

func (ch *charge) rejoin(lapsed bool, now int64) {
	c := ch.c
	c.pins++
	if lapsed {
		return
	}
	if ch.due != 0 {
		c.due.add(ch.due, ch.n, ch.n)
	}
	if !c.open && ch.key > now {
		c.taken.add(ch.key, ch.n, ch.n)
	}
}

func (m *Memory) replace(holds []*held, counters map[ID]*counter) {
	m.lock(math.MaxUint64)
	for i := range m.shards {
		s := &m.shards[i]
		s.counters, s.ring, s.hand = make(map[ID]*counter), nil, 0
	}
	for id, c := range counters {
		s := &m.shards[shardOf(&id)]
		s.counters[id] = c
		s.ring = append(s.ring, c)
	}
	m.unlock(math.MaxUint64)
	for i := range m.holds {
		m.holds[i].reset()
	}
	for _, h := range holds {
		t := &m.holds[tableOf(&h.ID)]
		if h.lapsed {
			t.restore(h)
			continue
		}
		t.put(h)
		m.sooner(h.expires)
	}
}

func (t *table) all() []*held {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.known))
}

func (t *table) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known, t.heap, t.lapsed = make(map[[16]byte]*held), nil, nil
}

func (t *table) restore(h *held) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[h.ID] = h
	t.lapsed = append(t.lapsed, h)
}

// gone reports whether a counter was forgotten, or made anew in another shape.
func (m *Memory) gone(c *counter) bool { return m.shards[shardOf(&c.id)].counters[c.id] != c }
