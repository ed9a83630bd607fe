package storetest

import (
	order "cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testPurges(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	if all := need(s.Purges(ctx))(t); len(all) != 0 {
		t.Errorf("a new store has %v", all)
	}
	version := need(s.PurgesVersion(ctx))(t)
	purge := func(id, tag, model string, after, older time.Duration) gateway.CachePurge {
		return gateway.CachePurge{ID: id, Time: Epoch().Add(after), Tag: tag, Model: model, Gateway: "g", Workspace: "w", Provider: "p", Route: "r", Key: "k", Older: older, By: "usr_1"}
	}
	for _, p := range []gateway.CachePurge{
		purge("prg_1", "docs", "", 0, 0), purge("prg_2", "", "m\x00", time.Second, time.Minute), purge("prg_3", "docs", "m", 2*time.Second, 0),
		purge("prg_4", "docs", "", time.Hour, time.Minute),  // is of another age
		purge("prg_5", "docs", "", -time.Hour, time.Minute), // takes its place, though this clock is behind
	} {
		must(t, s.PutPurge(ctx, p))
	}
	five := purge("prg_5", "docs", "", time.Hour, time.Minute)
	want := []gateway.CachePurge{five, purge("prg_3", "docs", "m", 2*time.Second, 0), purge("prg_2", "", "m\ufffd", time.Second, time.Minute), purge("prg_1", "docs", "", 0, 0)}
	got := need(s.Purges(ctx))(t)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(gateway.CachePurge{}, "Seq")); diff != "" {
		t.Error(diff)
	}
	for i := range got[1:] {
		if got[i].Seq <= got[i+1].Seq {
			t.Errorf("%d is not above %d", got[i].Seq, got[i+1].Seq)
		}
	}
	if got[3].Seq != Epoch().UnixMicro() {
		t.Errorf("the first number is %d, not the time", got[3].Seq)
	}
	if v := need(s.PurgesVersion(ctx))(t); v != version+5 {
		t.Errorf("the version rose by %d", v-version)
	}
	all := gateway.CachePurge{ID: "prg_6", Time: Epoch().Add(3 * time.Hour), By: "admin token"}
	must(t, s.PutPurge(ctx, all))
	if n := need(s.DeletePurges(ctx, Epoch().Add(time.Second)))(t); n != 2 {
		t.Errorf("%d purges are forgotten", n)
	}
	if n := need(s.DeletePurges(ctx, Epoch().Add(time.Second)))(t); n != 0 {
		t.Errorf("%d purges are forgotten again", n)
	}
	left := need(s.Purges(ctx))(t)
	if diff := cmp.Diff(append([]gateway.CachePurge{all}, want[:2]...), left, cmpopts.IgnoreFields(gateway.CachePurge{}, "Seq")); diff != "" {
		t.Error(diff)
	}
	if left[0].Seq <= got[0].Seq {
		t.Errorf("%d is not above %d", left[0].Seq, got[0].Seq)
	}
	if v := need(s.PurgesVersion(ctx))(t); v != version+7 {
		t.Errorf("the version rose by %d; a change of nothing counts", v-version)
	}
}

// looked makes n random entries over three days with what the cache did for them.
func looked(n int) []*gateway.Entry {
	r := rand.New(rand.NewPCG(3, 5))
	pick := func(names ...string) string { return names[r.IntN(len(names))] }
	entries := make([]*gateway.Entry, n)
	for i := range entries {
		e := Entry(i)
		e.Time = Epoch().Add(time.Duration(r.Int64N(int64(72 * time.Hour))))
		e.ID, e.Count, e.Status = IDAt(e.Time, i), 1, 200
		e.Workspace, e.KeyID, e.Gateway, e.Route = pick("default", "a", "b"), pick("", "k1", "k2"), pick("default", "g2"), pick("", "r1", "r2")
		e.Provider, e.Model, e.Operation = pick("p1", "p2"), pick("m1", "m2"), "chat"
		e.Cache, e.Saved, e.LatencyMS = pick("", "off", "miss", "miss", "bypass", "hit", "stale", "coalesced", "semantic"), gateway.Cost{}, llm.Known(10+r.Int64N(1000))
		for range r.IntN(4) {
			e.CacheTags = append(e.CacheTags, pick("docs", "other", "a \"b\"", "ü\x00", fmt.Sprint("rare ", r.IntN(300))))
		}
		if e.Cache != "" && r.IntN(4) > 0 {
			e.CacheAgeMS = llm.Known(r.Int64N(1 << (6 + r.IntN(26))))
		}
		switch {
		case isServed(e):
			e.Cost, e.LatencyMS = gateway.Cost{Known: true}, llm.Known(r.Int64N(20))
			if r.IntN(5) > 0 {
				e.Saved = gateway.Cost{USD: gateway.USD(r.Int64N(9_999_999_999)), Known: true}
			}
		case e.Cache == "miss" && r.IntN(10) == 0:
			e.Status = 502
		case e.Cache == "" && r.IntN(3) == 0:
			e.Count = 1 + r.IntN(9)
		}
		entries[i] = e
	}
	return entries
}

