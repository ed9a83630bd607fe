package cache_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// where is a script for calls of one model; the others are answered as ever.
func (c *counter) where(model string, script func(*testup.Call)) func(*testup.Call) {
	return func(call *testup.Call) {
		if strings.Contains(string(call.Body), `"model":"`+model+`"`) {
			script(call)
			return
		}
		c.vendor(call)
	}
}

func TestAHedgeThatWinsIsKeptUnderItsOwnTarget(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, nil)
	up.Script(h.n.where("slow", func(c *testup.Call) { <-c.Gone() }))
	h.Gateway = startWith(t, up, keeps+"routes: { r: { steps: [ { use: one/slow, hedge: { after: 1ms, to: two/m } } ] } }\n")
	for _, stream := range []bool{false, true} {
		says := fmt.Sprint("answer ", h.n.count()+1)
		name := fmt.Sprint("hedged, stream ", stream)
		if a := h.make(asked{path: chat, body: ask("r", name, stream)}); a.cache() != "miss" || text(a) != says {
			t.Errorf("%s: %d %s %s", name, a.StatusCode, a.cache(), a.body)
		}
		if a := h.make(asked{path: chat, body: ask("two/m", name, !stream)}); a.cache() != "hit" || text(a) != says {
			t.Errorf("%s, of the target that won: %d %s %s", name, a.StatusCode, a.cache(), a.body)
		}
		if a := h.make(asked{path: chat, body: ask("one/slow", name, stream), header: []string{"sluice-cache", "only-if-cached"}}); a.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("%s, of the target that lost: %d %s", name, a.StatusCode, a.body)
		}
	}
}

func TestAShadowKeepsNothingAndAHitHasNone(t *testing.T) {
	h := &hold{t: t}
	var copies counter
	up := testup.New(t, nil)
	up.Script(h.n.where("copy", func(c *testup.Call) { copies.vendor(c) }))
	h.Gateway = startWith(t, up, keeps+"routes: { r: { steps: [ { use: one/m, shadow: two/copy } ] } }\n")
	h.brings("with a shadow", asked{path: chat, body: ask("r", "hello", false)})
	wait(t, func() bool { return copies.count() == 1 })
	wait(t, func() bool { return len(h.entriesOf("copy")) == 1 })
	if a := h.make(asked{path: chat, body: ask("two/copy", "hello", false), header: []string{"sluice-cache", "only-if-cached"}}); a.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("the copy's answer was kept: %d %s", a.StatusCode, a.body)
	}
}

