package limit

import (
	"fmt"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// PeriodOf returns the first moment of the calendar period that t lies in, and the first
// of the next one. Days have the length that loc gives them: 23 or 25 hours where the
// clocks change, and a day that begins later than midnight where midnight is left out.
func PeriodOf(p gateway.Period, loc *time.Location, t time.Time) (start, end time.Time) {
	y, m, d := t.In(loc).Date()
	first, next := spanOf(p, y, m, d)
	start, end = dawn(first, loc), dawn(next, loc)
	for !t.Before(end) { // after the clocks went back over midnight
		y, m, d = next.Date()
		_, next = spanOf(p, y, m, d)
		start, end = end, dawn(next, loc)
	}
	return start, end
}

// spanOf returns the first day of the period that a day is in, and of the next one.
func spanOf(p gateway.Period, y int, m time.Month, d int) (first, next time.Time) {
	switch p {
	case gateway.Month:
		first = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(0, 1, 0)
	case gateway.Week:
		first = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		first = first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
		return first, first.AddDate(0, 0, 7)
	default:
		first = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(0, 0, 1)
	}
}

// dawn returns the first moment of a day, written as its midnight in UTC, in loc. It
// goes through the stretches of one offset that lie around: offsets are within 15 hours.
func dawn(day time.Time, loc *time.Location) time.Time {
	t := day.Add(-15 * time.Hour).In(loc)
	for {
		_, offset := t.Zone()
		midnight := day.Add(-time.Duration(offset) * time.Second)
		if midnight.Before(t) {
			midnight = t
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || midnight.Before(end) {
			return midnight.In(loc)
		}
		t = end.In(loc)
	}
}

// zones loads each time zone once. The zero value is ready.
type zones struct{ known sync.Map }

func (z *zones) load(name string) (*time.Location, error) {
	if l, ok := z.known.Load(name); ok {
		return l.(*time.Location), nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("limit: a window's zone: %w", err)
	}
	z.known.Store(name, l)
	return l, nil
}