func isServed(e *gateway.Entry) bool {
	return slices.Contains([]string{"hit", "stale", "coalesced", "semantic"}, e.Cache)
}

// tally adds up what the store should say of entries, but for the time.
func tally(entries []*gateway.Entry, is func(*gateway.Entry) bool) (want store.CacheRow) {
	for _, e := range entries {
		if !is(e) {
			continue
		}
		want.Calls += int64(e.Count)
		want.Saved += e.Saved.USD
		if n := map[string]*int64{"hit": &want.Hits, "stale": &want.Stale, "coalesced": &want.Coalesced, "semantic": &want.Semantic, "miss": &want.Misses, "bypass": &want.Bypassed}[e.Cache]; n != nil {
			*n += int64(e.Count)
		}
	}
	return want
}

func testCache(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	if rows := need(s.CacheReport(t.Context(), store.CacheQuery{}))(t); len(rows) != 1 || rows[0].Calls != 0 || rows[0].Ratio() != 0 {
		t.Errorf("of nothing: %+v", rows)
	}
	entries := looked(2000)
	for batch := entries; len(batch) > 0; batch = batch[min(len(batch), 500):] {
		put(t, s, batch[:min(len(batch), 500)]...)
	}
	t.Run("by any dimensions it adds up to the entries' sum", func(t *testing.T) { testCacheSums(t, s, entries) })
	t.Run("by tag and age each row is the sum of its entries", func(t *testing.T) { testCacheTags(t, s, entries) })
	t.Run("rows are what the entries say", func(t *testing.T) { testCacheRows(t, s, entries) })
	t.Run("filters and limit", func(t *testing.T) { testCacheFilters(t, s, entries) })
	t.Run("the time saved is that against calls that were not served", func(t *testing.T) { testCacheTime(t, s, entries) })
	t.Run("an unknown dimension is refused", func(t *testing.T) {
		for _, d := range []store.Dimension{"1; --", store.ByRule, store.ByUser} {
			if _, err := s.CacheReport(t.Context(), store.CacheQuery{By: []store.Dimension{d}}); !errors.Is(err, store.ErrBadFilter) {
				t.Errorf("%s: %v", d, err)
			}
		}
	})
}

func testCacheSums(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	want := tally(entries, func(*gateway.Entry) bool { return true })
	once := slices.DeleteFunc(store.CacheDimensions(), func(d store.Dimension) bool { return d == store.ByTag })
	sets := [][]store.Dimension{nil, once}
	for _, d := range once {
		sets = append(sets, []store.Dimension{d})
	}
	for _, by := range sets {
		var got store.CacheRow
		for _, r := range need(s.CacheReport(t.Context(), store.CacheQuery{By: by}))(t) {
			got.Calls, got.Saved, got.Misses, got.Bypassed = got.Calls+r.Calls, got.Saved+r.Saved, got.Misses+r.Misses, got.Bypassed+r.Bypassed
			got.Hits, got.Stale, got.Coalesced, got.Semantic = got.Hits+r.Hits, got.Stale+r.Stale, got.Coalesced+r.Coalesced, got.Semantic+r.Semantic
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %v: %s", by, diff)
		}
	}
}

// testCacheTags has more tags than have rows of their own, and calls with several.
func testCacheTags(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	calls := map[string]int{}
	for _, e := range entries {
		for _, tag := range tagsOf(e) {
			calls[tag] += e.Count
		}
	}
	own := slices.SortedFunc(maps.Keys(calls), func(a, b string) int { return order.Or(calls[b]-calls[a], strings.Compare(a, b)) })
	if len(own) <= store.MostTags {
		t.Fatalf("only %d tags", len(own))
	}
	own = own[:store.MostTags]
	need(s.CacheReport(t.Context(), store.CacheQuery{By: []store.Dimension{store.ByTag}, From: Epoch(), Limit: 5}))(t)
	seen := map[[2]string]bool{}
	for _, got := range need(s.CacheReport(t.Context(), store.CacheQuery{By: []store.Dimension{store.ByTag, store.ByAge}}))(t) {
		tag, age := got.Values[0], got.Values[1]
		want := tally(entries, func(e *gateway.Entry) bool {
			tags := tagsOf(e)
			switch {
			case got.Rest:
				return ageOf(e) == age && slices.ContainsFunc(tags, func(t string) bool { return !slices.Contains(own, t) })
			case tag == "":
				return ageOf(e) == age && len(tags) == 0
			}
			return ageOf(e) == age && slices.Contains(tags, tag)
		})
		if !got.Rest {
			seen[[2]string{tag, age}] = true
		}
		if want.Calls == 0 || !got.Rest && tag != "" && !slices.Contains(own, tag) {
			t.Errorf("there is no %q of age %q", tag, age)
		}
		got.Values, got.Rest, got.SavedMS, got.Untimed = nil, false, 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q of age %q: %s", tag, age, diff)
		}
	}
	for _, e := range entries {
		for _, tag := range tagsOf(e) {
			if slices.Contains(own, tag) && !seen[[2]string{tag, ageOf(e)}] {
				t.Fatalf("%q of age %q has no row", tag, ageOf(e))
			}
		}
	}
	got := need(s.CacheReport(t.Context(), store.CacheQuery{Tag: "ü\x00", Workspace: "a"}))(t)[0]
	got.SavedMS, got.Untimed, got.Values = 0, 0, nil
	if diff := cmp.Diff(tally(entries, func(e *gateway.Entry) bool { return e.Workspace == "a" && slices.Contains(e.CacheTags, "ü\x00") }), got); diff != "" {
		t.Error(diff)
	}
}

