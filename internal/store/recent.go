package store

import (
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	// maxRecent bounds the documents that are kept.
	maxRecent = 16 << 20
	// recentFor is for how long one is kept, and for how long after a sign of an export the
	// next ones are: longer than between two of them.
	recentFor = 5 * time.Second
	// tellAfter is how many entries may wait before exports are told, so that they read them
	// before they have to make room.
	tellAfter = 2000
)

// recent are the documents that this process stored last, by the numbers of their
// arrivals: an export that keeps up need not have them read back. They are a copy, which
// counts only while arrival_head.changed is what it was when they were committed; whoever
// deletes or changes entries raises that number in the same transaction.
type recent struct {
	mu     sync.Mutex
	looked time.Time // when an export of this process gave a sign of life
	kept   []recentBatch
	bytes  int
	timer  *time.Timer // drops what is old; nil = nothing is kept
	closed bool
	taken  int64  // up to where an export has read, the quickest one
	told   int64  // up to where exports were told
	tell   func() // nil = nobody wants to know
}

// OnArrivals has f called when so many entries have been stored here that exports have not
// read that they are better read now, while one reads here. It must not block. It is set before the store is used.
func (s *Store) OnArrivals(f func()) { s.recent.tell = f }

// recentBatch are the arrivals of one transaction.
type recentBatch struct {
	all     []gateway.Arrival // by number, without a gap
	changed int64
	at      time.Time
	bytes   int
}

func (b *recentBatch) first() int64 { return b.all[0].Number }
func (b *recentBatch) last() int64  { return b.all[len(b.all)-1].Number }

// expect notes that an export of this process will read.
func (r *recent) expect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked = time.Now()
}

// wanted reports whether an export reads here.
func (r *recent) wanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.looked.IsZero() && time.Since(r.looked) < recentFor
}

// look notes that an export reads, and reports whether the arrival of a number is kept.
func (r *recent) look(number int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked = time.Now()
	return slices.ContainsFunc(r.kept, func(b recentBatch) bool { return b.first() <= number && number <= b.last() })
}

// add keeps what was committed.
func (r *recent) add(b recentBatch) {
	if len(b.all) > 0 && r.keep(b) && r.tell != nil {
		r.tell()
	}
}

// keep reports whether it is time to tell exports.
func (r *recent) keep(b recentBatch) bool {
	b.at = time.Now()
	for i := range b.all {
		b.bytes += len(b.all[i].ID) + len(b.all[i].Doc)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	at := len(r.kept)
	for at > 0 && r.kept[at-1].first() > b.first() { // another writer was quicker to come here
		at--
	}
	r.kept, r.bytes = slices.Insert(r.kept, at, b), r.bytes+b.bytes
	for r.bytes > maxRecent {
		r.drop()
	}
	if r.timer == nil {
		r.timer = time.AfterFunc(recentFor, r.expire)
	}
	news, waiting := b.last()-r.told, b.last()-r.taken
	if news < tellAfter/2 || news < 2*tellAfter && waiting < tellAfter { // others may be slower than the quickest
		return false
	}
	r.told = b.last()
	return true
}

// drop forgets the oldest batch.
func (r *recent) drop() {
	r.bytes -= r.kept[0].bytes
	r.kept = slices.Delete(r.kept, 0, 1)
}

func (r *recent) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	for len(r.kept) > 0 && time.Since(r.kept[0].at) >= recentFor {
		r.drop()
	}
	if len(r.kept) > 0 && !r.closed {
		r.timer = time.AfterFunc(recentFor-time.Since(r.kept[0].at), r.expire)
	}
}

// take gives arrivals behind a number, without a gap and at most limit, as far as they are
// kept and nothing was changed since.
func (r *recent) take(after int64, limit int, changed int64) (out []gateway.Arrival) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.kept {
		b := &r.kept[i]
		if b.last() <= after {
			continue
		}
		if b.first() > after+1 || b.changed != changed || len(out) == limit {
			break
		}
		if out == nil {
			out = make([]gateway.Arrival, 0, limit)
		}
		part := b.all[after+1-b.first():]
		part = part[:min(len(part), limit-len(out))]
		if out = append(out, part...); len(part) > 0 {
			after = part[len(part)-1].Number
		}
	}
	r.taken = max(r.taken, after)
	return out
}

// close forgets everything.
func (r *recent) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.kept, r.bytes = true, nil, 0
	if r.timer != nil {
		r.timer.Stop()
	}
}
