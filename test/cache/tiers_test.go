package cache_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// again stops a gateway and starts it on what it left, after something was done to that.
func (h *hold) again(between func(dir string)) {
	h.t.Helper()
	if err := h.Stop(); err != nil {
		h.t.Fatal(err)
	}
	if between != nil {
		between(h.Dir)
	}
	h.Gateway = testgw.StartWith(h.t, testgw.Options{Dir: h.Dir, Env: map[string]string{"K": vendorKey}})
}

func TestAnswersOnDiskOutliveARestartAndDamagedOnesAreMisses(t *testing.T) {
	h := everywhere(t, "cache: { disk: 16MiB }\n"+keeps)
	calls := []asked{{path: chat, body: ask("one/m", "hello", false)}, {path: chat, body: ask("one/m", "hello, as a stream", true)}, multipart("b", "sound")}
	var first []*answer
	for _, a := range calls {
		first = append(first, h.make(a))
	}
	h.again(nil)
	for i, a := range calls {
		got := h.make(a)
		if got.cache() != "hit" || string(got.body) != string(first[i].body) {
			t.Errorf("after a restart, call %d: %d %s %s", i, got.StatusCode, got.cache(), got.body)
		}
	}
	h.again(func(dir string) {
		for _, file := range []string{"cache.db", "cache.db-wal", "cache.db-shm"} {
			path := filepath.Join(dir, file)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	for i, a := range calls {
		if got := h.make(a); got.StatusCode != http.StatusOK || got.cache() != "miss" {
			t.Errorf("of a damaged file, call %d: %d %s", i, got.StatusCode, got.cache())
		}
	}
	h.again(nil)
	for i, a := range calls {
		if got := h.make(a); got.StatusCode != http.StatusOK || got.cache() != "hit" {
			t.Errorf("of the file in its place, call %d: %d %s", i, got.StatusCode, got.cache())
		}
	}
}

func TestTenThousandAnswersStayWithinASmallMemory(t *testing.T) {
	const calls, each = 20, 500
	h := &hold{t: t}
	up := testup.New(t, func(c *testup.Call) {
		h.n.next()
		data := make([]string, each)
		for i := range data {
			data[i] = fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":[0.25,-0.5,0.75]}`, i)
		}
		c.JSON(200, `{"object":"list","data":[`+strings.Join(data, ",")+`],"model":"m","usage":{"prompt_tokens":500,"total_tokens":500}}`)
	})
	h.Gateway = startWith(t, up, "cache: { memory: 1MiB }\n"+keeps)
	for call := range calls {
		texts := make([]string, each)
		for i := range texts {
			texts[i] = fmt.Sprintf(`"text %d of %d"`, i, call)
		}
		if a := h.make(asked{path: "/v1/embeddings", body: `{"model":"one/m","input":[` + strings.Join(texts, ",") + `]}`}); a.StatusCode != 200 || a.cache() != "miss" {
			t.Fatalf("%d %s %.200s", a.StatusCode, a.cache(), a.body)
		}
	}
	var o admin.CacheOverview
	h.AdminGet("/api/v1/cache", &o)
	m := o.Tiers[0]
	if m.Bytes == nil || m.Answers == nil || *m.Bytes > 1<<20 || *m.Bytes < 1<<18 || *m.Answers < 100 || *m.Answers > calls*each/2 {
		t.Errorf("memory: %+v", m)
	}
}

func TestAnAnswerLargerThanTheBoundIsRelayedAndNotKept(t *testing.T) {
	h := &hold{t: t}
	big := strings.Repeat("much ", 2000)
	h.Gateway = startWith(t, testup.New(t, func(c *testup.Call) {
		h.n.next()
		if strings.Contains(string(c.Body), `"stream":true`) {
			c.Stream(nil, chatStream(big)...)
			return
		}
		c.JSON(200, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"`+big+`"},"finish_reason":"stop"}]}`)
	}), "gateways: { default: { cache: { ttl: 5m, max_entry: 4KiB } } }\n")
	for _, stream := range []bool{false, true} {
		for range 2 {
			a := h.make(asked{path: chat, body: ask("one/m", fmt.Sprint(stream), stream)})
			if a.StatusCode != 200 || a.cache() != "miss" || text(a) != big {
				t.Errorf("stream %v: %d %s, %d bytes", stream, a.StatusCode, a.cache(), len(a.body))
			}
		}
	}
	if h.n.count() != 4 {
		t.Errorf("%d calls", h.n.count())
	}
}

func TestAnAnswerThatIsKeptCanBeLookedAtByTheKeyThatItsHeadNames(t *testing.T) {
	h := everywhere(t, keeps)
	a := h.make(asked{path: chat, body: ask("one/m", "hello", false)})
	key := a.Header.Get("sluice-cache-key")
	if hit := h.make(asked{path: chat, body: ask("one/m", "hello", true)}); hit.Header.Get("sluice-cache-key") != key || len(key) != 64 {
		t.Fatalf("the keys are %q and %q", key, hit.Header.Get("sluice-cache-key"))
	}
	var c admin.Cached
	if status := h.AdminGet("/api/v1/cache/entries/"+key+"?body=true", &c); status != 200 || c.Entry != a.id() || c.Workspace != "default" || c.Model != "m" || !c.Fresh || c.Tier != "memory" || c.Body == nil || !strings.Contains(c.Body.Content, "answer 1") {
		t.Errorf("%d %+v", status, c)
	}
	if status := h.AdminPost("/api/v1/cache/purge", `{"key":"`+key+`"}`, nil); status != 200 {
		t.Errorf("%d", status)
	}
	if status := h.AdminGet("/api/v1/cache/entries/"+key, &struct{}{}); status != 404 {
		t.Errorf("after the purge: %d", status)
	}
}

func TestACallNamesTheAnswerInTheCacheThatItBroughtOrGot(t *testing.T) {
	h := everywhere(t, keeps)
	looked := func(e gateway.Entry) (c admin.Cached, status int) {
		status = h.AdminGet("/api/v1/cache/entries/"+e.CacheKey, &c)
		return c, status
	}
	brought := h.make(asked{path: chat, body: ask("one/m", "hello", false)})
	hit := h.make(asked{path: chat, body: ask("one/m", "hello", false)})
	for _, a := range []*answer{brought, hit} {
		e := h.Entry(a.id())
		if c, status := looked(e); status != 200 || c.Entry != brought.id() || e.CacheKey != a.Header.Get("sluice-cache-key") {
			t.Errorf("%s: by %q %d %+v", e.Cache, e.CacheKey, status, c)
		}
	}
	var page struct{ Data []gateway.Entry }
	wait(t, func() bool {
		h.AdminGet("/api/v1/entries?cache_key="+h.Entry(hit.id()).CacheKey, &page)
		return len(page.Data) == 2
	})
	several := h.make(asked{path: "/v1/embeddings", body: `{"model":"one/m","input":["a","b"]}`})
	if e := h.Entry(several.id()); e.CacheKey != "" {
		t.Errorf("texts that are kept one by one have the key %q", e.CacheKey)
	}
}

func TestWhatAFallbackAnsweredIsNamedByTheKeyUnderWhichItIsKept(t *testing.T) {
	h := &hold{t: t}
	h.Gateway = startWith(t, testup.New(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"model":"first"`) {
			c.JSON(500, `{"error":{"message":"no"}}`)
			return
		}
		h.n.vendor(c)
	}), keeps+"routes: { r: [ one/first, two/m ] }\n")
	a := h.make(asked{path: chat, body: ask("r", "hello", false)})
	e := h.Entry(a.id())
	var c admin.Cached
	if status := h.AdminGet("/api/v1/cache/entries/"+e.CacheKey, &c); status != 200 || c.Entry != a.id() || e.CacheKey == a.Header.Get("sluice-cache-key") {
		t.Errorf("by %q %d %+v; the head names %q", e.CacheKey, status, c, a.Header.Get("sluice-cache-key"))
	}
}