// tagsOf gives a call's tags as the store has them.
func tagsOf(e *gateway.Entry) []string {
	tags := slices.Clone(e.CacheTags)
	for i := range tags {
		tags[i] = strings.ReplaceAll(tags[i], "\x00", "\ufffd")
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

func ageOf(e *gateway.Entry) string {
	if !e.CacheAgeMS.Known {
		return ""
	}
	for _, a := range store.Ages() {
		if a.Below == 0 || e.CacheAgeMS.N < a.Below.Milliseconds() {
			return a.Name
		}
	}
	return "no band"
}

func testCacheRows(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	rows := need(s.CacheReport(t.Context(), store.CacheQuery{By: []store.Dimension{store.ByDay, store.ByRoute}}))(t)
	day, saved := "9999", gateway.USD(0)
	for _, got := range rows {
		want := tally(entries, func(e *gateway.Entry) bool {
			return e.Time.Format(time.DateOnly) == got.Values[0] && e.Route == got.Values[1]
		})
		if got.Values[0] > day || got.Values[0] == day && got.Saved > saved {
			t.Errorf("%v is out of order", got)
		}
		day, saved = got.Values[0], got.Saved
		if ratio := float64(want.Served()) / float64(want.Served()+want.Misses); got.Ratio() != ratio {
			t.Errorf("ratio %v, want %v", got.Ratio(), ratio)
		}
		got.Values, got.SavedMS, got.Untimed = nil, 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if len(rows) != 9 && len(rows) != 12 {
		t.Errorf("%d rows", len(rows))
	}
}

func testCacheFilters(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	from, to := Epoch().Add(10*time.Hour), Epoch().Add(50*time.Hour)
	for name, c := range map[string]struct {
		q  store.CacheQuery
		is func(*gateway.Entry) bool
	}{
		"time":      {store.CacheQuery{From: from, To: to}, func(e *gateway.Entry) bool { return !e.Time.Before(from) && e.Time.Before(to) }},
		"workspace": {store.CacheQuery{Workspace: "a", Gateway: "g2"}, func(e *gateway.Entry) bool { return e.Workspace == "a" && e.Gateway == "g2" }},
		"within":    {store.CacheQuery{Within: []string{"a", "b"}, KeyID: "k1"}, func(e *gateway.Entry) bool { return e.Workspace != "default" && e.KeyID == "k1" }},
		"model":     {store.CacheQuery{Model: "m1", Provider: "p2", Route: "r1"}, func(e *gateway.Entry) bool { return e.Model == "m1" && e.Provider == "p2" && e.Route == "r1" }},
		"nowhere":   {store.CacheQuery{Within: []string{}}, func(e *gateway.Entry) bool { return false }},
	} {
		got := need(s.CacheReport(t.Context(), c.q))(t)[0]
		got.SavedMS, got.Untimed, got.Values = 0, 0, nil
		if diff := cmp.Diff(tally(entries, c.is), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if rows := need(s.CacheReport(t.Context(), store.CacheQuery{By: []store.Dimension{store.ByWorkspace}, Limit: 2}))(t); len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}

func testCacheTime(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	type target struct{ provider, model string }
	sum, count := map[target]float64{}, map[target]float64{}
	for _, e := range entries {
		if e.Cache == "miss" && e.Status < 400 {
			sum[target{e.Provider, e.Model}] += float64(e.LatencyMS.N)
			count[target{e.Provider, e.Model}]++
		}
	}
	var want float64
	for _, e := range entries {
		if at := (target{e.Provider, e.Model}); isServed(e) {
			want += sum[at]/count[at] - float64(e.LatencyMS.N)
		}
	}
	got := need(s.CacheReport(t.Context(), store.CacheQuery{}))(t)[0]
	if math.Abs(want-float64(got.SavedMS)) > 1 || got.Untimed != 0 {
		t.Errorf("%d ms, want %.1f; %d without", got.SavedMS, want, got.Untimed)
	}
	odd := Entry(9999)
	odd.ID, odd.Time, odd.Gateway, odd.Model, odd.Cache, odd.Count = IDAt(Epoch(), 9999), Epoch(), "odd", "never-missed", "hit", 1
	put(t, s, odd)
	if got := need(s.CacheReport(t.Context(), store.CacheQuery{Gateway: "odd"}))(t)[0]; got.SavedMS != 0 || got.Untimed != 1 || got.Hits != 1 {
		t.Errorf("nothing to compare with: %+v", got)
	}
}
