package storetest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
)

// testRollups holds that roll-ups say what the entries say: for every dimension and pair,
// in the days of many time zones, whatever comes late or twice.
func testRollups(t *testing.T, fresh func(testing.TB) string) {
	url := fresh(t)
	s := Open(t, url)
	now := time.Now().UTC().Truncate(time.Minute)
	all := callsBefore(now, rollupCalls)
	late := len(all) / 10 // which come when their days have rows already
	putShuffled(t, s, url, all[late:])
	t.Run("sums of hours", func(t *testing.T) { testRollupSums(t, s, all[late:], now) })
	buildDays(t, s, now)
	t.Run("sums of days", func(t *testing.T) { testRollupSums(t, s, all[late:], now) })
	putShuffled(t, s, url, all[:late])
	t.Run("sums", func(t *testing.T) { testRollupSums(t, s, all, now) })
	t.Run("zones", func(t *testing.T) { testRollupZones(t, s, all, now) })
	t.Run("filters", func(t *testing.T) { testRollupFilters(t, s, all, now) })
	t.Run("quantiles", func(t *testing.T) { testRollupQuantiles(t, s, all, now) })
	t.Run("an aggregate that stands for more", func(t *testing.T) { testRollupAggregate(t, s, now) })
	t.Run("what is deleted stays in the sums", func(t *testing.T) { testRollupsStay(t, s, now) })
	t.Run("many values share a row", func(t *testing.T) { testRollupRest(t, Open(t, fresh(t)), now) })
	t.Run("what is read from entries tells what was deleted", func(t *testing.T) { testRollupsMissing(t, Open(t, fresh(t)), now) })
	t.Run("refusals", func(t *testing.T) { testRollupRefusals(t, s, now) })
}

// buildDays makes the rows of every finished day and holds that each step leaves fewer.
func buildDays(t *testing.T, s *store.Store, now time.Time) {
	t.Helper()
	for before := math.MaxInt; ; {
		left := need(s.BuildDay(t.Context(), now))(t)
		if left == 0 {
			break
		}
		if left >= before {
			t.Fatalf("%d days are left, %d were", left, before)
		}
		before = left
	}
	if left := need(s.BuildDay(t.Context(), now))(t); left != 0 {
		t.Errorf("%d days are left behind the last", left)
	}
}

