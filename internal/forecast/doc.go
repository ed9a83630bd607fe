// Package forecast goes on as sums over time went: it tells what is to be expected of a
// time ahead, between which bounds, and when a sum meets a bound.
//
// What is known is cut into whole cycles, back from now: weeks where there are three of
// them, else days, else hours. The share of each step in its cycle is the rhythm, the median
// over the cycles; how much a whole cycle has is the level. Of five weeks and more the level
// has a trend, the median of all slopes between two of them, so that one strange week
// changes little. Bounds are such that of ten sums eight should lie within them, and wide
// enough for a week like the last one.
//
// It knows neither money nor clocks nor a store.
package forecast

import "time"

// Basis is what a forecast goes by.
type Basis string

// The bases.
const (
	Weeks Basis = "weeks"
	Days  Basis = "days"
	Hours Basis = "hours"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Range is a sum to be expected, and its bounds.
type Range struct{ Mid, Low, High float64 }

// Series are the sums of steps of equal length, the oldest first, that end at End.
type Series struct {
	End    time.Time
	Step   time.Duration // a whole part of a day
	Values []float64
}

// known gives what there is from the first step on that has anything.
func (s *Series) known() []float64 {
	for i, v := range s.Values {
		if v > 0 {
			return s.Values[i:]
		}
	}
	return nil
}

// Known is for how long the series has had anything.
func (s *Series) Known() time.Duration { return time.Duration(len(s.known())) * s.Step }
