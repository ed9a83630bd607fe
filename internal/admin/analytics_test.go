package admin_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// analysed stores a call that was made some time ago.
func (g *rig) analysed(n int, ago time.Duration, change func(*gateway.Entry)) {
	g.t.Helper()
	e := storetest.Entry(0)
	e.Time = g.now.Add(-ago)
	e.ID, e.LastTime, e.Workspace = storetest.IDAt(e.Time, n), e.Time, "default"
	e.Model, e.Cost = "small", gateway.Cost{USD: 250_000_001, Known: true}
	if change != nil {
		change(e)
	}
	g.stored(e)
}

func (g *rig) someDays() {
	g.t.Helper()
	for i := range 10 {
		g.analysed(i, time.Hour, func(e *gateway.Entry) { e.LatencyMS = llm.Known(int64(100 * (i + 1))) })
	}
	g.analysed(10, 2*time.Hour, func(e *gateway.Entry) { e.Model, e.KeyID = "big", "key_9" })
	g.analysed(11, 3*time.Hour, func(e *gateway.Entry) {
		e.Status, e.ErrorCode, e.Limits, e.Attempts, e.Model, e.Count, e.Cost, e.Usage = 429, "rate_limited", []string{"gateway/default/limits[0]"}, nil, "", 7, gateway.Cost{}, llm.Usage{}
	})
	g.analysed(12, 3*time.Hour, func(e *gateway.Entry) { e.Status, e.ErrorCode, e.Cache = 502, "upstream_error", "miss" })
	g.analysed(13, 26*time.Hour, nil)
}

// The places where time goes make up the mean call together, whoever was asked.
func TestWhereTheTimeGoesAddsUp(t *testing.T) {
	g := newRig(t)
	g.analysed(0, time.Hour, func(e *gateway.Entry) {
		e.LatencyMS, e.OverheadUS, e.QueueMS, e.CallerUS = llm.Known(1000), llm.Known(300_000), llm.Known(100), llm.Known(50_000)
	})
	g.analysed(1, time.Hour, func(e *gateway.Entry) { // a hit
		e.LatencyMS, e.OverheadUS, e.QueueMS, e.CallerUS, e.Attempts = llm.Known(2), llm.Known(2000), llm.Known(0), llm.Known(0), nil
	})
	var got admin.Analytics
	g.get("/api/v1/analytics?metric=requests,provider_total_ms,gateway_total_ms,queue_total_ms,caller_total_ms", &got)
	total := got.Series[0].Total
	if *total["provider_total_ms"] != 700 || *total["gateway_total_ms"] != 152 || *total["queue_total_ms"] != 100 || *total["caller_total_ms"] != 50 {
		t.Errorf("%v %v %v %v", *total["provider_total_ms"], *total["gateway_total_ms"], *total["queue_total_ms"], *total["caller_total_ms"])
	}
}

func TestAnalyticsTellWhatCallsAddUpTo(t *testing.T) {
	g := newRig(t)
	g.someDays()
	var got admin.Analytics
	g.get("/api/v1/analytics?metric=requests,cost_usd,latency_p50_ms,error_rate&by=model&step=day&tz=Asia/Kolkata&compare=previous", &got)
	if len(got.Times) != 2 || got.Times[1].Format(time.TimeOnly) != "00:00:00" || got.Source != "rollups" || got.Zone != "Asia/Kolkata" {
		t.Errorf("%+v", got)
	}
	if *got.Total["requests"] != 19 || math.Abs(*got.Total["cost_usd"]-12*0.250000001) > 1e-12 || *(*got.Before)["requests"] != 1 || len(got.Series) != 3 {
		t.Fatalf("%+v %v", got, *got.Total["cost_usd"])
	}
	small := got.Series[0]
	if small.By["model"] != "small" || *small.Total["requests"] != 11 || *small.Spans["requests"][0]+*small.Spans["requests"][1] != 11 || *(*small.Before)["requests"] != 1 || len((*small.Past)["requests"]) != 2 {
		t.Errorf("%+v", small)
	}
	if p50 := *small.Total["latency_p50_ms"]; p50 < 500*0.99 || p50 > 600*1.01 {
		t.Errorf("p50 %v", p50)
	}
	if none := got.Series[1]; none.By["model"] != "" || *none.Total["requests"] != 7 || none.Total["cost_usd"] != nil {
		t.Errorf("%+v", none)
	}
	got = admin.Analytics{}
	g.get("/api/v1/analytics?by=key&filter.model=big", &got)
	if len(got.Series) != 1 || got.Series[0].By["key"] != "key_9" || *got.Total["requests"] != 1 || got.Before != nil {
		t.Errorf("%+v", got)
	}
	got = admin.Analytics{}
	g.get("/api/v1/analytics?without=model&filter.route=none&by=cache", &got)
	if len(got.Series) != 0 || *got.Total["requests"] != 0 || got.Source != "entries" {
		t.Errorf("%+v", got)
	}
	got = admin.Analytics{}
	g.get("/api/v1/analytics?by=model&top=1&metric=cost_usd", &got)
	if len(got.Series) != 2 || !got.Series[1].Rest || got.Series[0].Rest || *got.Series[1].Total["cost_usd"] != 0.250000001 {
		t.Errorf("%+v", got.Series)
	}
}