// callsBefore makes random calls at few moments: half of these in the last days, half in
// the 300 days before, many of them near the edges of days.
func callsBefore(now time.Time, n int) []*gateway.Entry {
	r := rand.New(rand.NewPCG(7, 9))
	moments := make([]time.Time, max(n/120, 40))
	for i := range moments {
		age := time.Duration(r.Int64N(int64(7 * 24 * time.Hour)))
		if i%2 == 0 {
			age = time.Duration(r.Int64N(int64(300 * 24 * time.Hour)))
		}
		moments[i] = now.Add(-age)
		if i%3 == 0 {
			moments[i] = moments[i].Truncate(15 * time.Minute)
		}
	}
	all := make([]*gateway.Entry, n)
	for i := range all {
		at := moments[r.IntN(len(moments))]
		if i%5 == 0 { // just before
			at = at.Add(-time.Microsecond)
		}
		all[i] = callAt(at, i, r)
	}
	return all
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func maybe(r *rand.Rand, most int64) llm.Count {
	if r.IntN(4) == 0 {
		return llm.Count{}
	}
	return llm.Known(r.Int64N(most))
}

func callAt(at time.Time, i int, r *rand.Rand) *gateway.Entry {
	e := Entry(i)
	e.ID, e.Time, e.LastTime = IDAt(at, i), at, at
	e.Workspace, e.Gateway, e.KeyID = pick(r, "default", "default", "team-a", "team-b", ""), pick(r, "default", "default", "default", "inner"), fmt.Sprintf("key_%d", r.IntN(4))
	e.Provider, e.Model, e.Route = pick(r, "p1", "p2", ""), pick(r, "m1", "m1", "a/m1", "é\x00m", ""), pick(r, "", "support", "fast")
	e.Operation, e.Cache = pick(r, "chat", "embeddings"), pick(r, "", "off", "hit", "stale", "coalesced", "semantic", "miss", "bypass")
	e.Status, e.ErrorCode, e.Count, e.Limits = 200, "", 1, nil
	switch r.IntN(6) {
	case 0:
		e.Status, e.ErrorCode, e.Count, e.Limits = 429, pick(r, "rate_limited", "budget_exceeded"), 1+r.IntN(9), []string{pick(r, "a[0]", "a[1]")}
		if r.IntN(3) == 0 {
			e.Limits = append(e.Limits, "b[0]", e.Limits[0])
		}
	case 1:
		e.Status, e.ErrorCode = pick(r, 400, 500, 502, 200), "upstream_error"
	case 2:
		e.Status = 499
	}
	e.Usage = llm.Usage{InputTokens: maybe(r, 9000), OutputTokens: maybe(r, 900), CacheReadTokens: maybe(r, 500), CacheWriteTokens: maybe(r, 50), ReasoningTokens: maybe(r, 99)}
	e.Cost = gateway.Cost{USD: gateway.USD(r.Int64N(1 << 40)), Known: r.IntN(5) > 0}
	e.Saved = gateway.Cost{USD: gateway.USD(r.Int64N(1 << 30)), Known: r.IntN(5) == 0}
	e.LatencyMS, e.FirstByteMS, e.OverheadUS, e.QueueMS = maybe(r, 60_000), maybe(r, 2000), maybe(r, 5_000_000), maybe(r, 300)
	e.Metadata = json.RawMessage(pick(r, "", `{"team":"red"}`, `{"team":7}`, `{"team":null,"x":1}`, `no JSON "team"`))
	return e
}

// putShuffled stores calls, some of them out of order and some of them twice, by two stores on one database.
func putShuffled(t *testing.T, s *store.Store, url string, all []*gateway.Entry) {
	t.Helper()
	other := Open(t, url)
	r := rand.New(rand.NewPCG(1, 2))
	mixed := slices.Clone(all)
	slices.SortFunc(mixed, func(a, b *gateway.Entry) int { return a.Time.Compare(b.Time) })
	for range len(mixed) / 50 { // what comes late, or early
		i, j := r.IntN(len(mixed)), r.IntN(len(mixed))
		mixed[i], mixed[j] = mixed[j], mixed[i]
	}
	for i := 0; i < len(mixed); i += 500 {
		must(t, s.PutEntries(t.Context(), mixed[i:min(i+500, len(mixed))]))
		if i%2000 == 0 && i > 0 { // a drain that crashed hands some over again, with new ones
			must(t, other.PutEntries(t.Context(), mixed[i-100:min(i+700, len(mixed))]))
		}
	}
}

// tallied is what the test's own sums are: by the numbers that queries give.
func tallied(n *analytics.Numbers, e *gateway.Entry) {
	count := int64(e.Count)
	n[analytics.Requests] += count
	switch {
	case e.ErrorCode == "rate_limited" || e.ErrorCode == "budget_exceeded":
		n[analytics.Blocked] += count
	case e.Status == 499:
		n[analytics.Cancelled] += count
	case e.ErrorCode != "" || e.Status >= 400:
		n[analytics.Errors] += count
	}
	if i := slices.Index([]string{"hit", "stale", "coalesced", "semantic", "miss", "bypass"}, e.Cache); i >= 0 {
		n[analytics.Hits+analytics.Number(i)] += count
	}
	add := func(at analytics.Number, v int64, known bool) {
		if known {
			n[at] += v
			n[at+1]++
		}
	}
	u := e.Usage
	for i, c := range []llm.Count{u.InputTokens, u.OutputTokens, u.CacheReadTokens, u.CacheWriteTokens, u.ReasoningTokens} {
		add(analytics.InputTokens+analytics.Number(2*i), c.N, c.Known)
	}
	add(analytics.Cost, int64(e.Cost.USD), e.Cost.Known)
	add(analytics.Saved, int64(e.Saved.USD), e.Saved.Known)
	add(analytics.LatencyMS, e.LatencyMS.N, e.LatencyMS.Known)
	add(analytics.FirstByteMS, e.FirstByteMS.N, e.FirstByteMS.Known)
	add(analytics.GatewayUS, max(0, e.OverheadUS.N-e.QueueMS.N*1000), e.OverheadUS.Known)
	add(analytics.ProviderMS, max(0, e.LatencyMS.N-e.OverheadUS.N/1000), e.OverheadUS.Known && e.LatencyMS.Known && len(e.Attempts) > 0)
	add(analytics.QueueMS, e.QueueMS.N, e.QueueMS.Known)
}

// valuesFor gives what a dimension's values of a call are.
func valuesFor(e *gateway.Entry, d analytics.Dimension) []string {
	model := e.Model
	if model == "é\x00m" {
		model = "é\ufffdm"
	}
	team := map[string]string{`{"team":"red"}`: "red", `{"team":7}`: "7"}[string(e.Metadata)]
	if d == analytics.ByLimit {
		if e.Limits == nil {
			return nil
		}
		return e.Limits[:min(2, len(e.Limits))]
	}
	return []string{map[analytics.Dimension]string{
		analytics.ByWorkspace: e.Workspace, analytics.ByGateway: e.Gateway, analytics.ByProvider: e.Provider, analytics.ByModel: model, analytics.ByKey: e.KeyID,
		analytics.ByRoute: e.Route, analytics.ByOperation: e.Operation, analytics.ByStatus: fmt.Sprint(e.Status), analytics.ByError: e.ErrorCode,
		analytics.ByCache: e.Cache, analytics.MetadataPrefix + "team": team,
	}[d]}
}

type rolled map[[2]string]*analytics.Numbers

func (t rolled) add(key [2]string, e *gateway.Entry) {
	if t[key] == nil {
		t[key] = new(analytics.Numbers)
	}
	tallied(t[key], e)
}

func talliedBy(all []*gateway.Entry, by ...analytics.Dimension) rolled {
	out := rolled{}
	for _, e := range all {
		first, second := []string{""}, []string{""}
		if len(by) > 0 {
			first = valuesFor(e, by[0])
		}
		if len(by) > 1 {
			second = valuesFor(e, by[1])
		}
		for _, a := range first {
			for _, b := range second {
				out.add([2]string{a, b}, e)
			}
		}
	}
	return out
}

func sameTally(t *testing.T, what string, want rolled, got *store.Analytics) {
	t.Helper()
	if len(got.Series) != len(want) {
		t.Errorf("%s: %d series, want %d", what, len(got.Series), len(want))
	}
	for _, one := range got.Series {
		var key [2]string
		copy(key[:], one.Values)
		var spans analytics.Numbers
		for _, f := range one.Spans {
			if f != nil {
				spans.Add(&f.Numbers)
			}
		}
		if want[key] == nil || one.Total.Numbers != *want[key] || spans != one.Total.Numbers || one.Rest {
			t.Errorf("%s: %q: %v, spans %v, want %v", what, key, one.Total.Numbers, spans, want[key])
		}
	}
}

func testRollupSums(t *testing.T, s *store.Store, all []*gateway.Entry, now time.Time) {
	dimensions := s.Dimensions()
	if len(dimensions) != 12 {
		t.Fatalf("%d dimensions: %v", len(dimensions), dimensions)
	}
	q := store.AnalyticsQuery{From: now.AddDate(0, 0, -301).Truncate(time.Hour), To: now.Add(time.Hour), Top: 1000, Step: analytics.StepDay}
	sameTally(t, "all", talliedBy(all), need(s.Analytics(t.Context(), q))(t))
	for i, d := range dimensions {
		q.By = []analytics.Dimension{d}
		got := need(s.Analytics(t.Context(), q))(t)
		if got.Entries || got.Cut {
			t.Errorf("%s is read from entries", d)
		}
		sameTally(t, string(d), talliedBy(all, q.By...), got)
		if i%3 > 0 {
			continue
		}
		q.By = append(q.By, dimensions[(i+1)%len(dimensions)])
		sameTally(t, fmt.Sprint(q.By), talliedBy(all, q.By...), need(s.Analytics(t.Context(), q))(t))
	}
}

// testRollupZones compares spans of days, weeks, months and hours in zones of all kinds.
func testRollupZones(t *testing.T, s *store.Store, all []*gateway.Entry, now time.Time) {
	for _, c := range []struct {
		zone string
		step analytics.Step
		ago  time.Duration
	}{
		{"UTC", analytics.StepDay, 300 * 24 * time.Hour}, {"Europe/Berlin", analytics.StepDay, 300 * 24 * time.Hour}, {"America/New_York", analytics.StepWeek, 300 * 24 * time.Hour},
		{"Asia/Kolkata", analytics.StepDay, 300 * 24 * time.Hour}, {"Asia/Kathmandu", analytics.StepMonth, 300 * 24 * time.Hour}, {"Australia/Lord_Howe", analytics.StepDay, 300 * 24 * time.Hour},
		{"America/Havana", analytics.StepDay, 300 * 24 * time.Hour}, {"Africa/Cairo", analytics.StepDay, 300 * 24 * time.Hour}, {"Pacific/Chatham", analytics.StepDay, 300 * 24 * time.Hour},
		{"America/St_Johns", analytics.StepHour, 50 * 24 * time.Hour}, {"Europe/London", analytics.StepHour, 60 * 24 * time.Hour}, {"Asia/Tokyo", analytics.StepMinute, 25 * time.Hour}, {"Pacific/Apia", analytics.Step5, 6 * 24 * time.Hour},
	} {
		zone, err := time.LoadLocation(c.zone)
		must(t, err)
		q := store.AnalyticsQuery{From: now.Add(-c.ago).Truncate(15 * time.Minute), To: now, Zone: zone, Step: c.step}
		got := need(s.Analytics(t.Context(), q))(t)
		want := map[int]*analytics.Numbers{}
		for _, e := range all {
			if e.Time.Before(q.From) || !e.Time.Before(q.To) {
				continue
			}
			i := sort.Search(len(got.Edges), func(i int) bool { return got.Edges[i].After(e.Time) }) - 1
			if want[i] == nil {
				want[i] = new(analytics.Numbers)
			}
			tallied(want[i], e)
		}
		for i, f := range got.Series[0].Spans {
			if (f == nil) != (want[i] == nil) || f != nil && f.Numbers != *want[i] {
				t.Errorf("%s by %s: the span from %v differs", c.zone, c.step, got.Edges[i])
			}
		}
	}
}

func testRollupFilters(t *testing.T, s *store.Store, all []*gateway.Entry, now time.Time) {
	where := func(pairs ...string) (all []store.AnalyticsFilter) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, store.AnalyticsFilter{Dimension: analytics.Dimension(pairs[i]), Value: pairs[i+1]})
		}
		return all
	}
	for _, c := range []struct {
		by     []analytics.Dimension
		where  []store.AnalyticsFilter
		within []string
		raw    bool
	}{
		{nil, where("model", "m1"), nil, false},
		{[]analytics.Dimension{"provider"}, where("model", "m1"), nil, false},
		{[]analytics.Dimension{"key"}, where("model", "", "workspace", "team-a"), nil, false},
		{[]analytics.Dimension{"model"}, where("key", "key_3", "gateway", "inner"), []string{"team-a", "team-b"}, false},
		{[]analytics.Dimension{"route", "cache"}, where("key", "key_3", "metadata.team", "red"), nil, true},
		{[]analytics.Dimension{"limit"}, where("model", "é\x00m"), []string{"team-a"}, true},
		{[]analytics.Dimension{"limit", "key"}, nil, []string{"team-a"}, false},
		{[]analytics.Dimension{"key"}, where("provider", "p1"), nil, false},
		{[]analytics.Dimension{"key"}, where("provider", "p2", "model", "a/m1"), []string{"team-a"}, false},
		{[]analytics.Dimension{"provider", "model"}, where("key", "key_2"), nil, false},
		{[]analytics.Dimension{"model", "provider"}, where("route", "fast"), nil, false},
		{[]analytics.Dimension{"model"}, where("provider", "", "operation", "chat"), nil, false},
		{[]analytics.Dimension{"cache", "provider"}, where("model", ""), nil, false},
		{[]analytics.Dimension{"metadata.team"}, where("model", "é\x00m", "provider", "p1"), nil, false},
		{[]analytics.Dimension{"route"}, where("provider", "p/1"), nil, false},
		{[]analytics.Dimension{"model"}, nil, []string{}, false},
	} {
		var chosen []*gateway.Entry
		for _, e := range all {
			fits := c.within == nil || slices.Contains(c.within, e.Workspace)
			for _, f := range c.where {
				value := f.Value
				if value == "é\x00m" {
					value = "é\ufffdm"
				}
				fits = fits && slices.Contains(valuesFor(e, f.Dimension), value)
			}
			if fits {
				chosen = append(chosen, e)
			}
		}
		q := store.AnalyticsQuery{From: now.AddDate(0, 0, -301).Truncate(time.Hour), To: now.Add(time.Hour), Top: 1000, By: c.by, Where: c.where, Within: c.within}
		got := need(s.Analytics(t.Context(), q))(t)
		if got.Entries != c.raw {
			t.Errorf("%v where %v: entries %v", c.by, c.where, got.Entries)
		}
		sameTally(t, fmt.Sprint(c.by, c.where), talliedBy(chosen, c.by...), got)
	}
}

