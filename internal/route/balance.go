package route

import (
	"cmp"
	"math"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// group is what one arm of a balance gives: one target, or those of a route.
type group struct {
	arm      *arm
	from, to int // in the plan
	class    class
	standing Standing // of the first one
	cost     float64  // by the kind of balance; less is better
	luck     float64  // settles what is equal; more is better
}

// class goes before cost.
type class uint8

const (
	ready      class = iota
	reserve          // weighs nothing
	resting          // failed lately
	lastChance       // both
)

// balance appends the targets of all arms, the best first.
func (m *making) balance(s *step, into []Target, sticky string) []Target {
	var room [8]group
	groups := room[:0]
	start := len(into)
	for i := range s.arms {
		a := &s.arms[i]
		from := len(into)
		if into = m.expand(&a.ref, into, false, sticky); len(into) == from {
			continue
		}
		groups = append(groups, group{arm: a, from: from, to: len(into), class: classOf(a, into[from:]), standing: m.standing(a, &into[from])})
	}
	if len(groups) == 0 {
		return into
	}
	m.eject(groups, into)
	m.rankGroups(s, groups, sticky)
	m.compared(s, groups)
	return rearranged(into, start, groups)
}

// eject lets those rest that do far worse than the others.
func (m *making) eject(groups []group, into []Target) {
	c, ok := m.ask.State.(Comparer)
	if !ok || len(groups) < 2 {
		return
	}
	var room [8]Target
	firsts := room[:0]
	for i := range groups {
		firsts = append(firsts, into[groups[i].from])
	}
	far := c.Outliers(firsts)
	for i := range groups[:min(len(groups), 64)] {
		if far&(1<<i) == 0 {
			continue
		}
		for at := groups[i].from; at < groups[i].to; at++ {
			into[at].Rests = true
		}
		groups[i].class = classOf(groups[i].arm, into[groups[i].from:groups[i].to])
	}
}

func classOf(a *arm, ts []Target) class {
	c := ready
	if !slices.ContainsFunc(ts, func(t Target) bool { return !t.Rests }) {
		c = resting
	}
	if a.weight == 0 {
		c++
	}
	return c
}

// standing gives the standing of an arm's first target, which for a name that is no
// route's has just been seen.
func (m *making) standing(a *arm, t *Target) Standing {
	if a.way == nil || m.ask.State == nil {
		return m.seen
	}
	return m.ask.State.Standing(t)
}

// rankGroups puts the groups in order of preference.
func (m *making) rankGroups(s *step, groups []group, sticky string) {
	d := draw{value: mix(m.ask.Random ^ s.salt)}
	if v := m.stick(sticky); v != 0 {
		d = draw{mix(v ^ s.salt), true}
	}
	best := lastChance
	for i := range groups {
		g := &groups[i]
		g.luck = rank(d.value, g.arm.hash, or(g.arm.weight, 1))
		best = min(best, g.class)
	}
	costs(s.Balance.By, groups)
	if i := m.foremost(s, groups, best, d); i >= 0 {
		groups[i].cost = math.Inf(-1)
	}
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.cost, b.cost), cmp.Compare(b.luck, a.luck))
	})
}

// foremost chooses the group that is tried first where that is not simply the one of
// least cost; -1 otherwise.
func (m *making) foremost(s *step, groups []group, best class, d draw) int {
	switch {
	case d.stuck:
		return luckiest(groups, best)
	case s.Balance.By == gateway.ByWeight:
		return byWeight(groups, best, unit(m.next(s)))
	case s.Balance.By == gateway.ByTurn:
		turn(groups, best, m.tick(s))
	case s.Balance.By == gateway.ByLatency:
		return betterOfTwo(groups, best, d.value)
	}
	return -1
}

func luckiest(groups []group, best class) int {
	at := -1
	for i := range groups {
		if groups[i].class == best && (at < 0 || groups[i].luck > groups[at].luck) {
			at = i
		}
	}
	return at
}

