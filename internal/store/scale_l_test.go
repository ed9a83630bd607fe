package store_test

import (
	"fmt"
	"os"
	"testing"
	"time"
	"math/rand/v2"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestScaleL(t *testing.T) {
	s := storetest.Open(t, "sqlite:/tmp/lscale/s.db")
	now := time.Date(2026,11,22,10,55,0,0,time.UTC)
	const total = 600_000
	r := rand.New(rand.NewPCG(1, 1))
	start := time.Now()
	c0 := cpu()
	var mk time.Duration
	for i := 0; i < 0; i += 500 {
		m0 := cpu()
		var b []*gateway.Entry
		for j := range 500 {
			e := storetest.Entry(i + j)
			e.Time = now.Add(-30*24*time.Hour + time.Duration(i+j)*(30*24*time.Hour/total))
			e.ID, e.LastTime = storetest.IDAt(e.Time, i+j), e.Time
			e.KeyID, e.Model, e.Workspace = fmt.Sprintf("key_%d", int(r.ExpFloat64()*10)), fmt.Sprintf("m-%d", int(r.ExpFloat64()*4)), fmt.Sprintf("w%d", r.IntN(3))
			e.LatencyMS = llm.Known(int64(r.ExpFloat64() * 900))
			b = append(b, e)
		}
		mk += cpu() - m0
		if err := s.PutEntries(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > 75*time.Second {
			t.Log("stopped at", i)
			break
		}
	}
	t.Log("put", time.Since(start), "cpu", cpu()-c0-mk)
	all := [analytics.Sketches]bool{true, true, true, true}
	for name, q := range map[string]store.AnalyticsQuery{
		"summary 30d":          {From: now.AddDate(0, 0, -30), To: now, Sketches: all},
		"day 30d latency":      {From: now.AddDate(0, 0, -30), To: now, Step: analytics.StepDay, Sketches: all},
		"hour 30d by model":    {From: now.AddDate(0, 0, -30), To: now, Step: analytics.StepHour, By: []analytics.Dimension{"model"}},
		"day 30d by model":     {From: now.AddDate(0, 0, -30), To: now, Step: analytics.StepDay, By: []analytics.Dimension{"model"}},
		"by key 30d":           {From: now.AddDate(0, 0, -30), To: now, By: []analytics.Dimension{"key"}, Sketches: all},
		"by model 24h 15m":     {From: now.AddDate(0, 0, -1), To: now, Step: analytics.Step15, By: []analytics.Dimension{"model"}},
		"by raw 24h":           {From: now.AddDate(0, 0, -1), To: now, By: []analytics.Dimension{"key", "cache"}},
	} {
		b := time.Now(); c := cpu()
		got, err := s.Analytics(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name, time.Since(b), "cpu", cpu()-c, len(got.Series), got.Cut)
	}
	st, _ := os.Stat("/tmp/lscale/s.db")
	t.Log(st.Size()>>20, "MB")
}
