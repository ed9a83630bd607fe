package account

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Nano is a decimal number in billionths, so that prices and factors are exact. As a
// price it is in billionths of a dollar per whatever its kind counts.
type Nano int64

const (
	one     Nano = 1_000_000_000
	maxNano      = 1_000_000 * one // a dollar a token: dearer is a slip of the pen
)

var errNano = errors.New("not a plain decimal number from 0 to 1000000 with at most 9 digits after the point")

// ParseNano reads a plain decimal number without sign or exponent.
func ParseNano(s string) (Nano, error) {
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > 9 || whole == "" {
		return 0, fmt.Errorf("%w: %q", errNano, s)
	}
	n, err := strconv.ParseUint(whole+(frac + "000000000")[:9], 10, 63)
	if err != nil || Nano(n) > maxNano {
		return 0, fmt.Errorf("%w: %q", errNano, s)
	}
	return Nano(n), nil
}

// NanoOf converts a float, rounded to the nearest billionth.
func NanoOf(f float64) (Nano, error) {
	if math.IsNaN(f) || f < 0 || f > float64(maxNano/one) {
		return 0, fmt.Errorf("%w: %v", errNano, f)
	}
	return Nano(math.Round(f * float64(one))), nil
}

// Float is the nearest float: for showing, never for reckoning.
func (n Nano) Float() float64 { return float64(n) / float64(one) }

// String renders a plain decimal.
func (n Nano) String() string {
	s := fmt.Sprintf("%d.%09d", n/one, n%one)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON renders a plain decimal number.
func (n Nano) MarshalJSON() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalJSON reads a plain decimal number.
func (n *Nano) UnmarshalJSON(b []byte) error {
	v, err := ParseNano(string(b))
	if err != nil {
		return err
	}
	*n = v
	return nil
}

// times multiplies by a factor, rounded half up.
func (n Nano) times(factor Nano) Nano {
	if factor == one {
		return n
	}
	var a sum
	if !a.add(uint64(n), uint64(factor), 1) {
		return maxNano
	}
	v, _ := a.quotient(uint64(one))
	return Nano(v)
}
