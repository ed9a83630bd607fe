package export

import (
	"math"
	"time"
)

// soonest is how soon a batch that fills is looked at again.
const soonest = 20 * time.Millisecond

// pace tells how fast entries arrive, so that a full batch need not wait for the usual look.
type pace struct {
	last int64
	at   time.Time
}

// until is told the number of the last arrival and gives how long it takes, at the pace
// since it was told before, until another number has arrived.
func (p *pace) until(last, number int64, now time.Time) time.Duration {
	came, took := last-p.last, now.Sub(p.at)
	known := !p.at.IsZero() && came > 0 && took > 0
	p.last, p.at = last, now
	if !known {
		return math.MaxInt64
	}
	wait := float64(took) / float64(came) * float64(max(number-last, 0))
	return time.Duration(min(max(wait, float64(soonest)), float64(time.Hour)))
}
