package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// Calls of the store by which scale is tested: one every few minutes for months.
const (
	scaleEntries = 20_000
	scaleDays    = 40
)

// testScale holds what keeps answers fast however many entries there are: that they are
// found by an index, and that what is read for one page or figure is bounded.
func testScale(t *testing.T, s *store.Store, explain string) {
	if raceEnabled {
		t.Skip("nothing runs side by side here")
	}
	now := time.Now().Truncate(time.Minute)
	if left, err := s.BuildDay(t.Context(), now); left != 0 || err != nil {
		t.Errorf("%d days of an empty store are left: %v", left, err)
	}
	if n, err := s.KindsBuilt(t.Context()); n != 0 || err != nil {
		t.Errorf("an empty store holds the days of %d kinds: it is fresh for a backup no more; %v", n, err)
	}
	fillForScale(t, s, now)
	for {
		left, err := s.BuildDay(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			break
		}
	}
	if err := s.Exec(t.Context(), "ANALYZE"); err != nil { // as PostgreSQL does by itself
		t.Fatal(err)
	}
	t.Run("figures", func(t *testing.T) { testFiguresScale(t, s, explain, now) })
	t.Run("plans of lists", func(t *testing.T) { testListPlans(t, s, explain) })
	t.Run("pages are bounded", func(t *testing.T) { testBoundedPages(t, s) })
}

func fillForScale(t *testing.T, s *store.Store, now time.Time) {
	t.Helper()
	for from := 0; from < scaleEntries; from += 2000 {
		batch := entries(from, from+2000)
		for i, e := range batch {
			e.Time = now.Add(-scaleDays * 24 * time.Hour / scaleEntries * time.Duration(scaleEntries-from-i))
			e.ID, e.KeyID, e.Model = storetest.IDAt(e.Time, from+i), fmt.Sprintf("key_%d", i%10), fmt.Sprintf("m-%d", i%5)
			e.FinishReason, e.User, e.Status, e.ErrorCode, e.Bodies = "stop", fmt.Sprintf("user-%d", i%40), 200, "", nil
			if (from+i)%4000 == 3 {
				e.FinishReason = "length"
			}
		}
		if err := s.PutEntries(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
}

func testFiguresScale(t *testing.T, s *store.Store, explain string, now time.Time) {
	q := store.AnalyticsQuery{From: now.AddDate(0, 0, -30), To: now, Sketches: [analytics.Sketches]bool{true, true, true, true}}
	byKey, days := q, q
	byKey.By = []analytics.Dimension{analytics.ByKey}
	days.Step = analytics.StepDay
	// A day's rows for each value (every key meets one model), and those of hours and
	// quarters at both ends, where entries are five minutes apart at most.
	for name, c := range map[string]struct {
		q    store.AnalyticsQuery
		most int
	}{"summary": {q, 31 + 2*30}, "by day": {days, 31 + 2*30}, "by key": {byKey, 10 * (31 + 2*30)}} {
		rows, plan, err := s.RollupsRead(t.Context(), explain, c.q)
		if err != nil || rows == 0 || rows > c.most {
			t.Errorf("%s: %d rows are read, want up to %d; %v", name, rows, c.most, err)
		}
		if plan = strings.ToLower(plan); !strings.Contains(plan, "using primary key") && !strings.Contains(plan, "rollups_by_kind_pkey") || strings.Contains(plan, "seq scan") {
			t.Errorf("%s: the table is read otherwise than in its order:\n%s", name, plan)
		}
	}
}

// scaleFilters are filters of every kind: with an index, without, and both.
func scaleFilters() map[string]store.EntryQuery {
	yes, score := true, 0.5
	return map[string]store.EntryQuery{
		"cost": asking("min_cost=900"), "latency": asking("min_latency_ms=100000000"), "tokens": asking("min_total_tokens=1000000"), "attempts": asking("min_attempts=9"), "fault": asking("attempt_fault=timeout"), "software": asking("user_agent=curl"), "cheap": asking("max_cost=0"), "unpriced": asking("priced=false"), "class": {StatusClass: 5}, "not": {Status: 200, StatusNot: true},
		"finish": {FinishReason: "length"}, "credential": {Credential: "none"}, "stream": {Stream: &yes}, "score": {MinScore: &score}, "cache": {Cache: "none"},
		"operation": {Operation: "none"}, "provider": {Provider: "none"}, "feedback": {Feedback: "up"}, "main gateway": {Gateway: "default", FinishReason: "length"},
		"model and finish": {Model: "m-3", FinishReason: "length"}, "user and cost": asking("min_cost=900", "user=user-7"), "other than a model": {Model: "!m-1", FinishReason: "length"},
		"key in a time": {KeyID: "key_3", From: time.Now().Add(-20 * 24 * time.Hour), FinishReason: "length"},
	}
}

func asking(filters ...string) (q store.EntryQuery) {
	for _, f := range filters {
		name, value, _ := strings.Cut(f, "=")
		if err := q.Set(name, value); err != nil {
			panic(err)
		}
	}
	return q
}

func testListPlans(t *testing.T, s *store.Store, explain string) {
	for name, q := range scaleFilters() {
		look, take, err := s.PlanList(t.Context(), explain, q)
		look, take = strings.ToLower(look), strings.ToLower(take)
		if err != nil || !strings.Contains(look, "covering index") && !strings.Contains(look, "index only scan") && !strings.Contains(look, "index scan") {
			t.Errorf("%s: how far a step goes is not read from an index: %v\n%s", name, err, look)
		}
		for _, bad := range []string{"seq scan", "scan entries", "temp b-tree"} {
			if strings.Contains(look+take, bad) && !strings.Contains(look+take, "using index") {
				t.Errorf("%s: %s\n%s%s", name, bad, look, take)
			}
		}
	}
}

// testBoundedPages holds that no page looks at more than a step, and that together they
// give what one would.
func testBoundedPages(t *testing.T, s *store.Store) {
	s.Hurried()
	for name, q := range scaleFilters() {
		want, err := s.CountEntries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, pages := 0, 0
		for {
			page, err := s.ListEntries(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			got += len(page.Entries)
			if pages++; page.Next == "" {
				break
			}
			if q.Cursor == page.Next || pages > scaleEntries/store.ListStep+got/50+1 {
				t.Fatalf("%s: page %d does not go on", name, pages)
			}
			q.Cursor = page.Next
		}
		if got != want {
			t.Errorf("%s: %d entries in %d pages, want %d", name, got, pages, want)
		}
		if want == 0 && q.User == "" && q.From.IsZero() && pages < scaleEntries/store.ListStep {
			t.Errorf("%s: %d pages looked through everything", name, pages)
		}
	}
}

func TestSQLiteAnswersFromBoundedReads(t *testing.T) {
	testScale(t, storetest.Open(t, freshSQLite(t)), "EXPLAIN QUERY PLAN")
}
