package chaos_test

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestHedgesAndShadowsLeaveNothingBehind(t *testing.T) {
	slow := func(text string) func(c *testup.Call) {
		return func(c *testup.Call) {
			pause(c, time.Duration(rand.IntN(12))*time.Millisecond)
			switch rand.IntN(10) {
			case 0:
				c.JSON(503, called(c).errorBody(503))
			case 1:
				c.Write(raw(called(c).before))
			default:
				called(c).answer(c, text)
			}
		}
	}
	one, two, mirror := testup.New(t, slow(omega)), testup.New(t, slow(omega)), testup.New(t, slow("shadow"))
	restless := "retries: { max: 0 }, health: { cooldown: 100ms, max_cooldown: 100ms, failure_rate: 1 }"
	g := start(t, "providers:\n"+provide("one", one.URL, restless)+provide("two", two.URL, restless)+provide("mirror", mirror.URL, restless)+`
gateways:
  default:
    limits:
      - { per: gateway, concurrent: 100 }
      - { per: provider, concurrent: 100 }
routes:
  raced: { steps: [ { use: one-chat/m, fallback: [ two-messages/m ], hedge: { after: 3ms, to: two-chat/m }, shadow: [ mirror-chat/m ] } ] }
`)
	ask(t, g, "chat", "raced", true)
	idle := runtime.NumGoroutine()
	const calls = 600
	heardOf := make([]*heard, calls)
	each(calls, func(i int) { heardOf[i] = ask(t, g, callers[i%4], "raced", i%3 > 0) })
	failed, raced := 0, 0
	for _, h := range heardOf {
		switch {
		case h.cut != nil || len(h.bad) > 0 || len(h.errors) > 1 || strings.Contains(h.text, "shadow"):
			t.Errorf("%d %q %q %v %.300q", h.status, h.errors, h.bad, h.cut, h.raw)
		case h.status == 429:
			t.Fatalf("what others held was not given back: %s", h.raw)
		case len(h.errors) == 1:
			failed++
		case h.text != omega || !h.ended:
			t.Errorf("%d %q, ended %v: %.300q", h.status, h.text, h.ended, h.raw)
		}
		if h.header.Get("sluice-attempts") != "1" {
			raced++
		}
	}
	if failed > calls/10 || raced == 0 {
		t.Errorf("%d of %d failed, %d with more than one attempt", failed, calls, raced)
	}
	t.Logf("%d of %d failed where a fifth of all attempts do, %d took more than one; %d shadows", failed, calls, raced, len(mirror.Calls()))
	client.CloseIdleConnections()
	within(t, time.Minute, "goroutines", func() bool { return runtime.NumGoroutine() <= idle+60 }) // connections that are kept have some
	within(t, time.Minute, "holds", func() bool {
		var all struct {
			Data []struct {
				State []struct {
					Used int64 `json:"used"`
				} `json:"state"`
			} `json:"data"`
		}
		status, used := g.AdminGet("/api/v1/limits", &all), int64(0)
		for _, rule := range all.Data {
			for _, s := range rule.State {
				used += s.Used
			}
		}
		return status == 200 && len(all.Data) > 0 && used == 0
	})
}

// within waits until something holds.
func within(t *testing.T, d time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !holds(); {
		if time.Now().After(end) {
			t.Errorf("%s are left after %v (goroutines: %d)", what, d, runtime.NumGoroutine())
			return
		}
		<-time.After(10 * time.Millisecond)
	}
}
