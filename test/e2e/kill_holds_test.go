package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// cent is the price of one token of the metered upstream's answers, in billionths.
const cent = gateway.Dollar / 100

// metered is an upstream that takes a cent for every token that a call allows, the moment
// that the call arrives: what a vendor bills at the worst.
type metered struct {
	URL    string
	billed atomic.Int64 // tokens
	calls  atomic.Int64
	open   atomic.Int64 // streams that have begun and not ended
	hang   atomic.Bool  // streams stop in the middle until the gateway is gone
}

func newMetered(t testing.TB) *metered {
	m := &metered{}
	m.URL = serveUpstream(t, m.answer)
	return m
}

func (m *metered) answer(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Max    int64 `json:"max_tokens"`
		Stream bool  `json:"stream"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &ask) != nil {
		return
	}
	m.billed.Add(ask.Max)
	m.calls.Add(1)
	usage := fmt.Sprintf(`"usage":{"prompt_tokens":0,"completion_tokens":%d,"total_tokens":%d}`, ask.Max, ask.Max)
	if !ask.Stream {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":"c","object":"chat.completion","created":1,"model":"m1","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],%s}`, usage)
		return
	}
	s := beginStream(w)
	s.send(chunk("Good"))
	m.open.Add(1)
	defer m.open.Add(-1)
	if m.hang.Load() {
		<-r.Context().Done()
		return
	}
	s.send(lastChunk)
	if bytes.Contains(body, []byte(`"include_usage":true`)) {
		s.send(`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[],` + usage + "}\n\n")
	}
	s.send(doneEvent)
}

func (m *metered) usd() gateway.USD { return gateway.USD(m.billed.Load()) * cent }

// config is a document with a budget of that many dollars.
func (m *metered) config(budget string, more ...string) string {
	return fmt.Sprintf(`
discover: false
providers:
  up: { kind: openai-compatible, base_url: %q, api_key: env:UP_KEY, retries: { max: 0 }, timeouts: { total: 8s }, models: { m1: { price: { input: 0, output: 10000 }, max_output: 1000 } } }
gateways: { default: { log: { bodies: none }, budgets: [ { name: month, per: gateway, cost: %s/month } ] } }
%s
`, m.URL+"/v1", budget, strings.Join(more, "\n"))
}

// paid is a call that may cost that many cents.
func paid(tokens int, stream bool) string {
	return fmt.Sprintf(`{"model":"up/m1","max_tokens":%d,"stream":%v,"messages":[{"role":"user","content":"hi"}]}`, tokens, stream)
}

// me asks what a caller is told of itself, as far as v reads it, and gives the status.
func (p *process) me(v ...any) int {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.URL+"/v1/me", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+gatewayKey)
	a, err := newClient(p.t).do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, v := range v {
		if err := json.Unmarshal(a.body, v); err != nil {
			p.t.Fatalf("/v1/me: %v, %d %s", err, a.status, a.body)
		}
	}
	return a.status
}

// spent is what a caller is told of its one budget, with what is held.
func (p *process) spent() gateway.USD {
	p.t.Helper()
	var me struct {
		Budgets []struct {
			Spent string `json:"spent_usd"`
		}
	}
	if status := p.me(&me); status != http.StatusOK || len(me.Budgets) != 1 {
		p.t.Fatalf("/v1/me: %d, %+v", status, me)
	}
	usd, err := gateway.ParseUSD(me.Budgets[0].Spent)
	if err != nil {
		p.t.Fatal(err)
	}
	return usd
}

// openStreams begins streams that hang, and returns when each has its hold and its first
// bytes. They end with the gateway.
func openStreams(t *testing.T, p *process, m *metered, n, tokens int) {
	t.Helper()
	m.hang.Store(true)
	t.Cleanup(func() { m.hang.Store(false) })
	c := newClient(t)
	want := m.open.Load() + int64(n)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	for range n {
		go func() { // ends with the gateway, or with the test
			if resp, err := c.http.Do(request(ctx, p.URL, paid(tokens, true))); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}()
	}
	eventually(t, patience, "the streams have begun", func() bool { return m.open.Load() == want })
	m.hang.Store(false)
}

// refusedForMoney tries one call.
func refusedForMoney(t *testing.T, p *process, tokens int) bool {
	t.Helper()
	a, err := newClient(t).call(p.URL, paid(tokens, false))
	if err != nil || a.status != http.StatusOK && (a.status != http.StatusTooManyRequests || a.header.Get("sluice-error") != "budget_exceeded") {
		t.Fatalf("%v, %d %s", err, a.status, a.body)
	}
	return a.status != http.StatusOK
}

