package doctor

import (
	"context"
	"time"
)

// Schedule is how backups by the clock stand.
type Schedule struct {
	Made     time.Time // the last one; zero = none yet
	Overdue  bool      // it is older than two intervals
	Failures int       // since then
	Error    string    // of the last try
	Warning  string    // of tidying up
	Files    int
}

// Backups looks at backups by the clock; look gives nil where there are none.
func Backups(look func() *Schedule, now func() time.Time) Check {
	return Check{Name: "backups", Run: func(context.Context) []Finding {
		s := look()
		if s == nil {
			return skipped("no backups are made by the clock (backups in the configuration)")
		}
		return judgeBackups(s, now())
	}}
}

func judgeBackups(s *Schedule, now time.Time) []Finding {
	const mend = "See the message: is there room and the right to write at backups.to, does S3 answer, is timeout long enough? It is tried again by itself."
	switch {
	case s.Overdue && s.Error != "":
		return problem(mend, "there is no backup as new as backups says; the last %d tries failed: %s", s.Failures, s.Error)
	case s.Overdue:
		return problem("See the log for what keeps the nodes from making one; one of them must run.", "there is no backup as new as backups says")
	case s.Failures > 0:
		return warning(mend, "the last %d tries failed: %s", s.Failures, s.Error)
	case s.Warning != "":
		return warning("Old backups stay until that is mended; see that the disk does not fill up.", "old backups cannot be tidied up: %s", s.Warning)
	case s.Made.IsZero():
		return well("the first backup is still to come")
	}
	return well("the last one was made %s ago; %d are kept", now.Sub(s.Made).Round(time.Minute), s.Files)
}
