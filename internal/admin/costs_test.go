package admin_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// billed stores calls of about a year, many of them around the beginnings of days, and
// gives them.
func (g *rig) billed(n int) (all []*gateway.Entry) {
	r := rand.New(rand.NewPCG(9, 9))
	g.now = time.Now()
	for i := range n {
		e := storetest.Entry(i)
		e.Time = g.now.Add(-time.Duration(r.Int64N(int64(330 * 24 * time.Hour))))
		if i%2 == 0 { // a few minutes around the hours and quarters at which days begin somewhere
			e.Time = e.Time.Truncate(15 * time.Minute).Add(time.Duration(r.IntN(4)-2) * time.Minute)
		}
		e.Time = e.Time.Truncate(time.Microsecond)
		e.ID = storetest.IDAt(e.Time, i)
		e.Cost = gateway.Cost{USD: gateway.USD(r.Int64N(1 << 33)), Known: r.IntN(6) > 0}
		e.Saved = gateway.Cost{USD: gateway.USD(r.Int64N(1 << 20)), Known: r.IntN(6) == 0}
		e.Usage = llm.Usage{InputTokens: llm.Known(r.Int64N(5000))}
		e.Status, e.ErrorCode, e.Model, e.KeyID = 200, "", fmt.Sprintf("m-%d", r.IntN(6)), []string{"", "k1", "k2"}[r.IntN(3)]
		all = append(all, e)
	}
	g.stored(all...)
	return all
}

func TestCostsAreThoseOfTheEntriesInEveryZone(t *testing.T) {
	g := newRig(t)
	all := g.billed(800)
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Pacific/Chatham"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for ago := range 11 {
			month := time.Date(g.now.Year(), g.now.Month()-time.Month(ago), 1, 12, 0, 0, 0, time.UTC).Format("2006-01")
			want, whole := map[string]gateway.USD{}, gateway.USD(0)
			for _, e := range all {
				if at := e.Time.In(zone); at.Format("2006-01") == month && e.Cost.Known {
					want[at.Format("2006-01-02")+e.Model] += e.Cost.USD
					whole += e.Cost.USD
				}
			}
			var got admin.CostReport
			g.get("/api/v1/analytics/costs?by=model&grain=day&zone="+name+"&month="+month, &got)
			sum := gateway.USD(0)
			for _, row := range got.Rows {
				if key := row.Time.Format("2006-01-02") + row.Value; row.Cost != want[key] {
					t.Errorf("%s %s: %s, want %s", name, key, row.Cost, want[key])
				}
				sum += row.Cost
			}
			if got.Total.Cost != whole || sum != whole || got.Zone != name || got.Source != "rollups" {
				t.Errorf("%s in %s: %s, rows %s, want %s", month, name, got.Total.Cost, sum, whole)
			}
		}
	}
}

func TestCostsAreFilteredAndTold(t *testing.T) {
	g := newRig(t)
	all := g.billed(200)
	want := admin.CostSums{}
	for _, e := range all {
		if e.KeyID == "k1" {
			want.Requests++
			want.InputTokens += e.Usage.InputTokens.N
			if e.Saved.Known {
				want.Saved += e.Saved.USD
			}
			if want.Cost += e.Cost.USD; !e.Cost.Known {
				want.Cost -= e.Cost.USD
				want.Unpriced++
			}
		}
	}
	from := url.QueryEscape(g.now.AddDate(0, 0, -331).Format(time.RFC3339))
	var got admin.CostReport
	g.get("/api/v1/analytics/costs?filter.key=k1&from="+from, &got)
	if len(got.Rows) != 1 || got.Rows[0].CostSums != want || got.Total != want || got.Rows[0].Time != nil || got.By != "" {
		t.Errorf("%+v, want %+v", got, want)
	}
	for query, field := range map[string]string{"month=2030": "month", "month=2026-13": "month", "zone=Mars": "zone", "zone=Local": "zone", "grain=hour": "grain", "by=colour": "by", "by=model,key": "by",
		"format=xml": "format", "month=2026-01&from=" + from: "month", "compare=previous": "compare"} {
		if f := g.fails(g.do("GET", "/api/v1/analytics/costs?"+query, ""), http.StatusBadRequest, "invalid_request"); f.Error.Details.Field != field {
			t.Errorf("%s: %+v", query, f)
		}
	}
}

func TestModelsOfTheSameNameAreToldApartByTheirProviders(t *testing.T) {
	g := newRig(t)
	g.now = time.Now()
	for i, at := range []string{"one/chat", "two/chat", "two/chat", "two/other", "/"} {
		e := storetest.Entry(i)
		e.Time, e.Cost = g.now.Add(-time.Minute), gateway.Cost{USD: gateway.USD(1 + i), Known: true}
		e.Provider, e.Model, _ = strings.Cut(at, "/")
		e.ID = storetest.IDAt(e.Time, i)
		g.stored(e)
	}
	var got admin.CostReport
	g.get("/api/v1/analytics/costs?by=provider,model&from="+url.QueryEscape(g.now.Add(-time.Hour).Format(time.RFC3339)), &got)
	costs := map[string]gateway.USD{}
	for _, row := range got.Rows {
		costs[row.Value] = row.Cost
	}
	if got.By != "provider,model" || !maps.Equal(costs, map[string]gateway.USD{"one/chat": 1, "two/chat": 5, "two/other": 4, "": 5}) {
		t.Errorf("%s %v", got.By, costs)
	}
	csv := g.do("GET", "/api/v1/analytics/costs?format=csv&by=provider,model&from="+url.QueryEscape(g.now.Add(-time.Hour).Format(time.RFC3339)), "").Body.String()
	if !strings.HasPrefix(csv, "provider/model,cost_usd,") || !strings.Contains(csv, "\r\ntwo/chat,0.000000005,") {
		t.Error(csv)
	}
}

func TestACostFileIsProperAndHarmless(t *testing.T) {
	g := newRig(t)
	g.now = time.Now()
	odd := []string{"=1+1", `say "hi", you`, "two\nlines", "", "+x", "@x", "plain", "-2"}
	for i, name := range odd {
		e := storetest.Entry(i)
		e.Time, e.Metadata, e.Cost = g.now.Add(-time.Minute), json.RawMessage(fmt.Sprintf(`{"team":%q}`, name)), gateway.Cost{USD: gateway.USD(1 + i), Known: true}
		e.ID = storetest.IDAt(e.Time, i)
		g.stored(e)
	}
	from := url.QueryEscape(g.now.Add(-time.Hour).Format(time.RFC3339))
	w := g.do("GET", "/api/v1/analytics/costs?format=csv&by=metadata.team&grain=day&from="+from, "")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.Contains(w.Header().Get("Content-Disposition"), "costs-") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != len(odd)+1 && len(rows) < 2 {
		t.Fatal(rows, err)
	}
	found := map[string]string{}
	for _, row := range rows[1:] {
		found[row[1]] = row[2]
		if strings.ContainsAny(row[1][:1], "=+-@") {
			t.Errorf("%q may be taken for a formula", row[1])
		}
	}
	if found["'=1+1"] != "0.000000001" || found[`say "hi", you`] != "0.000000002" || found["(none)"] != "0.000000004" || found["two\nlines"] != "0.000000003" || found["plain"] != "0.000000007" {
		t.Errorf("%v", found)
	}
}
