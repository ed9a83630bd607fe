package admin_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// zones have no midnight on one day of the year, or two, offsets of 30 and 45 minutes, or of
// 14 hours; some change their offset by half an hour or at midnight.
var zones = []string{"UTC", "America/Santiago", "Australia/Lord_Howe", "Europe/Berlin", "Africa/Cairo", "America/Havana", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Auckland"}

// edgesOf are the moments of some days before now at which a zone's days begin, or its
// offset changes: as the clocks there show it, minute by minute.
func edgesOf(t *testing.T, zone string, now time.Time, days int) (all []time.Time) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	offset := func(at time.Time) int { _, o := at.In(loc).Zone(); return o }
	for at := now.AddDate(0, 0, -days).Truncate(time.Hour); at.Before(now.Add(-2 * time.Hour)); at = at.Add(15 * time.Minute) {
		next := at.Add(15 * time.Minute)
		changed := offset(at) != offset(next)
		if changed || at.In(loc).Day() != next.In(loc).Day() && len(all)%7 != 6 {
			all = append(all, next)
		}
		for n := 0; changed && n < 40; n++ { // rare, and what it is about
			all = append(all, next)
		}
	}
	return all
}

// dimensions give what the dimension of a call is, by the entry alone.
var dimensions = map[string]func(e *gateway.Entry) string{
	"workspace": func(e *gateway.Entry) string { return e.Workspace }, "gateway": func(e *gateway.Entry) string { return e.Gateway },
	"provider": func(e *gateway.Entry) string { return e.Provider }, "model": func(e *gateway.Entry) string { return e.Model },
	"key": func(e *gateway.Entry) string { return e.KeyID }, "route": func(e *gateway.Entry) string { return e.Route },
	"operation": func(e *gateway.Entry) string { return e.Operation }, "status": func(e *gateway.Entry) string { return fmt.Sprint(e.Status) },
	"error_code": func(e *gateway.Entry) string { return e.ErrorCode }, "cache": func(e *gateway.Entry) string { return e.Cache },
	"limit": func(e *gateway.Entry) string { return append(slices.Clone(e.Limits), "")[0] },
	"metadata.team": func(e *gateway.Entry) string {
		var of struct{ Team string }
		_ = json.Unmarshal(e.Metadata, &of)
		return of.Team
	},
}

// TestTheOverviewsSumsAreThoseOfTheEntries asks the API what the overview shows and adds the
// entries up beside it. Which day a call belongs to is read off its own date in the zone.
func TestTheOverviewsSumsAreThoseOfTheEntries(t *testing.T) {
	g := newRig(t)
	g.now = time.Now().UTC().Truncate(time.Minute) // what is too old for the store has no rows
	r := rand.New(rand.NewPCG(3, 5))
	all := callsAtEdges(t, g.now, r)
	late := len(all) / 8 // come when their days have rows already
	for some := range slices.Chunk(all[late:], 500) {
		g.stored(some...)
	}
	for left := 1; left > 0; {
		var err error
		if left, err = g.store.BuildDay(t.Context(), g.now); err != nil {
			t.Fatal(err)
		}
	}
	g.stored(all[:late]...)
	for i, name := range slices.Sorted(maps.Keys(dimensions)) {
		for n := range 3 { // each zone for some dimensions: what a day is does not go by these
			g.sumsOfDays(all, name, zones[(i+4*n)%len(zones)])
		}
	}
	for range 60 {
		g.sumsOfSummary(all, r)
	}
}

func callsAtEdges(t *testing.T, now time.Time, r *rand.Rand) []*gateway.Entry {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var edges []time.Time
	for _, zone := range zones {
		edges = append(edges, edgesOf(t, zone, now, 290)...)
	}
	all := make([]*gateway.Entry, 10_000)
	for i := range all {
		at := now.Add(-time.Duration(1 + r.Int64N(int64(295*24*time.Hour))))
		if i%3 > 0 {
			at = edges[r.IntN(len(edges))].Add([]time.Duration{0, -time.Microsecond, time.Microsecond, time.Hour, -time.Hour, time.Duration(r.Int64N(int64(4*time.Hour))) - 2*time.Hour}[r.IntN(6)])
		}
		e := storetest.Entry(0)
		e.ID, e.Time, e.LastTime, e.Count = storetest.IDAt(at, i), at, at, 1
		e.Workspace, e.Gateway, e.KeyID, e.Operation = pick("default", "team-a"), pick("default", "inner"), pick("key_1", "key_2", ""), pick("chat", "embeddings")
		e.Provider, e.Model, e.Route, e.Cache = pick("p1", "p2", ""), pick("m1", "m2", ""), pick("", "fast"), pick("", "hit", "miss", "semantic")
		e.Status, e.ErrorCode, e.Limits, e.Metadata = 200, "", nil, json.RawMessage(pick("{}", `{"team":"red"}`, `{"team":"blue"}`))
		switch r.IntN(6) {
		case 0:
			e.Status, e.ErrorCode, e.Count, e.Limits = 429, "rate_limited", 1+r.IntN(9), []string{pick("a[0]", "b[0]")}
		case 1:
			e.Status, e.ErrorCode = 502, "upstream_error"
		case 2:
			e.Status = 499
		}
		e.Usage = llm.Usage{InputTokens: llm.Known(r.Int64N(9000)), OutputTokens: llm.Known(r.Int64N(900))}
		e.Cost = gateway.Cost{USD: gateway.USD(r.Int64N(1 << 34)), Known: true}
		all[i] = e
	}
	return all
}

