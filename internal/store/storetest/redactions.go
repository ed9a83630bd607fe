package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/store"
)

func testRedactions(t *testing.T, s *store.Store) {
	all := some(0, 5)
	hits := []map[string]int{{"email": 2, "card": 1}, {"email": 3}, {"own \"x\"\x00": 1, "none": 0}, nil, {"email": 5}}
	at := Epoch()
	for i, e := range all {
		e.Redacted, e.Gateway, e.Workspace = hits[i], "g", "w"
	}
	all[1].Time = at.Add(14 * time.Minute)
	all[2].Time = at.Add(15 * time.Minute)
	all[4].Time, all[4].Gateway, all[4].Workspace = at.Add(time.Hour), "other", "x"
	all[0].Count = 3
	put(t, s, all...)
	q := store.RedactionQuery{From: at, To: at.Add(2 * time.Hour)}
	first, second, later := at, at.Add(15*time.Minute), at.Add(time.Hour)
	own := store.Redaction{Kind: "own \"x\"\ufffd", Quarter: second, Found: 1, Calls: 1}
	whole := []store.Redaction{{Kind: "card", Quarter: first, Found: 1, Calls: 3}, {Kind: "email", Quarter: first, Found: 5, Calls: 4}, {Kind: "email", Quarter: later, Found: 5, Calls: 1}, own}
	only := []store.Redaction{whole[0], whole[1], own}
	for name, c := range map[string]struct {
		change func(*store.RedactionQuery)
		want   []store.Redaction
	}{
		"all":             {func(*store.RedactionQuery) {}, whole},
		"of a gateway":    {func(q *store.RedactionQuery) { q.Gateway = "g" }, only},
		"of a workspace":  {func(q *store.RedactionQuery) { q.Workspace = "w" }, only},
		"within":          {func(q *store.RedactionQuery) { q.Within = []string{"w", "y"} }, only},
		"within none":     {func(q *store.RedactionQuery) { q.Within = []string{} }, nil},
		"until":           {func(q *store.RedactionQuery) { q.To = second }, whole[:2]},
		"from":            {func(q *store.RedactionQuery) { q.From = at.Add(time.Minute); q.To = second }, []store.Redaction{{Kind: "email", Quarter: first, Found: 3, Calls: 1}}},
		"of another time": {func(q *store.RedactionQuery) { q.From = q.To; q.To = q.To.Add(time.Hour) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := q
			c.change(&q)
			if diff := cmp.Diff(c.want, need(s.Redactions(t.Context(), q))(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
