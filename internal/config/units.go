package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes.
type Size int64

type sizeUnit struct {
	name  string
	bytes Size
}

func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1},
	}
}

// String renders the unit with the fewest digits that is exact: 64KiB, 10GB, 1000.
func (s Size) String() string {
	number, unit := strconv.FormatInt(int64(s), 10), ""
	for _, u := range sizeUnits() {
		if text := strconv.FormatInt(int64(s/u.bytes), 10); s >= u.bytes && s%u.bytes == 0 && len(text) < len(number) {
			number, unit = text, u.name
		}
	}
	return number + unit
}

var errSize = errors.New("not a size")

// ParseSize reads 64KiB, 1.5GB or a plain number of bytes.
func ParseSize(text string) (Size, error) {
	number, unit := text, Size(1)
	for _, u := range sizeUnits() {
		if n, ok := strings.CutSuffix(text, u.name); ok {
			number, unit = strings.TrimSuffix(n, " "), u.bytes
			break
		}
	}
	if strings.Trim(number, "0123456789.") != "" {
		return 0, errSize
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n > math.MaxInt64/int64(unit) {
			return 0, errSize
		}
		return Size(n) * unit, nil
	}
	f, err := strconv.ParseFloat(number, 64)
	f *= float64(unit)
	if err != nil || f >= math.MaxInt64 || f != math.Trunc(f) {
		return 0, errSize
	}
	return Size(f), nil
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

var errDuration = errors.New("not a duration")

// ParseDuration reads Go's durations and also days and weeks: 1h30m, 7d, 2w. Negative
// ones are refused.
func ParseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	rest, total := text, time.Duration(0)
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"w", week}, {"d", day}} {
		head, tail, found := strings.Cut(rest, u.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(head, 10, 31)
		if err != nil || time.Duration(n) > math.MaxInt64/u.unit-1 {
			return 0, errDuration
		}
		total += time.Duration(n) * u.unit
		if rest = tail; rest == "" {
			return checkTotal(total)
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || strings.ContainsAny(rest, "+-") {
		return 0, errDuration
	}
	return checkTotal(total + d)
}

func checkTotal(d time.Duration) (time.Duration, error) {
	if d < 0 { // overflow
		return 0, errDuration
	}
	return d, nil
}

// FormatDuration renders what ParseDuration reads, without zero parts: 7d, 1h30m.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	out := ""
	if d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	out = d.String()
	if strings.HasSuffix(out, "m0s") {
		out = strings.TrimSuffix(out, "0s")
	}
	if strings.HasSuffix(out, "h0m") {
		out = strings.TrimSuffix(out, "0m")
	}
	return out
}
