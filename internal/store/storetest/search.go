package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/said"
	"github.com/sluice-gateway/sluice/internal/store"
)

func saying(e *gateway.Entry, asked, answered string) *gateway.Entry {
	e.Bodies = &gateway.Bodies{
		Request: gateway.Body{ContentType: "application/json", Bytes: []byte(fmt.Sprintf(`{"messages":[{"role":"user","content":%q}]}`, asked))},
		Answer:  gateway.Body{ContentType: "text/plain", Bytes: []byte(answered)},
	}
	return e
}

func filled(t *testing.T, s *store.Store) {
	t.Helper()
	must(t, s.OpenSearch(t.Context()))
	for need(s.FillSearch(t.Context()))(t) > 0 {
	}
}

func searched(t *testing.T, s *store.Store, q store.EntryQuery, text string) []string {
	t.Helper()
	words := need(said.Parse(text))(t)
	var all []string
	for n := 0; ; n++ {
		page := need(s.SearchEntries(t.Context(), q, words))(t)
		all = append(all, ids(page.Entries)...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
		if n > 1000 {
			t.Fatal("no end")
		}
	}
}

func testSearch(t *testing.T, fresh func(testing.TB) string) {
	t.Run("words", func(t *testing.T) { testSearchWords(t, Open(t, fresh(t))) })
	t.Run("filters and pages", func(t *testing.T) { testSearchPages(t, Open(t, fresh(t))) })
	t.Run("deletion", func(t *testing.T) { testSearchDeletion(t, Open(t, fresh(t))) })
	t.Run("a long way behind", func(t *testing.T) { testSearchState(t, Open(t, fresh(t))) })
	t.Run("switched off and on", func(t *testing.T) { testSearchOff(t, fresh(t)) })
}

func testSearchWords(t *testing.T, s *store.Store) {
	put(t, s,
		saying(Entry(1), "Where is my late refund?", "It's on its way."),
		saying(Entry(2), "refund of an order that came LATE", "Done"),
		saying(Entry(3), "我的订单还没有到", "配送中"),
		saying(Entry(4), `read_file("café.txt") and orders`, `it's "quoted" \ & | ! :* <->`),
		Entry(5))
	filled(t, s)
	for text, want := range map[string][]int{
		"refund": {2, 1}, "REFUND late": {2, 1}, `"late refund"`: {1}, "late -order": {1}, `refund -"on its way"`: {2}, "ord*": {4, 2}, `"that came la"*`: {2},
		"订单": {3}, "单订": nil, "没有到": {3}, "cafe": {4}, "read_file": {4}, "user": nil, "content": nil, "quoted": {4}, "nothing": nil, "配送": {3}, `"refund late"`: nil, "refund done": {2},
	} {
		if got := searched(t, s, store.EntryQuery{}, text); !slices.Equal(got, idsOf(want...)) {
			t.Errorf("%s: %v, want entries %v", text, got, want)
		}
	}
	put(t, s, saying(Entry(1), "Where is my late refund?", "It's on its way.")) // a drain that crashed
	filled(t, s)
	if got := searched(t, s, store.EntryQuery{}, "way"); len(got) != 1 {
		t.Errorf("stored twice: %v", got)
	}
}

// testSearchPages compares with what a walk over all entries finds.
func testSearchPages(t *testing.T, s *store.Store) {
	r := rand.New(rand.NewPCG(5, 5))
	vocabulary := []string{"alpha", "beta", "gamma", "delta", "rare"}
	var all []*gateway.Entry
	for i := range 260 {
		e := Entry(i)
		e.Workspace, e.User, e.Status = pick(r, "default", "team-a", "team-b"), pick(r, "", "u1", "u2"), pick(r, 200, 404, 429)
		e.ErrorCode = ""
		e.Time = e.Time.Add(time.Duration(i) * time.Hour)
		e.ID = IDAt(e.Time, i)
		var words []string
		for range 3 {
			words = append(words, vocabulary[min(r.IntN(6), r.IntN(5))%5])
		}
		all = append(all, saying(e, strings.Join(words, " "), ""))
	}
	mixed := slices.Clone(all)
	r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	put(t, s, mixed...)
	filled(t, s)
	slices.Reverse(all)
	yes := true
	var costly store.EntryQuery
	must(t, costly.Set("min_cost", "0.001235"))
	for name, q := range map[string]store.EntryQuery{
		"all": {}, "user": {User: "u1"}, "both": {User: "u2", Workspace: "team-a"}, "class": {StatusClass: 4}, "status": {Status: 404, KeyID: "key_3"},
		"stream": {Stream: &yes}, "time": {From: all[200].Time, To: all[50].Time}, "cost": costly, "nobody": {Session: "x"}, "others": {User: "!u1", Status: 404, StatusNot: true},
	} {
		for _, word := range vocabulary {
			var want []string
			for _, e := range all {
				fits := strings.Contains(string(e.Bodies.Request.Bytes), word) && (q.User == "" || e.User == q.User || q.User == "!u1" && e.User != "u1") && (q.Workspace == "" || e.Workspace == q.Workspace) &&
					(q.StatusClass == 0 || e.Status/100 == q.StatusClass) && (q.Status == 0 || (e.Status == q.Status) != q.StatusNot) && (q.KeyID == "" || e.KeyID == q.KeyID) &&
					(q.Stream == nil || e.Stream) && (q.From.IsZero() || !e.Time.Before(q.From) && e.Time.Before(q.To)) && (len(q.Bounds) == 0 || e.Cost.Known && e.Cost.USD >= 1_235_000) && q.Session == ""
				if fits {
					want = append(want, e.ID)
				}
			}
			for _, limit := range []int{30, 500} {
				q.Limit = limit
				if diff := cmp.Diff(want, searched(t, s, q, word)); diff != "" {
					t.Errorf("%s %s by %d: %s", name, word, limit, diff)
				}
			}
		}
	}
}

func testSearchDeletion(t *testing.T, s *store.Store) {
	for i := range 6 {
		put(t, s, saying(Entry(i), "kept until forgotten", ""))
	}
	filled(t, s)
	must(t, s.DeleteEntry(t.Context(), ID(0)))
	need(s.SweepEntries(t.Context(), "default", Entry(2).Time, 0))(t)
	need(s.SweepBodies(t.Context(), "default", Entry(3).Time.Add(time.Millisecond), 0))(t)
	for when, fill := range map[string]bool{"at once": false, "and later": true} {
		if fill {
			filled(t, s)
		}
		if got := searched(t, s, store.EntryQuery{}, "forgotten"); !slices.Equal(got, idsOf(5, 4)) {
			t.Errorf("%s: %v", when, got)
		}
	}
	if n := need(s.SearchDocs(t.Context()))(t); n != 2 {
		t.Errorf("the index holds %d documents", n)
	}
	put(t, s, saying(Entry(0), "came back", "")) // before the index has heard of its deletion, too
	must(t, s.DeleteEntry(t.Context(), ID(5)))
	put(t, s, saying(Entry(5), "came back", ""))
	filled(t, s)
	if got := searched(t, s, store.EntryQuery{}, "came back"); !slices.Equal(got, idsOf(5, 0)) {
		t.Errorf("%v", got)
	}
}

func testSearchState(t *testing.T, s *store.Store) {
	must(t, s.OpenSearch(t.Context()))
	state := need(s.SearchState(t.Context()))(t)
	if state.Lag != 0 || time.Since(state.Until) > time.Minute {
		t.Errorf("idle: %+v", state)
	}
	put(t, s, saying(Entry(4), "a", ""), saying(Entry(3), "b", ""))
	if state = need(s.SearchState(t.Context()))(t); !state.Until.Equal(Entry(3).Time) || state.Lag < 0 || state.Lag > time.Minute {
		t.Errorf("behind: %+v", state)
	}
	filled(t, s)
	if state = need(s.SearchState(t.Context()))(t); state.Lag != 0 || time.Since(state.Until) > time.Minute {
		t.Errorf("filled: %+v", state)
	}
}

func testSearchOff(t *testing.T, url string) {
	s := Open(t, url)
	put(t, s, saying(Entry(1), "before", ""))
	filled(t, s)
	off := need(store.Open(t.Context(), url, store.WithoutSearch()))(t)
	defer off.Close()
	must(t, off.Migrate(t.Context()))
	put(t, off, saying(Entry(2), "meanwhile", ""))
	if _, err := off.SearchEntries(t.Context(), store.EntryQuery{}, said.Query{{Words: []string{"x"}}}); err == nil {
		t.Error("found something without an index")
	}
	must(t, s.Close())
	must(t, off.DropSearch(t.Context()))
	on := Open(t, url)
	filled(t, on)
	if got := searched(t, on, store.EntryQuery{}, "meanwhile"); !slices.Equal(got, idsOf(2)) {
		t.Errorf("%v", got)
	}
	if got := searched(t, on, store.EntryQuery{}, "before"); !slices.Equal(got, idsOf(1)) {
		t.Errorf("%v", got)
	}
}