// told are sums of calls.
type told struct {
	requests, errors, blocked, cancelled, hits, misses int64
	input, output, cost                                int64
}

func (s *told) add(e *gateway.Entry) {
	n := int64(e.Count)
	s.requests += n
	switch {
	case e.Status == 429:
		s.blocked += n
	case e.Status == 502:
		s.errors += n
	case e.Status == 499:
		s.cancelled += n
	}
	switch e.Cache {
	case "hit", "semantic":
		s.hits += n
	case "miss":
		s.misses += n
	}
	s.input, s.output, s.cost = s.input+e.Usage.InputTokens.N, s.output+e.Usage.OutputTokens.N, s.cost+int64(e.Cost.USD)
}

// sumsOfDays compares what each day of a zone has, by one dimension.
func (g *rig) sumsOfDays(all []*gateway.Entry, dimension, zone string) {
	g.t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		g.t.Fatal(err)
	}
	want := map[[2]string]*told{} // by day and value
	for _, e := range all {
		at := [2]string{e.Time.In(loc).Format(time.DateOnly), dimensions[dimension](e)}
		if dimension == "limit" && len(e.Limits) == 0 {
			continue // no limit refused it
		}
		if want[at] == nil {
			want[at] = new(told)
		}
		want[at].add(e)
	}
	var got admin.Analytics
	g.get("/api/v1/analytics?metric=requests,errors,blocked,cancelled,hits,misses,input_tokens,output_tokens,cost_usd&step=day&top=100&by="+dimension+"&tz="+url.QueryEscape(zone)+
		"&from="+g.now.AddDate(0, 0, -296).Format(time.RFC3339)+"&to="+g.now.Format(time.RFC3339), &got)
	if got.Source != "rollups" {
		g.t.Errorf("%s, %s: read from %s", dimension, zone, got.Source)
	}
	seen := 0
	for _, s := range got.Series {
		for i, begins := range got.Times {
			at := [2]string{begins.In(loc).Format(time.DateOnly), s.By[dimension]}
			one := func(metric string) int64 {
				v := s.Spans[metric][i]
				if v == nil {
					return 0
				}
				if metric == "cost_usd" {
					return int64(math.Round(*v * float64(gateway.Dollar)))
				}
				return int64(*v)
			}
			have := told{one("requests"), one("errors"), one("blocked"), one("cancelled"), one("hits"), one("misses"), one("input_tokens"), one("output_tokens"), one("cost_usd")}
			if w := cmp.Or(want[at], new(told)); have != *w {
				g.t.Errorf("%s %q on %s in %s: %+v, the entries add up to %+v", dimension, at[1], at[0], zone, have, *w)
			}
			if want[at] != nil {
				seen++
			}
		}
	}
	if seen != len(want) {
		g.t.Errorf("%s, %s: %d sums of %d are told", dimension, zone, seen, len(want))
	}
}

// sumsOfSummary compares the summary of a random time, of all calls or of some.
func (g *rig) sumsOfSummary(all []*gateway.Entry, r *rand.Rand) {
	g.t.Helper()
	span := func() time.Time {
		return g.now.Truncate(15 * time.Minute).Add(-time.Duration(r.IntN(295*24*4)) * 15 * time.Minute)
	}
	from, to := span(), span()
	if !from.Before(to) {
		from, to = to, from.Add(15*time.Minute)
	}
	filter, matches := "", func(*gateway.Entry) bool { return true }
	if r.IntN(3) > 0 {
		names := slices.Sorted(maps.Keys(dimensions))
		name := names[r.IntN(len(names))]
		value := dimensions[name](all[r.IntN(len(all))])
		if name == "limit" {
			value = "a[0]"
		}
		matches = func(e *gateway.Entry) bool { return dimensions[name](e) == value }
		if filter = "&filter." + name + "=" + url.QueryEscape(value); value == "" {
			filter = "&without=" + name
		}
	}
	var want told
	for _, e := range all {
		if matches(e) && !e.Time.Before(from) && e.Time.Before(to) {
			want.add(e)
		}
	}
	var got admin.AnalyticsSummary
	g.get("/api/v1/analytics/summary?from="+from.Format(time.RFC3339)+"&to="+to.Format(time.RFC3339)+filter, &got)
	f, number := got.Figures, func(v *float64) int64 {
		if v == nil {
			return 0
		}
		return int64(*v)
	}
	if have := (told{f.Requests, f.Errors, f.Blocked, f.Cancelled, f.Hits, f.Misses, number(f.InputTokens), number(f.OutputTokens), int64(f.Cost)}); have != want {
		g.t.Errorf("from %s to %s%s: %+v, the entries add up to %+v", from, to, filter, have, want)
	}
}