// A hold that was taken a moment before the kill counts as one that was taken long ago.
func TestHoldsOfStreamsThatAKillCutCountAfterTheRestart(t *testing.T) {
	t.Parallel()
	m := newMetered(t)
	p := start(t, options{config: m.config("1.00")})
	p.awaitReady()
	if refusedForMoney(t, p, 5) {
		t.Fatal("the first call is refused")
	}
	openStreams(t, p, m, 2, 40)
	p.kill()
	p = p.again(options{})
	p.awaitReady()
	if spent := p.spent(); spent != 85*cent {
		t.Errorf("the budget says $%s are spent or held, not $0.85", spent)
	}
	if !refusedForMoney(t, p, 16) {
		t.Error("the money of a stream that ran was granted twice")
	}
	if refusedForMoney(t, p, 15) {
		t.Error("what nobody holds is refused")
	}
	if !long {
		return
	}
	eventually(t, 90*time.Second, "the holds have expired", func() bool { return p.spent() == 20*cent })
	if refusedForMoney(t, p, 80) {
		t.Error("what was held is not given back")
	}
}

func TestABudgetIsNeverGrantedTwiceHoweverOftenTheNodeIsKilled(t *testing.T) {
	t.Parallel()
	m := newMetered(t)
	p := start(t, options{config: m.config("1000.00")})
	rng := rand.New(rand.NewPCG(5, 3))
	for round := range 6 {
		p.awaitReady()
		stop := spend(t, p.URL, 6, 4)
		after(time.Duration(50+rng.IntN(700)) * time.Millisecond)
		p.kill()
		stop()
		p = p.again(options{})
		p.awaitReady()
		if told := p.spent(); told < m.usd() {
			t.Fatalf("round %d: the vendor billed $%s, the budget knows of $%s", round, m.usd(), told)
		}
	}
	t.Logf("%d calls, $%s; the budget says $%s", m.calls.Load(), m.usd(), p.spent())
	stop := spend(t, p.URL, 6, 900)
	eventually(t, patience, "the budget is used up", func() bool { return refusedForMoney(t, p, 1) })
	stop()
	if m.usd() > 1000*gateway.Dollar {
		t.Errorf("$%s were spent of $1000.00", m.usd())
	}
}

// spend runs callers, whose calls allow at most that many tokens, until stop, which waits
// for them.
func spend(t *testing.T, url string, callers, most int) (stop func()) {
	c := newClient(t)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for w := range callers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(9, uint64(w)))
			for ctx.Err() == nil {
				a, err := c.do(request(ctx, url, paid(1+rng.IntN(most), rng.IntN(3) == 0)))
				if err != nil || a.status != http.StatusOK {
					<-time.After(5 * time.Millisecond)
				}
			}
		})
	}
	t.Cleanup(cancel)
	return func() { cancel(); all.Wait() }
}

func TestANodeThatIsKilledTakesNothingFromTheOthersThatCountWithIt(t *testing.T) {
	t.Parallel()
	redis := testredis.Start(t, false)
	m := newMetered(t)
	conf := m.config("1.00", fmt.Sprintf("shared: { url: %q, timeout: 2s }", redis.URL()))
	a, b := start(t, options{config: conf}), start(t, options{config: conf})
	a.awaitReady()
	b.awaitReady()
	if refusedForMoney(t, a, 5) || refusedForMoney(t, b, 5) {
		t.Fatal("the first calls are refused")
	}
	openStreams(t, a, m, 2, 30)
	a.kill()
	if spent := b.spent(); spent != 70*cent {
		t.Errorf("the other node says $%s are spent or held, not $0.70", spent)
	}
	if !refusedForMoney(t, b, 31) {
		t.Error("what the dead node's streams hold was granted again")
	}
	if refusedForMoney(t, b, 10) {
		t.Error("the other node refuses what is left")
	}
	a = a.again(options{})
	a.awaitReady()
	if spent := a.spent(); spent != 80*cent {
		t.Errorf("the node that came back says $%s are spent or held, not $0.80", spent)
	}
	if !refusedForMoney(t, a, 21) || refusedForMoney(t, a, 20) || !refusedForMoney(t, b, 1) {
		t.Error("the nodes do not agree on what is left")
	}
	if m.usd() > gateway.Dollar+10*cent { // the last dime is refused by now
		t.Errorf("$%s were spent of $1.00", m.usd())
	}
}