func testRollupQuantiles(t *testing.T, s *store.Store, all []*gateway.Entry, now time.Time) {
	q := store.AnalyticsQuery{From: now.AddDate(0, 0, -301).Truncate(time.Hour), To: now.Add(time.Hour), By: []analytics.Dimension{"provider"}, Sketches: [analytics.Sketches]bool{true, true, true, true}}
	for _, one := range need(s.Analytics(t.Context(), q))(t).Series {
		var values []float64
		for _, e := range all {
			if e.Provider == one.Values[0] && e.LatencyMS.Known {
				values = append(values, float64(e.LatencyMS.N))
			}
		}
		slices.Sort(values)
		for _, share := range []float64{0, 0.5, 0.9, 0.95, 0.99, 1} {
			want := values[int(share*float64(len(values)-1))]
			got, ok := one.Total.Quantile(analytics.LatencyMS, share)
			if !ok || math.Abs(got-want) > analytics.Accuracy*want+1e-6 {
				t.Errorf("%s p%v: %v, want %v", one.Values, share, got, want)
			}
		}
	}
}

func sumOf(t *testing.T, s *store.Store, now time.Time, where ...store.AnalyticsFilter) analytics.Numbers {
	t.Helper()
	got := need(s.Analytics(t.Context(), store.AnalyticsQuery{From: now.Add(-24 * time.Hour), To: now.Add(time.Hour), Where: where}))(t)
	if len(got.Series) == 0 {
		return analytics.Numbers{}
	}
	return got.Series[0].Total.Numbers
}

