package gateway

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// USD is money in billionths of a US dollar, so that sums are exact. It renders as a
// plain decimal without an exponent.
type USD int64

// Dollar is one US dollar.
const Dollar USD = 1_000_000_000

// String renders a plain decimal: 0.0123, 12, -0.5.
func (u USD) String() string { return string(u.Append(nil)) }

// Append appends the plain decimal to dst.
func (u USD) Append(dst []byte) []byte {
	n := uint64(u)
	if u < 0 {
		dst, n = append(dst, '-'), -n
	}
	dst = appendUint(dst, n/uint64(Dollar))
	return appendFraction(dst, int(n%uint64(Dollar)))
}

// appendFraction appends a point and n billionths without closing zeros; nothing when n is 0.
func appendFraction(dst []byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	var digits [10]byte
	end := len(digits)
	for ; n%10 == 0; n /= 10 {
		end--
	}
	digits[0] = '.'
	for i := end - 1; i > 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, digits[:end]...)
}

// MarshalJSON renders a plain decimal number of dollars.
func (u USD) MarshalJSON() ([]byte, error) { return u.Append(nil), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (u *USD) UnmarshalJSON(b []byte) error {
	v, err := ParseUSD(string(b))
	if err != nil {
		return err
	}
	*u = v
	return nil
}

var errUSD = errors.New("not a plain decimal number of dollars with at most 9 digits after the point")

// ParseUSD reads a plain decimal: digits, optionally a point and up to nine digits.
func ParseUSD(s string) (USD, error) {
	body, neg := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(body, ".")
	if len(frac) > 9 || whole == "" {
		return 0, errUSD
	}
	w, err := strconv.ParseUint(whole, 10, 34)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", errUSD, s)
	}
	var f uint64
	if frac != "" {
		if f, err = strconv.ParseUint((frac + "000000000")[:9], 10, 63); err != nil {
			return 0, fmt.Errorf("%w: %q", errUSD, s)
		}
	}
	n, largest := w*uint64(Dollar)+f, uint64(math.MaxInt64)
	if neg {
		largest++
	}
	if n > largest {
		return 0, fmt.Errorf("%w: %q is too much", errUSD, s)
	}
	if neg {
		n = -n
	}
	return USD(n), nil
}

// Cost is money that may be unknown: an unpriced model costs null, never 0.
type Cost struct {
	USD   USD
	Known bool
}

// MarshalJSON renders a plain decimal number or null.
func (c Cost) MarshalJSON() ([]byte, error) { return c.AppendJSON(nil), nil }

// AppendJSON appends a plain decimal number or null.
func (c Cost) AppendJSON(dst []byte) []byte {
	if !c.Known {
		return append(dst, "null"...)
	}
	return c.USD.Append(dst)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Cost) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*c = Cost{}
		return nil
	}
	v, err := ParseUSD(string(b))
	if err != nil {
		return err
	}
	*c = Cost{USD: v, Known: true}
	return nil
}
