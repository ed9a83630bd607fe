package limit

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// journalHold writes a hold with all that it has taken so far of budgets, and of others
// only that they are there: a rate may forget it.
func (p *packer) journalHold(h *Hold) {
	p.buf = append(p.buf, h.ID[:]...)
	p.int(h.Taken.UnixNano())
	p.int(int64(h.Expires.Sub(h.Taken)))
	p.uint(uint64(len(h.Claims)))
	for i := range h.Claims {
		c := &h.Claims[i]
		budget := c.budget()
		if p.bool(budget); !budget {
			continue
		}
		p.buf = append(p.buf, c.Counter[:]...)
		p.int(h.Granted[i])
		p.int(c.Window.Max)
		p.text(string(c.Window.Period))
		p.text(c.Window.Zone)
	}
}

func (u *unpacker) journalHold() *Hold {
	h := &Hold{ID: u.id(), Taken: time.Unix(0, u.int())}
	h.Expires = h.Taken.Add(time.Duration(u.int()))
	n := u.uint()
	if n > uint64(len(u.rest)) {
		u.bad = true
		return nil
	}
	h.Claims, h.Granted = make([]Claim, n), make([]int64, n)
	for i := range h.Claims {
		if !u.bool() {
			continue
		}
		h.Claims[i].Counter, h.Granted[i] = u.id(), u.int()
		h.Claims[i].Window = &gateway.Window{Max: u.int(), Period: gateway.Period(u.text()), Zone: u.text()}
	}
	return h
}

// replay takes what a journal says. It ends at the zeros behind the last record, or at one
// that is not whole: nothing was let through on it.
func (d *Durable) replay(path string) error {
	all, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("limit: the journal of budgets: %w", err)
	}
	for len(all) >= frameHead {
		n := uint64(binary.LittleEndian.Uint32(all))
		if n == 0 || n > uint64(len(all)-frameHead) {
			return nil
		}
		body := all[frameHead : frameHead+n]
		if crc32.Checksum(body, journalSum) != binary.LittleEndian.Uint32(all[4:]) {
			return nil
		}
		d.redo(body)
		all = all[frameHead+n:]
	}
	return nil
}

func (d *Durable) redo(record []byte) {
	u := unpacker{rest: record}
	h := u.journalHold()
	if u.bad {
		return
	}
	d.adopt(h)
	for len(u.rest) > 0 && !u.bad {
		d.release(u.id())
	}
}

// adopt takes what a hold had taken, as far as the snapshot does not know of it.
func (m *Memory) adopt(hold *Hold) {
	now := m.clock().UnixNano()
	h := m.get(hold.ID)
	known := h != nil
	if !known {
		h = &held{Hold: *hold, expires: hold.Expires.UnixNano(), claims: uint16(len(hold.Claims)), place: nowhere}
	}
	if h.lapsed || int(h.claims) != len(hold.Claims) {
		return
	}
	old := h.set
	for i := range hold.Claims {
		if hold.Claims[i].budget() {
			h.set |= 1 << m.shardOf(&hold.Claims[i].Counter)
		}
	}
	if h.set == 0 {
		return
	}
	m.lock(h.set)
	defer m.unlock(h.set)
	for i := range hold.Claims {
		if n := hold.Granted[i] - h.has(i); n > 0 || !known {
			h.charges = append(h.charges, m.chargeAgain(h, &hold.Claims[i], n, now, i))
		}
	}
	m.changed(h.set)
	if known {
		m.tableOf(old).cut(h)
	}
	m.tableOf(h.set).push(h)
	m.sooner(h.expires)
}

// has is what h has taken for a claim.
func (h *held) has(claim int) (n int64) {
	for i := range h.charges {
		if h.charges[i].claim == claim {
			n += h.charges[i].n
		}
	}
	return n
}

// chargeAgain charges the budget of a claim, or, for one that is none, has begun anew
// since or cannot be made any more, a counter that nobody asks. It needs the lock.
func (m *Memory) chargeAgain(h *held, cl *Claim, n, now int64, claim int) charge {
	if cl.budget() {
		if c, err := m.counter(cl, now); err == nil && h.Taken.UnixNano() >= c.start {
			ch := charge{c: c}
			ch.take(clamp(n), grain(h.expires, h.expires-h.Taken.UnixNano()), claim)
			return ch
		}
	}
	return charge{c: &counter{id: cl.Counter, kind: atOnce, open: true, win: &gateway.Window{}, pins: 1}, claim: claim}
}

// release gives back what a hold has taken: what it used is in the ledger or the spool.
func (m *Memory) release(id [16]byte) {
	if h := m.get(id); h != nil {
		_ = m.Settle(context.Background(), &h.Hold, make([]int64, h.claims)) // fails for a wrong number of amounts only
	}
}
