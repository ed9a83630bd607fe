package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestKeysAreSearchedAndToldByTheirState(t *testing.T) {
	g := newRig(t)
	made := map[string]string{}
	for _, body := range []string{`{"name":"shop","tags":["Nightly"]}`, `{"name":"batch","owner":"Ann","owner_kind":"user","expires":"1h"}`, `{"name":"old"}`, `{"name":"off"}`} {
		g.now = g.now.Add(time.Second)
		var k admin.CreatedKey
		g.answered(g.do("POST", "/api/v1/keys", body), http.StatusCreated, &k)
		made[k.Name] = k.ID
	}
	g.answered(g.do("DELETE", "/api/v1/keys/"+made["old"], ""), http.StatusOK, nil)
	g.answered(g.do("POST", "/api/v1/keys/"+made["off"]+"/disable", ""), http.StatusOK, nil)
	g.now = g.now.Add(2 * time.Hour)
	for query, want := range map[string][]string{
		"q=NIGHT": {"shop"}, "q=ann": {"batch"}, "q=" + made["off"]: {"off"}, "state=active": {"shop"}, "state=expired": {"batch"}, "state=revoked": {"old"}, "state=disabled": {"off"}, "q=nobody": nil,
	} {
		var list admin.KeyPage
		g.get("/api/v1/keys?"+query, &list)
		var names []string
		for _, k := range list.Data {
			names = append(names, k.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: %v, want %v", query, names, want)
		}
	}
	f := g.fails(g.do("GET", "/api/v1/keys?state=gone", ""), http.StatusBadRequest, "invalid_request")
	if f.Error.Details.Field != "state" {
		t.Errorf("%+v", f)
	}
}

func TestTheUseOfKeysIsToldByDay(t *testing.T) {
	g := newRig(t)
	var k, other admin.CreatedKey
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"a"}`), http.StatusCreated, &k)
	g.answered(g.do("POST", "/api/v1/keys", `{"name":"b"}`), http.StatusCreated, &other)
	now := time.Now().UTC().Truncate(time.Minute) // roll-ups by the minute are kept for some days
	g.now = now
	for i := range 3 {
		e := storetest.Entry(i)
		e.ID = storetest.ID(900 + i)
		e.KeyID, e.Time, e.Count, e.Cost = k.ID, now.Add(-time.Duration(i)*24*time.Hour-time.Minute), 1, gateway.Cost{USD: gateway.Dollar, Known: true}
		g.stored(e)
	}
	var out admin.KeyUsage
	g.get("/api/v1/keys/usage?id="+other.ID+","+k.ID+",key_nobody&tz=Europe/Berlin", &out)
	if len(out.Data) != 2 || out.Data[0].ID != other.ID || out.Data[0].LastUsed != nil || *out.Data[0].Total["requests"] != 0 {
		t.Fatalf("%+v", out)
	}
	used := out.Data[1]
	if *used.Total["requests"] != 3 || *used.Total["cost_usd"] != 3 || used.LastUsed == nil || len(used.Requests) != len(out.Times) {
		t.Errorf("%+v", used)
	}
	g.fails(g.do("GET", "/api/v1/keys/usage", ""), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("GET", "/api/v1/keys/usage?id=a&tz=Mars", ""), http.StatusBadRequest, "invalid_request")
}

func TestAWorkspaceTellsWhatItHolds(t *testing.T) {
	g := newTown(t)
	g.object("keys", "own")
	g.object("entries", "own")
	g.object("credentials", "own")
	var c admin.WorkspaceContents
	g.get("/api/v1/workspaces/own/contents", &c)
	if c != (admin.WorkspaceContents{Keys: 1, Entries: 1, Credentials: 1}) {
		t.Errorf("%+v", c)
	}
	g.fails(g.do("GET", "/api/v1/workspaces/nobody/contents", ""), http.StatusNotFound, "not_found")
}

// burning serves one budget of $10 a day, of which so much is used.
func burning(used gateway.USD) option {
	return with(func(c *admin.Config) {
		serving(c)
		c.Limits = func(context.Context, admin.LimitQuery) ([]admin.LimitState, error) {
			return []admin.LimitState{{Rule: "gateway/default/pocket", Counter: "c", Values: "workspace=default", Workspace: "default", Max: int64(10 * gateway.Dollar), Used: int64(used)}}, nil
		}
	})
}

const burnPath = "/api/v1/budgets/burn?rule=gateway/default/pocket&counter=c"

func TestABudgetTellsHowItBurnsAndWhenItEnds(t *testing.T) {
	g := newRig(t, burning(4*gateway.Dollar))
	g.now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i, hours := range []int{-30, -26, -11, -5, -1} { // two of the day before
		e := storetest.Entry(i)
		e.ID = storetest.ID(800 + i)
		e.Settlements = []gateway.Settlement{{Rule: "gateway/default/pocket", Counter: "c", Amount: gateway.Dollar, Time: g.now.Add(time.Duration(hours) * time.Hour)}}
		g.stored(e)
	}
	var b admin.Burn
	g.get(burnPath+"&before=2", &b)
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if !b.From.Equal(day) || !b.To.Equal(day.AddDate(0, 0, 1)) || b.Max != 10*gateway.Dollar || b.Used != 4*gateway.Dollar {
		t.Errorf("%+v", b)
	}
	var sum gateway.USD
	for _, u := range b.Spent {
		sum += u
	}
	if sum != 3*gateway.Dollar || len(b.Times) != len(b.Spent) || b.Spent[4] != gateway.Dollar {
		t.Errorf("%v in %d spans", sum, len(b.Spent))
	}
	if diff := cmp.Diff([]admin.BurnPeriod{{From: day.AddDate(0, 0, -1), To: day, Spent: 2 * gateway.Dollar}, {From: day.AddDate(0, 0, -2), To: day.AddDate(0, 0, -1)}}, b.Before); diff != "" {
		t.Error(diff)
	}
	// The last six hours cost $2 over the five since it began: $0.40 an hour, and $6 are left.
	if *b.PerDay != 9_600_000_000 || b.Ends != nil || b.AtEnd != 8_800_000_000 {
		t.Errorf("%v a day, ends %v, %v at the end", *b.PerDay, b.Ends, b.AtEnd)
	}
}

func TestABudgetThatWillNotLastSaysUntilWhen(t *testing.T) {
	g := newRig(t, burning(9*gateway.Dollar))
	e := storetest.Entry(1)
	e.ID = storetest.ID(801)
	e.Settlements = []gateway.Settlement{{Rule: "gateway/default/pocket", Counter: "c", Amount: 2 * gateway.Dollar, Time: g.now.Add(-2 * time.Hour)}}
	g.stored(e)
	var b admin.Burn
	g.get(burnPath, &b)
	if want := g.now.Add(time.Hour); b.Ends == nil || !b.Ends.Equal(want) {
		t.Errorf("ends %v, want %v", b.Ends, want)
	}
	spent := newRig(t, burning(11*gateway.Dollar))
	spent.get(burnPath, &b)
	if b.Ends == nil || !b.Ends.Equal(spent.now) {
		t.Errorf("a budget that is spent ends %v", b.Ends)
	}
	quiet := newRig(t, burning(0))
	b = admin.Burn{}
	quiet.get(burnPath, &b)
	if b.Ends != nil || b.PerDay != nil || b.AtEnd != 0 {
		t.Errorf("%+v", b)
	}
	for query, status := range map[string]int{"?rule=gateway/default/pocket": 400, "?counter=c": 400, "?rule=gateway/default/pace&counter=c": 404, "?rule=gateway/default/pocket&counter=d": 404, "?rule=key/nobody/b&counter=c": 404, "?rule=gateway/default/pocket&counter=c&before=99": 400} {
		if w := quiet.do("GET", "/api/v1/budgets/burn"+query, ""); w.Code != status {
			t.Errorf("%s: %d, want %d", query, w.Code, status)
		}
	}
}

func TestARoutesTrafficIsToldByStepTargetAndWhatWasTriedAfter(t *testing.T) {
	g := newRig(t, with(func(c *admin.Config) {
		serving(c)
		c.Targets = func() []admin.TargetHealth {
			return []admin.TargetHealth{{Provider: "acme", Model: "big", Level: "cooling", Why: "timeout"}, {Provider: "acme", Model: "big", Credential: "other", Level: "drained"}, {Provider: "zeta", Level: "drained"}}
		}
	}))
	try := func(target, fault string, ms int64) gateway.Attempt {
		u, _ := url.Parse("//" + target)
		return gateway.Attempt{Provider: u.Host, Model: u.Path[1:], Fault: fault, LatencyMS: llm.Known(ms)}
	}
	n := 700
	call := func(step, code string, attempts ...gateway.Attempt) {
		e := storetest.Entry(1)
		n++
		e.ID, e.Time, e.Count, e.Metadata = storetest.ID(n), g.now.Add(-time.Minute), 1, nil
		e.Route, e.Step, e.ErrorCode, e.Attempts, e.LatencyMS = "support", step, code, attempts, llm.Known(100)
		g.stored(e)
	}
	call("free", "", try("acme/small", "", 10))
	call("steps[1]", "", try("acme/big", "timeout", 900), try("acme/big", "timeout", 900), try("acme/small", "", 30))
	call("", "upstream_error", try("zeta/new", "upstream", 5)) // of a time when entries did not name steps
	call("gone", "", try("acme/old", "", 1))
	call("steps[1]", "")
	call("", "rate_limited")
	var out admin.RouteTraffic
	g.get("/api/v1/routes/support/traffic?from="+g.now.Add(-time.Hour).Format(time.RFC3339), &out)
	if out.Calls != 6 || out.Failed != 2 || out.Cached != 1 || out.Refused != 1 {
		t.Errorf("%+v", out)
	}
	steps := map[string]int64{}
	for _, s := range out.Steps {
		steps[s.Step] = s.Calls
	}
	if diff := cmp.Diff(map[string]int64{"free": 1, "steps[1]": 3, "": 1}, steps); diff != "" {
		t.Error(diff)
	}
	want := []admin.EdgeTraffic{
		{Step: "", To: "acme/old", Calls: 1}, {Step: "free", To: "acme/small", Arm: "acme/small", Calls: 1}, {Step: "steps[1]", To: "acme/big", Arm: "acme/big", Calls: 1},
		{Step: "steps[1]", To: "zeta/new", Arm: "zeta/new", Calls: 1}, {Step: "steps[1]", From: "acme/big", To: "acme/small", Calls: 1},
	}
	if diff := cmp.Diff(want, out.Edges); diff != "" {
		t.Error(diff)
	}
	for _, target := range out.Targets {
		switch target.Target {
		case "acme/big":
			if target.Attempts != 2 || target.Failed != 2 || target.Repeats != 1 || target.Faults["timeout"] != 2 || target.Level != "cooling" || target.P50 != nil {
				t.Errorf("%+v", target)
			}
		case "acme/small":
			if *target.P50 != 10 || *target.P95 != 30 || target.Level != "" {
				t.Errorf("%+v", target)
			}
		case "zeta/new":
			if target.Level != "drained" {
				t.Errorf("%+v", target)
			}
		}
	}
	g.fails(g.do("GET", "/api/v1/routes/nobody/traffic", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/routes/support/traffic?from=2030-01-01T00:00:00Z", ""), http.StatusBadRequest, "invalid_request")
}
