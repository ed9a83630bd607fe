package route

import "math"

// golden is 2^64 divided by the golden ratio: its multiples fill a circle as evenly as
// any number's do, whatever regular part of them is looked at
// (https://en.wikipedia.org/wiki/Low-discrepancy_sequence#Additive_recurrence).
const golden = 0x9E3779B97F4A7C15

// hash is FNV-1a with a seed, mixed. It is the same on every node and for ever: choices
// that stick depend on it.
func hash(seed uint64, s string) uint64 {
	h := seed ^ 0xcbf29ce484222325
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h)
}

// mix is the end of SplitMix64: each bit of the result depends on each of x.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit makes a number between 0 and 1 of a hash, neither of them itself.
func unit(h uint64) float64 { return (float64(h>>11) + 0.5) / (1 << 53) }

// rank is a target's weighted rendezvous rank for a value: the greatest one is chosen,
// in proportion to the weights. When a weight changes, only choices to or from that
// target change (https://en.wikipedia.org/wiki/Rendezvous_hashing#Weighted_rendezvous_hash).
func rank(value, target uint64, weight float64) float64 {
	return -weight / math.Log(unit(mix(value^target)))
}

// draw is one drawing of lots.
type draw struct {
	value uint64
	stuck bool // value is of what calls stay together by, else it is a point on a circle
}

// draw gives a step's draw for a call. Without something to stick to, draws follow each
// other so evenly that shares come out as they are written even over few calls.
func (m *making) draw(s *step, sticky string) draw {
	if v := m.stick(sticky); v != 0 {
		return draw{mix(v ^ s.salt), true}
	}
	return draw{value: m.next(s)}
}

// next gives the next point of a step's circle. The first one is drawn.
func (m *making) next(s *step) uint64 {
	start := m.ask.Random | 1
	if m.ask.Explain {
		return or(s.turn.Load(), start-golden) + golden*(1+m.ahead(s))
	}
	if s.turn.Load() == 0 && s.turn.CompareAndSwap(0, start) {
		return start
	}
	return s.turn.Add(golden)
}

// tick gives the next number of a step that takes turns.
func (m *making) tick(s *step) uint64 {
	if m.ask.Explain {
		return s.turn.Load() + m.ahead(s)
	}
	return s.turn.Add(1) - 1
}

// ahead tells how often a plan that only explains would have moved a step's turn.
func (m *making) ahead(s *step) uint64 {
	if m.turns == nil {
		m.turns = map[*step]uint64{}
	}
	m.turns[s]++
	return m.turns[s] - 1
}

// among chooses one of the arms by their weights; -1 when none weighs anything.
func (d draw) among(arms []arm, weights []float64) int {
	if d.stuck {
		return d.highest(arms, weights)
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	best, at := -1, unit(d.value)*sum
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		best = i
		if at -= w; at < 0 {
			break
		}
	}
	return best
}

func (d draw) highest(arms []arm, weights []float64) int {
	best, most := -1, 0.0
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		if r := rank(d.value, arms[i].hash, w); best < 0 || r > most {
			best, most = i, r
		}
	}
	return best
}
