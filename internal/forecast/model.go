package forecast

import (
	"slices"
	"time"
)

// Model is how a series goes on. It is immutable.
type Model struct {
	Basis  Basis
	Cycles int // that it goes by
	// Level is what the next cycle is expected to have, Slope how much more the one after it.
	Level, Slope float64
	Cycle        time.Duration

	end   time.Time
	step  time.Duration
	shape []float64 // share of each step in its cycle
	last  float64   // what the last cycle had
	sd    float64   // of one cycle about the level
}

const (
	leastWeeks, mostWeeks = 3, 12
	trendWeeks            = 5
	leastDays, mostDays   = 3, 14
	leastHours, mostHours = 2, 48
	burst                 = 3    // times the median of days; more of a day is not taken for usual
	leastSpread           = 0.05 // of the level: nothing is foreseen more exactly
	regular               = 0.5  // of what a cycle has must come in a rhythm, to be taken for one
)

// Fit gives how a series goes on, nil where too little is known: three days, or two hours
// where steps are that short.
func Fit(s Series) *Model {
	known := s.known()
	perDay := int(day / s.Step)
	switch days := len(known) / perDay; {
	case days >= 7*leastWeeks:
		return s.byWeeks(known, 7*perDay)
	case days >= leastDays:
		return s.byDays(known, perDay, days)
	case s.Step <= time.Hour && len(known) >= leastHours*int(time.Hour/s.Step):
		return s.byHours(known, int(time.Hour/s.Step))
	}
	return nil
}

func (s *Series) model(basis Basis, cycle time.Duration, cycles [][]float64) *Model {
	return &Model{Basis: basis, Cycles: len(cycles), Cycle: cycle, end: s.End, step: s.Step, shape: shapeOf(cycles), last: sum(cycles[len(cycles)-1])}
}

func (s *Series) byWeeks(known []float64, per int) *Model {
	cycles := cut(known, per, mostWeeks)
	m := s.model(Weeks, week, cycles)
	sums := sumsOf(cycles)
	if len(sums) < trendWeeks {
		m.Level, m.sd = median(sums), spread(sums, mean(sums))
		return m.bounded()
	}
	var base float64
	base, m.Slope = line(sums)
	m.Level, m.sd = base+m.Slope*float64(len(sums)), spreadAbout(sums, base, m.Slope)
	return m.bounded()
}

// byDays takes whole weeks of days where there are any, which has as many of each weekday.
func (s *Series) byDays(known []float64, per, days int) *Model {
	if days >= 7 {
		days = min(days-days%7, mostDays)
	}
	cycles := cut(known, per, days)
	m := s.model(Days, day, cycles)
	sums := sumsOf(cycles)
	some := slices.DeleteFunc(slices.Clone(sums), func(v float64) bool { return v == 0 })
	for i := range sums {
		if len(some) >= leastDays {
			sums[i] = min(sums[i], burst*median(some))
		}
	}
	m.Level = mean(sums)
	m.sd = spread(sums, m.Level)
	return m.bounded()
}

// byHours takes whole days of hours where there is one.
func (s *Series) byHours(known []float64, per int) *Model {
	hours := len(known) / per
	if hours >= 24 {
		hours = min(hours-hours%24, mostHours)
	}
	cycles := cut(known, per, hours)
	m := s.model(Hours, time.Hour, cycles)
	sums := sumsOf(cycles)
	m.Level = mean(sums)
	m.sd = spread(sums, m.Level)
	return m.bounded()
}

func (m *Model) bounded() *Model {
	m.Level = max(m.Level, 0)
	m.sd = max(m.sd, leastSpread*m.Level)
	return m
}

// cut gives the last cycles of per steps, at most most, the oldest first.
func cut(values []float64, per, most int) (cycles [][]float64) {
	n := min(len(values)/per, most)
	for rest := values[len(values)-n*per:]; len(rest) > 0; rest = rest[per:] {
		cycles = append(cycles, rest[:per])
	}
	return cycles
}

// shapeOf gives the median share of each step; the mean one where what comes has no rhythm.
func shapeOf(cycles [][]float64) []float64 {
	shape, plain := make([]float64, len(cycles[0])), make([]float64, len(cycles[0]))
	var all float64
	for i := range shape {
		var shares []float64
		for _, c := range cycles {
			plain[i] += c[i]
			if whole := sum(c); whole > 0 {
				shares = append(shares, c[i]/whole)
			}
		}
		all += plain[i]
		if len(shares) > 0 {
			shape[i] = median(shares)
		}
	}
	if sum(shape) < regular {
		shape = plain
	}
	whole := sum(shape)
	for i := range shape {
		if whole == 0 {
			shape[i] = 1 / float64(len(shape))
		} else {
			shape[i] /= whole
		}
	}
	return shape
}

// Growth is how much more each week brings, as a share of the present level, false where
// too few weeks are known for a trend.
func (m *Model) Growth() (float64, bool) {
	if m.Basis != Weeks || m.Cycles < trendWeeks || m.Level <= 0 {
		return 0, false
	}
	return m.Slope / m.Level, true
}
