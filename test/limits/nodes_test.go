package limits_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// nodes starts gateways that count together.
func nodes(t *testing.T, n int, policy string) []*testgw.Gateway {
	t.Helper()
	redis := testredis.Start(t, false)
	all := make([]*testgw.Gateway, n)
	for i := range all {
		all[i] = testgw.Start(t, fmt.Sprintf(`
discover: false
shared: { url: %q, timeout: 5s }
providers: { sandbox: { models: { chat: { price: { input: 0, output: 1000 }, max_output: 1000 } } } }
gateways: { default: { %s } }`, redis.URL(), policy))
	}
	return all
}

// offer makes calls on all nodes at once, and counts those that were served.
func offer(t *testing.T, all []*testgw.Gateway, workers, each int, body string) int64 {
	t.Helper()
	var served atomic.Int64
	var done sync.WaitGroup
	for i := range workers {
		g := all[i%len(all)]
		done.Go(func() {
			for range each {
				resp, err := http.DefaultClient.Do(g.Request("POST", "/v1/chat/completions", []byte(body)))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode == 200 {
					served.Add(1)
				} else if resp.StatusCode != 429 {
					t.Errorf("status %d", resp.StatusCode)
				}
			}
		})
	}
	done.Wait()
	return served.Load()
}

func TestNodesCountTogether(t *testing.T) {
	all := nodes(t, 3, `limits: [ { per: gateway, requests: 50/1h } ]`)
	if n := offer(t, all, 12, 10, `{"model":"sandbox/chat","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`); n != 50 {
		t.Errorf("three nodes served %d calls", n)
	}
}

func TestNodesSpendNoMoreThanABudgetAndNearlyAllOfIt(t *testing.T) {
	all := nodes(t, 3, `budgets: [ { name: month, per: gateway, cost: 0.50/month, fit: true } ]`)
	offer(t, all, 60, 20, `{"model":"sandbox/chat","max_tokens":200,"messages":[{"role":"user","content":"one two three four five six seven eight nine ten"}]}`)
	spent := budgetsOf(t, all[1])["month"]
	// A hold is given back after its answer was read, and what one node gives back another,
	// which found nothing left, asks for a quarter of a second later. So it is tried for a
	// time, not so many times.
	for end := time.Now().Add(30 * time.Second); spent < gateway.Dollar/2*95/100 && time.Now().Before(end); {
		offer(t, all, 3, 20, `{"model":"sandbox/chat","max_tokens":200,"messages":[{"role":"user","content":"one two three four five six seven eight nine ten"}]}`)
		spent = budgetsOf(t, all[1])["month"]
	}
	if spent > gateway.Dollar/2 || spent < gateway.Dollar/2*95/100 {
		t.Errorf("of $0.50 they spent $%s", spent)
	}
}