func TestACallOfWhichNothingIsKeptHasNoDigestOfWhatWasSaid(t *testing.T) {
	h := everywhere(t, "gateways: { default: { log: { bodies: none }, cache: { ttl: 5m } } }\n")
	a := h.make(asked{path: chat, body: ask("one/m", "hello", false)})
	if e := h.Entry(a.id()); e.CacheKey != "" || a.Header.Get("sluice-cache-key") == "" {
		t.Errorf("%q", e.CacheKey)
	}
}

func TestFiguresByTagAndAgeAreTheSumsOfTheEntries(t *testing.T) {
	h := everywhere(t, "gateways: { default: { cache: { ttl: 3s, tags: [ docs, metadata.team ] } } }\n")
	team := func(name string) []string { return []string{"sluice-metadata", `{"team":"` + name + `"}`} }
	first := h.make(asked{chat, ask("one/m", "hello", false), team("a")})
	hit := h.make(asked{chat, ask("one/m", "hello", false), team("a")})
	var late *answer
	wait(t, func() bool {
		late = h.make(asked{chat, ask("one/m", "hello", false), append(team("a"), "sluice-cache", "only-if-cached")})
		return late.StatusCode == 504
	})
	again := h.make(asked{chat, ask("one/m", "hello", false), team("b")})
	for i, c := range []struct {
		a    *answer
		word string
		tags []string
		old  bool
	}{{first, "miss", []string{"docs", "a"}, false}, {hit, "hit", []string{"docs", "a"}, true}, {late, "miss", []string{"docs", "a"}, true}, {again, "miss", []string{"docs", "b"}, true}} {
		e := h.Entry(c.a.id())
		if e.Cache != c.word || !slices.Equal(e.CacheTags, c.tags) || e.CacheAgeMS.Known != c.old {
			t.Errorf("%d: %s %v %v", i, e.Cache, e.CacheTags, e.CacheAgeMS)
		}
	}
	if e := h.Entry(again.id()); e.CacheAgeMS.N < 3000 {
		t.Errorf("what is past its time was %d ms old", e.CacheAgeMS.N)
	}
	var r struct {
		Data []struct {
			By   map[string]string
			Hits int64
		}
	}
	if status := h.AdminGet("/api/v1/cache/report?by=tag,age&tag=docs", &r); status != 200 {
		t.Fatal(status)
	}
	hits := map[string]int64{}
	for _, row := range r.Data {
		hits[row.By["tag"]+" "+row.By["age"]] += row.Hits
	}
	if hits["docs 1m"] == 0 || hits["a 1m"] != hits["docs 1m"] || hits["b 1m"] != 0 {
		t.Errorf("%v", hits)
	}
}

