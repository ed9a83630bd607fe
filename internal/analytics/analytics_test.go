package analytics_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// rowsOf collects calls into rows, all values admitted.
func rowsOf(t testing.TB, entries ...*gateway.Entry) []*analytics.Row {
	t.Helper()
	c := analytics.Collector{Kinds: analytics.KindsWith("team"), Clean: func(s string) string { return s },
		Admit: func(analytics.Dimension, string, int64, string) (bool, error) { return true, nil }}
	for _, e := range entries {
		if err := c.Add(e, 1, true); err != nil {
			t.Fatal(err)
		}
	}
	return c.Rows()
}

func TestQuantilesAreWithinTheirAccuracyHoweverTheyWereAddedUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, draw := range map[string]func() int64{
		"even":      func() int64 { return r.Int64N(1000) },
		"long tail": func() int64 { return int64(math.Exp(r.NormFloat64()*3 + 5)) },
		"one":       func() int64 { return 1 },
		"nothing":   func() int64 { return 0 },
		"huge":      func() int64 { return 1<<50 + r.Int64N(1<<50) },
	} {
		var values []int64
		var kept []byte
		all := analytics.NewFigures([analytics.Sketches]bool{true})
		for i := range 30 {
			var batch []*gateway.Entry
			for range 50 {
				v := draw()
				values = append(values, v)
				batch = append(batch, &gateway.Entry{Time: time.Unix(60, 0), LatencyMS: llm.Known(v)})
			}
			rows := rowsOf(t, batch...)
			row := rows[slices.IndexFunc(rows, func(r *analytics.Row) bool { return r.Kind == "" && r.Grain == analytics.Hour })]
			if i%2 == 0 { // some are added to what is kept, some to what was read
				var err error
				if kept, err = row.Sketches(kept); err != nil {
					t.Fatal(err)
				}
			} else {
				all.AddRow(row)
			}
		}
		if err := all.AddKept(nil, kept); err != nil {
			t.Fatal(err)
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 1} {
			want := float64(values[int(q*float64(len(values)-1))])
			if got, ok := all.Quantile(analytics.LatencyMS, q); !ok || math.Abs(got-want) > analytics.Accuracy*want*1.0001 {
				t.Errorf("%s p%v: %v, want %v", name, q, got, want)
			}
		}
	}
	if _, ok := analytics.NewFigures([analytics.Sketches]bool{true}).Quantile(analytics.LatencyMS, 0.5); ok {
		t.Error("there is a quantile of nothing")
	}
}

// TestStepsBeginWhenTheirZoneSaysSo walks through two years of each zone.
func TestStepsBeginWhenTheirZoneSaysSo(t *testing.T) {
	from, to := time.Date(2025, 1, 1, 0, 7, 0, 0, time.UTC), time.Date(2026, 12, 31, 13, 2, 0, 0, time.UTC)
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "America/Santiago", "America/Asuncion", "Africa/Cairo", "Asia/Beirut",
		"Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Australia/Lord_Howe", "Australia/Adelaide", "Australia/Eucla", "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "Antarctica/Troll"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for step, same := range map[analytics.Step]func(a, b time.Time) bool{
			analytics.StepDay:   func(a, b time.Time) bool { return a.YearDay() == b.YearDay() },
			analytics.StepWeek:  func(a, b time.Time) bool { ay, aw := a.ISOWeek(); by, bw := b.ISOWeek(); return ay == by && aw == bw },
			analytics.StepMonth: func(a, b time.Time) bool { return a.Month() == b.Month() },
		} {
			edges := step.Edges(from, to, zone)
			if len(edges) < 24 || !edges[0].Equal(from) || !edges[len(edges)-1].Equal(to) {
				t.Fatalf("%s by %s: %d edges", name, step, len(edges))
			}
			for i := 1; i < len(edges)-1; i++ {
				at, before := edges[i].In(zone), edges[i].Add(-time.Nanosecond).In(zone)
				if same(at, before) || !same(edges[i-1].In(zone), before) || at.Unix()%900 != 0 {
					t.Errorf("%s by %s: %v is no edge after %v", name, step, at, edges[i-1].In(zone))
				}
			}
		}
	}
}

