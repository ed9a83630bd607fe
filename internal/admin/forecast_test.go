package admin_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// spending puts what the counter of burning spent each hour of some hours before now.
func (g *rig) spending(hours int, amount func(hour int) gateway.USD) {
	for i := range hours {
		if u := amount(i); u > 0 {
			e := storetest.Entry(i)
			e.ID = storetest.ID(1000 + i)
			e.Settlements = []gateway.Settlement{{Rule: "gateway/default/pocket", Counter: "c", Amount: u, Time: g.now.Add(time.Duration(i-hours) * time.Hour)}}
			g.stored(e)
		}
	}
}

func TestABudgetsForecastGoesByItsPast(t *testing.T) {
	g := newRig(t, burning(4*gateway.Dollar))
	g.now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	g.spending(4*24, func(hour int) gateway.USD { // a dollar in each hour from noon to six
		if h := hour % 24; h < 6 {
			return gateway.Dollar
		}
		return 0
	})
	var list admin.LimitList
	g.get("/api/v1/budgets", &list)
	f := list.Data[0].State[0].Forecast
	if f == nil || f.Basis != "days" || f.Cycles != 4 || f.Needs != "" || *f.AtEnd != 10*gateway.Dollar || *f.Low > *f.AtEnd || *f.High < *f.AtEnd {
		t.Fatalf("%+v", f)
	}
	var b admin.Burn
	g.get(burnPath, &b)
	if b.Forecast.Basis != "days" || b.Forecast.AtEnd == nil || *b.Forecast.AtEnd != *f.AtEnd {
		t.Errorf("%+v", b.Forecast)
	}
	more := newRig(t, burning(7*gateway.Dollar)) // 3 are left
	more.now = g.now
	more.spending(4*24, func(hour int) gateway.USD {
		if h := hour % 24; h < 6 {
			return gateway.Dollar
		}
		return 0
	})
	more.get(burnPath, &b)
	want := g.now.Add(3 * time.Hour)
	if f := b.Forecast; f.Ends == nil || f.Ends.Sub(want).Abs() > time.Second || f.Earliest == nil || !f.Earliest.Before(want) || f.Latest != nil && f.Latest.Before(want) {
		t.Errorf("ends %v between %v and %v, want %v", f.Ends, f.Earliest, f.Latest, want)
	}
}

func TestTooLittlePastIsNoForecastAndSaysWhatIsMissing(t *testing.T) {
	g := newRig(t, burning(4*gateway.Dollar))
	g.spending(1, func(int) gateway.USD { return gateway.Dollar })
	var b admin.Burn
	g.get(burnPath, &b)
	if f := b.Forecast; f.Basis != "" || f.AtEnd != nil || f.Ends != nil || f.Needs != "spending over 2 hours; it is known for 1 hour" {
		t.Errorf("%+v", f)
	}
	var limits admin.LimitList
	g.get("/api/v1/limits", &limits)
	for _, r := range limits.Data {
		for _, s := range r.State {
			if s.Forecast != nil {
				t.Errorf("a limit has a forecast: %+v", s)
			}
		}
	}
}

// growing puts so many calls on each of the last days: 10 and one more a week.
func (g *rig) growing(days int) {
	for d := range days {
		for i := range 10 + d/7 {
			e := storetest.Entry(i)
			e.ID, e.Gateway, e.Workspace, e.KeyID, e.Provider, e.Model = storetest.ID(5000+100*d+i), "default", "default", "key_1", "acme", "big"
			e.Time = g.now.Truncate(24*time.Hour).AddDate(0, 0, d-days).Add(10 * time.Hour).Add(time.Duration(i) * time.Second)
			e.Usage = llm.Usage{InputTokens: llm.Known(100), OutputTokens: llm.Known(50)}
			e.Cost = gateway.Cost{USD: gateway.Dollar, Known: true}
			g.stored(e)
		}
	}
}

