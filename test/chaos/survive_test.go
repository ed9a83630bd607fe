package chaos_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// oneBackoff is the first backoff between attempts at a target.
const oneBackoff = 250 * time.Millisecond

// load makes n calls and gives how many failed, and how long they took, in order.
func load(t *testing.T, g *testgw.Gateway, n int, model string) (failed int64, took []time.Duration) {
	t.Helper()
	var bad atomic.Int64
	took = make([]time.Duration, n)
	each(n, func(i int) {
		h := ask(t, g, "chat", model, i%2 == 0)
		if h.status != 200 || h.text != omega || !h.ended || len(h.errors) > 0 {
			bad.Add(1)
		}
		took[i] = h.took
	})
	slices.Sort(took)
	return bad.Load(), took
}

func TestCallersDoNotNoticeOneOfTwoThatFailsHalfOfItsCalls(t *testing.T) {
	var n atomic.Int64
	half := testup.New(t, func(c *testup.Call) {
		if n.Add(1)%2 == 0 {
			c.JSON(500, `{"error":{"message":"half"}}`)
			return
		}
		well(c)
	})
	whole := testup.New(t, well)
	g := start(t, "providers:\n"+provide("half", half.URL, "")+provide("restless", half.URL, "health: { cooldown: 100ms, max_cooldown: 100ms, failure_rate: 1 }")+provide("whole", whole.URL, "")+`
gateways: { default: { log: { bodies: none } } }
routes:
  well: [ whole-chat/m, whole-chat/n ]
  fallback: [ half-chat/m, whole-chat/m ]
  restless: [ restless-chat/m, whole-chat/m ]
  balance: { steps: [ { balance: round_robin, targets: [ half-chat/n, whole-chat/m ] } ] }
`)
	_, usual := load(t, g, 1000/thin, "well")
	for _, route := range []string{"fallback", "balance", "restless"} {
		const calls = 3000 / thin
		before := len(half.Calls())
		var failed int64
		var took []time.Duration
		for range 3 { // a machine that halts for a moment does not do so three times
			if failed, took = load(t, g, calls, route); failed*1000 > calls {
				t.Errorf("%s: %d of %d calls failed", route, failed, calls)
			}
			if took[calls*99/100]-usual[len(usual)*99/100] < oneBackoff {
				break
			}
		}
		if added := took[calls*99/100] - usual[len(usual)*99/100]; thin == 1 && added >= oneBackoff {
			t.Errorf("%s: at the 99th percentile %v were added", route, added)
		}
		// Half of the calls, or a quarter, meet the failing one: were they to wait before they
		// go on, the 80th percentile would show it, and a machine that halts for a moment does not.
		before80, now80 := usual[len(usual)*4/5], took[calls*4/5]
		if now80-before80 >= max(oneBackoff, 3*before80) {
			t.Errorf("%s: the 80th percentile of the time grew from %v to %v", route, before80, now80)
		}
		t.Logf("%s: %d of %d failed, p99 %v beside %v; the one was called %d times", route, failed, calls, took[calls*99/100], usual[len(usual)*99/100], len(half.Calls())-before)
	}
}

func TestATargetThatIsDeadIsHardlyTouched(t *testing.T) {
	dead := testup.New(t, func(c *testup.Call) { c.Write("") })
	alive := testup.New(t, well)
	g := start(t, "providers:\n"+provide("dead", dead.URL, "health: { cooldown: 300ms, max_cooldown: 1m, window: 10s, min_calls: 10 }")+provide("alive", alive.URL, "")+`
gateways: { default: { log: { bodies: none } } }
routes: { all: { steps: [ { balance: round_robin, targets: [ dead-chat/m, alive-chat/m ] } ] } }
`)
	if failed, _ := load(t, g, 100, "all"); failed > 0 { // the breaker opens
		t.Errorf("%d of the first calls failed", failed)
	}
	before := len(dead.Calls())
	const calls = 3000
	failed, took := load(t, g, calls, "all")
	touched := len(dead.Calls()) - before
	if failed > 0 || touched*100 >= calls {
		t.Errorf("%d of %d calls touched the dead target, %d failed", touched, calls, failed)
	}
	t.Logf("%d calls before the breaker was open, then %d of %d; p99 %v", before, touched, calls, took[calls*99/100])
}

func TestAnOutageIsNotMultiplied(t *testing.T) {
	down := testup.New(t, func(c *testup.Call) { c.JSON(503, called(c).errorBody(503)) })
	retries := "retries: { max: 3, backoff: { first: 1ms, max: 10ms } }, timeouts: { connect: 2s }"
	g := start(t, "providers:\n"+provide("down", down.URL, retries)+`
gateways:
  default: { log: { bodies: none } }
  none: { retry_budget: 0 }
  much: { retry_budget: 1 }
`)
	const calls = 600
	for _, c := range []struct {
		gateway, model string
		least, most    int
	}{
		{"default", "a", calls, calls*11/10 + 10},
		{"none", "b", calls, calls},
		{"much", "c", calls * 3 / 2, 2*calls + 10},
	} {
		before, began := len(down.Calls()), time.Now()
		each(calls, func(i int) {
			h := askAt(t, g.URL+"/gateways/"+c.gateway, "chat", "down-chat/"+c.model, i%2 == 0)
			if h.status != 502 && h.status != 503 || len(h.errors) != 1 {
				t.Errorf("%s: %d %s", c.gateway, h.status, h.raw)
			}
		})
		n := len(down.Calls()) - before
		floor := 10 * int(time.Since(began)/(10*time.Second)) // a few in each window more
		if n < c.least || n > c.most+floor {
			t.Errorf("%s: %d calls became %d", c.gateway, calls, n)
		}
		t.Logf("%s: %d calls became %d in %v", c.gateway, calls, n, time.Since(began))
	}
}

func TestASplitIsAsItIsWrittenAndWhoIsStickyStays(t *testing.T) {
	g := start(t, `
gateways: { default: { log: { bodies: none } } }
routes:
  users: { steps: [ { split: { sandbox/echo: 70, sandbox/chat: 25, sandbox/upper: 5 }, sticky: header.x-user } ] }
  free: { steps: [ { split: { sandbox/echo: 70, sandbox/chat: 30 } } ] }
`)
	const calls, off = 10000 / thin, 1 + 2*(thin/5) // five standard deviations at least
	served := make([]string, calls)
	each(calls, func(i int) {
		served[i] = ask(t, g, "chat", "users", false, "x-user", fmt.Sprint("user-", i)).header.Get("sluice-model")
	})
	shares := map[string]int{}
	for _, m := range served {
		shares[m]++
	}
	for model, want := range map[string]int{"echo": 70, "chat": 25, "upper": 5} {
		if got := float64(shares[model]) * 100 / calls; got < float64(want)-off || got > float64(want)+off {
			t.Errorf("%s has %.2f %% and not %d", model, got, want)
		}
	}
	t.Logf("of %d: %v", calls, shares)
	each(calls/10, func(i int) {
		i *= 7
		if m := ask(t, g, "messages", "users", true, "x-user", fmt.Sprint("user-", i)).header.Get("sluice-model"); m != served[i] {
			t.Errorf("user-%d went from %s to %s", i, served[i], m)
		}
	})
	var echo atomic.Int64
	each(3000, func(i int) {
		if ask(t, g, "chat", "free", false).header.Get("sluice-model") == "echo" {
			echo.Add(1)
		}
	})
	if share := float64(echo.Load()) / 30; share < 65 || share > 75 { // six standard deviations
		t.Errorf("%.1f %% of the calls without a sticky value and not 70", share)
	}
}
