package compare

import (
	"math"
	"slices"
)

// z is the quantile of the normal distribution that gives intervals of 95 %.
const z = 1.959964

// Estimate is a value with the interval that holds the true one with 95 % confidence.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int     `json:"n" doc:"Calls that it is made of."`
}

// share estimates a share of calls, after Wilson.
// https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
func share(of, n int) *Estimate {
	if n == 0 {
		return nil
	}
	p, m := float64(of)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	e := &Estimate{Value: p, Low: max(mid-half, 0), High: min(mid+half, 1), N: n}
	if of == 0 {
		e.Low = 0 // but for rounding
	}
	if of == n {
		e.High = 1
	}
	return e
}

// quantile estimates a quantile by order statistics, whatever the distribution. Of few
// values the interval ends at the largest or smallest one. sorted must be.
func quantile(sorted []float64, q float64) *Estimate {
	n := len(sorted)
	if n == 0 {
		return nil
	}
	m, half := float64(n)*q, z*math.Sqrt(float64(n)*q*(1-q))
	at := func(rank float64) float64 { return sorted[min(max(int(rank)-1, 0), n-1)] }
	return &Estimate{Value: at(math.Ceil(m)), Low: at(math.Floor(m - half)), High: at(math.Ceil(m+half) + 1), N: n}
}

// mean estimates a mean.
func (s *sum) mean() *Estimate {
	if s.n == 0 {
		return nil
	}
	e := &Estimate{Value: s.avg, Low: s.avg, High: s.avg, N: s.n}
	if s.n > 1 { // one value says nothing about how far others lie
		n := float64(s.n)
		half := student(s.n-1) * math.Sqrt(max(s.squares/(n-1), 0)/n)
		e.Low, e.High = e.Low-half, e.High+half
	}
	return e
}

// sum adds values up, without the loss that a sum of squares has (Welford).
type sum struct {
	n            int
	avg, squares float64
}

func (s *sum) add(v float64) {
	s.n++
	d := v - s.avg
	s.avg += d / float64(s.n)
	s.squares += d * (v - s.avg)
}

// student is the 97.5 % quantile of the t distribution, by its expansion at the normal
// one; for few degrees of freedom it is too small by some per cent.
// https://en.wikipedia.org/wiki/Cornish%E2%80%93Fisher_expansion
func student(free int) float64 {
	v := float64(free)
	return z + (z*z*z+z)/(4*v) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*v*v)
}

// Apart estimates b − a from the estimates of both: an interval by recovery of
// variances, which for shares is Newcombe's. nil where one of them is.
func Apart(a, b *Estimate) *Estimate {
	if a == nil || b == nil {
		return nil
	}
	d := b.Value - a.Value
	return &Estimate{
		Value: d, N: min(a.N, b.N),
		Low:  d - math.Hypot(b.Value-b.Low, a.High-a.Value),
		High: d + math.Hypot(b.High-b.Value, a.Value-a.Low),
	}
}

// Ratio estimates b ÷ a, nil where that is not possible: for values above 0.
func Ratio(a, b *Estimate) *Estimate {
	if a == nil || b == nil || a.Value <= 0 || b.Value <= 0 {
		return nil
	}
	log := func(e *Estimate) *Estimate {
		return &Estimate{Value: math.Log(e.Value), Low: math.Log(max(e.Low, e.Value*1e-9)), High: math.Log(e.High), N: e.N}
	}
	d := Apart(log(a), log(b))
	return &Estimate{Value: math.Exp(d.Value), Low: math.Exp(d.Low), High: math.Exp(d.High), N: d.N}
}

// sorted sorts values in place.
func sorted(values []float64) []float64 {
	slices.Sort(values)
	return values
}
