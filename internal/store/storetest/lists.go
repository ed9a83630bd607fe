package storetest

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testLists(t *testing.T, fresh func(testing.TB) string) {
	t.Run("pages", func(t *testing.T) { testPages(t, Open(t, fresh(t))) })
	t.Run("filters", func(t *testing.T) { testFilters(t, Open(t, fresh(t))) })
	t.Run("document", func(t *testing.T) { testDocumentFilters(t, Open(t, fresh(t))) })
	t.Run("outcomes", func(t *testing.T) { testOutcomeFilter(t, Open(t, fresh(t))) })
	t.Run("redactions", func(t *testing.T) { testRedactions(t, Open(t, fresh(t))) })
	t.Run("sessions", func(t *testing.T) { testSessions(t, Open(t, fresh(t))) })
}

func testPages(t *testing.T, s *store.Store) {
	t.Run("an empty store has an empty page", func(t *testing.T) {
		page := need(s.ListEntries(t.Context(), store.EntryQuery{}))(t)
		if len(page.Entries) != 0 || page.Next != "" {
			t.Errorf("%+v", page)
		}
	})
	all := some(0, 620)
	all[600].Bodies = &gateway.Bodies{Request: gateway.Body{Bytes: []byte("x")}}
	put(t, s, all...)
	t.Run("the size is 50 unless asked, at most 500", func(t *testing.T) {
		for limit, want := range map[int]int{0: 50, -1: 50, 1: 1, 500: 500, 100_000: 500} {
			if n := len(need(s.ListEntries(t.Context(), store.EntryQuery{Limit: limit}))(t).Entries); n != want {
				t.Errorf("limit %d gave %d", limit, n)
			}
		}
	})
	t.Run("pages are newest first, without bodies, and together everything, though more arrives", func(t *testing.T) {
		var seen []string
		q := store.EntryQuery{Limit: 100}
		for n := 0; ; n++ {
			page := need(s.ListEntries(t.Context(), q))(t)
			seen = append(seen, ids(page.Entries)...)
			for _, e := range page.Entries {
				if e.Bodies != nil {
					t.Error("a body in a list")
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(q.Cursor) {
				t.Errorf("cursor %q", q.Cursor)
			}
			put(t, s, Entry(1000+n))
		}
		var want []string
		for i := 619; i >= 0; i-- {
			want = append(want, ID(i))
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a full last page has no next", func(t *testing.T) {
		q := store.EntryQuery{From: Epoch(), To: Epoch().Add(100 * time.Millisecond), Limit: 100}
		if page := need(s.ListEntries(t.Context(), q))(t); len(page.Entries) != 100 || page.Next != "" {
			t.Errorf("%d entries, next %q", len(page.Entries), page.Next)
		}
	})
	t.Run("a cursor of another kind is refused", func(t *testing.T) {
		if _, err := s.ListEntries(t.Context(), store.EntryQuery{Cursor: "'; drop"}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("err = %v", err)
		}
	})
}

type filterCase struct {
	filters []string // name, value, …
	want    []int
}

func testFilters(t *testing.T, s *store.Store) {
	all := distinctEntries()
	put(t, s, all...)
	at := func(i int) string { return all[i].Time.Format(time.RFC3339Nano) }
	cases := map[string]filterCase{
		"priced":               {[]string{"priced", "true"}, []int{5, 4, 3, 2, 1, 0}},
		"unpriced":             {[]string{"priced", "false"}, nil},
		"marks of patterns":    {[]string{"user_agent", `4 ("%`}, []int{4}},
		"a NUL":                {[]string{"comment", "5\x00"}, []int{5}},
		"nothing":              {nil, []int{5, 4, 3, 2, 1, 0}},
		"status":               {[]string{"status", "400"}, []int{2}},
		"status class":         {[]string{"status", "4xx"}, []int{2}},
		"stream":               {[]string{"stream", "true"}, []int{3}},
		"no stream":            {[]string{"stream", "false"}, []int{5, 4, 2, 1, 0}},
		"from":                 {[]string{"from", at(4)}, []int{5, 4}},
		"to":                   {[]string{"to", at(1)}, []int{0}},
		"from and to":          {[]string{"from", at(1), "to", at(3)}, []int{2, 1}},
		"cost":                 {[]string{"min_cost", "3.5"}, []int{5, 4}},
		"latency":              {[]string{"min_latency_ms", "4001"}, []int{5}},
		"several at once":      {[]string{"status", "5xx", "model", "m3", "workspace", "w3"}, []int{3}},
		"several that exclude": {[]string{"model", "m3", "workspace", "w4"}, nil},
		"other case":           {[]string{"model", "M3"}, nil},
		"a pattern":            {[]string{"model", "m%"}, nil},
	}
	texts := map[string]string{"gateway": "g", "workspace": "w", "key_id": "k", "operation": "o", "client_dialect": "c", "provider": "p", "model": "m",
		"model_requested": "r", "route": "t", "credential": "a", "error_code": "e", "finish_reason": "f", "cache": "h", "session": "s", "user": "u",
		"client_ip": "i", "trace_id": "x", "region": "l", "provider_dialect": "d"}
	for name, prefix := range texts {
		cases[name] = filterCase{[]string{name, prefix + "4"}, []int{4}}
	}
	for _, n := range store.Numbers() { // of entry i they are 10 times i, of costs i dollars, of attempts i
		three, four := "30", "40"
		switch n.Name {
		case "cost", "saved", "attempts":
			three, four = "3", "4"
		case "latency_ms":
			three, four = "3000", "4000"
		case "total_tokens":
			three, four = "60", "80"
		}
		atMost := []int{3, 2, 1}
		if n.Name == "cost" || n.Name == "attempts" || n.Name == "latency_ms" || n.Name == "count" {
			atMost = append(atMost, 0) // of the others it is unknown
		}
		cases["least "+n.Name] = filterCase{[]string{"min_" + n.Name, four}, []int{5, 4}}
		cases["most "+n.Name] = filterCase{[]string{"max_" + n.Name, three}, atMost}
		cases["between "+n.Name] = filterCase{[]string{"max_" + n.Name, four, "min_" + n.Name, three}, []int{4, 3}}
		cases["from nothing on "+n.Name] = filterCase{[]string{"min_" + n.Name, "0"}, []int{5, 4, 3, 2, 1, 0}}
	}
	for _, w := range store.Words() {
		others, any := []int{5, 4, 3, 1, 0}, []int{5, 4, 3, 2, 1, 0}
		if strings.HasPrefix(w.Name, "attempt_") {
			any = any[:5] // the first has none
		}
		cases["word "+w.Name] = filterCase{[]string{w.Name, w.Name + "2"}, []int{2}}
		cases["other than "+w.Name] = filterCase{[]string{w.Name, "!" + w.Name + "2"}, others}
		cases["any "+w.Name] = filterCase{[]string{w.Name, "!"}, any}
		cases["no "+w.Name] = filterCase{[]string{w.Name, "' OR 1=1 --"}, nil}
		part := filterCase{[]string{w.Name, w.Name}, nil}
		if w.Within {
			part.want = any
		}
		cases["a part of "+w.Name] = part
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var q store.EntryQuery
			for i := 0; i < len(c.filters); i += 2 {
				must(t, q.Set(c.filters[i], c.filters[i+1]))
			}
			page := need(s.ListEntries(t.Context(), q))(t)
			if diff := cmp.Diff(idsOf(c.want...), ids(page.Entries)); diff != "" {
				t.Error(diff)
			}
			if n := need(s.CountEntries(t.Context(), q))(t); n != len(c.want) {
				t.Errorf("count %d", n)
			}
		})
	}
	for _, bad := range []string{"colour=red", "status=9x", "metadata.=x", "outcome=bad", "outcome=!", "outcome=OK", "status=xx", "status=-1", "stream=maybe", "from=yesterday", "to=1", "min_cost=1e5", "min_latency_ms=fast", "max_attempts=-1", "min_input_tokens=1.5", "max_first_byte=3", "priced=perhaps"} {
		t.Run("bad filter "+bad, func(t *testing.T) {
			var q store.EntryQuery
			name, value, _ := strings.Cut(bad, "=")
			if err := q.Set(name, value); !errors.Is(err, store.ErrBadFilter) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// testOutcomeFilter holds that a list of an outcome has the calls that the sums count.
func testOutcomeFilter(t *testing.T, s *store.Store) {
	r := rand.New(rand.NewPCG(3, 4))
	now := time.Now().Truncate(time.Minute)
	all := make([]*gateway.Entry, 400)
	for i := range all {
		e := callAt(now.Add(-time.Duration(r.IntN(3600))*time.Second), i, r)
		if i%4 == 0 { // of all combinations, those too that no call should have
			e.Status, e.ErrorCode = pick(r, 200, 302, 399, 400, 404, 429, 499, 500), pick(r, "", "rate_limited", "budget_exceeded", "upstream_error", "client_closed")
		}
		all[i] = e
	}
	must(t, s.PutEntries(t.Context(), all))
	total := need(s.Analytics(t.Context(), store.AnalyticsQuery{From: now.Add(-2 * time.Hour), To: now.Add(time.Minute)}))(t).Series[0].Total.Numbers
	listed := func(outcome string) (calls int64) {
		var q store.EntryQuery
		must(t, q.Set("outcome", outcome))
		for q.Limit = 500; ; {
			page := need(s.ListEntries(t.Context(), q))(t)
			for _, e := range page.Entries {
				calls += int64(e.Count)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return calls
			}
		}
	}
	ok := total[analytics.Requests] - total[analytics.Errors] - total[analytics.Blocked] - total[analytics.Cancelled]
	for outcome, want := range map[string]int64{"ok": ok, "error": total[analytics.Errors], "refused": total[analytics.Blocked], "cancelled": total[analytics.Cancelled], "!ok": total[analytics.Requests] - ok} {
		if got := listed(outcome); got != want || want == 0 {
			t.Errorf("%s: %d calls are listed, %d counted", outcome, got, want)
		}
	}
}

func testDocumentFilters(t *testing.T, s *store.Store) {
	all := some(0, 7)
	for i, metadata := range []string{`{"team":"red","n":7,"ok":true}`, `{"team":"b\"l\\ue","o":{"team":"red"}}`, `{"it's \"$.a[0]\"":"x%"}`, `no JSON "team"`,
		`{"team":null,"nul":"a\u0000b","lone":"\ud83d \\\ude00","fox":"\ud83e\udd8a","slash":"\\u0000"}`, "", `{"team":["red"]}`} {
		all[i].Metadata, all[i].Limits = json.RawMessage(metadata), nil
	}
	all[1].Limits, all[2].Limits = []string{"a[0]", "b[0]"}, []string{"b[0]"}
	put(t, s, all...)
	for _, c := range []struct {
		name, value string
		want        []int
	}{
		{"metadata.team", "red", []int{0}}, {"metadata.team", "!red", []int{6, 5, 4, 3, 2, 1}}, {"metadata.team", "!", []int{6, 1, 0}}, {"metadata.team", `b"l\ue`, []int{1}},
		{"metadata.team", `["red"]`, []int{6}}, {"metadata.n", "7", []int{0}}, {"metadata.ok", "true", []int{0}}, {"metadata.ok", "1", nil}, {"metadata.o.team", "red", nil},
		{`metadata.it's "$.a[0]"`, "x%", []int{2}}, {`metadata.it's "$.a[0]"`, "xx", nil}, {"metadata.nul", "a\x00b", []int{4}}, {"metadata.slash", `\u0000`, []int{4}},
		{"metadata.fox", "🦊", []int{4}}, {"metadata.' OR 1=1 --", "x", nil}, {"metadata.team", "null", nil}, {"metadata.team", "' OR 1=1 --", nil},
		{"limits", "b[0]", []int{2, 1}}, {"limits", "a[0]", []int{1}}, {"limits", "!a[0]", []int{6, 5, 4, 3, 2, 0}}, {"limits", "!", []int{2, 1}}, {"limits", "b", nil},
	} {
		var q store.EntryQuery
		must(t, q.Set(c.name, c.value))
		if diff := cmp.Diff(idsOf(c.want...), ids(need(s.ListEntries(t.Context(), q))(t).Entries)); diff != "" {
			t.Errorf("%s=%s: %s", c.name, c.value, diff)
		}
	}
	t.Run("several at once, and no more than five", func(t *testing.T) {
		var q store.EntryQuery
		must(t, q.Set("metadata.team", "red"))
		must(t, q.Set("metadata.n", "!7"))
		if n := need(s.CountEntries(t.Context(), q))(t); n != 0 {
			t.Errorf("%d calls", n)
		}
		for _, key := range []string{"a", "b", "c"} {
			must(t, q.Set("metadata."+key, "x"))
		}
		if err := q.Set("metadata.d", "x"); !errors.Is(err, store.ErrBadFilter) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("a deletion leaves the others", func(t *testing.T) {
		var q store.EntryQuery
		must(t, q.Set("metadata.team", "red"))
		if n := need(s.DeleteEntries(t.Context(), q, 10))(t); n != 1 {
			t.Errorf("%d are deleted", n)
		}
	})
}
