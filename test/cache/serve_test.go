package cache_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestAnEqualRequestIsAnsweredFromTheCacheForNothing(t *testing.T) {
	var n counter
	up := testup.New(t, n.vendor)
	g := start(t, up, "{ ttl: 5m }")
	first := call(t, g, chat, ask("one/m", "hello", false))
	e := expect(t, g, first, "miss", "answer 1")
	if !e.Cost.Known || e.Cost.USD == 0 {
		t.Fatalf("it cost %v", e.Cost)
	}
	again := call(t, g, chat, `{ "messages":[{"content":"hello","role":"user"}], "model":"one/m", "stream":false }`)
	h := expect(t, g, again, "hit", "answer 1")
	if string(again.body) != string(first.body) || again.Header.Get("age") == "" || again.Header.Get("content-type") != "application/json" {
		t.Errorf("the answer is another: %s, %v", again.body, again.Header)
	}
	if h.Cost.USD != 0 || !h.Cost.Known || h.Saved != e.Cost || len(h.Attempts) != 0 || h.Provider != "one" || h.Model != "m" || h.Usage.InputTokens != e.Usage.InputTokens {
		t.Errorf("cost %v, saved %v of %v, %d attempts, %s/%s, %+v", h.Cost, h.Saved, e.Cost, len(h.Attempts), h.Provider, h.Model, h.Usage)
	}
	if again.Header.Get("sluice-cost-usd") != "0" || again.Header.Get("sluice-attempts") != "0" || again.Header.Get("sluice-provider") != "one" {
		t.Errorf("%v", again.Header)
	}
	expect(t, g, call(t, g, chat, ask("one/m", "hello!", false)), "miss", "answer 2")
	if n.count() != 2 {
		t.Errorf("%d calls", n.count())
	}
}

func TestAStreamAndAWholeAnswerAreOneAnswer(t *testing.T) {
	for _, model := range []string{"one/m", "ant/c"} {
		for _, streamed := range []bool{true, false} {
			for _, path := range []string{chat, "/v1/messages"} {
				var n counter
				g := start(t, testup.New(t, n.vendor), "{ ttl: 5m }")
				body := func(stream bool) string {
					return strings.Replace(ask(model, "hello", stream), "{", `{"max_tokens":50,`, 1)
				}
				expect(t, g, call(t, g, path, body(streamed)), "miss", "answer 1")
				expect(t, g, call(t, g, path, body(!streamed)), "hit", "answer 1")
				same := call(t, g, path, body(streamed))
				expect(t, g, same, "hit", "answer 1")
				if n.count() != 1 {
					t.Errorf("%s by %s, streamed first %v: %d calls", model, path, streamed, n.count())
				}
				if streamed != strings.HasPrefix(same.Header.Get("content-type"), "text/event-stream") {
					t.Errorf("%s by %s, streamed %v: %s", model, path, streamed, same.Header.Get("content-type"))
				}
			}
		}
	}
}

func TestWhoAsksForUsageInAStreamGetsItAndWhoDoesNotDoesNot(t *testing.T) {
	var n counter
	g := start(t, testup.New(t, n.vendor), "{ ttl: 5m }")
	plain := ask("one/m", "hello", true)
	wants := strings.Replace(plain, "{", `{"stream_options":{"include_usage":true},`, 1)
	for i, body := range []string{plain, wants, plain, wants} {
		a := call(t, g, chat, body)
		if has := strings.Contains(string(a.body), `"usage":{`); has != (body == wants) || text(a) != "answer 1" {
			t.Errorf("call %d has usage: %v: %s", i, has, a.body)
		}
	}
	if n.count() != 1 {
		t.Errorf("%d calls", n.count())
	}
}

func TestWhatCallersAskOfTheCacheIsObeyed(t *testing.T) {
	var n counter
	g := start(t, testup.New(t, n.vendor), "{ ttl: 5m }")
	do := func(word, says string, header ...string) {
		t.Helper()
		expect(t, g, call(t, g, chat, ask("one/m", "hello", false), header...), word, says)
	}
	only := call(t, g, chat, ask("one/m", "hello", false), "sluice-cache", "only-if-cached")
	if only.StatusCode != 504 || only.Header.Get("sluice-error") != "not_cached" {
		t.Errorf("%d %s", only.StatusCode, only.body)
	}
	do("bypass", "answer 1", "sluice-cache", "no-store")
	do("miss", "answer 2")
	do("hit", "answer 2")
	do("bypass", "answer 3", "sluice-cache", "no-cache")
	do("hit", "answer 3")
	do("hit", "answer 3", "sluice-cache", "only-if-cached")
	do("hit", "answer 3", "sluice-cache", "max-age=60")
	do("bypass", "answer 4", "sluice-cache", "max-age=0")
	do("miss", "answer 5", "sluice-cache-key", "mine")
	expect(t, g, call(t, g, chat, ask("one/m", "something else", false), "sluice-cache-key", "mine"), "hit", "answer 5")
	for _, bad := range []string{"max-age", "max-age=x", "no-store=1", "often", "only-if-cached, no-cache"} {
		if a := call(t, g, chat, ask("one/m", "hello", false), "sluice-cache", bad); a.StatusCode != 400 || !strings.Contains(string(a.body), "sluice-cache") {
			t.Errorf("%s: %d %s", bad, a.StatusCode, a.body)
		}
	}
}

