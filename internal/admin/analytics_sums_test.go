package admin_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// tally is what calls add up to, counted here call by call.
type tally struct{ requests, errors, blocked, cancelled, input, nusd float64 }

func (t *tally) add(e *gateway.Entry) {
	n := float64(e.Count)
	t.requests += n
	switch {
	case e.ErrorCode == "rate_limited" || e.ErrorCode == "budget_exceeded":
		t.blocked += n
	case e.Status == 499:
		t.cancelled += n
	case e.Status >= 400 || e.ErrorCode != "":
		t.errors += n
	}
	if e.Usage.InputTokens.Known {
		t.input += float64(e.Usage.InputTokens.N)
	}
	if e.Cost.Known {
		t.nusd += float64(e.Cost.USD)
	}
}

const tallied = "requests,errors,blocked,cancelled,input_tokens,cost_usd"

// told is a tally out of an answer's metrics.
func told(of func(metric string) *float64) tally {
	n := func(metric string) float64 {
		if v := of(metric); v != nil {
			return *v
		}
		return 0
	}
	return tally{n("requests"), n("errors"), n("blocked"), n("cancelled"), n("input_tokens"), n("cost_usd") * 1e9}
}

// same allows for the rounding of dollars in binary.
func (t tally) same(o tally) bool {
	nusd := t.nusd - o.nusd
	t.nusd, o.nusd = 0, 0
	return t == o && nusd > -2 && nusd < 2
}

// randomCall makes a call of a moment.
func randomCall(at time.Time, i int, r *rand.Rand) *gateway.Entry {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	e := storetest.Entry(0)
	e.ID, e.Time, e.LastTime = storetest.IDAt(at, i), at, at
	e.Workspace, e.Gateway, e.KeyID = pick("default", "a"), pick("default", "inner"), pick("k1", "k2", "")
	e.Provider, e.Model, e.Route, e.Operation, e.Cache = pick("p", "q"), pick("m", "n"), pick("", "r"), pick("chat", "embeddings"), pick("off", "hit", "miss")
	e.Usage.InputTokens = llm.Count{N: r.Int64N(1000), Known: r.IntN(4) > 0}
	e.Cost = gateway.Cost{USD: gateway.USD(r.Int64N(1 << 30)), Known: r.IntN(4) > 0}
	e.Metadata = json.RawMessage(pick(`{"team":"red"}`, `{"team":"blue"}`, `{}`))
	e.Status, e.ErrorCode, e.Limits = 200, "", nil
	switch r.IntN(6) {
	case 0:
		e.Status, e.ErrorCode, e.Count, e.Limits = 429, "rate_limited", 1+r.IntN(5), []string{pick("l[0]", "l[1]")}
	case 1:
		e.Status, e.ErrorCode = 502, "upstream_error"
	case 2:
		e.Status, e.ErrorCode = 499, "client_closed"
	}
	return e
}

// Days are those of a calendar: which one a call is of is asked of the time package, call
// by call, and of nothing that the answer says.
func TestFiguresAreTheSumsOfTheCallsInEveryZoneHoweverLateTheyCome(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	g := newRig(t)
	g.now = time.Date(2026, 4, 7, 9, 41, 0, 0, time.UTC)
	first := g.now.AddDate(0, 0, -34) // the days on which clocks change in America, Europe and Australia
	var all []*gateway.Entry
	for i := range 700 {
		at := first.Add(time.Duration(r.Int64N(int64(34*24*time.Hour - time.Minute)))).Truncate(time.Minute)
		if i%2 == 0 { // near the beginning of a day of some zone
			quarter := time.Duration(r.IntN(96)) * 15 * time.Minute
			at = at.Truncate(24 * time.Hour).Add(quarter + time.Duration(r.IntN(3)-1)*time.Millisecond)
		}
		if at.Before(first) || !at.Before(g.now) {
			at = first.Add(time.Hour)
		}
		all = append(all, randomCall(at, i, r))
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for part, some := range [][]*gateway.Entry{all[:500], all[500:]} { // the second part is late: rows of its days are made by then
		g.stored(some...)
		seen := all[:500+200*part]
		g.sumsOfDays(seen, first)
		g.sumsOfDimensions(seen, first)
		g.sumsOfSummary(seen, first)
		for left := 1; left > 0; {
			var err error
			if left, err = g.store.BuildDay(t.Context(), g.now); err != nil {
				t.Fatal(err)
			}
		}
		g.sumsOfDays(seen, first)
		g.sumsOfDimensions(seen, first)
		g.sumsOfSummary(seen, first)
	}
}

func (g *rig) asked(path string, first time.Time, more url.Values) string {
	more.Set("from", first.Format(time.RFC3339))
	more.Set("to", g.now.Format(time.RFC3339))
	return "/api/v1/" + path + "?" + more.Encode()
}

func (g *rig) sumsOfDays(all []*gateway.Entry, first time.Time) {
	g.t.Helper()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Cairo", "America/Santiago", "Pacific/Kiritimati"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			g.t.Fatal(err)
		}
		for step, dayOf := range map[string]func(time.Time) string{
			"day": func(t time.Time) string { return t.In(zone).Format("2006-01-02") }, "month": func(t time.Time) string { return t.In(zone).Format("2006-01") },
			"week": func(t time.Time) string { y, w := t.In(zone).ISOWeek(); return fmt.Sprint(y, "-", w) },
		} {
			want := map[string]*tally{}
			for t := first; t.Before(g.now); t = t.Add(15 * time.Minute) {
				want[dayOf(t)] = new(tally)
			}
			for _, e := range all {
				want[dayOf(e.Time)].add(e)
			}
			var got admin.Analytics
			g.get(g.asked("analytics", first, url.Values{"metric": {tallied}, "step": {step}, "tz": {name}}), &got)
			if len(got.Times) != len(want) {
				g.t.Errorf("%s by %s: %d spans, want %d", name, step, len(got.Times), len(want))
				continue
			}
			for i, at := range got.Times {
				if i > 0 && dayOf(at.Add(-1)) == dayOf(at) {
					g.t.Errorf("%s by %s: %v is not the first moment of one", name, step, at)
				}
				have := told(func(m string) *float64 { return got.Series[0].Spans[m][i] })
				if w := want[dayOf(at)]; !w.same(have) {
					g.t.Errorf("%s by %s: %s is %+v, want %+v", name, step, dayOf(at), have, *w)
				}
			}
		}
	}
}

