package forecast_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/forecast"
)

const (
	day  = 24
	week = 7 * day
)

var now = time.Date(2026, 3, 16, 12, 0, 0, 0, time.UTC) // a Monday

// hourly makes a series of hours, the last of which has just ended.
func hourly(hours int, f func(i int) float64) forecast.Series {
	s := forecast.Series{End: now, Step: time.Hour}
	for i := range hours {
		s.Values = append(s.Values, f(i))
	}
	return s
}

// office is a week with its rhythm: busy by day, quiet at night, half as busy at weekends.
func office(i int) float64 {
	at := now.Add(time.Duration(i) * time.Hour) // whole weeks are no difference
	v := 10.0
	if h := at.Hour(); h >= 8 && h < 18 {
		v = 100
	}
	if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
		v /= 2
	}
	return v
}

func weekOf(f func(int) float64) (all float64) {
	for i := range week {
		all += f(i)
	}
	return all
}

func ahead(hours int) time.Time { return now.Add(time.Duration(hours) * time.Hour) }

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got-want) > share*math.Abs(want)+1e-9 {
		t.Errorf("%s: %.2f, want %.2f within %.0f %%", what, got, want, 100*share)
	}
}

func TestKnownSeriesHaveKnownFutures(t *testing.T) {
	level := weekOf(office)
	cases := map[string]struct {
		of     forecast.Series
		basis  forecast.Basis
		next   float64 // of the week ahead
		within float64
	}{
		"flat":                      {hourly(8*week, func(int) float64 { return 5 }), forecast.Weeks, 5 * week, 0},
		"a weekly rhythm":           {hourly(6*week, office), forecast.Weeks, level, 1e-6},
		"growing by 100 a week":     {hourly(6*week, func(i int) float64 { return float64(10*week+100*(i/week)) / week }), forecast.Weeks, 10*week + 600, 1e-6},
		"shrinking to nothing":      {hourly(6*week, func(i int) float64 { return float64(5 - i/week) }), forecast.Weeks, 0, 0},
		"one burst, long ago":       {hourly(8*week, burstAt(3*week+5)), forecast.Weeks, 5 * week, 0.02},
		"one burst, an hour ago":    {hourly(8*week, burstAt(8*week-1)), forecast.Weeks, 5 * week, 0.02},
		"a gap of two days":         {hourly(6*week, gap(3*week, 2*day)), forecast.Weeks, level, 0.02},
		"a gap up to now":           {hourly(6*week, gap(6*week-day, day)), forecast.Weeks, level, 0.03},
		"ten flat days":             {hourly(10*day, func(int) float64 { return 5 }), forecast.Days, 5 * week, 1e-6},
		"ten days of office hours":  {hourly(10*day, office), forecast.Days, level, 0.01},
		"twelve days with a burst":  {hourly(12*day, burstAt(9*day)), forecast.Days, 5 * week * 9 / 7, 0.01},
		"half a day":                {hourly(12, func(int) float64 { return 5 }), forecast.Hours, 5 * week, 1e-6},
		"what began three days ago": {hourly(8*week, func(i int) float64 { return 5 * math.Floor(float64(i)/(8*week-3*day)) }), forecast.Days, 5 * week, 1e-6},
	}
	for name, c := range cases {
		m := forecast.Fit(c.of)
		if m == nil || m.Basis != c.basis {
			t.Errorf("%s: %+v", name, m)
			continue
		}
		r := m.Between(now, ahead(week))
		near(t, name, r.Mid, c.next, c.within)
		if r.Low > r.Mid || r.High < r.Mid || r.Low < 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// burstAt is a flat series of 5 with ten weeks' worth in one hour.
func burstAt(hour int) func(int) float64 {
	return func(i int) float64 {
		if i == hour {
			return 5 * 10 * week
		}
		return 5
	}
}

// gap is office with nothing for some hours.
func gap(from, long int) func(int) float64 {
	return func(i int) float64 {
		if i >= from && i < from+long {
			return 0
		}
		return office(i)
	}
}

func TestTooLittleIsNoForecast(t *testing.T) {
	for name, s := range map[string]forecast.Series{
		"nothing":             hourly(0, nil),
		"only zeros":          hourly(8*week, func(int) float64 { return 0 }),
		"one hour":            hourly(8*week, func(i int) float64 { return float64(i / (8*week - 1)) }),
		"two days, by day":    {End: now, Step: day * time.Hour, Values: []float64{1, 2}},
		"one half hour of it": {End: now, Step: 30 * time.Minute, Values: []float64{0, 0, 1}},
	} {
		if m := forecast.Fit(s); m != nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestTheRhythmSaysWhenSomethingIsMet(t *testing.T) {
	m := forecast.Fit(hourly(6*week, office))
	// From Monday noon: 6 hours of 100, 14 of 10, then 100 an hour again.
	met := m.Meets(now, 1000, 1000+600+140+250, ahead(week))
	if want := ahead(22).Add(30 * time.Minute); met.Expected == nil || met.Expected.Sub(want).Abs() > time.Second {
		t.Errorf("met %v, want %v", met.Expected, want)
	}
	if met.Earliest == nil || met.Latest == nil || !met.Earliest.Before(*met.Expected) || !met.Latest.After(*met.Expected) {
		t.Errorf("%+v", met)
	}
	if met := m.Meets(now, 0, weekOf(office)*3, ahead(week)); met != (forecast.Meeting{}) {
		t.Errorf("%+v though it cannot be", met)
	}
	if met := m.Meets(now, 0, weekOf(office)*1.02, ahead(week)); met.Expected != nil || met.Earliest == nil || met.Latest != nil {
		t.Errorf("%+v: it is just possible", met)
	}
	if met := m.Meets(now, 5, 5, ahead(week)); met.Expected == nil || !met.Expected.Equal(now) || !met.Latest.Equal(now) {
		t.Errorf("%+v: it is met already", met)
	}
}

func TestPartsOfAStepCount(t *testing.T) {
	m := forecast.Fit(hourly(4*week, func(int) float64 { return 60 }))
	at := now.Add(20 * time.Minute)
	near(t, "the rest of an hour", m.Between(at, now.Add(time.Hour)).Mid, 40, 1e-6)
	near(t, "later", m.Between(ahead(100), ahead(130)).Mid, 30*60, 1e-6)
	if r := m.Between(ahead(2), ahead(1)); r != (forecast.Range{}) {
		t.Errorf("%+v of no time", r)
	}
	met := m.Meets(at, 0, 41, ahead(3))
	if want := now.Add(61 * time.Minute); met.Expected == nil || met.Expected.Sub(want).Abs() > time.Second {
		t.Errorf("met %v, want %v", met.Expected, want)
	}
}

func TestGrowthIsToldOfEnoughWeeks(t *testing.T) {
	grows := func(i int) float64 { return 100 + 10*math.Floor(float64(i)/week) }
	if g, ok := forecast.Fit(hourly(6*week, grows)).Growth(); !ok || math.Abs(g-10.0/160) > 1e-9 {
		t.Errorf("%v %v", g, ok)
	}
	if _, ok := forecast.Fit(hourly(4*week, grows)).Growth(); ok {
		t.Error("four weeks are no trend")
	}
}

// Of ten forecasts, eight are to come out within their bounds: noise of a fifth by the
// hour and of a tenth by the week, weeks with a rhythm, and what really comes after.
func TestEightOfTenForecastsComeOutWithinTheirBounds(t *testing.T) {
	for name, known := range map[string]int{"six weeks": 6 * week, "eight weeks": 8 * week, "four weeks": 4 * week, "two weeks": 2 * week} {
		for _, long := range []int{2 * day, week, 4 * week} {
			held, all := 0, 300
			for town := range all {
				chance := rand.New(rand.NewPCG(uint64(town), uint64(long)))
				value := noisy(chance)
				s := hourly(known, value)
				r := forecast.Fit(s).Between(now, ahead(long))
				var came float64
				for i := range long {
					came += value(known + i)
				}
				if r.Low <= came && came <= r.High {
					held++
				}
			}
			if held < all*77/100 {
				t.Errorf("%s, %d days ahead: %d of %d within their bounds", name, long/day, held, all)
			}
			t.Logf("%s, %d days ahead: %d of %d", name, long/day, held, all)
		}
	}
}

func noisy(chance *rand.Rand) func(int) float64 {
	weeks := map[int]float64{}
	return func(i int) float64 {
		if _, ok := weeks[i/week]; !ok {
			weeks[i/week] = max(1+0.1*chance.NormFloat64(), 0.1)
		}
		return max(office(i)*weeks[i/week]*(1+0.2*chance.NormFloat64()), 0)
	}
}

func FuzzAForecastIsAlwaysInOrder(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0, 0, 255}, uint8(1), uint16(100))
	f.Fuzz(func(t *testing.T, text []byte, repeat uint8, hours uint16) {
		s := hourly(len(text)*int(repeat), func(i int) float64 { return float64(text[i%len(text)]) })
		m := forecast.Fit(s)
		if m == nil {
			return
		}
		r := m.Between(now, ahead(int(hours)%1000))
		if r.Low < 0 || r.Low > r.Mid || r.Mid > r.High || math.IsNaN(r.High) || math.IsInf(r.High, 0) {
			t.Fatalf("%+v of %+v", r, m)
		}
		met := m.Meets(now, 0, 1000, ahead(int(hours)%1000))
		if met.Expected != nil && (met.Earliest == nil || met.Earliest.After(*met.Expected)) || met.Latest != nil && (met.Expected == nil || met.Latest.Before(*met.Expected)) {
			t.Fatalf("%+v", met)
		}
	})
}
