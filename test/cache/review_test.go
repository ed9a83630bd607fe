package cache_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestAnAnswerThatWantOfMoneyCutShortIsKeptForNobody(t *testing.T) {
	var n counter
	g := startWith(t, testup.New(t, func(c *testup.Call) {
		i := n.next()
		c.JSON(200, fmt.Sprintf(`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"answer %d"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`, i))
	}), `
gateways: { default: { cache: 1h, budgets: [ { name: little, per: workspace, cost: 0.01/month, fit: true } ] } }
`)
	body := strings.Replace(ask("one/m", "hello", false), "{", `{"max_tokens":1000000,`, 1)
	expect(t, g, call(t, g, chat, body), "miss", "answer 1")
	expect(t, g, call(t, g, chat, body), "miss", "answer 2")
}

func TestALimitOfTokensKeepsNoAnswerFromTheCache(t *testing.T) {
	var n counter
	g := startWith(t, testup.New(t, n.vendor), `
gateways: { default: { cache: 1h, limits: [ { name: many, per: workspace, tokens: 100000000/1m } ] } }
routes: { r: { max_output: 100, steps: [ { use: one/m } ] } }
`)
	for _, model := range []string{"one/m", "r"} {
		first := call(t, g, chat, ask(model, "to "+model, false))
		if again := call(t, g, chat, ask(model, "to "+model, false)); first.cache() != "miss" || again.cache() != "hit" {
			t.Errorf("%s: %s, then %s", model, first.cache(), again.cache())
		}
	}
}

func TestAnAnswerToOtherWordsOfAFallbacksRouteIsNotAnothersAnswer(t *testing.T) {
	var n counter
	up := testup.New(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"model":"first"`) {
			c.JSON(500, `{"error":{"message":"no"}}`)
			return
		}
		n.vendor(c)
	})
	g := startWith(t, up, `
gateways: { default: { cache: 1h } }
routes:
  cold: { override: { system: "Be cold." }, steps: [ { use: two/m } ] }
  r: { steps: [ { use: one/first, fallback: [ cold ] } ] }
`)
	expect(t, g, call(t, g, chat, ask("r", "hello", false)), "miss", "answer 1")
	expect(t, g, call(t, g, chat, ask("two/m", "hello", false)), "miss", "answer 2")
	expect(t, g, call(t, g, chat, ask("two/m", "hello", false)), "hit", "answer 2")
}

func TestCallsByWayOfARouteInARouteShareACall(t *testing.T) {
	var n counter
	const callers = 20
	g := (*testgw.Gateway)(nil)
	up := testup.New(t, func(c *testup.Call) {
		awaitInFlight(t, g, callers)
		n.vendor(c)
	})
	g = startWith(t, up, `
gateways: { default: { cache: 1h } }
routes:
  inner: { max_output: 100, override: { temperature: 0 }, steps: [ { use: one/m } ] }
  outer: { steps: [ { split: { inner: 100 } } ] }
`)
	var saved counter
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			a := call(t, g, chat, ask("outer", "hello", false))
			if e := g.Entry(a.id()); a.cache() == "coalesced" && e.Saved.Known && e.Saved.USD > 0 && e.Cost.USD == 0 {
				saved.next()
			}
		})
	}
	wg.Wait()
	if n.count() != 1 || saved.count() < callers/2 {
		t.Errorf("%d calls to the vendor, %d that knew what they saved", n.count(), saved.count())
	}
}

func TestAnswersOfResponsesAreFetchedAnewToo(t *testing.T) {
	var n counter
	up := testup.New(t, func(c *testup.Call) {
		i := n.next()
		c.JSON(200, fmt.Sprintf(`{"id":"resp_%d","object":"response","created_at":1,"status":"completed","model":"m","output":[{"type":"message","id":"msg_%d","status":"completed","role":"assistant","content":[{"type":"output_text","text":"answer %d","annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}`, i, i, i))
	})
	g := testgw.StartWith(t, testgw.Options{Env: map[string]string{"K": vendorKey}, Config: fmt.Sprintf(`
discover: false
providers: { oai: { kind: openai, base_url: "%s/v1", api_key: env:K, models: { m: {} } } }
gateways: { default: { cache: { ttl: 1s, stale_while_revalidate: 1h } } }
`, up.URL)})
	wait(t, func() bool {
		a := call(t, g, "/v1/responses", `{"model":"oai/m","input":"hello","store":false}`)
		return a.StatusCode == 200 && n.count() > 1 && a.cache() != "miss"
	})
}

func TestABodyThatOnlyTheConnectionsEndEndsIsNotKept(t *testing.T) {
	var n counter
	up := testup.New(t, func(c *testup.Call) {
		c.Write(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\nsound %d", n.next()))
	})
	g := start(t, up, "1h")
	for i := range 2 {
		if a := call(t, g, "/v1/audio/speech", `{"model":"one/m","input":"hello","voice":"alloy"}`); a.cache() != "miss" || string(a.body) != fmt.Sprint("sound ", i+1) {
			t.Errorf("%s: %s", a.cache(), a.body)
		}
	}
}
