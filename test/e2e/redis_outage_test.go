package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testpg"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// onOutage is a document with one gateway for each thing that a limit may do while Redis
// is away, and one with a budget.
func onOutage(m *metered, redis *testredis.Server) string {
	return fmt.Sprintf(`
discover: false
shared: { url: %q, timeout: 5s }
providers:
  up: { kind: openai-compatible, base_url: %q, api_key: env:UP_KEY, retries: { max: 0 }, models: { m1: { price: { input: 0, output: 10000 }, max_output: 1000 } } }
gateways:
  allow: { limits: [ { name: few, per: gateway, requests: 20/1h, on_outage: allow } ] }
  deny: { limits: [ { name: few, per: gateway, requests: 200000/1h, on_outage: deny } ] }
  local: { limits: [ { name: few, per: gateway, requests: 20/1h } ] }
  default: { budgets: [ { name: month, per: gateway, cost: 1000.00/month } ] }
`, redis.URL(), m.URL+"/v1")
}

// tries makes some calls on a gateway, one after the other, and counts those that were
// served; the others must be refused as they should.
func (p *process) tries(t *testing.T, gw string, n int) (served int) {
	t.Helper()
	c := newClient(t)
	for range n {
		r := request(context.Background(), p.URL+"/gateways/"+gw, paid(1, false))
		a, err := c.do(r)
		switch {
		case err != nil:
			t.Fatal(err)
		case a.status == http.StatusOK:
			served++
		case a.status != http.StatusTooManyRequests || a.header.Get("sluice-error") != "rate_limited" || a.header.Get("Retry-After") == "":
			t.Errorf("%s: %d %s, retry-after %q", gw, a.status, a.body, a.header.Get("Retry-After"))
		}
		if a.took() > promised(2*time.Second) {
			t.Errorf("%s: a call took %s", gw, a.took())
		}
	}
	return served
}

func (p *process) away() float64 {
	v, _ := p.metric("sluice_shared_away_info")
	return v
}

func TestRedisIsKilledAndComesBackUnderLoad(t *testing.T) {
	t.Parallel()
	redis, pg, m := testredis.Start(t, true), testpg.Start(t), newMetered(t)
	env := []string{"SLUICE_STORAGE_URL=" + pg.Database(t)}
	var nodes []*process
	for range 2 {
		p := start(t, options{config: onOutage(m, redis), env: env})
		p.awaitReady()
		nodes = append(nodes, p)
	}
	for _, gw := range []string{"allow", "local"} {
		if n := nodes[0].tries(t, gw, 15) + nodes[1].tries(t, gw, 15); n != 20 {
			t.Errorf("%s: two nodes served %d of a limit of 20", gw, n)
		}
	}
	bad := watchedLoad(t, nodes)
	after(500 * time.Millisecond)
	for round := range 2 {
		after(1100 * time.Millisecond) // what the server's journal on disk may be behind
		redis.Kill()
		for i, p := range nodes {
			eventually(t, patience, "the metric says that Redis is away", func() bool { return p.away() == 1 })
			if n := p.tries(t, "allow", 15); n != 15 {
				t.Errorf("node %d: allow served %d of 15", i, n)
			}
			if n := p.tries(t, "deny", 15); n != 0 {
				t.Errorf("node %d: deny served %d", i, n)
			}
			want := 20
			if round > 0 {
				want = 0 // the node remembers what it counted in the outage before
			}
			if n := p.tries(t, "local", 30); n != want {
				t.Errorf("round %d, node %d: local served %d", round, i, n)
			}
			if got := p.status("/readyz"); got != http.StatusOK {
				t.Errorf("/readyz is %d", got)
			}
		}
		redis.Restart()
		for i, p := range nodes {
			eventually(t, patience, "the metric says that Redis is back", func() bool { return p.away() == 0 })
			if n := p.tries(t, "deny", 5); n != 5 {
				t.Errorf("node %d: deny served %d of 5 after Redis came back", i, n)
			}
			if n := p.tries(t, "allow", 5) + p.tries(t, "local", 5); n != 0 {
				t.Errorf("node %d: %d calls beyond a limit that is used up", i, n)
			}
		}
	}
	bad()
	for _, p := range nodes {
		if !p.Log.has("can be reached again") {
			t.Error("the log does not tell that Redis is back")
		}
	}
}

// watchedLoad runs callers under a budget on all nodes until the function that it gives is
// called, which holds that none of them noticed anything, and that nothing which they
// spent was forgotten.
func watchedLoad(t *testing.T, nodes []*process) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c := newClient(t)
	var all sync.WaitGroup
	var spent, calls atomic.Int64
	for w := range 6 {
		all.Go(func() {
			for ctx.Err() == nil {
				a, err := c.do(request(context.Background(), nodes[w%2].URL, paid(1, w%3 == 0)))
				if err != nil || a.status != http.StatusOK || a.took() > promised(2*time.Second) {
					t.Errorf("under load: %v, %d %s after %s", err, a.status, tail(string(a.body), 200), a.took())
					return
				}
				calls.Add(1)
				spent.Add(int64(cent))
				<-time.After(3 * time.Millisecond)
			}
		})
	}
	return func() {
		t.Helper()
		cancel()
		all.Wait()
		want := gateway.USD(spent.Load())
		for i, p := range nodes {
			if told := p.spent(); told != want {
				t.Errorf("node %d: the budget says $%s, the callers spent $%s", i, told, want)
			}
		}
		t.Logf("%d calls, $%s", calls.Load(), want)
	}
}

func TestABudgetBeginsWithTheLedgerWhenRedisHasForgottenEverything(t *testing.T) {
	t.Parallel()
	redis, pg, m := testredis.Start(t, false), testpg.Start(t), newMetered(t)
	env := []string{"SLUICE_STORAGE_URL=" + pg.Database(t)}
	conf := m.config("1.00", fmt.Sprintf("shared: { url: %q }", redis.URL()))
	a, b := start(t, options{config: conf, env: env}), start(t, options{config: conf, env: env})
	a.awaitReady()
	b.awaitReady()
	if refusedForMoney(t, a, 40) || refusedForMoney(t, b, 30) {
		t.Fatal("the first calls are refused")
	}
	a.awaitDrained(patience)
	b.awaitDrained(patience)
	redis.Kill()
	eventually(t, patience, "both know", func() bool {
		for _, p := range []*process{a, b} {
			p.me() // somebody has to ask
		}
		return a.away() == 1 && b.away() == 1
	})
	if !refusedForMoney(t, a, 31) || !refusedForMoney(t, b, 31) {
		t.Error("an outage grants money that is gone")
	}
	if refusedForMoney(t, a, 5) {
		t.Error("an outage refuses money that is there")
	}
	a.awaitDrained(patience)
	redis.Restart()
	eventually(t, patience, "both know", func() bool { return a.away() == 0 && b.away() == 0 })
	for _, p := range []*process{a, b} {
		if told := p.spent(); told != 75*cent {
			t.Errorf("the budget says $%s, $0.75 were spent", told)
		}
	}
	if !refusedForMoney(t, b, 26) || refusedForMoney(t, b, 25) || !strings.Contains(b.Log.String(), "can be reached again") {
		t.Error("what is left is not $0.25")
	}
}