// byWeight chooses by weight; at is a point between 0 and 1.
func byWeight(groups []group, best class, at float64) (last int) {
	sum := 0.0
	for i := range groups {
		if groups[i].class == best {
			sum += or(groups[i].arm.weight, 1)
		}
	}
	at *= sum
	for i := range groups {
		if groups[i].class != best {
			continue
		}
		last = i
		if at -= or(groups[i].arm.weight, 1); at < 0 {
			break
		}
	}
	return last
}

// turn makes the cost how far off a group's turn is.
func turn(groups []group, best class, now uint64) {
	n := count(groups, best)
	place := n - now%n
	for i := range groups {
		if groups[i].class == best {
			groups[i].cost = float64(place % n)
			place++
		}
	}
}

func count(groups []group, of class) (n uint64) {
	for i := range groups {
		if groups[i].class == of {
			n++
		}
	}
	return n
}

// betterOfTwo draws two and gives the one of less cost.
func betterOfTwo(groups []group, best class, value uint64) int {
	n := count(groups, best)
	if n == 1 {
		return luckiest(groups, best)
	}
	a, b := value%n, mix(value)%(n-1)
	if b >= a {
		b++
	}
	i, j := nth(groups, best, a), nth(groups, best, b)
	if groups[j].cost < groups[i].cost {
		return j
	}
	return i
}

// nth gives the place of the n-th group of a class.
func nth(groups []group, of class, n uint64) int {
	for i := range groups {
		if groups[i].class != of {
			continue
		}
		if n == 0 {
			return i
		}
		n--
	}
	return -1
}

// rearranged puts the targets from start on into the order of the groups.
func rearranged(ts []Target, start int, groups []group) []Target {
	var room [8]Target
	old := append(room[:0], ts[start:]...)
	out := ts[:start]
	for i := range groups {
		out = append(out, old[groups[i].from-start:groups[i].to-start]...)
	}
	return out
}

// costs fills in what a kind of balance compares.
func costs(by string, groups []group) {
	switch by {
	case gateway.ByLoad:
		for i := range groups {
			g := &groups[i]
			g.cost = float64(g.standing.Busy) / or(g.arm.weight, 1)
		}
	case gateway.ByLatency:
		latencies(groups)
	case gateway.ByPrice:
		for i := range groups {
			groups[i].cost = price(&groups[i].standing)
		}
	case gateway.ByValue:
		values(groups)
	}
}

func price(s *Standing) float64 {
	if !s.Priced {
		return math.Inf(1)
	}
	return s.Price
}

// latencies makes the cost the time to first content, for each attempt in flight and the
// one to come. A target of which nothing is known is tried at once when it is idle, else
// taken to be as quick as the quickest, so that it is not flooded before its first answer.
func latencies(groups []group) {
	quickest := math.Inf(1)
	for i := range groups {
		if f := groups[i].standing.First; f > 0 {
			quickest = min(quickest, float64(f))
		}
	}
	if math.IsInf(quickest, 1) {
		quickest = 1
	}
	for i := range groups {
		g := &groups[i]
		switch st := &g.standing; {
		case st.First > 0:
			g.cost = float64(st.First) * float64(st.Busy+1)
		case st.Busy > 0:
			g.cost = quickest * float64(st.Busy+1)
		default:
			g.cost = 0
		}
	}
}

// values makes the cost what a token a second of success is paid with:
//
//	(price + base) / (success × speed)
//
// where base is a twentieth of the dearest price, so that among targets that are free or
// nearly so speed and success still tell, and a target of unknown speed counts with the
// mean of the others. One without a price stands behind all that have one.
func values(groups []group) {
	dearest, speeds, known := 0.0, 0.0, 0.0
	for i := range groups {
		st := &groups[i].standing
		if st.Priced {
			dearest = max(dearest, st.Price)
		}
		if st.Speed > 0 {
			speeds, known = speeds+st.Speed, known+1
		}
	}
	base, mean := or(dearest/20, 1), 1.0
	if known > 0 {
		mean = speeds / known
	}
	for i := range groups {
		st := &groups[i].standing
		groups[i].cost = (price(st) + base) / (max(st.Success, 0.01) * or(max(st.Speed, 0), mean))
	}
}
