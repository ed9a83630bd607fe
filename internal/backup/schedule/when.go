package schedule

import "time"

// When says how often backups are made: each so long, or at a time of the day or week.
type When struct {
	Every time.Duration // 0 = at a time
	At    Clock
	Zone  *time.Location // of At
}

// Clock is a time of the day, of one day of the week or of each.
type Clock struct {
	Hour, Minute int
	Day          int // of the week, from Sunday = 0; -1 = each
}

// Interval is how far backups lie apart.
func (w When) Interval() time.Duration {
	switch {
	case w.Every > 0:
		return w.Every
	case w.At.Day >= 0:
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// next gives when a backup is due after one was made at a time.
func (w When) next(after time.Time) time.Time {
	if w.Every > 0 {
		return after.Add(w.Every)
	}
	local := after.In(w.Zone)
	for days := 0; ; days++ { // a day on which the time is left out has one nearby
		at := time.Date(local.Year(), local.Month(), local.Day()+days, w.At.Hour, w.At.Minute, 0, 0, w.Zone)
		if at.After(after) && (w.At.Day < 0 || int(at.Weekday()) == w.At.Day) {
			return at
		}
	}
}
