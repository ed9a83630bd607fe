package export

import (
	"math"
	"time"
)

const (
	// soonest is how soon a batch that fills is looked at again.
	soonest = 50 * time.Millisecond
	// paceOver is over how much time a pace is measured at least: entries come in the bursts
	// in which they are committed.
	paceOver = 250 * time.Millisecond
)

// pace tells how fast entries arrive, so that a full batch need not wait for the usual look.
type pace struct {
	last  int64
	at    time.Time
	every time.Duration // an entry; 0 = none comes, or it is not known yet
}

// told is told the number of the last arrival.
func (p *pace) told(last int64, now time.Time) {
	switch came, took := last-p.last, now.Sub(p.at); {
	case p.at.IsZero():
		p.last, p.at = last, now
	case took >= paceOver:
		p.last, p.at, p.every = last, now, 0
		if came > 0 {
			p.every = max(took/time.Duration(came), 1)
		}
	}
}

// until gives how long it takes, at the pace of late, until some more have arrived.
func (p *pace) until(more int64) time.Duration {
	if p.every == 0 {
		return math.MaxInt64
	}
	wait := float64(p.every) * float64(max(more, 0))
	return time.Duration(min(max(wait, float64(soonest)), float64(time.Hour)))
}