func TestCapacityTellsNextMonthByTheWeeksBefore(t *testing.T) {
	g := newRig(t, with(serving))
	g.now = time.Now().UTC() // roll-ups are kept by the clock
	g.growing(42)
	var c admin.Capacity
	g.get("/api/v1/analytics/capacity?by=model", &c)
	if c.Needs != "" || c.Total.Basis != "weeks" || c.Total.Cycles != 6 || len(c.Rows) != 1 || c.Rows[0].Value != "big" {
		t.Fatalf("%+v", c)
	}
	today := g.now.Truncate(24 * time.Hour)
	var want float64
	for at := c.From; at.Before(c.To); at = at.AddDate(0, 0, 1) {
		want += float64(16 + int(at.Sub(today).Hours()/24)/7)
	}
	for name, got := range map[string]*admin.Foreseen{"requests": &c.Total.Requests, "cost": &c.Total.Cost, "of a model": &c.Rows[0].Requests} {
		if got.Next == nil || math.Abs(*got.Next-want) > 0.01*want || *got.Low > *got.Next || *got.High < *got.Next || got.Trend == nil || math.Abs(*got.Trend-1.0/16) > 0.001 {
			t.Errorf("%s: %+v, want %v", name, got, want)
		}
	}
	if got := c.Total.Tokens; got.Next == nil || math.Abs(*got.Next-150*want) > 1.5*want || got.Lately != 150*7*(12+13+14+15) {
		t.Errorf("%+v", got)
	}
	var pace *admin.CapacityLimit
	for i := range c.Limits {
		if c.Limits[i].Rule == "gateway/default/pace" {
			pace = &c.Limits[i]
		}
	}
	if pace == nil || pace.Peak == nil || pace.Why != "" {
		t.Fatalf("%+v", c.Limits)
	}
}

func TestCapacityOfTooFewDaysSaysSoAndBadQuestionsAreRefused(t *testing.T) {
	g := newRig(t, with(serving))
	g.now = time.Now().UTC()
	g.growing(5)
	var c admin.Capacity
	g.get("/api/v1/analytics/capacity", &c)
	if c.Needs != "calls over 14 whole days; they are known for 5 days" || c.Total.Requests.Next != nil || c.Total.Basis != "" || c.Total.Requests.Lately != 50 {
		t.Errorf("%+v", c)
	}
	for _, query := range []string{"by=colour", "zone=Nowhere", "workspace=default"} {
		g.fails(g.do("GET", "/api/v1/analytics/capacity?"+query, ""), http.StatusBadRequest, "invalid_request")
	}
	var nobody admin.Capacity
	if g.get("/api/v1/analytics/capacity?filter.workspace=nobody", &nobody); nobody.Total.Requests.Lately != 0 {
		t.Errorf("%+v", nobody)
	}
}

// A peak is looked for in several busy hours, and among all values, whoever has the most calls.
func TestPeaksOfLimitsAreFoundWhereverTheyAre(t *testing.T) {
	g := newRig(t, with(func(x *admin.Config) {
		serving(x)
		s := x.Snapshot()
		s.Gateways["default"].Rules = []*gateway.Rule{
			{Name: "pace", Unit: gateway.UnitRequests, Per: []gateway.Per{"key"}, Windows: []gateway.Window{{Span: time.Minute, Max: 1000}}},
			{Name: "tokens", Unit: gateway.UnitOutputTokens, Per: []gateway.Per{"key"}, Windows: []gateway.Window{{Span: time.Minute, Max: 100_000}}},
			{Name: "hourly", Unit: gateway.UnitOutputTokens, Per: []gateway.Per{"key"}, Windows: []gateway.Window{{Span: time.Hour, Max: 100_000}}},
		}
	}))
	g.now = time.Now().UTC()
	hour, n := g.now.Truncate(time.Hour), 0
	calls := func(key string, at time.Time, count int, tokens int64) {
		n++
		e := storetest.Entry(n % 19)
		e.ID, e.Gateway, e.Workspace, e.KeyID, e.Provider, e.Model, e.Time, e.Count = storetest.IDAt(at, n), "default", "default", key, "acme", "big", at, count
		e.Usage = llm.Usage{InputTokens: llm.Known(1), OutputTokens: llm.Known(tokens)}
		g.stored(e)
	}
	for m := range 60 { // a steady hour, the fullest
		calls("steady", hour.Add(-5*time.Hour+time.Duration(m)*time.Minute), 20, 1)
	}
	calls("steady", hour.Add(-30*time.Hour+7*time.Minute), 300, 1) // a burst in a calm one
	for k := range 60 {
		calls(fmt.Sprint("many-", k), hour.Add(-50*time.Hour+time.Duration(k)*time.Minute), 5, 1)
	}
	calls("few", hour.Add(-80*time.Hour), 1, 50_000)
	var c admin.Capacity
	g.get("/api/v1/analytics/capacity", &c)
	want := map[string]string{"gateway/default/pace": "300 key=steady", "gateway/default/tokens": "50000 key=few", "gateway/default/hourly": "50000 key=few"}
	for _, l := range c.Limits {
		if l.Peak == nil || fmt.Sprint(*l.Peak, " ", l.Values) != want[l.Rule] {
			t.Errorf("%s: %+v %s", l.Rule, l, l.Why)
		}
		delete(want, l.Rule)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
