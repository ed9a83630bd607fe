package limit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// A snapshot is: the heading, which names the version; the time; holds; counters; and
// the SHA-256 of all before. Holds are written first, and counters without
// what is held: a hold that is settled in between counts twice until it expires, and
// never too little.
const heading = "sluice limits 1\n"

// enough is how much of a snapshot is gathered before it is written.
const enough = 64 << 10

// ErrDamaged is what Restore returns for a snapshot that is not whole, or not one.
var ErrDamaged = errors.New("limit: the snapshot of the counters is damaged or from another version: delete it to begin without")

// Snapshot writes all counters and open holds to w. Decisions go on meanwhile.
func (m *Memory) Snapshot(w io.Writer) error {
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	if _, err := io.WriteString(out, heading); err != nil {
		return err
	}
	m.listing.Add(1)
	defer m.listing.Add(-1)
	now := m.clock().UnixNano()
	var p packer
	p.int(now)
	for _, h := range m.everyHold() {
		m.lock(h.set)
		p.hold(h, m.gone)
		m.unlock(h.set)
		if len(p.buf) < enough {
			continue
		}
		if err := p.flush(out); err != nil {
			return err
		}
	}
	p.uint(0)
	for i := range m.shards {
		for left := math.MaxInt; left > 0; {
			left = m.someCounters(i, left, &p, now)
			if err := p.flush(out); err != nil {
				return err
			}
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
	m.replace(m.rejoin(holds, counters, now), counters)
	return nil
}

// rejoin gives holds their counters back, and counters what is held of them. A hold
// that has a counter which is not there was settled while the snapshot was written.
func (m *Memory) rejoin(holds []*held, counters map[ID]*counter, now int64) []*held {
	return slices.DeleteFunc(holds, func(h *held) bool {
		for i := range h.charges {
			ch := &h.charges[i]
			if c := counters[ch.c.id]; c != nil && !ch.c.open {
				ch.c = c
			} else if !ch.c.open {
				return true
			}
			h.set |= 1 << m.shardOf(&ch.c.id)
		}
		for i := range h.charges {
			h.charges[i].rejoin(h.lapsed, now)
		}
		return h.set == 0
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
	every := uint64(math.MaxUint64) >> (maxShards - len(m.shards))
	m.lock(every)
	defer m.unlock(every)
	for i := range m.shards {
		s := &m.shards[i]
		for _, c := range s.ring {
			c.gone = true
		}
		s.counters, s.ring, s.hand, s.holds = make(map[ID]*counter), nil, 0, table{}
	}
	for id, c := range counters {
		m.shards[m.shardOf(&id)].put(c)
	}
	for _, h := range holds {
		t := m.tableOf(h.set)
		if h.lapsed {
			t.lapsed = append(t.lapsed, h)
			continue
		}
		t.push(h)
		m.sooner(h.expires)
	}
}

// everyHold lists the holds, open and lapsed.
func (m *Memory) everyHold() (all []*held) {
	for i := range m.shards {
		m.lock(1 << i)
		t := &m.shards[i].holds
		all = append(append(all, t.heap...), t.lapsed...)
		m.unlock(1 << i)
	}
	return all
}

// someCounters writes some of a shard's counters, of which left are left, and returns how
// many are then. It begins with the last: what is dropped meanwhile brings one that was
// written already in its place.
func (m *Memory) someCounters(i, left int, p *packer, now int64) int {
	const some = 1024
	s := &m.shards[i]
	m.lock(1 << i)
	defer m.unlock(1 << i)
	left = min(left, len(s.ring))
	for from := max(left-some, 0); left > from; left-- {
		if c := s.ring[left-1]; s.counters[c.id] == c {
			p.counter(c, now)
		}
	}
	return left
}

// gone reports whether a counter was forgotten, or made anew in another shape.
func (m *Memory) gone(c *counter) bool { return m.shards[m.shardOf(&c.id)].counters[c.id] != c }
