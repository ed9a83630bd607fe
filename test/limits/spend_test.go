package limits_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const priced = `
discover: false
providers:
  sandbox:
    failure: { rate: 0.1 }
    retries: { max: 1, backoff: { first: 1ms, max: 1ms } }
    models:
      chat: { price: { input: 3, output: 15 }, max_output: 1000 }
      echo: { price: { input: 0.1, output: 0.7 }, max_output: 1000 }
gateways:
  default:
    log: { bodies: none }
    limits:
      - { name: rate, per: [key, metadata.team], requests: 1000000/1h }
      - { name: some, per: metadata.team, requests: 9000/1h }
    budgets:
      - { name: all, per: gateway, cost: 100000.00/month }
      - { name: team, per: team, cost: 100000.00/month }
`

// settled waits until no call is under way: callers who left are settled behind them.
func settled(t *testing.T, g *testgw.Gateway) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		r, err := http.NewRequest(http.MethodGet, g.Admin+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, text := g.Do(r); strings.Contains(string(text), "\nsluice_requests_in_flight 0\n") {
			return
		}
		if time.Now().After(end) {
			t.Fatal("calls are still under way")
		}
	}
}

// callers make random calls: whole and streamed, cut and cancelled, some of them refused
// by a limit, and the vendor fails in between.
func callers(t *testing.T, g *testgw.Gateway, n int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	const workers = 8
	for w := range workers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(w)))
			for range n / workers {
				random(g, client, r)
			}
		})
	}
	all.Wait()
}

func random(g *testgw.Gateway, client *http.Client, r *rand.Rand) {
	stream := r.IntN(3) == 0
	body := fmt.Sprintf(`{"model":"sandbox/%s","stream":%v,"max_tokens":%d,"messages":[{"role":"user","content":"%s"}]}`,
		[]string{"chat", "echo"}[r.IntN(2)], stream, 1+r.IntN(200), strings.Repeat("word ", 1+r.IntN(40)))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req := g.Request("POST", "/v1/chat/completions", []byte(body)).WithContext(ctx)
	req.Header.Set("Sluice-Metadata", fmt.Sprintf(`{"team":"t%d"}`, r.IntN(7)))
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if r.IntN(10) == 0 { // who leaves in the middle
		_, _ = io.CopyN(io.Discard, resp.Body, int64(r.IntN(300)))
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
}

func TestSpendAddsUpToTheLastBillionth(t *testing.T) {
	n := 100_000
	if testing.Short() || raceEnabled {
		n = 4000
	}
	g := testgw.Start(t, priced)
	callers(t, g, n)
	settled(t, g)
	counted := budgetsOf(t, g)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(g.Dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	total := sum(t, st)
	if total.Cost == 0 || total.Calls < int64(n)*9/10 {
		t.Fatalf("%+v of %d calls", total, n)
	}
	for _, by := range store.Dimensions() {
		switch got := sum(t, st, by); {
		case by == store.ByRule && got.Cost != 2*total.Cost: // each call settles with both budgets
			t.Errorf("the ledger has %s, the entries %s", got.Cost, total.Cost)
		case by != store.ByRule && (got.Cost != total.Cost || got.Calls != total.Calls):
			t.Errorf("by %s: %s of %d calls, in all %s of %d", by, got.Cost, got.Calls, total.Cost, total.Calls)
		}
	}
	if counted["all"] != total.Cost {
		t.Errorf("the budget counted %s, the entries say %s", counted["all"], total.Cost)
	}
	t.Logf("%d calls, $%s; %d of unknown cost", total.Calls, total.Cost, total.Unknown)
}

func sum(t *testing.T, st *store.Store, by ...store.Dimension) (all store.SpendRow) {
	t.Helper()
	rows, err := st.Spend(t.Context(), store.SpendQuery{By: by})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		all.Cost += r.Cost
		all.Calls += r.Calls
		all.Unknown += r.Unknown
	}
	return all
}

// budgetsOf gives what the budgets have counted, by name.
func budgetsOf(t *testing.T, g *testgw.Gateway) map[string]gateway.USD {
	t.Helper()
	_, b := g.Do(g.Request("GET", "/v1/me", nil))
	var me struct {
		Budgets []struct {
			Name  string
			Spent string `json:"spent_usd"`
		}
	}
	if err := json.Unmarshal(b, &me); err != nil {
		t.Fatal(err, string(b))
	}
	out := map[string]gateway.USD{}
	for _, one := range me.Budgets {
		usd, err := gateway.ParseUSD(one.Spent)
		if err != nil {
			t.Fatal(err)
		}
		out[one.Name] = usd
	}
	return out
}
