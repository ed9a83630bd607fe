package cache

import "math"

// climber finds how large the window should be, by trying: it goes on in a direction
// while more is found than before, and turns when less is. Where what is new is asked for
// again soon the window grows; where some answers are asked for ever again it shrinks
// (Einziger, Eytan, Friedman, Manes: Adaptive Software Cache Management,
// https://dl.acm.org/doi/10.1145/3274808.3274816).
type climber struct {
	share float64 // of the bytes, for the window
	step  float64 // signed
	rate  float64 // of hits, when the last step was made; < 0 = none was
}

const (
	firstShare = 0.2
	leastShare = 0.01
	mostShare  = 0.8
	wholeStep  = 0.08
	decay      = 0.95 // of the steps, so that they come to rest
	upheaval   = 0.05 // a rate that differs as much begins whole steps anew
)

func newClimber() climber { return climber{share: firstShare, step: wholeStep, rate: -1} }

// climb takes the rate of hits since it was last asked, and gives the new share.
func (c *climber) climb(rate float64) float64 {
	change := rate - c.rate
	if c.rate < 0 {
		change = 0
	}
	if change < 0 {
		c.step = -c.step
	}
	if math.Abs(change) >= upheaval {
		c.step = math.Copysign(wholeStep, c.step)
	}
	c.rate = rate
	c.share = min(max(c.share+c.step, leastShare), mostShare)
	c.step *= decay
	return c.share
}
