package front

import (
	"net/http"
	"time"
)

// stamp is a Date line and the clock readings between which it holds.
type stamp struct {
	from, until time.Duration
	line        string
}

// dateLine is the Date line with its end (RFC 9110 §6.6.1), made once a second.
func (s *Server) dateLine(now time.Duration) string {
	if d := s.dated.Load(); d != nil && d.from <= now && now < d.until {
		return d.line
	}
	t := time.Now()
	d := &stamp{
		from: now, until: now + time.Second - time.Duration(t.Nanosecond()),
		line: "Date: " + t.UTC().Format(http.TimeFormat) + "\r\n",
	}
	s.dated.Store(d)
	return d.line
}