// valueOf gives what a call is of a dimension, by the members of its entry.
var valueOf = map[string]func(*gateway.Entry) string{
	"workspace": func(e *gateway.Entry) string { return e.Workspace }, "gateway": func(e *gateway.Entry) string { return e.Gateway }, "provider": func(e *gateway.Entry) string { return e.Provider },
	"model": func(e *gateway.Entry) string { return e.Model }, "key": func(e *gateway.Entry) string { return e.KeyID }, "route": func(e *gateway.Entry) string { return e.Route },
	"operation": func(e *gateway.Entry) string { return e.Operation }, "status": func(e *gateway.Entry) string { return strconv.Itoa(e.Status) },
	"metadata.team": func(e *gateway.Entry) string {
		var of struct{ Team string }
		_ = json.Unmarshal(e.Metadata, &of)
		return of.Team
	},
	"error_code": func(e *gateway.Entry) string { return e.ErrorCode }, "cache": func(e *gateway.Entry) string { return e.Cache },
}

func (g *rig) sumsOfDimensions(all []*gateway.Entry, first time.Time) {
	g.t.Helper()
	for _, d := range g.store.Dimensions() {
		of := valueOf[string(d)]
		if d == "limit" { // of the refused alone
			of = func(e *gateway.Entry) string { return append(slices.Clone(e.Limits), "")[0] }
		}
		if of == nil {
			g.t.Errorf("nobody counts by %s here", d)
			continue
		}
		want := map[string]*tally{}
		for _, e := range all {
			if want[of(e)] == nil {
				want[of(e)] = new(tally)
			}
			want[of(e)].add(e)
		}
		var got admin.Analytics
		g.get(g.asked("analytics", first, url.Values{"metric": {tallied}, "by": {string(d)}, "top": {"50"}}), &got)
		found := 0
		for _, s := range got.Series {
			value := s.By[string(d)]
			w := want[value]
			have := told(func(m string) *float64 { return s.Total[m] })
			switch {
			case d == "limit" && value == "":
			case w == nil || d != "limit" && !w.same(have) || d == "limit" && w.blocked != have.blocked:
				g.t.Errorf("%s %q: %+v, want %+v", d, value, have, w)
			default:
				found++
			}
		}
		delete(want, "") // calls without one may have no series
		if found < len(want) {
			g.t.Errorf("%s: %d values, want %d", d, found, len(want))
		}
	}
}

func (g *rig) sumsOfSummary(all []*gateway.Entry, first time.Time) {
	g.t.Helper()
	for name, keep := range map[string]func(*gateway.Entry) bool{
		"": func(*gateway.Entry) bool { return true }, "filter.model=m": func(e *gateway.Entry) bool { return e.Model == "m" },
		"filter.route=r&filter.key=k1": func(e *gateway.Entry) bool { return e.Route == "r" && e.KeyID == "k1" }, // no rows tell these two: from entries
	} {
		var want tally
		for _, e := range all {
			if keep(e) {
				want.add(e)
			}
		}
		q, _ := url.ParseQuery(name)
		var got admin.AnalyticsSummary
		g.get(g.asked("analytics/summary", first, q), &got)
		f := got.Figures
		input := 0.0
		if f.InputTokens != nil {
			input = *f.InputTokens
		}
		if have := (tally{float64(f.Requests), float64(f.Errors), float64(f.Blocked), float64(f.Cancelled), input, float64(f.Cost)}); !want.same(have) {
			g.t.Errorf("summary %s (%s): %+v, want %+v", name, got.Source, have, want)
		}
		if fromEntries := got.Source == "entries"; fromEntries != (len(q) > 3) {
			g.t.Errorf("summary %s is from %s", name, got.Source)
		}
	}
}
