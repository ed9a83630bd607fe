package limit

import (
	"sync/atomic"
	"time"
)

// newClock gives a clock like time.Now for half its price: it asks the system for the time
// that has passed alone, and for the time of day ten times a second.
func newClock() func() time.Time {
	const every = time.Second / 10
	var last atomic.Pointer[time.Time]
	return func() time.Time {
		if t := last.Load(); t != nil {
			if passed := time.Since(*t); passed >= 0 && passed < every {
				return t.Add(passed)
			}
		}
		now := time.Now()
		last.Store(&now)
		return now
	}
}
