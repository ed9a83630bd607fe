package semantic

import (
	"math/bits"
	"slices"
	"time"
)

// shelf is the prompts of one scope. Small ones are compared one by one. In a large one a
// sketch of each vector, of a bit for every dimension, says first which few are worth it.
type shelf struct {
	entries []*entry
	words   int // of a sketch
	prints  []uint64
}

const (
	// small is the most prompts that are compared one by one: about half a millisecond.
	small = 2048
	// chosen is how many prompts of a larger shelf are compared at least.
	chosen = 512
)

func (s *shelf) add(e *entry, print []uint64) {
	e.at = len(s.entries)
	s.entries = append(s.entries, e)
	s.prints = append(s.prints, print...)
}

// remove puts the last entry in the place of the one that goes.
func (s *shelf) remove(e *entry) {
	last := len(s.entries) - 1
	moved := s.entries[last]
	s.entries[e.at], moved.at = moved, e.at
	copy(s.prints[e.at*s.words:(e.at+1)*s.words], s.prints[last*s.words:])
	s.entries[last] = nil
	s.entries, s.prints = s.entries[:last], s.prints[:last*s.words]
}

func (s *shelf) nearest(v []float32, k int, now time.Time) []Match {
	best := make([]Match, 0, k+1)
	if len(s.entries) <= small {
		for _, e := range s.entries {
			best = rank(best, k, e, v, now)
		}
		return best
	}
	for _, i := range s.choose(sketch(v), max(chosen, 8*k)) {
		best = rank(best, k, s.entries[i], v, now)
	}
	return best
}

// rank keeps the k best matches, the best one first.
func rank(best []Match, k int, e *entry, v []float32, now time.Time) []Match {
	score := dot(v, e.Vector)
	if len(best) == k && score <= best[k-1].Score || !now.Before(e.Until) {
		return best
	}
	at, _ := slices.BinarySearchFunc(best, score, func(m Match, score float64) int {
		if m.Score >= score {
			return -1
		}
		return 1
	})
	best = slices.Insert(best, at, Match{Key: e.Key, Text: e.Text, Score: score})
	return best[:min(len(best), k)]
}

// choose gives the places of at least n entries whose sketches are the nearest.
func (s *shelf) choose(print []uint64, n int) []int32 {
	apart := make([]uint16, len(s.entries))
	count := make([]int, 64*s.words+1)
	all := s.prints
	for i := range apart {
		d := differing(all[:s.words], print)
		all = all[s.words:]
		apart[i] = uint16(d)
		count[d]++
	}
	most, sum := 0, 0
	for ; most < len(count) && sum < n; most++ {
		sum += count[most]
	}
	out := make([]int32, 0, sum)
	for i, d := range apart {
		if int(d) < most {
			out = append(out, int32(i))
		}
	}
	return out
}

// differing counts the bits in which two sketches of the same length differ.
func differing(a, b []uint64) (n int) {
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		n += bits.OnesCount64(a[0]^b[0]) + bits.OnesCount64(a[1]^b[1]) + bits.OnesCount64(a[2]^b[2]) + bits.OnesCount64(a[3]^b[3])
		a, b = a[4:], b[4:]
	}
	for i := range a {
		n += bits.OnesCount64(a[i] ^ b[i])
	}
	return n
}
