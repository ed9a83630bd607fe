package seed

import (
	"sort"
	"time"
)

// rhythm spreads calls over time as people work: little at night, less at weekends, and
// a little more with every day.
type rhythm struct {
	from  time.Time
	until []float64 // share of all calls before the end of each hour
}

// byHour is how busy each hour of a working day (UTC) is.
var byHour = [24]float64{18, 14, 12, 11, 12, 16, 26, 46, 72, 92, 100, 98, 84, 92, 100, 98, 92, 82, 66, 54, 46, 38, 30, 24}

const (
	weekend = 0.42 // of a working day
	growth  = 0.006
)

func newRhythm(from, to time.Time) rhythm {
	r := rhythm{from: from}
	sum := 0.0
	for t := from; t.Before(to); t = t.Add(time.Hour) {
		busy := byHour[t.Hour()] * (1 + growth*t.Sub(from).Hours()/24)
		if day := t.Weekday(); day == time.Saturday || day == time.Sunday {
			busy *= weekend
		}
		share := min(to.Sub(t).Hours(), 1)
		sum += busy * share
		r.until = append(r.until, sum)
	}
	for i := range r.until {
		r.until[i] /= sum
	}
	return r
}

// at gives the moment before which a share of all calls was made, 0 ≤ share < 1.
func (r *rhythm) at(share float64, to time.Time) time.Time {
	i := min(sort.SearchFloat64s(r.until, share), len(r.until)-1)
	before := 0.0
	if i > 0 {
		before = r.until[i-1]
	}
	begin := r.from.Add(time.Duration(i) * time.Hour)
	length := min(to.Sub(begin), time.Hour)
	return begin.Add(time.Duration((share - before) / (r.until[i] - before) * float64(length)))
}
