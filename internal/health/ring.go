package health

const ringSlots = 10

// ring counts good and bad over a sliding window, in tenths of it.
type ring struct{ slots [ringSlots]ringSlot }

type ringSlot struct {
	turn      int64 // which tenth since the start; another one than it should be = stale
	good, bad uint32
}

// slot gives that of now, emptied when it is stale. span is the window in nanoseconds.
func (r *ring) slot(now, span int64) *ringSlot {
	turn := now/max(span/ringSlots, 1) + 1 // never 0, which is an unused slot's
	s := &r.slots[turn%ringSlots]
	if s.turn != turn {
		*s = ringSlot{turn: turn}
	}
	return s
}

func (r *ring) add(now, span int64, bad bool) {
	s := r.slot(now, span)
	if bad {
		s.bad++
	} else {
		s.good++
	}
}

// sum counts what lies in the window.
func (r *ring) sum(now, span int64) (good, bad int64) {
	turn := now/max(span/ringSlots, 1) + 1
	for i := range r.slots {
		if s := &r.slots[i]; s.turn <= turn && s.turn > turn-ringSlots {
			good, bad = good+int64(s.good), bad+int64(s.bad)
		}
	}
	return good, bad
}

// failing reports whether the breaker opens.
func (r *ring) failing(now int64, rules Rules) bool {
	if rules.Rate <= 0 || rules.Window <= 0 {
		return false
	}
	good, bad := r.sum(now, int64(rules.Window))
	return good+bad >= int64(rules.Least) && float64(bad) >= rules.Rate*float64(good+bad)
}
