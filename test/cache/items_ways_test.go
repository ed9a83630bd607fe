package cache_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// ab is a list of which all is kept, and what the vendor says to it.
var (
	ab     = list("", `"a"`, `"b"`)
	saysAB = openaiAnswer("m", false, []string{`"a"`, `"b"`})
)

// aged waits until a list is answered as a word says.
func aged(t *testing.T, g *testgw.Gateway, word string, header ...string) (a *answer) {
	t.Helper()
	wait(t, func() bool {
		a = call(t, g, embeds, ab, header...)
		return a.cache() == word || a.StatusCode != http.StatusOK
	})
	return a
}

func TestAListPastItsTimeServesWhileItIsFetchedAnewOnce(t *testing.T) {
	e := &embedder{}
	hold := make(chan struct{})
	up := testup.New(t, e.answer)
	g := embeddingsOf(t, up, e, "gateways: { default: { cache: { ttl: 2s, stale_while_revalidate: 1h } } }\n")
	call(t, g, embeds, ab)
	e.asked()
	up.Script(func(c *testup.Call) { <-hold; e.answer(c) })
	stale := aged(t, g, "stale")
	vectors(t, stale, "stale", saysAB)
	for range 3 {
		vectors(t, call(t, g, embeds, ab), "stale", saysAB)
	}
	close(hold)
	vectors(t, aged(t, g, "hit"), "hit", saysAB)
	if asked := e.asked(); asked != `"a" "b"` {
		t.Errorf("it asked for %s", asked)
	}
	entry := g.Entry(stale.id())
	if entry.Cache != "stale" || entry.Cost.USD != 0 || entry.Saved.USD == 0 || entry.CacheAgeMS.N < 2000 {
		t.Errorf("%s, cost %v, saved %v, %v ms old", entry.Cache, entry.Cost, entry.Saved, entry.CacheAgeMS)
	}
	var refreshes struct {
		Data []struct{ Metadata map[string]string }
	}
	wait(t, func() bool {
		g.AdminGet("/api/v1/entries?cache=miss&operation=embeddings", &refreshes)
		return len(refreshes.Data) == 2 && refreshes.Data[0].Metadata["refresh_of"] == stale.id()
	})
}

func TestOnlyWhatIsPastItsTimeOfAListIsFetchedAnew(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, "gateways: { default: { cache: { ttl: 2s, stale_while_revalidate: 1h } } }\n")
	call(t, g, embeds, list("", `"a"`))
	aged := func() *answer { return call(t, g, embeds, list("", `"a"`), "sluice-cache", "only-if-cached") }
	wait(t, func() bool { return aged().StatusCode == http.StatusGatewayTimeout })
	call(t, g, embeds, list("", `"b"`))
	e.asked()
	vectors(t, call(t, g, embeds, ab), "stale", saysAB)
	wait(t, func() bool { return aged().StatusCode == http.StatusOK })
	if asked := e.asked(); asked != `"a"` {
		t.Errorf("it asked for %s", asked)
	}
}

func TestAListPastItsTimeServesWhereTheVendorFails(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, "gateways: { default: { cache: { ttl: 1s, stale_if_error: 1h } } }\n")
	call(t, g, embeds, ab)
	e.set(500, "m")
	vectors(t, aged(t, g, "stale"), "stale", saysAB)
	if a := call(t, g, embeds, ab, "sluice-cache", "stale-if-error=0"); a.StatusCode < 500 {
		t.Errorf("who wants none past its time gets %d %s", a.StatusCode, a.body)
	}
	if a := call(t, g, embeds, list("", `"a"`, `"c"`)); a.StatusCode < 500 {
		t.Errorf("a list of which something was never said: %d %s", a.StatusCode, a.body)
	}
	e.set(0, "m")
	vectors(t, call(t, g, embeds, ab), "miss", saysAB)
}

func TestAListPastItsTimeServesWhereALimitHasNoRoom(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, "gateways: { default: { cache: { ttl: 1s }, limits: [ { per: key, requests: 1/1h, over: stale } ] } }\n")
	call(t, g, embeds, ab)
	vectors(t, aged(t, g, "stale"), "stale", saysAB)
	if a := call(t, g, embeds, list("", `"c"`, `"d"`)); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("what was never said: %d %s", a.StatusCode, a.body)
	}
}

func TestAHedgeOfAListIsAskedForAllOfItAndTheFirstTargetForAPart(t *testing.T) {
	for _, wins := range []string{"m", "n"} {
		t.Run("the winner is "+wins, func(t *testing.T) {
			e := &embedder{}
			up := testup.New(t, e.answer)
			hedge := "{ after: 1ms, to: one/n }"
			if wins == "m" {
				hedge = "{ after: 30s, to: one/n }"
			}
			g := embeddingsOf(t, up, e, keeps+"routes: { r: { steps: [ { use: one/m, hedge: "+hedge+" } ] } }\n")
			ask := func(texts string) *answer { return call(t, g, embeds, `{"model":"r","input":[`+texts+`]}`) }
			call(t, g, embeds, `{"model":"one/m","input":["a"]}`)
			e.asked()
			up.Script(func(c *testup.Call) {
				if wins == "n" && strings.Contains(string(c.Body), `"model":"m"`) {
					<-c.Gone()
					return
				}
				e.answer(c)
			})
			a := ask(`"a","b"`)
			vectors(t, a, "miss", saysAB)
			want := map[string]string{"m": `"b"`, "n": `"a" "b"`}[wins]
			if asked := e.asked(); asked != want || a.Header.Get("sluice-model") != wins {
				t.Errorf("%s was asked for %s and not %s", a.Header.Get("sluice-model"), asked, want)
			}
			if entry := g.Entry(a.id()); (entry.Saved.USD != 0) != (wins == "m") {
				t.Errorf("it saved %v", entry.Saved)
			}
			up.Script(e.answer)
			if ask(`"b","a"`); (e.asked() == "") != (wins == "m") { // another model's vectors are not the first one's
				t.Errorf("after %s", wins)
			}
			if a := call(t, g, embeds, `{"model":"one/n","input":["b","a"]}`, "sluice-cache", "only-if-cached"); (a.StatusCode == http.StatusOK) != (wins == "n") {
				t.Errorf("of n: %d %s", a.StatusCode, a.body)
			}
		})
	}
}

func TestAdviceHearsOfEachThingOfAListAndOfWhatIsPastItsTime(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, "gateways: { default: { cache: { ttl: 1s } } }\n")
	texts := func(format string, from, to int) (out []string) {
		for i := from; i < to; i++ {
			out = append(out, fmt.Sprintf(format, i))
		}
		return out
	}
	advised := func() map[string]float64 {
		var o struct {
			Advice []struct {
				Kind  string
				Share float64
			}
		}
		g.AdminGet("/api/v1/cache", &o)
		out := map[string]float64{}
		for _, a := range o.Advice {
			out[a.Kind] = a.Share
		}
		return out
	}
	call(t, g, embeds, list("", texts(`"text %d"`, 0, 40)...))
	call(t, g, embeds, list("", texts(`"text  %d "`, 0, 40)...)) // other white space
	wait(t, func() bool { return advised()["form"] >= 0.4 })     // of the misses
	call(t, g, embeds, list("", `"z"`))
	wait(t, func() bool {
		return call(t, g, embeds, list("", `"z"`), "sluice-cache", "only-if-cached").StatusCode != http.StatusOK
	})
	call(t, g, embeds, list("", texts(`"text %d"`, 0, 40)...))
	if share := advised()["ttl"]; share < 0.3 {
		t.Errorf("%v of the misses were past their time: %v", share, advised())
	}
}
