package health

import (
	"math/bits"
	"time"
)

const (
	histogramParts  = 4                  // parts of the time it remembers
	histogramPart   = int64(time.Minute) // length of one
	histogramPlaces = 80                 // four to each doubling, from 1 ms to 18 minutes
	fewest          = 20                 // values from which a percentile is told
)

// histogram counts durations of the last minutes, exact to a tenth or so.
type histogram struct {
	parts [histogramParts]histogramPartition
}

type histogramPartition struct {
	turn   int64 // which part since the start; 0 = unused
	counts [histogramPlaces]uint32
}

// place finds that of a duration; shorter and longer ones count at the ends.
func place(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < 1024 {
		return 0
	}
	e := bits.Len64(us) - 1 // ≥ 10
	return min((e-10)*4+int(us>>(e-2)&3), histogramPlaces-1)
}

// lowest is the shortest duration of a place, in microseconds.
func lowest(place int) float64 {
	return float64(uint64(4+place%4) << (place/4 + 8))
}

func (h *histogram) add(now int64, d time.Duration) {
	turn := now/histogramPart + 1
	p := &h.parts[turn%histogramParts]
	if p.turn != turn {
		*p = histogramPartition{turn: turn}
	}
	p.counts[place(d)]++
}

// p95 gives the 95th percentile in nanoseconds; 0 = too few values.
func (h *histogram) p95(now int64) int64 {
	turn, total := now/histogramPart+1, 0
	var sum [histogramPlaces]uint32
	for i := range h.parts {
		p := &h.parts[i]
		if p.turn > turn || p.turn <= turn-histogramParts || p.turn == 0 {
			continue
		}
		for j, n := range p.counts {
			sum[j] += n
			total += int(n)
		}
	}
	if total < fewest {
		return 0
	}
	return int64(quantile(&sum, 0.95*float64(total)) * 1000)
}

// quantile finds the duration below which rank values lie, in microseconds.
func quantile(sum *[histogramPlaces]uint32, rank float64) float64 {
	below := 0.0
	for i, n := range sum {
		if below+float64(n) >= rank && n > 0 {
			from, to := lowest(i), lowest(i+1)
			return from + (to-from)*(rank-below)/float64(n)
		}
		below += float64(n)
	}
	return lowest(histogramPlaces)
}