func TestTheSummaryTellsHowItIs(t *testing.T) {
	g := newRig(t)
	g.someDays()
	var got admin.AnalyticsSummary
	g.get("/api/v1/analytics/summary?compare=previous", &got)
	f := got.Figures
	if f.Requests != 19 || f.Blocked != 7 || f.Errors != 1 || f.Cost != 12*250_000_001 || f.Unpriced != 7 || f.Misses != 1 || *f.HitRatio != 0 || got.Before.Requests != 1 || f.Latency.Known != 13 {
		t.Errorf("%+v", f)
	}
	if f.Latency.P99 == nil || f.Gateway.P50 == nil || math.Abs(*f.Gateway.P50-0.092) > 0.001 || f.Provider.Known != 12 || *f.ErrorRate != 1.0/19 {
		t.Errorf("%+v %+v %+v", f.Latency, f.Gateway, f.Provider)
	}
	want := []admin.LimitBlocks{{Limit: "gateway/default/limits[0]", Gateways: []string{"default"}, KeyID: "key_0", Requests: 7}}
	if diff := cmp.Diff(want, got.Blocks); diff != "" {
		t.Error(diff)
	}
	got = admin.AnalyticsSummary{}
	g.get("/api/v1/analytics/summary?filter.model=nowhere", &got)
	if f := got.Figures; f.Requests != 0 || f.ErrorRate != nil || f.Latency.P50 != nil || got.Before != nil || len(got.Blocks) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAnalyticsSayWhatIsWrongWithAQuestion(t *testing.T) {
	g := newRig(t)
	for query, says := range map[string]string{
		"metric=reqests":     "requests",
		"by=modell":          "model",
		"by=model,key,route": "two",
		"by=model,model":     "twice",
		"step=fortnight":     "month",
		"tz=Mars/Olympus":    "Europe/Berlin",
		"tz=Local":           "Europe/Berlin",
		"top=0":              "100",
		"compare=next":       "previous",
		"filter.colour=red":  "filter.",
		"filter.status=5xx":  "filter.status",
		"without=colour":     "told apart",
		"without=limit":      "take blocked away",
		"from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z":                                                                                 "before",
		"from=2020-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&step=hour":                                                                       "2000",
		"from=2026-01-01T00:00:00Z&to=2026-02-20T00:00:00Z&step=hour&by=model&top=50&metric=latency_p95_ms":                                 "shorter",
		"from=" + g.now.AddDate(0, 0, -300).Format(time.RFC3339) + "&to=" + g.now.AddDate(0, 0, -299).Format(time.RFC3339) + "&step=minute": "8 days",
	} {
		if f := g.fails(g.do("GET", "/api/v1/analytics?"+query, ""), http.StatusBadRequest, "invalid_request"); !strings.Contains(f.Error.Message, says) {
			t.Errorf("%s: %s", query, f.Error.Message)
		}
	}
}

// Figures that are read from the calls themselves say how many of these were deleted, in
// every answer that is made of them.
func TestFiguresThatLackDeletedCallsSaySo(t *testing.T) {
	g := newRig(t)
	for i := range 3 {
		g.analysed(i, time.Hour, func(e *gateway.Entry) { e.KeyID, e.Gateway = "key_m", []string{"default", "old", "old"}[i] })
	}
	answers := map[string]string{}
	ask := func() {
		for _, path := range []string{"/api/v1/analytics?by=operation", "/api/v1/analytics/costs?by=operation", "/api/v1/analytics/summary?filter.route=chat"} {
			path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "filter.key=key_m&from=" + g.now.Add(-2*time.Hour).Format(time.RFC3339) + "&to=" + g.now.Format(time.RFC3339)
			var got struct{ Source, Warning string }
			g.get(path, &got)
			if got.Source != "entries" {
				t.Errorf("%s: from %s", path, got.Source)
			}
			answers[path] = got.Warning
		}
	}
	ask()
	for path, warning := range answers {
		if (warning == "") == strings.Contains(path, "summary") { // no sums are kept for key and route
			t.Errorf("%s: %q", path, warning)
		}
	}
	if n, err := g.store.SweepEntries(t.Context(), "old", g.now, 100); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	ask()
	for path, warning := range answers {
		if want := "2 calls were deleted since"; !strings.Contains(path, "summary") && !strings.HasPrefix(warning, want) {
			t.Errorf("%s: %q", path, warning)
		}
	}
	month := "/api/v1/analytics/costs?by=operation&format=csv&filter.key=key_m&month=" + g.now.Add(-time.Hour).Format("2006-01")
	if got := g.do(http.MethodGet, month, "").Header().Get("Sluice-Warning"); !strings.HasPrefix(got, "2 calls were deleted since") {
		t.Errorf("a file says %q", got)
	}
}