func testRollupAggregate(t *testing.T, s *store.Store, now time.Time) {
	e := callAt(now, 77_777, rand.New(rand.NewPCG(3, 3)))
	e.Model, e.Status, e.ErrorCode, e.LatencyMS = "flooded", 429, "rate_limited", llm.Known(5)
	where := store.AnalyticsFilter{Dimension: analytics.ByModel, Value: "flooded"}
	for _, count := range []int{1, 4, 9, 9, 3} {
		again := *e
		again.Count = count
		put(t, s, &again)
	}
	n := sumOf(t, s, now, where)
	if n[analytics.Requests] != 9 || n[analytics.Blocked] != 9 || n[analytics.LatencyMS] != 5 || n[analytics.LatencyKnown] != 1 {
		t.Errorf("%v", n)
	}
}

func testRollupsStay(t *testing.T, s *store.Store, now time.Time) {
	before := sumOf(t, s, now)
	if n := need(s.DeleteEntries(t.Context(), store.EntryQuery{From: now.Add(-time.Hour)}, 0))(t); n == 0 {
		t.Fatal("nothing was deleted")
	}
	if after := sumOf(t, s, now); after != before {
		t.Errorf("%v, before %v", after, before)
	}
}

// testRollupsMissing holds that figures that are read from entries tell how many of these
// were deleted, as far as roll-ups know.
func testRollupsMissing(t *testing.T, s *store.Store, now time.Time) {
	at := now.Add(-2 * time.Hour)
	for i := range 5 {
		e := Entry(i)
		e.ID, e.Time, e.KeyID, e.Route, e.Gateway, e.Count = IDAt(at, i), at, "key_m", "r", "old", 1
		if i == 0 {
			e.Gateway = "kept"
		}
		must(t, s.PutEntries(t.Context(), []*gateway.Entry{e}))
	}
	asked := func(where ...store.AnalyticsFilter) *store.Analytics {
		q := store.AnalyticsQuery{From: at.Add(-time.Hour), To: now, By: []analytics.Dimension{analytics.ByOperation}, Where: where}
		return need(s.Analytics(t.Context(), q))(t)
	}
	key, route := store.AnalyticsFilter{Dimension: analytics.ByKey, Value: "key_m"}, store.AnalyticsFilter{Dimension: analytics.ByRoute, Value: "r"}
	if got := asked(key); !got.Entries || got.Missing != 0 {
		t.Errorf("nothing was deleted: entries %v, %d missing", got.Entries, got.Missing)
	}
	if n := need(s.SweepEntries(t.Context(), "old", now, 100))(t); n != 4 {
		t.Fatalf("%d entries were removed", n)
	}
	if got := asked(key); got.Missing != 4 || len(got.Series) != 1 || got.Series[0].Total.Numbers[analytics.Requests] != 1 {
		t.Errorf("%d missing, series %v", got.Missing, got.Series)
	}
	if got := asked(key, route); got.Missing != -1 {
		t.Errorf("no roll-ups tell key and route, and yet %d are missing", got.Missing)
	}
	if got := asked(); got.Entries || got.Missing != 0 {
		t.Errorf("roll-ups have no gaps: entries %v, %d missing", got.Entries, got.Missing)
	}
}

