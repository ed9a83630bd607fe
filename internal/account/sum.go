package account

import (
	"math"
	"math/bits"
)

// sum adds products of integers without loss: 128 bits, unsigned.
type sum struct{ hi, lo uint64 }

// add adds a × b × c and reports whether that still fits.
func (s *sum) add(a, b, c uint64) bool {
	hi, lo := bits.Mul64(a, b)
	over, hi := bits.Mul64(hi, c)
	carry, lo := bits.Mul64(lo, c)
	hi, c1 := bits.Add64(hi, carry, 0)
	var c2, c3 uint64
	s.lo, c2 = bits.Add64(s.lo, lo, 0)
	s.hi, c3 = bits.Add64(s.hi, hi, c2)
	return over|c1|c3 == 0
}

// quotient divides, rounding half up, and reports whether the result fits an int64.
func (s *sum) quotient(by uint64) (int64, bool) {
	lo, carry := bits.Add64(s.lo, by/2, 0)
	hi := s.hi + carry
	if hi >= by {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, by)
	return int64(q & math.MaxInt64), q <= math.MaxInt64
}
