package limit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Durable is a memory engine that is kept in files: a snapshot each second, and beside it
// a journal of what was taken of budgets since then. A hold on a budget is in the journal
// before Reserve returns, so that a process that is killed forgets a second of rates at
// most, and of budgets nothing.
type Durable struct {
	*Memory
	path string
	gen  uint64                  // of the present journal; Load's and Keep's alone
	file atomic.Pointer[os.File] // nil while none can be written
	bufs sync.Pool               // of *packer

	mu      sync.Mutex
	fault   error    // why the journal could not be written, until Keep has told it
	closed  []closed // settled holds that the journal does not call so yet, the oldest first
	undated int      // how many of the last of them have no time yet
}

type closed struct {
	id [16]byte
	by time.Time // it was settled by then
}

var _ Engine = (*Durable)(nil)

// closedAfter is how long after its settlement the journal lets go of a hold: by then the
// entry that says what was used is in the spool.
const closedAfter = 250 * time.Millisecond

// NewDurable keeps m at path, and its journals beside. Load comes first, then Keep runs.
func NewDurable(m *Memory, path string) *Durable {
	d := &Durable{Memory: m, path: path}
	d.bufs.New = func() any { return new(packer) }
	return d
}

// Reserve implements Engine.
func (d *Durable) Reserve(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error) {
	v, err := d.Memory.Reserve(ctx, claims, ttl)
	if err == nil && v.Hold != nil && onBudget(claims) {
		d.note(v.Hold)
	}
	return v, err
}

// Extend implements Engine.
func (d *Durable) Extend(ctx context.Context, h *Hold, more []int64) (Verdict, error) {
	v, err := d.Memory.Extend(ctx, h, more)
	if err == nil && v.Hold != nil && onBudget(h.Claims) {
		d.note(h)
	}
	return v, err
}

// Settle implements Engine.
func (d *Durable) Settle(ctx context.Context, h *Hold, used []int64) error {
	noted := h != nil && onBudget(h.Claims)
	err := d.Memory.Settle(ctx, h, used)
	if err == nil && noted {
		d.mu.Lock()
		d.closed = append(d.closed, closed{id: h.ID})
		d.undated++
		d.mu.Unlock()
	}
	return err
}

func onBudget(claims []Claim) bool {
	for i := range claims {
		if claims[i].budget() {
			return true
		}
	}
	return false
}

func (c *Claim) budget() bool { return !c.Open && c.Window != nil && c.Window.Period != "" }

// note writes a hold to the journal, and which others are settled by now. It is part of
// every call under a budget, and costs about a microsecond.
func (d *Durable) note(h *Hold) {
	p := d.bufs.Get().(*packer)
	p.buf = append(p.buf[:0], make([]byte, frameHead)...)
	p.journalHold(h)
	d.noteClosed(p, h.Taken)
	p.frame()
	d.write(p.buf)
	d.bufs.Put(p)
}

// noteClosed writes the holds that were settled long enough before now.
func (d *Durable) noteClosed(p *packer, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for ; d.undated > 0; d.undated-- {
		d.closed[len(d.closed)-d.undated].by = now
	}
	n := 0
	for n < len(d.closed) && now.Sub(d.closed[n].by) >= closedAfter {
		p.buf = append(p.buf, d.closed[n].id[:]...)
		n++
	}
	d.closed = d.closed[n:]
}

// write appends a record. Once that fails the journal is given up: Keep begins another.
func (d *Durable) write(record []byte) {
	for {
		f := d.file.Load()
		if f == nil {
			return
		}
		_, err := f.Write(record)
		if errors.Is(err, os.ErrClosed) && d.file.Load() != f {
			continue // Keep has begun another
		}
		if err != nil && d.file.CompareAndSwap(f, nil) {
			f.Close()
			d.blame(err)
		}
		return
	}
}

func (d *Durable) blame(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault == nil {
		d.fault = fmt.Errorf("limit: the journal of budgets: %w", err)
	}
}

func (d *Durable) blamed() (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err, d.fault = d.fault, nil
	return err
}

// Load restores the snapshot and what the journals have beyond it, and begins a journal.
// Its error is of the snapshot: the journals are read even so. It is for an engine that
// nobody uses yet.
func (d *Durable) Load() error {
	d.tidyUp()
	err := d.Memory.Load(d.path)
	for _, gen := range d.journals() {
		d.gen = gen
		if read := d.replay(d.journal(gen)); read != nil {
			d.blame(read)
		}
	}
	if begun := d.turn(); begun != nil {
		d.blame(begun)
	}
	return err
}

// tidyUp removes snapshots that a kill left half written.
func (d *Durable) tidyUp() {
	names, _ := filepath.Glob(filepath.Join(filepath.Dir(d.path), "."+filepath.Base(d.path)+".*")) // fails for bad patterns only
	for _, name := range names {
		_ = os.Remove(name) // it only takes room
	}
}

// Keep writes a snapshot each second in which something changed, and a last one when ctx
// ends; then it returns. failed hears of what could not be written; the next second tries
// again.
func (d *Durable) Keep(ctx context.Context, failed func(error)) {
	var written uint64
	turned := false // since the last snapshot: its journal must not go before there is a new one
	tell := func(err error) bool {
		if err != nil {
			failed(err)
		}
		return err == nil
	}
	each(ctx, func() {
		tell(d.blamed())
		now := d.changes()
		if now == written && d.file.Load() != nil {
			return
		}
		if !turned || d.file.Load() == nil {
			turned = tell(d.turn())
		}
		if tell(d.save(d.path)) {
			written, turned = now, false
			d.drop()
		}
	})
	if f := d.file.Swap(nil); f != nil {
		f.Close()
	}
}

// turn begins a new journal. What was taken before is in the next snapshot.
func (d *Durable) turn() error {
	f, err := os.OpenFile(d.journal(d.gen+1), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("limit: the journal of budgets: %w", err)
	}
	d.gen++
	if old := d.file.Swap(f); old != nil {
		return old.Close()
	}
	return nil
}

// drop removes the journals that a snapshot has made needless.
func (d *Durable) drop() {
	for _, gen := range d.journals() {
		if gen < d.gen {
			_ = os.Remove(d.journal(gen)) // read again, it changes nothing
		}
	}
}

func (d *Durable) journal(gen uint64) string {
	return d.path + ".journal." + strconv.FormatUint(gen, 10)
}

// journals lists the journals that there are, the oldest first.
func (d *Durable) journals() (gens []uint64) {
	names, _ := filepath.Glob(d.path + ".journal.*") // fails for bad patterns only
	for _, name := range names {
		if gen, err := strconv.ParseUint(strings.TrimPrefix(name, d.path+".journal."), 10, 64); err == nil {
			gens = append(gens, gen)
		}
	}
	slices.Sort(gens)
	return gens
}

// frameHead is how long the head of a record is: its length and checksum.
const frameHead = 8

var journalSum = crc32.MakeTable(crc32.Castagnoli)

// frame fills in the head of the one record in p.
func (p *packer) frame() {
	body := p.buf[frameHead:]
	binary.LittleEndian.PutUint32(p.buf, uint32(len(body)))
	binary.LittleEndian.PutUint32(p.buf[4:], crc32.Checksum(body, journalSum))
}
