package limit

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestPeriodsBeginAndEndWhereTheCalendarSays(t *testing.T) {
	for _, c := range []struct {
		name             string
		period           gateway.Period
		zone             string
		at, start, until string // in UTC
	}{
		{"a day in UTC", gateway.Day, "UTC", "2026-05-01T13:00:00Z", "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"},
		{"a week from Monday", gateway.Week, "UTC", "2026-05-03T23:59:59Z", "2026-04-27T00:00:00Z", "2026-05-04T00:00:00Z"},
		{"a month over the year's end", gateway.Month, "UTC", "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"a leap February", gateway.Month, "UTC", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"23 hours", gateway.Day, "Europe/Berlin", "2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"25 hours", gateway.Day, "Europe/Berlin", "2026-10-25T10:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"a day without midnight", gateway.Day, "America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"},
		{"a day with two midnights", gateway.Day, "America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"half an hour of daylight", gateway.Day, "Australia/Lord_Howe", "2026-10-04T00:00:00Z", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"},
		{"the day after one that was left out", gateway.Day, "Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, c.at)
		start, end := PeriodOf(c.period, loc, at)
		if s, e := start.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339); s != c.start || e != c.until {
			t.Errorf("%s: %s to %s, want %s to %s", c.name, s, e, c.start, c.until)
		}
	}
}

func TestPeriodsFollowEachOtherWithoutGapInOddZones(t *testing.T) {
	for _, zone := range []string{"America/St_Johns", "America/Sao_Paulo", "Asia/Gaza", "Africa/Casablanca", "Asia/Tehran", "Pacific/Apia", "Antarctica/Troll"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []gateway.Period{gateway.Day, gateway.Week, gateway.Month} {
			at := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC)
			_, last := PeriodOf(period, loc, at)
			for ; at.Year() < 2013; at = at.Add(29 * time.Minute) {
				start, end := PeriodOf(period, loc, at)
				if at.Before(start) || !at.Before(end) {
					t.Fatalf("%s of %v in %s: %v to %v", period, at, zone, start, end)
				}
				if !start.Equal(last) && !end.Equal(last) {
					t.Fatalf("%s in %s: %v does not follow %v", period, zone, start, last)
				}
				last = end
			}
		}
	}
}