func TestFiguresAreTheSumsOfTheEntries(t *testing.T) {
	h := everywhere(t, keeps+"routes: { r: [ one/m ] }\n")
	second := h.key(`{"name":"second"}`)
	var calls []*answer
	for i, model := range []string{"one/m", "r", "one/m", "r", "ant/c", "one/m"} {
		var header []string
		if i%2 == 1 {
			header = second
		}
		calls = append(calls, h.make(asked{chat, ask(model, "hello", false), header}))
		calls = append(calls, h.make(asked{chat, ask(model, "hello", false), append([]string{"sluice-cache", "no-store"}, header...)}))
	}
	type sums struct {
		calls, hits, misses, bypassed int64
		saved                         float64
	}
	want := map[string]map[string]*sums{}
	for _, a := range calls {
		e := h.Entry(a.id())
		for by, value := range map[string]string{"gateway": e.Gateway, "model": e.Model, "key": e.KeyID, "workspace": e.Workspace, "route": e.Route, "provider": e.Provider} {
			if want[by] == nil {
				want[by] = map[string]*sums{}
			}
			if want[by][value] == nil {
				want[by][value] = &sums{}
			}
			s := want[by][value]
			s.calls++
			s.saved += float64(e.Saved.USD)
			switch e.Cache {
			case "hit":
				s.hits++
			case "miss":
				s.misses++
			case "bypass":
				s.bypassed++
			}
		}
	}
	for by, values := range want {
		wait(t, func() bool {
			var r admin.CacheReport
			h.AdminGet("/api/v1/cache/report?by="+by, &r)
			n := int64(0)
			for _, row := range r.Data {
				n += row.Calls
			}
			if n < int64(len(calls)) {
				return false
			}
			for _, row := range r.Data {
				s := values[row.By[by]]
				if s == nil || row.Calls != s.calls || row.Hits != s.hits || row.Misses != s.misses || row.Bypassed != s.bypassed || float64(row.Saved)-s.saved > 1e-9 || s.saved-float64(row.Saved) > 1e-9 {
					t.Errorf("by %s: %+v and not %+v", by, row, s)
				}
			}
			return len(r.Data) == len(values) || t.Failed()
		})
	}
}