func TestAGatewayWithoutACacheKeepsNothing(t *testing.T) {
	var n counter
	g := startWith(t, testup.New(t, n.vendor), "")
	expect(t, g, call(t, g, chat, ask("one/m", "hello", false)), "off", "answer 1")
	expect(t, g, call(t, g, chat, ask("one/m", "hello", false), "sluice-cache", "max-age=60"), "off", "answer 2")
	if a := call(t, g, chat, ask("one/m", "hello", false), "sluice-cache", "only-if-cached"); a.StatusCode != 504 {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestRulesRoutesAndModelsSayHowLong(t *testing.T) {
	var n counter
	g := startWith(t, testup.New(t, n.vendor), `
gateways:
  default:
    cache: { rules: [ { when: metadata.live == true, bypass: true }, { when: metadata.kept == true, ttl: 1h } ] }
routes:
  kept: { cache: 10m, steps: [ { use: one/m } ] }
  never: { cache: { bypass: true }, steps: [ { use: one/m } ] }
`)
	twice := func(first, second, model string, header ...string) {
		t.Helper()
		body := ask(model, "to "+model+strings.Join(header, " "), false)
		if a, b := call(t, g, chat, body, header...).cache(), call(t, g, chat, body, header...).cache(); a != first || b != second {
			t.Errorf("%s %v: %s, %s and not %s, %s", model, header, a, b, first, second)
		}
	}
	twice("off", "off", "one/m")
	twice("miss", "hit", "one/m", "sluice-metadata", `{"kept":true}`)
	twice("bypass", "bypass", "one/m", "sluice-metadata", `{"kept":true,"live":true}`)
	twice("miss", "hit", "kept")
	twice("bypass", "bypass", "never")
	twice("miss", "hit", "one/m", "sluice-cache", "max-age=60")
	twice("bypass", "bypass", "never", "sluice-cache", "max-age=60")
}

func TestErrorsAndBrokenAnswersAreNotKept(t *testing.T) {
	for name, script := range map[string]func(*testup.Call){
		"an error":           func(c *testup.Call) { c.JSON(400, `{"error":{"message":"no","type":"invalid_request_error"}}`) },
		"a vendor's failure": func(c *testup.Call) { c.JSON(500, `{"error":{"message":"no"}}`) },
		"200 and an error":   func(c *testup.Call) { c.JSON(200, `{"error":{"message":"no"}}`) },
		"half an answer":     func(c *testup.Call) { c.JSON(200, `{"id":"x","choices":[{"ind`) },
		"half a stream":      func(c *testup.Call) { c.Stream(nil, chatStream("one two three")[:3]...) },
		"a stream that fails": func(c *testup.Call) {
			c.Stream(nil, append(chatStream("one two three")[:3], "data: {\"error\":{\"message\":\"no\"}}\n\n")...)
		},
	} {
		var n counter
		up := testup.New(t, script)
		g := start(t, up, "{ ttl: 5m }")
		stream := strings.Contains(name, "stream")
		call(t, g, chat, ask("one/m", "hello", stream))
		up.Script(n.vendor)
		if a := call(t, g, chat, ask("one/m", "hello", stream)); a.cache() != "miss" || text(a) != "answer 1" {
			t.Errorf("%s was kept: %s %s", name, a.cache(), a.body)
		}
	}
}

func TestAnAnswerOfAFallbackIsKeptUnderTheTargetThatGaveIt(t *testing.T) {
	var n counter
	up := testup.New(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"model":"first"`) && n.count() == 0 {
			c.JSON(500, `{"error":{"message":"no"}}`)
			return
		}
		n.vendor(c)
	})
	g := startWith(t, up, `
gateways: { default: { cache: 5m } }
routes: { r: [ one/first, two/m ] }
`)
	expect(t, g, call(t, g, chat, ask("r", "hello", false)), "miss", "answer 1")
	expect(t, g, call(t, g, chat, ask("two/m", "hello", false)), "hit", "answer 1")
	expect(t, g, call(t, g, chat, ask("r", "hello", false)), "miss", "answer 2")
	expect(t, g, call(t, g, chat, ask("one/first", "hello", false)), "hit", "answer 2")
}

func TestAnOldAnswerServesWhileANewOneIsFetchedOnce(t *testing.T) {
	var n counter
	hold := make(chan struct{})
	up := testup.New(t, n.vendor)
	g := start(t, up, "{ ttl: 1s, stale_while_revalidate: 1h }")
	expect(t, g, call(t, g, chat, ask("one/m", "hello", false)), "miss", "answer 1")
	up.Script(func(c *testup.Call) { <-hold; n.vendor(c) })
	wait(t, func() bool { return call(t, g, chat, ask("one/m", "hello", false)).cache() == "stale" })
	for range 5 {
		expect(t, g, call(t, g, chat, ask("one/m", "hello", false)), "stale", "answer 1")
	}
	close(hold)
	wait(t, func() bool { return text(call(t, g, chat, ask("one/m", "hello", false))) == "answer 2" })
}

func TestAnOldAnswerServesWhereTheVendorFails(t *testing.T) {
	var n counter
	up := testup.New(t, n.vendor)
	g := start(t, up, "{ ttl: 1s, stale_if_error: 1h }")
	expect(t, g, call(t, g, chat, ask("one/m", "hello", false)), "miss", "answer 1")
	up.Script(func(c *testup.Call) { c.JSON(503, `{"error":{"message":"no"}}`) })
	var last *answer
	wait(t, func() bool {
		last = call(t, g, chat, ask("one/m", "hello", false))
		return last.cache() == "stale"
	})
	e := expect(t, g, last, "stale", "answer 1")
	if len(e.Attempts) != 1 || e.Attempts[0].Status != 503 || !e.Saved.Known || e.Cost.USD != 0 {
		t.Errorf("%+v, saved %v, cost %v", e.Attempts, e.Saved, e.Cost)
	}
	if a := call(t, g, chat, ask("one/m", "hello", false), "sluice-cache", "stale-if-error=0"); a.StatusCode < 500 {
		t.Errorf("a caller who wants none got an old answer: %d %s", a.StatusCode, a.cache())
	}
	up.Script(func(c *testup.Call) { c.JSON(400, `{"error":{"message":"bad","type":"invalid_request_error"}}`) })
	if a := call(t, g, chat, ask("one/m", "hello", false)); a.StatusCode != 400 {
		t.Errorf("a caller's own fault is hidden: %d", a.StatusCode)
	}
}

func TestALimitMayLetAnOldAnswerServe(t *testing.T) {
	var n counter
	g := startWith(t, testup.New(t, n.vendor), `
gateways: { default: { cache: 1s, limits: [ { name: few, per: gateway, requests: 1/1h, over: stale } ] } }
`)
	expect(t, g, call(t, g, chat, ask("one/m", "hello", false)), "miss", "answer 1")
	var last *answer
	wait(t, func() bool {
		last = call(t, g, chat, ask("one/m", "hello", false))
		return last.cache() == "stale"
	})
	expect(t, g, last, "stale", "answer 1")
	if a := call(t, g, chat, ask("one/m", "other", false)); a.StatusCode != 429 {
		t.Errorf("without an old answer: %d", a.StatusCode)
	}
}

func TestHitsTakeNothingOfLimitsUnlessTheyCount(t *testing.T) {
	var n counter
	g := startWith(t, testup.New(t, n.vendor), `
gateways:
  default: { cache: 5m, limits: [ { name: few, per: gateway, requests: 2/1h, over: record } ] }
  counted: { cache: 5m, limits: [ { name: few, per: gateway, requests: 2/1h, count_hits: true, over: { queue: { wait: 1ms, max: 1 } } } ] }
`)
	for i := range 6 {
		if a := call(t, g, chat, ask("one/m", "hello", false)); a.StatusCode != 200 {
			t.Errorf("call %d: %d", i, a.StatusCode)
		}
	}
	var codes []int
	for range 4 {
		codes = append(codes, call(t, g, "/gateways/counted"+chat, ask("one/m", "hello", false)).StatusCode)
	}
	if codes[1] != 200 || codes[2] != 429 || codes[3] != 429 {
		t.Errorf("counted: %v", codes)
	}
}

// wait tries until something is so.
func wait(t testing.TB, so func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if so() {
			return
		}
	}
	t.Fatal("it did not come to that")
}
