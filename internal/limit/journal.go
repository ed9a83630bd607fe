package limit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Durable is a memory engine that is kept in files: a snapshot each second, and beside it
// a journal of what was taken of budgets since then. A hold on a budget is in the journal
// before Reserve returns, so that a process that is killed forgets a second of rates at
// most, and of budgets nothing.
type Durable struct {
	*Memory
	path string

	mu     sync.Mutex
	gen    uint64 // of the present page
	page   *page  // nil while none can be written
	pack   packer
	fault  error  // why the journal could not be written, until Keep has told it
	closed closed // holds that the journal does not call settled yet
}

var _ Engine = (*Durable)(nil)

// closedAfter is how long after its settlement the journal lets go of a hold: by then the
// entry that says what was used is in the spool.
const closedAfter = 250 * time.Millisecond

// NewDurable keeps m at path, and its journals beside. Load comes first, then Keep runs.
func NewDurable(m *Memory, path string) *Durable { return &Durable{Memory: m, path: path} }

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
func (d *Durable) Settle(_ context.Context, h *Hold, used []int64) error {
	if h == nil {
		return nil
	}
	id, noted := h.ID, onBudget(h.Claims)
	now, err := d.Memory.settle(h, used)
	if noted && now != 0 {
		d.mu.Lock()
		d.closed.add(id, now)
		d.mu.Unlock()
	}
	return err
}

// Swap implements Engine.
func (d *Durable) Swap(ctx context.Context, old *Hold, used []int64, claims []Claim, ttl time.Duration) (Verdict, error) {
	var id [16]byte
	noted := old != nil && onBudget(old.Claims)
	if noted {
		id = old.ID
	}
	v, now, err := d.Memory.swap(ctx, old, used, claims, ttl)
	if noted && now != 0 {
		d.mu.Lock()
		d.closed.add(id, now)
		d.mu.Unlock()
	}
	if v.Hold != nil && onBudget(claims) {
		d.note(v.Hold)
	}
	return v, err
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
// every call under a budget.
func (d *Durable) note(h *Hold) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.page == nil {
		return
	}
	var head [frameHead]byte
	d.pack.buf = append(d.pack.buf[:0], head[:]...)
	d.pack.journalHold(h)
	d.pack.buf = d.closed.settledBy(h.Taken.UnixNano()-int64(closedAfter), d.pack.buf)
	if err := d.write(d.pack.buf); err != nil {
		d.giveUp(err)
	}
}

// write appends a record, to a new page when the present one is full. It needs the lock.
func (d *Durable) write(record []byte) error {
	fits, err := d.page.add(record)
	if fits || err != nil {
		return err
	}
	if err := d.turn(); err != nil {
		return err
	}
	_, err = d.page.add(record)
	return err
}

// giveUp leaves the journal as it is: Keep begins another. It needs the lock.
func (d *Durable) giveUp(err error) {
	if d.page != nil {
		_ = d.page.close() // there is an error to tell already
		d.page = nil
	}
	d.blame(err)
}

// blame keeps an error until Keep tells it. It needs the lock.
func (d *Durable) blame(err error) {
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
	d.mu.Lock()
	defer d.mu.Unlock()
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
	var written, since uint64 // since is the first journal that the last snapshot needs; 0 = a new one is to be begun for the next
	tell := func(err error) bool {
		if err != nil {
			failed(err)
		}
		return err == nil
	}
	each(ctx, func() {
		tell(d.blamed())
		now, broken := d.changes(), d.broken()
		if now == written && !broken {
			return
		}
		if since == 0 || broken {
			begun, err := d.begin()
			if tell(err) {
				since = begun
			}
		}
		if tell(d.save(d.path)) {
			d.drop(since)
			written, since = now, 0
		}
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.page != nil {
		_ = d.page.close() // all of it is in the snapshot
		d.page = nil
	}
}

// broken reports whether nothing is written in a journal just now.
func (d *Durable) broken() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.page == nil
}

// begin begins a new journal and tells which. What was taken before is in the next
// snapshot.
func (d *Durable) begin() (gen uint64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err = d.turn()
	return d.gen, err
}

// turn begins a new page. It needs the lock.
func (d *Durable) turn() error {
	next, err := newPage(d.journal(d.gen + 1))
	if err != nil {
		return fmt.Errorf("limit: the journal of budgets: %w", err)
	}
	d.gen++
	old := d.page
	d.page = next
	if old != nil {
		return old.close()
	}
	return nil
}

// drop removes the journals before one that a snapshot has made needless.
func (d *Durable) drop(before uint64) {
	for _, gen := range d.journals() {
		if gen < before {
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
