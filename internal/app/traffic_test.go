package app_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const chatAnswer = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}`

func chat(g *testgw.Gateway, model string) int {
	resp, _ := g.Post("/v1/chat/completions", `{"model":"`+model+`","messages":[]}`)
	return resp.StatusCode
}

func healthOf(g *testgw.Gateway) (of map[string]admin.TargetHealth) {
	var h admin.Health
	g.AdminGet("/api/v1/health", &h)
	of = map[string]admin.TargetHealth{}
	for _, t := range h.Targets {
		of[t.Provider+"/"+t.Model] = t
	}
	return of
}

func comesTrue(t *testing.T, d time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

func TestADrainHoldsAtOnceAndItsEndToo(t *testing.T) {
	u := testup.New(t, func(c *testup.Call) { c.JSON(200, chatAnswer) })
	g := testgw.Start(t, "providers: { a: { kind: openai-compatible, base_url: "+u.URL+"/v1 } }\n")
	put := func(body string) int {
		r, err := http.NewRequest("PUT", g.Admin+"/api/v1/drains", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
		resp, _ := g.Do(r)
		return resp.StatusCode
	}
	if status := chat(g, "a/m"); status != 200 {
		t.Fatalf("before: %d", status)
	}
	if status := put(`{"provider":"a","model":"m","reason":"too slow"}`); status != 200 {
		t.Fatalf("drain: %d", status)
	}
	if status := chat(g, "a/m"); status != 503 || healthOf(g)["a/m"].Level != "drained" {
		t.Errorf("drained: %d %+v", status, healthOf(g))
	}
	if status := chat(g, "a/other"); status != 200 {
		t.Errorf("another model: %d", status)
	}
	var all admin.DrainList
	if g.AdminGet("/api/v1/drains", &all); len(all.Data) != 1 || all.Data[0].By != "admin token" || all.Data[0].Reason != "too slow" {
		t.Errorf("%+v", all)
	}
	r, err := http.NewRequest("DELETE", g.Admin+"/api/v1/drains?provider=a&model=m", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	if resp, b := g.Do(r); resp.StatusCode != 200 || chat(g, "a/m") != 200 {
		t.Errorf("undrain: %d %s", resp.StatusCode, b)
	}
	if resp, b := g.Do(r); resp.StatusCode != 404 {
		t.Errorf("undrain once more: %d %s", resp.StatusCode, b)
	}
	if status := put(`{"provider":"b"}`); status != 400 {
		t.Errorf("an unknown provider: %d", status)
	}
}

func TestProbesTakeAProviderOutOfUseAndPutItBack(t *testing.T) {
	for what, c := range map[string]struct{ probe, target string }{
		"by a path":  {"path: /models", "a/"},
		"by a model": {"model: m", "a/"},
	} {
		t.Run(what, func(t *testing.T) {
			var away atomic.Bool
			u := testup.New(t, func(c *testup.Call) {
				if away.Load() {
					c.JSON(503, `{"error":{"message":"away"}}`)
					return
				}
				c.JSON(200, chatAnswer)
			})
			g := testgw.Start(t, `providers: { a: { kind: openai-compatible, base_url: "`+u.URL+`/v1", retries: { max: 0 }, health: { cooldown: 1h, max_cooldown: 1h, probe: { every: 1s, `+c.probe+` } } } }`)
			away.Store(true)
			for healthOf(g)["a/m"].Level != "cooling" {
				if status := chat(g, "a/m"); status < 500 {
					t.Fatalf("%d", status)
				}
			}
			comesTrue(t, time.Minute, "the provider rests by its probes", func() bool { return healthOf(g)[c.target].Level == "cooling" })
			away.Store(false)
			comesTrue(t, time.Minute, "it works again", func() bool {
				now := healthOf(g)
				_, down := now[c.target]
				return !down && (c.probe != "model: m" || now["a/m"].Level == "healthy") // which was asked
			})
		})
	}
}
