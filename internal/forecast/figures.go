package forecast

import (
	"math"
	"slices"
)

// https://en.wikipedia.org/wiki/Median_absolute_deviation#Relation_to_standard_deviation
const madToSigma = 1.4826

func sum(list []float64) (all float64) {
	for _, v := range list {
		all += v
	}
	return all
}

func mean(list []float64) float64 { return sum(list) / float64(len(list)) }

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// spread is the standard deviation about a level.
func spread(list []float64, about float64) float64 {
	var squares float64
	for _, v := range list {
		squares += (v - about) * (v - about)
	}
	return math.Sqrt(squares / float64(max(len(list)-1, 1)))
}

// strange is how many deviations from a line a value may count for.
const strange = 3

// spreadAbout is the standard deviation about a line that was fitted to the values, of
// which strange ones count as little as may be. A line through few values lies too near to
// them: few tells by how much.
func spreadAbout(values []float64, base, slope float64) float64 {
	far := make([]float64, len(values))
	for i, v := range values {
		far[i] = math.Abs(v - base - slope*float64(i))
	}
	most := strange * madToSigma * median(far)
	var squares float64
	for _, v := range far {
		v = min(v, most)
		squares += v * v
	}
	n := float64(len(values))
	few := 1 + 1/(n-2)
	return few * math.Sqrt(squares/(n-2))
}

func sumsOf(cycles [][]float64) (sums []float64) {
	for _, c := range cycles {
		sums = append(sums, sum(c))
	}
	return sums
}

// line gives the line through values at 0, 1, 2 … by the medians of slopes and of what
// they leave, which single strange values do not move.
// https://en.wikipedia.org/wiki/Theil%E2%80%93Sen_estimator
func line(values []float64) (base, slope float64) {
	var slopes, left []float64
	for j, b := range values {
		for i, a := range values[:j] {
			slopes = append(slopes, (b-a)/float64(j-i))
		}
	}
	slope = median(slopes)
	for i, v := range values {
		left = append(left, v-slope*float64(i))
	}
	return median(left), slope
}

// eightOfTen is how many deviations lie on each side of eight of ten values, by Student's t.
func eightOfTen(freedom int) float64 {
	t := [...]float64{3.08, 3.08, 1.89, 1.64, 1.53, 1.48, 1.44, 1.41, 1.40, 1.38, 1.37, 1.36, 1.36, 1.35}
	return t[min(max(freedom, 0), len(t)-1)]
}
