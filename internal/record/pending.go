package record

import (
	"cmp"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Pending calls fn with each entry that is not yet in the store, newest id first, until
// fn returns false. Entries come without bodies or with them, as is cheaper, and must
// not be changed. An entry that reaches the store meanwhile may or may not come: who
// lists both asks Pending first, then the store, and keeps one of each id.
func (r *Recorder) Pending(fn func(*gateway.Entry) bool) { r.PendingBefore("", fn) }

// PendingBefore is Pending from below the given id on; "" begins with the newest.
func (r *Recorder) PendingBefore(id string, fn func(*gateway.Entry) bool) {
	r.flush()
	v := r.spool.view()
	from := 0
	if id != "" {
		from = v.before(identOf(id))
	}
	for i := from; i < len(v.order); i++ {
		at := v.order[i]
		if i > from && at.id.hi != 0 && at.id == v.order[i-1].id {
			continue // an older state of the same entry
		}
		if e := v.summary(at); e != nil && !fn(e) {
			return
		}
	}
}

// PendingEntry gives the entry with its bodies when it is not yet in the store.
func (r *Recorder) PendingEntry(id string) (*gateway.Entry, bool) {
	r.flush()
	want := identOf(id)
	segs, drained := r.spool.snapshot()
	for _, seg := range slices.Backward(segs) {
		for i, at := range slices.Backward(seg.refs) {
			if at.id != want || seg.first+uint64(i) < drained {
				continue
			}
			if e, err := seg.entry(i); err == nil && e.ID == id {
				return r.opened(e), true
			}
		}
	}
	return nil, false
}

// snapshot copies the list of segments.
func (s *spool) snapshot() (segs []segment, drained uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segs {
		segs = append(segs, *seg)
	}
	return segs, s.drained
}

// view is a consistent look at what is not drained, ordered by id, newest first.
type view struct {
	segs     []segment
	hot      []hotEntry
	hotFirst uint64
	order    []place
}

type place struct {
	id    ident
	seq   uint64
	seg   int
	index int
}

func (s *spool) view() *view {
	v := new(view)
	s.mu.Lock() // hot before the segments: what leaves it in between is still in a segment
	v.hot, v.hotFirst = slices.Clone(s.hot), s.hotFirst
	s.mu.Unlock()
	segs, drained := s.snapshot()
	v.segs = segs
	for i := range segs {
		for j, r := range segs[i].refs {
			if seq := segs[i].first + uint64(j); seq >= drained {
				v.order = append(v.order, place{r.id, seq, i, j})
			}
		}
	}
	slices.SortFunc(v.order, func(a, b place) int {
		return cmp.Or(b.id.compare(a.id), cmp.Compare(b.seq, a.seq))
	})
	return v
}

// before finds the first place whose id is older than id.
func (v *view) before(id ident) int {
	i, _ := slices.BinarySearchFunc(v.order, id, func(p place, id ident) int {
		if p.id.compare(id) >= 0 {
			return -1
		}
		return 1
	})
	return i
}

// summary gives the entry at a place; nil when it cannot be read any more, since the
// store has it by now.
func (v *view) summary(at place) *gateway.Entry {
	if i := at.seq - v.hotFirst; at.seq >= v.hotFirst && i < uint64(len(v.hot)) {
		return v.hot[i].e
	}
	e, err := v.segs[at.seg].summary(at.index)
	if err != nil {
		return nil
	}
	return e
}