func TestHoursOfAZoneThatIsHalfAnHourOffBeginAtItsHours(t *testing.T) {
	zone, err := time.LoadLocation("Australia/Lord_Howe") // whose clock moves by half an hour
	if err != nil {
		t.Fatal(err)
	}
	edges := analytics.StepHour.Edges(time.Date(2026, 4, 3, 0, 0, 0, 0, zone), time.Date(2026, 4, 7, 0, 0, 0, 0, zone), zone)
	for i, at := range edges[:len(edges)-1] {
		if at = at.In(zone); at.Minute() != 0 && at.Minute() != 30 || edges[i+1].Sub(at) > time.Hour || edges[i+1].Sub(at) < 30*time.Minute {
			t.Errorf("%v to %v", at, edges[i+1].In(zone))
		}
	}
	if analytics.StepMinute.Edges(time.Unix(0, 0), time.Unix(60*2001, 0), time.UTC) != nil || len(analytics.StepMinute.Edges(time.Unix(0, 0), time.Unix(60*2000, 0), time.UTC)) != 2001 {
		t.Error("the bound of spans is another one")
	}
}

func TestSegmentsCoverEachMomentOnceWithRowsThatLieInOneSpan(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		edges := []int64{int64(analytics.Minute) * r.Int64N(500)}
		for range 1 + r.IntN(9) {
			edges = append(edges, edges[len(edges)-1]+int64(analytics.Minute)*(1+r.Int64N(900)))
		}
		at := edges[0]
		built := int64(analytics.Day) * r.Int64N(3)
		for _, s := range analytics.Segments(edges, built) {
			if s.Grain == analytics.Day && s.To > built {
				t.Fatalf("%v is read from days, which are there up to %d", s, built)
			}
			if s.From != at || s.To <= s.From || s.Grain.Floor(s.From) != s.From || s.Grain.Floor(s.To) != s.To {
				t.Fatalf("%v after %d", s, at)
			}
			for row := s.From; row < s.To; row += int64(s.Grain) {
				if analytics.SpanOf(edges, row) != analytics.SpanOf(edges, row+int64(s.Grain)-1) {
					t.Fatalf("a row of %v lies in two spans of %v", s, edges)
				}
			}
			at = s.To
		}
		if at != edges[len(edges)-1] {
			t.Fatalf("ends at %d of %v", at, edges)
		}
	}
	for built, grain := range map[int64]analytics.Grain{0: analytics.Hour, int64(analytics.Day) - 1: analytics.Hour, int64(analytics.Day): analytics.Day} {
		if all := analytics.Segments([]int64{0, int64(analytics.Day)}, built); len(all) != 1 || all[0].Grain != grain {
			t.Errorf("a whole day is %v where days are there up to %d", all, built)
		}
	}
}

func TestIdsSortByGrainAndTime(t *testing.T) {
	rows := rowsOf(t, &gateway.Entry{Time: time.Unix(1e9, 0), Model: "a"}, &gateway.Entry{Time: time.Unix(-1e9, 0), Model: "b"}, &gateway.Entry{Time: time.Unix(2e9, 0), Model: "b"})
	seen := map[string]bool{}
	for _, r := range rows {
		id := r.ID()
		if seen[string(id)] || bytes.Compare(id, analytics.IDBefore(r.Grain, r.Time)) < 0 || bytes.Compare(id, analytics.IDBefore(r.Grain, r.Time+1)) >= 0 {
			t.Errorf("%x of %+v", id, r.Spot)
		}
		seen[string(id)] = true
	}
}

func FuzzWhatIsKeptDamagedIsNeverTaken(f *testing.F) {
	rows := rowsOf(f, &gateway.Entry{Time: time.Unix(60, 0), LatencyMS: llm.Known(7), FirstByteMS: llm.Known(3)})
	kept, err := rows[0].Sketches(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rows[0].Numbers.Append(nil), kept)
	f.Add([]byte{0xff}, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, numbers, sketches []byte) {
		all := analytics.NewFigures([analytics.Sketches]bool{true, false, true, true})
		if err := all.AddKept(numbers, sketches); err != nil {
			return
		}
		all.Quantile(analytics.LatencyMS, 0.5)
		if _, err := rows[0].Sketches(sketches); err != nil {
			t.Error(err)
		}
	})
}

func TestAKeyOfMetadataIsFoundHoweverItIsWritten(t *testing.T) {
	e := &gateway.Entry{Metadata: json.RawMessage(`{"a \"b\"":"x","\u0074eam":"red"}`)}
	for key, want := range map[string]string{`a "b"`: "x", "team": "red", "none": ""} {
		if got := analytics.ValuesOf(e, analytics.Dimension(analytics.MetadataPrefix+key)); got[0] != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
