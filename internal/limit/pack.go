package limit

import (
	"encoding/binary"
	"io"
	"math"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// packer writes the parts of a snapshot: numbers as varints, texts with their length.
// Each record begins with 1, and the last one is followed by 0.
type packer struct{ buf []byte }

func (p *packer) int(n int64)   { p.buf = binary.AppendVarint(p.buf, n) }
func (p *packer) uint(n uint64) { p.buf = binary.AppendUvarint(p.buf, n) }
func (p *packer) bool(b bool) {
	if b {
		p.uint(1)
	} else {
		p.uint(0)
	}
}

func (p *packer) text(s string) {
	p.uint(uint64(len(s)))
	p.buf = append(p.buf, s...)
}

func (p *packer) flush(w io.Writer) error {
	_, err := w.Write(p.buf)
	p.buf = p.buf[:0]
	return err
}

// hold writes a hold that is not settled. It needs the locks of its counters.
func (p *packer) hold(h *held, gone func(*counter) bool) {
	if h.settled {
		return
	}
	p.uint(1)
	p.buf = append(p.buf, h.ID[:]...)
	p.int(h.Taken.UnixNano())
	p.int(h.expires)
	p.bool(h.lapsed)
	p.int(h.matters)
	p.uint(uint64(h.claims))
	p.uint(uint64(len(h.charges)))
	for i := range h.charges {
		ch := &h.charges[i]
		p.buf = append(p.buf, ch.c.id[:]...)
		p.bool(gone(ch.c))
		p.int(ch.n)
		p.int(ch.key)
		p.int(ch.due)
		p.uint(uint64(ch.claim))
	}
}

// counter writes what is settled on a counter. It needs its lock.
func (p *packer) counter(c *counter, now int64) {
	c.roll(c.win, now)
	if c.idle(now) {
		return
	}
	p.uint(1)
	p.buf = append(p.buf, c.id[:]...)
	p.bool(c.open)
	w := c.win
	p.int(w.Max)
	p.int(int64(w.Span))
	p.bool(w.Fixed)
	p.int(w.Burst)
	p.text(string(w.Period))
	p.text(w.Zone)
	p.int(c.start)
	p.int(c.end)
	p.int(c.touched)
	p.cells(&c.taken)
	p.bool(c.over != nil)
	if c.over != nil {
		p.int(c.over.until)
		p.int(c.over.carry)
		p.int(c.over.turn)
	}
}

func (p *packer) cells(s *cells) {
	for _, x := range s.live() {
		if n := x.n - x.held; n > 0 {
			p.uint(1)
			p.int(x.key)
			p.int(n)
		}
	}
	p.uint(0)
}

// unpacker reads what packer wrote. After the first thing that cannot be, bad is set and
// all else is zero.
type unpacker struct {
	rest []byte
	bad  bool
}

func (u *unpacker) skip(n int) {
	if n <= 0 || n > len(u.rest) {
		u.bad, u.rest = true, nil
		return
	}
	u.rest = u.rest[n:]
}

func (u *unpacker) int() int64 {
	v, n := binary.Varint(u.rest)
	u.skip(n)
	return v
}

func (u *unpacker) uint() uint64 {
	v, n := binary.Uvarint(u.rest)
	u.skip(n)
	return v
}

func (u *unpacker) bool() bool { return u.uint() == 1 }

func (u *unpacker) text() string {
	n := u.uint()
	if n == 0 {
		return ""
	}
	if n > uint64(len(u.rest)) {
		u.bad = true
		return ""
	}
	s := string(u.rest[:n])
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) id() (id [16]byte) {
	copy(id[:], u.rest)
	u.skip(len(id))
	return id
}

func (u *unpacker) holds() (all []*held) {
	for u.bool() {
		h := &held{place: nowhere}
		h.ID = u.id()
		h.Taken = time.Unix(0, u.int())
		h.expires = u.int()
		h.Expires = time.Unix(0, h.expires)
		h.lapsed = u.bool()
		h.matters = u.int()
		claims, charges := u.uint(), u.uint()
		if claims > charges || claims > math.MaxUint16 || charges > uint64(len(u.rest)) {
			u.bad = true
			return nil
		}
		h.claims, h.charges = uint16(claims), make([]charge, charges)
		for i := range h.charges {
			h.charges[i] = u.charge(int(claims))
		}
		all = append(all, h)
	}
	return all
}

// charge reads a charge. Its counter is a stand-in, open when the real one is gone.
func (u *unpacker) charge(claims int) charge {
	c := &counter{id: u.id(), open: u.bool(), win: &gateway.Window{}}
	c.kind = kindOf(c.win, c.open)
	ch := charge{c: c, n: u.int(), key: u.int(), due: u.int(), claim: int(u.uint())}
	u.bad = u.bad || ch.n < 0 || ch.claim < 0 || ch.claim >= claims
	return ch
}

func (u *unpacker) counters(m *Memory) (map[ID]*counter, error) {
	all := make(map[ID]*counter)
	for u.bool() && !u.bad {
		c, err := u.counter(m)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all[c.id] = c
		}
	}
	return all, nil
}

func (u *unpacker) counter(m *Memory) (*counter, error) {
	id, open := u.id(), u.bool()
	w := &gateway.Window{Max: u.int(), Span: time.Duration(u.int()), Fixed: u.bool(), Burst: u.int()}
	w.Period, w.Zone = gateway.Period(u.text()), u.text()
	loc := time.UTC
	if u.bad {
		return nil, nil
	}
	if w.Zone != "" {
		var err error
		if loc, err = m.zones.load(w.Zone); err != nil {
			return nil, err
		}
	}
	c := newCounter(id, w, open, loc)
	c.start, c.end, c.touched = u.int(), u.int(), u.int()
	u.cells(&c.taken)
	c.base = c.taken.sum
	if u.bool() {
		c.over = &overdraft{until: u.int(), carry: u.int(), turn: u.int()}
	}
	u.bad = u.bad || c.fixed() && w.Span <= 0
	return c, nil
}

func (u *unpacker) cells(s *cells) {
	for u.bool() && !u.bad {
		key, n := u.int(), u.int()
		if n < 0 || n > most*parts/2 {
			u.bad = true
			return
		}
		s.add(key, n, 0)
	}
}
