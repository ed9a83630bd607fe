package analytics

import (
	"slices"
	"time"
)

// Step is the length of the spans that a question's answer is cut into.
type Step string

// The steps. Days, weeks (from Monday) and months are those of a time zone, as are the
// others where they do not divide its offset.
const (
	StepNone   Step = "" // one span
	StepMinute Step = "minute"
	Step5      Step = "5m"
	Step15     Step = "15m"
	StepHour   Step = "hour"
	StepDay    Step = "day"
	StepWeek   Step = "week"
	StepMonth  Step = "month"
)

// Steps lists those that can be asked for.
func Steps() []Step {
	return []Step{StepMinute, Step5, Step15, StepHour, StepDay, StepWeek, StepMonth}
}

// length is that of steps that are always as long.
func (s Step) length() time.Duration {
	return map[Step]time.Duration{StepMinute: time.Minute, Step5: 5 * time.Minute, Step15: 15 * time.Minute, StepHour: time.Hour}[s]
}

// begin gives when the step began that a time lies in.
func (s Step) begin(t time.Time, zone *time.Location) time.Time {
	if d := s.length(); d > 0 {
		_, offset := t.In(zone).Zone()
		shift := time.Duration(offset) * time.Second % d // whose hours do not begin with those of UTC
		return t.Add(shift).Truncate(d).Add(-shift)
	}
	y, m, day := t.In(zone).Date()
	switch s {
	case StepWeek:
		day -= (int(t.In(zone).Weekday()) + 6) % 7
	case StepMonth:
		day = 1
	}
	return midnight(y, m, day, zone)
}

// midnight gives the first moment of a day. Zones may skip midnight, or have it twice.
func midnight(y int, m time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(y, m, day, 0, 0, 0, 0, zone)
	if before := time.Date(y, m, day-1, 0, 0, 0, 0, time.UTC); t.Day() == before.Day() {
		_, end := t.ZoneBounds()
		return end
	}
	if earlier := t.Add(-time.Hour); earlier.Day() == t.Day() {
		return earlier
	}
	return t
}

// Month gives when a month of a zone begins and ends.
func Month(year int, month time.Month, zone *time.Location) (from, to time.Time) {
	return midnight(year, month, 1, zone), midnight(year, month+1, 1, zone)
}

// after gives when the step after the one that begins at t begins.
func (s Step) after(t time.Time, zone *time.Location) time.Time {
	if d := s.length(); d > 0 {
		next := t.Add(d)
		if begun := s.begin(next, zone); begun.After(t) { // an offset may change in between
			return begun
		}
		return next
	}
	y, m, day := t.In(zone).Date()
	switch s {
	case StepWeek:
		day += 7
	case StepMonth:
		m, day = m+1, 1
	default:
		day++
	}
	return midnight(y, m, day, zone)
}

// MaxSpans bounds the spans of one answer.
const MaxSpans = 2000

// Edges gives where the spans from one time to another begin, and where the last one
// ends: the first is cut off at from and the last at to. It gives nil when there would be
// more than MaxSpans. Both times are looked at by the minute.
func (s Step) Edges(from, to time.Time, zone *time.Location) []time.Time {
	edges := []time.Time{from}
	if s == StepNone {
		return append(edges, to)
	}
	for t := s.after(s.begin(from, zone), zone); t.Before(to); t = s.after(t, zone) {
		if !t.After(from) {
			continue
		}
		if edges = append(edges, t); len(edges) > MaxSpans {
			return nil
		}
	}
	return append(edges, to)
}

// Segment is a stretch of time that is read from rows of one grain.
type Segment struct {
	Grain    Grain
	From, To int64 // From ≤ time < To, microseconds since 1970
}

// Segments gives the coarsest rows of which each lies between two neighbouring edges.
// Edges are whole minutes, in order; built is up to when days have rows.
func Segments(edges []int64, built int64) []Segment {
	var all []Segment
	for i, t := 1, edges[0]; t < edges[len(edges)-1]; {
		if t >= edges[i] {
			i++
			continue
		}
		g := Minute
		for _, longer := range coarser {
			if longer.Floor(t) == t && t+int64(longer) <= edges[i] && (longer != Day || t+int64(Day) <= built) {
				g = longer
			}
		}
		if n := len(all); n > 0 && all[n-1].Grain == g && all[n-1].To == t {
			all[n-1].To += int64(g)
		} else {
			all = append(all, Segment{g, t, t + int64(g)})
		}
		t += int64(g)
	}
	return all
}

// SpanOf gives between which edges a time lies: the index of the one before.
func SpanOf(edges []int64, t int64) int {
	i, found := slices.BinarySearch(edges, t)
	if !found {
		i--
	}
	return i
}