func TestAShadowThatEndsFirstCutsNobodysAnswer(t *testing.T) {
	h := &hold{t: t}
	shadowed := make(chan struct{})
	done := sync.OnceFunc(func() { close(shadowed) })
	up := testup.New(t, nil)
	up.Script(func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"model":"copy"`) {
			c.Stream(nil, chatStream("the shadow's words")...)
			done()
			return
		}
		h.n.next()
		c.Stream(func(i int) {
			if i == 3 {
				<-shadowed
				wait(t, func() bool { return len(h.entriesOf("copy")) == 1 })
			}
		}, chatStream("one two three four")...)
	})
	h.Gateway = startWith(t, up, keeps+"routes: { r: { steps: [ { use: one/m, shadow: two/copy } ] } }\n")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if a := h.make(asked{path: chat, body: ask("r", "hello", i < 2)}); a.StatusCode != 200 || text(a) != "one two three four" || a.err != nil {
				t.Errorf("%d %s %v %s", a.StatusCode, a.cache(), a.err, a.body)
			}
		})
	}
	wg.Wait()
	if h.n.count() != 1 {
		t.Errorf("%d calls", h.n.count())
	}
}

// entriesOf gives the ids of the entries of a model.
func (h *hold) entriesOf(model string) (ids []string) {
	var list struct{ Data []struct{ ID string } }
	h.AdminGet("/api/v1/entries?model="+model, &list)
	for _, e := range list.Data {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestWhatTwoModelsSaidTogetherIsNotKept(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, nil)
	up.Script(h.n.where("breaks", func(c *testup.Call) { c.Stream(nil, chatStream("one two three")[:3]...) }))
	h.Gateway = startWith(t, up, keeps+"routes: { r: { steps: [ { use: one/breaks, continue_on: two/m } ] } }\n")
	for range 2 {
		if a := h.make(asked{path: chat, body: ask("r", "hello", true)}); a.StatusCode != 200 || a.cache() == "hit" || !strings.Contains(text(a), "answer") {
			t.Errorf("%d %s %s", a.StatusCode, a.cache(), a.body)
		}
	}
}

func TestAStreamThatCanBeResumedIsKeptAndServed(t *testing.T) {
	h := holdWith(t, "gateways: { default: { cache: { ttl: 5m }, controls: [resume, cache] } }\n")
	a := asked{path: chat, body: ask("one/m", "hello", true), header: []string{"sluice-resume", "on"}}
	h.brings("resumable", a)
	h.finds("without", asked{path: chat, body: a.body}, "answer 1")
	got := h.make(a)
	r := h.Request("GET", "/v1/streams/"+got.id()+"?from=0", nil)
	if resp, b := h.Do(r); resp.StatusCode == 200 && string(b) != string(got.body) {
		t.Errorf("the rest is another answer: %s", b)
	}
}

func TestRegionsHoldForWhatIsKeptToo(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, h.n.vendor)
	h.Gateway = startWith(t, up, "  far: { kind: openai-compatible, base_url: \""+up.URL+"/v1\", api_key: env:K, region: us, retries: { max: 0 } }\n"+
		"gateways: { default: { cache: { ttl: 5m, scope: gateway } } }\n")
	h.brings("anywhere", asked{path: chat, body: ask("far/m", "hello", false)})
	eu := h.key(`{"name":"eu","regions":["eu"]}`)
	if a := h.make(asked{chat, ask("far/m", "hello", false), eu}); a.StatusCode == 200 {
		t.Errorf("a key for Europe got what America answered: %s %s", a.cache(), a.body)
	}
}

func TestCallersWithAccountsOfTheirOwnShareNothing(t *testing.T) {
	h := holdWith(t, "gateways: { default: { cache: { ttl: 5m, scope: gateway }, credentials: caller } }\n")
	by := func(credential string) asked {
		return chatWith("", "sluice-key", "sk-sluice-test-0123456789abcdef", "Authorization", "Bearer "+credential)
	}
	h.brings("one account", by("vendor-account-1"))
	h.brings("another account", by("vendor-account-2"))
	h.finds("the one again", by("vendor-account-1"), "answer 1")
}

func TestTheUniversalEndpointKeepsWhatItsStepsBring(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, nil)
	fail := h.n.where("bad", func(c *testup.Call) { c.JSON(500, `{"error":{"message":"no"}}`) })
	up.Script(fail)
	h.Gateway = startWith(t, up, "  openai: { kind: openai, base_url: \""+up.URL+"/v1\", api_key: env:K, speaks: [chat], retries: { max: 0 } }\n"+keeps)
	step := func(model string) string {
		return `{"provider":"openai","endpoint":"chat/completions","query":{"model":"` + model + `","messages":[{"role":"user","content":"hello"}]}}`
	}
	both := asked{path: "/v1/account/default", body: "[" + step("bad") + "," + step("good") + "]"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if a := h.make(both); a.StatusCode != 200 || text(a) != "answer 1" {
				t.Errorf("%d %s %s", a.StatusCode, a.cache(), a.body)
			}
		})
	}
	wg.Wait()
	for name, want := range map[string]string{"": "HIT", "cf-aig-skip-cache": "MISS"} {
		a := both
		if name != "" {
			a.header = []string{name, "true"}
		}
		if got := h.make(a); got.StatusCode != 200 || got.Header.Get("cf-aig-cache-status") != want || got.Header.Get("cf-aig-step") != "1" {
			t.Errorf("%q: %d %v %s", name, got.StatusCode, got.Header, got.body)
		}
	}
	for _, stream := range []bool{true, false} {
		broken := asked{path: both.path, body: "[" + step("bad") + "]"}
		if stream {
			broken.body = strings.ReplaceAll(broken.body, `"model"`, `"stream":true,"model"`)
		}
		if a := h.make(broken); a.StatusCode < 500 {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
		if a := h.make(broken); a.StatusCode < 500 || a.cache() == "hit" {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
	}
}

func TestCloudflaresWordsForTheCacheAreUnderstood(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, h.n.vendor)
	h.Gateway = startWith(t, up, "  openai: { kind: openai, base_url: \""+up.URL+"/v1\", api_key: env:K, speaks: [chat], retries: { max: 0 } }\ngateways: { default: { cache: {} } }\n")
	path := "/v1/account/default/openai/chat/completions"
	do := func(text, status string, header ...string) {
		t.Helper()
		a := h.make(asked{path, ask("m", text, false), header})
		if a.StatusCode != 200 || a.Header.Get("cf-aig-cache-status") != status {
			t.Errorf("%s %v: %d %s %s", text, header, a.StatusCode, a.Header.Get("cf-aig-cache-status"), a.body)
		}
	}
	do("a", "MISS")
	do("a", "MISS")
	do("a", "MISS", "cf-aig-cache-ttl", "60")
	do("a", "HIT", "cf-aig-cache-ttl", "60")
	do("a", "MISS", "cf-aig-cache-ttl", "60", "cf-aig-skip-cache", "true")
	do("b", "MISS", "cf-aig-cache-ttl", "60", "cf-aig-cache-key", "mine")
	do("c", "HIT", "cf-aig-cache-ttl", "60", "cf-aig-cache-key", "mine")
}

func TestACallerOfHTTP2GetsHitsAndStreams(t *testing.T) {
	h := holdWith(t, keeps)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	for i, word := range []string{"miss", "hit", "hit"} {
		resp, err := transport.RoundTrip(h.Request("POST", chat, []byte(ask("one/m", "hello", i != 1))))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		a := &answer{Response: resp, body: b}
		if err != nil || resp.ProtoMajor != 2 || a.cache() != word || text(a) != "answer 1" {
			t.Errorf("%s: HTTP/%d %s %v %s", word, resp.ProtoMajor, a.cache(), err, b)
		}
	}
}

func TestAReplayAtItsOwnPaceTakesItsTime(t *testing.T) {
	h := &hold{t: t}
	h.Gateway = startWith(t, testup.New(t, func(c *testup.Call) {
		h.n.next()
		c.Stream(func(i int) {
			if i > 0 {
				<-time.After(150 * time.Millisecond)
			}
		}, chatStream("one two three")...)
	}), keeps)
	a := asked{path: chat, body: ask("one/m", "hello", true)}
	first := h.make(a)
	began := time.Now()
	a.header = []string{"sluice-cache", "paced"}
	paced := h.make(a)
	if took := time.Since(began); took < 250*time.Millisecond || paced.cache() != "hit" || string(paced.body) != string(first.body) {
		t.Errorf("after %v: %d %s %s", took, paced.StatusCode, paced.cache(), paced.body)
	}
	a.body = ask("one/m", "hello", false)
	if whole := h.make(a); whole.cache() != "hit" || text(whole) != "one two three" {
		t.Errorf("a whole answer, paced: %s %s", whole.cache(), whole.body)
	}
}

func TestDirectivesThatMakeNoSenseAreRefused(t *testing.T) {
	h := holdWith(t, keeps)
	for _, v := range []string{"", ",", "no-store,,no-cache", "max-age=-1", "max-age=1.5", "max-age=99999999999999999999", `max-age="5"`, "max-age=", "NO-STORE", "private", "no-store; max-age=1", strings.Repeat("no-store,", 1000) + "x", "max-age=1, max-age", "only-if-cached=1"} {
		if a := h.make(chatWith("", "sluice-cache", v)); a.StatusCode != 400 || !strings.Contains(string(a.body), "sluice-cache") {
			t.Errorf("%.40q: %d %.200s", v, a.StatusCode, a.body)
		}
	}
	for _, v := range []string{"", strings.Repeat("k", 513)} {
		if a := h.make(chatWith("", "sluice-cache-key", v)); a.StatusCode != 400 {
			t.Errorf("a key of %d bytes: %d", len(v), a.StatusCode)
		}
	}
	if h.n.count() != 0 {
		t.Errorf("%d calls", h.n.count())
	}
}

func TestASlowReaderOfAHitHoldsNobodyUp(t *testing.T) {
	big := strings.Repeat("word ", 400_000)
	h := &hold{t: t}
	h.Gateway = startWith(t, testup.New(t, func(c *testup.Call) { h.n.next(); c.Stream(nil, pieces(big)...) }), "gateways: { default: { cache: { ttl: 5m, max_entry: 64MiB } } }\n")
	a := asked{path: chat, body: ask("one/m", "hello", true)}
	h.make(a)
	wait(t, func() bool { return h.make(a).cache() == "hit" })
	slow, err := http.DefaultTransport.RoundTrip(h.Request("POST", chat, []byte(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Body.Close()
	for range 3 {
		if got := h.make(a); got.cache() != "hit" || text(got) != big {
			t.Errorf("%d %s, %d bytes", got.StatusCode, got.cache(), len(got.body))
		}
	}
	b, err := io.ReadAll(slow.Body)
	if got := text(&answer{Response: slow, body: b}); err != nil || got != big {
		t.Errorf("the slow reader got %d bytes, %v", len(got), err)
	}
}

func TestWhatWasAskedBeforeAPurgeIsNotKeptBehindIt(t *testing.T) {
	h := &hold{t: t}
	hold, asking := make(chan struct{}), make(chan struct{}, 9)
	up := testup.New(t, func(c *testup.Call) {
		asking <- struct{}{}
		<-hold
		h.n.vendor(c)
	})
	h.Gateway = startWith(t, up, keeps)
	for _, stream := range []bool{false, true} {
		hold = make(chan struct{})
		a := asked{path: chat, body: ask("one/m", fmt.Sprint("hello ", stream), stream)}
		var wg sync.WaitGroup
		wg.Go(func() { h.make(a) })
		<-asking
		if status := h.AdminPost("/api/v1/cache/purge", `{"model":"one/m"}`, nil); status != 200 {
			t.Fatal(status)
		}
		close(hold)
		wg.Wait()
		a.header = []string{"sluice-cache", "only-if-cached"}
		if got := h.make(a); got.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("stream %v: %d %s %s", stream, got.StatusCode, got.cache(), got.body)
		}
	}
}
