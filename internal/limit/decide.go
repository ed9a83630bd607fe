package limit

import (
	"math/bits"
	"time"
)

func first(set uint64) int { return bits.TrailingZeros64(set) }

// decide tells which claim has no room and how long until all have, or -1. charges are
// one a claim, under lock; more, when given, is asked instead of the claims' wants.
// Claims on one counter are asked together.
func decide(claims []Claim, charges []charge, more []int64, now int64) (refused int, retry time.Duration) {
	refused = -1
	for i := range claims {
		if claims[i].Observe || asked(&claims[i], more, i) == 0 {
			continue
		}
		var all int64
		for j := range charges {
			if charges[j].c == charges[i].c {
				all = addSat(all, asked(&claims[j], more, j))
			}
		}
		wait := charges[i].c.wait(now, all)
		if wait != 0 && (refused < 0 || longer(wait, retry)) {
			refused, retry = i, wait
		}
	}
	return refused, retry
}

// allot gives every claim all that it wants, when each of them has room for that. false
// says nothing more than that it has to be decided: some counter is full, or asked twice.
func allot(claims []Claim, charges []charge, granted []int64, now int64) bool {
	for i := range charges {
		c, cl := charges[i].c, &claims[i]
		n := clamp(cl.Want)
		if (!cl.Observe || cl.Min > 0) && n > 0 && !c.fits(now, n) {
			return false
		}
		for j := range i {
			if charges[j].c == c {
				return false
			}
		}
		granted[i] = n
	}
	return true
}

// asked is the least that a claim is content with.
func asked(cl *Claim, more []int64, i int) int64 {
	switch {
	case more != nil:
		return clamp(more[i])
	case cl.Min > 0:
		return clamp(min(cl.Min, cl.Want))
	default:
		return clamp(cl.Want)
	}
}

func longer(a, b time.Duration) bool {
	return b >= 0 && (a < 0 || a > b)
}

// grant tells what each claim gets, once it is decided that each gets enough: its Want,
// or of what is left as much as there is.
func grant(claims []Claim, charges []charge, granted []int64, now int64) {
	fit := false
	for i := range claims {
		granted[i] = asked(&claims[i], nil, i)
		fit = fit || granted[i] < claims[i].Want
	}
	if !fit {
		return
	}
	for i := range claims {
		c := charges[i].c
		room := c.limit() - c.used(now)
		for j := range charges {
			if charges[j].c == c {
				room -= granted[j]
			}
		}
		if claims[i].Min > 0 {
			granted[i] += max(min(clamp(claims[i].Want)-granted[i], room), 0)
		}
	}
}

func tell(states []State, charges []charge, now int64) {
	for i := range states {
		states[i] = charges[i].c.state(now)
	}
}
