package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// testSessions has calls 0…19: of sessions s0 to s3 in turn, s1 of user u, s2 by key k, one
// of s3 failed; s0 costs a dollar a call.
func testSessions(t *testing.T, s *store.Store) {
	all := some(0, 19) // the 20th would be refused
	for i, e := range all {
		e.Session, e.TraceID = fmt.Sprint("s", i%4), fmt.Sprint("t", i%2)
		e.Cost = gateway.Cost{USD: 1, Known: true}
		switch i % 4 {
		case 0:
			e.Cost.USD = gateway.Dollar
		case 1:
			e.User = "u"
		case 2:
			e.KeyID = "k"
		}
	}
	all[7].Status, all[7].ErrorCode = 500, "upstream_error"
	put(t, s, all...)
	from, to := Epoch().Add(-time.Hour), Epoch().Add(time.Hour)
	for name, c := range map[string]struct {
		q    store.SessionQuery
		want string // id:calls:errors
	}{
		"all":                  {store.SessionQuery{}, "s2:5:0 s1:5:0 s0:5:0 s3:4:1"},
		"of a user":            {store.SessionQuery{User: "u"}, "s1:5:0"},
		"of a key":             {store.SessionQuery{KeyID: "k"}, "s2:5:0"},
		"that cost much":       {store.SessionQuery{MinCost: 4 * gateway.Dollar}, "s0:5:0"},
		"that cost more":       {store.SessionQuery{MinCost: 6 * gateway.Dollar}, ""},
		"with errors":          {store.SessionQuery{Errors: true}, "s3:4:1"},
		"with errors and cost": {store.SessionQuery{Errors: true, MinCost: gateway.Dollar}, ""},
		"one":                  {store.SessionQuery{ID: "s1"}, "s1:5:0"},
		"traces":               {store.SessionQuery{Trace: true}, "t0:10:0 t1:9:1"},
		"one trace":            {store.SessionQuery{Trace: true, ID: "t1"}, "t1:9:1"},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.From, c.q.To, c.q.Limit = from, to, 1
			got := []string{}
			for {
				page := need(s.Sessions(t.Context(), c.q))(t)
				for _, one := range page.Sessions {
					got = append(got, fmt.Sprintf("%s:%d:%d", one.ID, one.Calls, one.Errors))
				}
				if c.q.Cursor = page.Next; c.q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
	t.Run("one is found whatever its time", func(t *testing.T) {
		if page := need(s.Sessions(t.Context(), store.SessionQuery{ID: "s0"}))(t); len(page.Sessions) != 1 || page.Sessions[0].Cost != 5*gateway.Dollar {
			t.Errorf("%+v", page.Sessions)
		}
	})
}
