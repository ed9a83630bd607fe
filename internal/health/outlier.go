package health

import (
	"math/bits"
	"slices"
	"time"
)

const (
	farBelow = 0.25                  // less success than the median of the others, as a share of all calls
	farAbove = 3                     // times the median latency of the others
	atLeast  = 50 * time.Millisecond // and this much above it
)

// scores are what targets are compared by, each by its place.
type scores struct {
	n       int
	counts  uint64      // those with enough calls to be compared
	success [64]float64 // share of the calls in the window
	latency [64]float64 // mean time to first content in nanoseconds; 0 = unknown
	bad     [64]float64 // how far out it is, 0 = it is not
}

// Outliers implements Watch. One that is avoided has too few calls soon, and so gets a
// new chance with each window.
func (b *Board) Outliers(ts []Target) uint64 {
	ts = ts[:min(len(ts), 64)]
	if len(ts) < 2 {
		return 0
	}
	s := scores{n: len(ts)}
	now := b.now()
	for i := range ts {
		if t := b.target(ts[i]); t != nil && t.score(b, now, &s.success[i], &s.latency[i]) {
			s.counts |= 1 << i
		}
	}
	if bits.OnesCount64(s.counts) < 2 {
		return 0
	}
	s.compare(&s.success, failsMuch)
	s.compare(&s.latency, muchSlower)
	return s.worst(len(ts) / 2)
}

// score reports whether the target has enough calls, and how it does.
func (t *target) score(b *Board, now int64, success, latency *float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.currentRules(b, now)
	good, bad := t.calls.sum(now, int64(r.Window))
	if !r.Ejects || good+bad < int64(max(r.Least, 1)) {
		return false
	}
	*success, *latency = float64(good)/float64(good+bad), t.pace.mean
	return true
}

// failsMuch gives how bad a share of success is; failing weighs more than being slow.
func failsMuch(own, others float64) float64 {
	if own > others-farBelow {
		return 0
	}
	return (others - own) * 1e6
}

func muchSlower(own, others float64) float64 {
	if own == 0 || others == 0 || own < farAbove*others || own < others+float64(atLeast) {
		return 0
	}
	return own / others
}

// compare adds how far each value is from the median of the others.
func (s *scores) compare(values *[64]float64, far func(own, others float64) float64) {
	var store [64]float64
	sorted := store[:0]
	for i, v := range values[:s.n] {
		if s.counts&(1<<i) != 0 {
			sorted = append(sorted, v)
		}
	}
	slices.Sort(sorted)
	for i, v := range values[:s.n] {
		if s.counts&(1<<i) != 0 {
			s.bad[i] += far(v, medianWithout(sorted, v))
		}
	}
}

// medianWithout is the median of sorted values but for one that equals own.
func medianWithout(sorted []float64, own float64) float64 {
	out, _ := slices.BinarySearch(sorted, own)
	at := func(i int) float64 {
		if i >= out {
			i++
		}
		return sorted[i]
	}
	n := len(sorted) - 1
	if n%2 == 1 {
		return at(n / 2)
	}
	return (at(n/2-1) + at(n/2)) / 2
}

// worst gives those that are out, the worst of them when they are more than most.
func (s *scores) worst(most int) (set uint64) {
	for bits.OnesCount64(set) < most {
		at := -1
		for i, bad := range s.bad[:s.n] {
			if set&(1<<i) == 0 && bad > 0 && (at < 0 || bad > s.bad[at]) {
				at = i
			}
		}
		if at < 0 {
			return set
		}
		set |= 1 << at
	}
	return set
}