// testRollupRest holds that values without number lose no call.
func testRollupRest(t *testing.T, s *store.Store, now time.Time) {
	const calls = 1300
	at := now.Truncate(time.Hour).Add(-time.Hour)
	for from := 0; from < calls; from += 650 {
		var batch []*gateway.Entry
		for i := from; i < from+650; i++ {
			e := Entry(i)
			e.ID, e.Time, e.Model, e.Metadata = IDAt(at, i), at, fmt.Sprintf("odd-%d", i), json.RawMessage(fmt.Sprintf(`{"team":"%0300d"}`, i))
			batch = append(batch, e)
		}
		must(t, s.PutEntries(t.Context(), batch))
	}
	for d, own := range map[analytics.Dimension]int{analytics.ByModel: 500, analytics.MetadataPrefix + "team": 0} {
		got := need(s.Analytics(t.Context(), store.AnalyticsQuery{From: at, To: now, By: []analytics.Dimension{d}, Top: 10_000}))(t)
		var sum int64
		for _, one := range got.Series {
			sum += one.Total.Numbers[analytics.Requests]
		}
		if last := got.Series[len(got.Series)-1]; sum != calls || len(got.Series) != own+1 || !last.Rest || last.Total.Numbers[analytics.Requests] != int64(calls-own) {
			t.Errorf("%s: %d calls in %d series", d, sum, len(got.Series))
		}
		got = need(s.Analytics(t.Context(), store.AnalyticsQuery{From: at, To: now, By: []analytics.Dimension{d}, Top: 3}))(t)
		if len(got.Series) != min(3, own)+1 || !got.Series[len(got.Series)-1].Rest {
			t.Errorf("%s: %d series of the first 3", d, len(got.Series))
		}
	}
}

func testRollupRefusals(t *testing.T, s *store.Store, now time.Time) {
	for what, q := range map[string]store.AnalyticsQuery{
		"no time":        {From: now, To: now},
		"a dimension":    {From: now.Add(-time.Hour), To: now, By: []analytics.Dimension{"colour"}},
		"a filter":       {From: now.Add(-time.Hour), To: now, Where: []store.AnalyticsFilter{{Dimension: "colour"}}},
		"too many spans": {From: now.AddDate(0, 0, -9), To: now, Step: analytics.StepMinute},
		"old minutes":    {From: now.AddDate(0, 0, -20), To: now.AddDate(0, 0, -19), Step: analytics.Step5},
		"three":          {From: now.Add(-time.Hour), To: now, By: []analytics.Dimension{"model", "key", "route"}},
	} {
		if got, err := s.Analytics(t.Context(), q); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
