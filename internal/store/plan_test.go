package store_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// testPlans holds that what is indexed is found by its index and comes in order from it,
// with no sort: a list must not slow down with the number of entries.
func testPlans(t *testing.T, s *store.Store, explain, using string) {
	if err := s.PutEntries(t.Context(), entries(0, 200)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q     store.EntryQuery
		order string
		index string
	}{
		"newest":            {store.EntryQuery{}, "DESC", ""},
		"since":             {store.EntryQuery{From: storetest.Epoch()}, "DESC", ""},
		"key":               {store.EntryQuery{KeyID: "key_1"}, "DESC", "entries_key"},
		"error":             {store.EntryQuery{ErrorCode: "rate_limited"}, "DESC", "entries_error"},
		"trace":             {store.EntryQuery{TraceID: "x"}, "DESC", "entries_trace"},
		"session":           {store.EntryQuery{Session: "x"}, "DESC", "entries_session"},
		"user":              {store.EntryQuery{User: "x"}, "DESC", "entries_user"},
		"model":             {store.EntryQuery{Model: "x"}, "DESC", "entries_model"},
		"requested":         {store.EntryQuery{ModelRequested: "x"}, "DESC", "entries_requested"},
		"route":             {store.EntryQuery{Route: "x"}, "DESC", "entries_route"},
		"status":            {store.EntryQuery{Status: 403}, "DESC", "entries_status"},
		"success":           {store.EntryQuery{Status: 200}, "DESC", ""},
		"address":           {store.EntryQuery{ClientIP: "x"}, "DESC", "entries_ip"},
		"named workspace":   {store.EntryQuery{Workspace: "team"}, "DESC", "entries_workspace"},
		"named gateway":     {store.EntryQuery{Gateway: "audit"}, "DESC", "entries_gateway"},
		"sweep of a named":  {store.EntryQuery{Gateway: "audit", To: storetest.Epoch()}, "ASC", "entries_gateway"},
		"sweep of the main": {store.EntryQuery{Gateway: "default", To: storetest.Epoch()}, "ASC", ""},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := s.Plan(t.Context(), explain, c.q, c.order)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.ToLower(plan), using+c.index) {
				t.Errorf("the index %s is not used:\n%s", c.index, plan)
			}
			if strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("sorts:\n%s", plan)
			}
		})
	}
}

// testSpentPlan holds that a counter's sum is read from one index and not from the rows.
func testSpentPlan(t *testing.T, s *store.Store, explain, using string) {
	plan, err := s.PlanSpent(t.Context(), explain)
	if err != nil || !strings.Contains(strings.ToLower(plan), using+"ledger_counter") {
		t.Errorf("%v\n%s", err, plan)
	}
}

func TestSQLiteFindsByIndex(t *testing.T) {
	s := storetest.Open(t, freshSQLite(t))
	testPlans(t, s, "EXPLAIN QUERY PLAN", "using index ")
	testSpentPlan(t, s, "EXPLAIN QUERY PLAN", "using covering index ")
	for name, c := range map[string]struct {
		q     store.EntryQuery
		index string
	}{
		"user and model":        {store.EntryQuery{User: "u", Model: "m", Workspace: "team"}, "entries_user"},
		"status and model":      {store.EntryQuery{Status: 403, Model: "m", Provider: "p"}, "entries_status"},
		"status and workspace":  {store.EntryQuery{Status: 403, Workspace: "team", Gateway: "g"}, "entries_status"},
		"session and its error": {store.EntryQuery{Session: "s", ErrorCode: "x", KeyID: "k", ClientIP: "i"}, "entries_session"},
		"route in a time":       {store.EntryQuery{Route: "r", Status: 200, From: storetest.Epoch(), To: storetest.Epoch()}, "entries_route"},
	} {
		plan, err := s.Plan(t.Context(), "EXPLAIN QUERY PLAN", c.q, "DESC")
		if err != nil || !strings.Contains(strings.ToLower(plan), "using index "+c.index+" ") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s: %v\n%s", name, err, plan)
		}
	}
}
