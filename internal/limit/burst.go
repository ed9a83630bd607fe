package limit

import (
	"math"
	"math/bits"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// overdraft keeps what a window with a Burst has taken above its Max until it is repaid.
//
// A sliding window never holds more than Max+Burst, and besides that is a bucket of that
// size that runs dry at Max per span; until is when it is dry. What is held stands in it
// without running out, so that a hold settled with less gives back no more than it took.
// Of fixed windows each begins with what the ones before took above their Max: carry.
type overdraft struct {
	until int64 // Unix nanoseconds
	carry int64
	turn  int64 // end of the fixed window that carry stands before
}

// level is what is in the bucket.
func (o *overdraft) level(w *gateway.Window, now int64) int64 {
	if o.until <= now || w.Span <= 0 {
		return 0
	}
	return mulDiv(o.until-now, w.Max, int64(w.Span), true)
}

// pour puts n into the bucket.
func (o *overdraft) pour(w *gateway.Window, now, n int64) {
	if n > 0 && w.Max > 0 {
		o.until = addSat(max(o.until, now), mulDiv(n, int64(w.Span), w.Max, false))
	}
}

// dry is when the bucket, with held that is poured at last at the latest, has come down
// to n.
func (o *overdraft) dry(w *gateway.Window, n, held, last int64) int64 {
	switch {
	case w.Max <= 0:
		return math.MaxInt64
	case held <= n:
		return o.until - mulDiv(n-held, int64(w.Span), w.Max, false)
	default:
		full := addSat(max(o.until, last), mulDiv(held, int64(w.Span), w.Max, true))
		return full - mulDiv(n, int64(w.Span), w.Max, false)
	}
}

// roll brings carry to the fixed window that ends at end; used is what the window at
// turn took.
func (o *overdraft) roll(w *gateway.Window, end, used int64) {
	if end <= o.turn {
		return
	}
	if o.turn > 0 {
		o.carry = max(o.carry+used-w.Max, 0)
		o.carry = max(o.carry-mulSat((end-o.turn)/int64(w.Span)-1, w.Max), 0)
	}
	o.turn = end
}

// late corrects carry for a hold that was taken in the fixed window before this one.
func (o *overdraft) late(w *gateway.Window, key, more int64) {
	if key+int64(w.Span) == o.turn {
		o.carry = max(o.carry+more, 0)
	}
}

// turns is the end of the fixed window that leaves room for n at most before it takes
// anything, while used stands in the present one.
func (o *overdraft) turns(w *gateway.Window, used, n int64) int64 {
	next := max(o.carry+used-w.Max, 0)
	if next <= n {
		return o.turn
	}
	return addSat(o.turn, mulSat(divUp(next-n, w.Max), int64(w.Span)))
}

// mulDiv is a*b/c of numbers that are not negative, saturated.
func mulDiv(a, b, c int64, up bool) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		return math.MaxInt64
	}
	q, r := bits.Div64(hi, lo, uint64(c))
	if up && r > 0 {
		q++
	}
	return int64(min(q, math.MaxInt64))
}

func mulSat(a, b int64) int64 { return mulDiv(a, b, 1, false) }

func addSat(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func divUp(a, b int64) int64 { return (a + b - 1) / b }
