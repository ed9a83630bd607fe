package forecast

import (
	"math"
	"time"
)

// Between tells what comes between two times. What lies before the end of what is known is
// taken as if it were ahead.
func (m *Model) Between(from, to time.Time) Range {
	a, b := m.place(from), m.place(to)
	if b <= a {
		return Range{}
	}
	return m.within(a, b, m.upTo(b)-m.upTo(a))
}

// place is how many steps ahead a time lies.
func (m *Model) place(t time.Time) float64 { return max(float64(t.Sub(m.end))/float64(m.step), 0) }

// upTo is what comes in the steps up to a place.
func (m *Model) upTo(place float64) (all float64) {
	whole := int(place)
	for i := range whole {
		all += m.at(i)
	}
	return all + (place-float64(whole))*m.at(whole)
}

// at is what a step has.
func (m *Model) at(i int) float64 {
	per := len(m.shape)
	return max(m.Level+m.Slope*float64(i/per), 0) * m.shape[i%per]
}

// within adds bounds to what comes between two places: of cycles that vary each for
// itself about a level that is not known exactly. Hours follow each other too closely for
// that: what varies of them stays; and of days a part does, since they have weekdays.
func (m *Model) within(a, b, mid float64) Range {
	per, n := float64(len(m.shape)), float64(m.Cycles)
	cycles := (b - a) / per
	off := cycles * m.sd * math.Sqrt(1/cycles+m.vague((a+b)/2/per))
	switch m.Basis {
	case Hours:
		off = max(cycles, math.Sqrt(cycles)) * m.sd * math.Sqrt(1+1/n)
	case Days:
		off = cycles * m.sd * math.Sqrt(max(min(1, 1.2/math.Sqrt(cycles)), 1/cycles)+1/n)
	}
	off *= eightOfTen(m.Cycles - 1 - bit(m.Slope != 0))
	r := Range{Mid: mid, Low: max(mid-off, 0), High: mid + off}
	if m.Basis == Weeks && m.Level > 0 {
		first := m.Level // of which mid has some share, as the last week has of itself
		as := mid / max(first+m.Slope*(a+b)/2/per, first/10) * m.last
		r.Low, r.High = min(r.Low, as), max(r.High, as)
	}
	return r
}

// vague is the variance of the level so many cycles ahead, in squares of sd: that of a mean,
// or of a line through the cycles.
// https://en.wikipedia.org/wiki/Simple_linear_regression#Variance_of_the_mean_response
func (m *Model) vague(ahead float64) float64 {
	n := float64(m.Cycles)
	if m.Basis != Weeks || m.Cycles < trendWeeks {
		return 1 / n
	}
	far := ahead + (n-1)/2
	return 1/n + 12*far*far/(n*(n*n-1))
}

// Meeting is when a sum meets a bound: as expected, and at the earliest and latest; nil = not
// before the end that was asked for.
type Meeting struct{ Expected, Earliest, Latest *time.Time }

// Meets tells when what stands at used at a time reaches most, before end.
func (m *Model) Meets(now time.Time, used, most float64, end time.Time) (found Meeting) {
	from, all := m.place(now), 0.0
	before := Range{}
	for at := now; at.Before(end); {
		next := at.Add(m.step - at.Sub(m.end)%m.step)
		if next.After(end) {
			next = end
		}
		all += m.upTo1(m.place(at), m.place(next))
		r := m.within(from, m.place(next), all)
		for _, one := range []struct {
			when       **time.Time
			then, here float64
		}{{&found.Expected, before.Mid, r.Mid}, {&found.Earliest, before.High, r.High}, {&found.Latest, before.Low, r.Low}} {
			if *one.when == nil && used+one.here >= most {
				part := 1.0
				if one.here > one.then {
					part = max((most-used-one.then)/(one.here-one.then), 0)
				}
				t := at.Add(time.Duration(part * float64(next.Sub(at)))).Truncate(time.Second)
				*one.when = &t
			}
		}
		at, before = next, r
	}
	return found
}

// upTo1 is what comes between two places of one step.
func (m *Model) upTo1(a, b float64) float64 { return (b - a) * m.at(int(a)) }

func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
