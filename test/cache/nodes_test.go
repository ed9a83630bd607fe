package cache_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-gateway/sluice/internal/store/storetest"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testredis"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// nodes are two gateways with one vendor, one Redis, and one store.
type nodes struct {
	t      *testing.T
	config string
	a, b   *hold
	redis  *testredis.Server
	up     *testup.Upstream
	n      *counter
}

func twoNodes(t *testing.T, more string) *nodes {
	t.Helper()
	w := &nodes{t: t, redis: testredis.Start(t, false), n: &counter{}}
	w.up = testup.New(t, w.n.all)
	db := filepath.Join(t.TempDir(), "all.db")
	storetest.Seed(t, db)
	w.config = fmt.Sprintf(everything, w.up.URL) + fmt.Sprintf("storage: { url: %q }\nshared: { url: %q, timeout: 5s }\n", "sqlite:"+db, w.redis.URL()) + more
	w.a, w.b = w.node(t.TempDir()), w.node(t.TempDir())
	return w
}

// node starts one of them.
func (w *nodes) node(dir string) *hold {
	return &hold{t: w.t, Gateway: testgw.StartWith(w.t, testgw.Options{Config: w.config, Dir: dir, Env: map[string]string{"K": vendorKey}})}
}

// says gives what a call brings and by which way.
func (w *nodes) says(h *hold, a asked) string {
	got := h.make(a)
	return fmt.Sprint(got.StatusCode, " ", got.cache(), " ", text(got))
}

func TestWhatOneNodeHasAllHave(t *testing.T) {
	w := twoNodes(t, keeps)
	for i, a := range []asked{{path: chat, body: ask("one/m", "hello", false)}, {path: chat, body: ask("one/m", "hello, as a stream", true)}} {
		first := w.a.make(a)
		if first.cache() != "miss" {
			t.Fatalf("%d %s", first.StatusCode, first.cache())
		}
		wait(t, func() bool { return w.kept() > i })
		second := w.b.make(a)
		if second.cache() != "hit" || string(second.body) != string(first.body) {
			t.Errorf("the other node: %d %s %s", second.StatusCode, second.cache(), second.body)
		}
		e, f := w.a.Entry(first.id()), w.b.Entry(second.id())
		if f.Saved != e.Cost || f.Cost.USD != 0 {
			t.Errorf("it cost %v and saved %v", e.Cost, f.Saved)
		}
	}
	if w.n.count() != 2 {
		t.Errorf("%d calls", w.n.count())
	}
}

// kept counts the answers that Redis has.
func (w *nodes) kept() (n int) {
	for range w.keys() {
		n++
	}
	return n
}

func (w *nodes) client() *redis.Client { return redis.NewClient(&redis.Options{Addr: w.redis.Addr()}) }

func (w *nodes) keys() []string {
	c := w.client()
	defer c.Close()
	keys, err := c.Keys(w.a.t.Context(), "*cache:*").Result()
	if err != nil {
		return nil
	}
	return keys
}

func TestForeignBytesUnderAKeyAreAMiss(t *testing.T) {
	w := twoNodes(t, keeps)
	a := asked{path: chat, body: ask("one/m", "hello", false)}
	w.a.make(a)
	wait(t, func() bool { return w.kept() == 1 })
	c := w.client()
	defer c.Close()
	key := w.keys()[0]
	real, err := c.Get(t.Context(), key).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Set(t.Context(), key, "<html>somebody else's</html>", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if got := w.says(w.b, a); got != "200 miss answer 2" {
		t.Errorf("foreign bytes: %s", got)
	}
	other := asked{path: chat, body: ask("one/m", "other", false)}
	w.a.make(other)
	wait(t, func() bool { return w.kept() == 2 })
	for _, k := range w.keys() {
		if k != key { // an answer that belongs under another key
			if err := c.Set(t.Context(), k, real, time.Hour).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := w.says(w.b, other); got != "200 miss answer 4" {
		t.Errorf("another key's answer: %s", got)
	}
}

func TestARedisThatStopsAndComesBackFailsNoCall(t *testing.T) {
	w := twoNodes(t, keeps)
	known := asked{path: chat, body: ask("one/m", "hello", false)}
	w.a.make(known)
	wait(t, func() bool { return w.kept() == 1 })
	for _, stop := range []func(){w.redis.Freeze, w.redis.Kill} {
		stop()
		for i := range 6 {
			if got := w.says(w.a, known); got != "200 hit answer 1" {
				t.Errorf("of memory: %s", got)
			}
			fresh := asked{path: chat, body: ask("one/m", fmt.Sprint("new ", i, w.n.count()), false)}
			if a := w.a.make(fresh); a.StatusCode != http.StatusOK || a.cache() != "miss" {
				t.Errorf("what is new: %d %s %s", a.StatusCode, a.cache(), a.body)
			}
			if a := w.a.make(fresh); a.StatusCode != http.StatusOK || a.cache() != "hit" {
				t.Errorf("what is new, again: %d %s %s", a.StatusCode, a.cache(), a.body)
			}
		}
	}
	w.redis.Restart()
	i := 0
	wait(t, func() bool { // it is used again
		i++
		w.a.make(asked{path: chat, body: ask("one/m", fmt.Sprint("later ", i), false)})
		return w.kept() > 0
	})
}

func TestAPurgeCountsOnAllNodesAndOverARestart(t *testing.T) {
	w := twoNodes(t, `gateways: { default: { cache: { ttl: 1h, tags: [metadata.project] } }, second: { cache: 1h } }
routes: { r: [ one/m ] }
`)
	if status := w.a.AdminPost("/api/v1/workspaces", `{"id":"other","name":"other"}`, nil); status != http.StatusCreated {
		t.Fatal(status)
	}
	foreign := w.a.key(`{"name":"third","workspace":"other"}`)
	all := map[string]asked{
		"plain":     {path: chat, body: ask("one/m", "hello", false)},
		"model":     {path: chat, body: ask("one/n", "hello", false)},
		"messages":  {path: "/v1/messages", body: ask("ant/m", "hello", false)},
		"tagged":    {path: chat, body: ask("one/m", "tagged", false), header: []string{"sluice-metadata", `{"project":"x"}`}},
		"route":     {path: chat, body: ask("r", "by the route", false)},
		"gateway":   {path: "/gateways/second" + chat, body: ask("one/m", "hello", false)},
		"workspace": {path: chat, body: ask("one/m", "hello", false), header: foreign},
	}
	wait(t, func() bool { return w.b.make(all["workspace"]).StatusCode == 200 }) // it knows the key
	both := func() map[string]string {
		out := map[string]string{}
		for name, a := range all {
			if w.a.make(a).StatusCode != 200 {
				t.Errorf("%s fails", name)
			}
			wait(t, func() bool { return w.a.make(a).cache() == "hit" && w.b.make(a).cache() == "hit" })
			got := w.a.make(a)
			out[name] = got.Header.Get("sluice-cache-key")
		}
		return out
	}
	keys := both()
	for _, tt := range []struct{ purge, hits string }{
		{`{"tag":"x"}`, "tagged"},
		{`{"model":"one/n"}`, "model"},
		{`{"model":"n"}`, "model"},
		{`{"provider":"ant"}`, "messages"},
		{`{"route":"r"}`, "route"},
		{`{"gateway":"second"}`, "gateway"},
		{`{"workspace":"other","all":true}`, "workspace"},
		{`{"key":"` + keys["plain"] + `"}`, "plain"},
		{`{"older":"1h"}`, ""},
	} {
		if status := w.a.AdminPost("/api/v1/cache/purge", tt.purge, nil); status != http.StatusOK {
			t.Errorf("%s: %d", tt.purge, status)
			continue
		}
		for name, a := range all {
			want := http.StatusOK
			if name == tt.hits {
				want = http.StatusGatewayTimeout
			}
			if got := w.a.make(only(a)); got.StatusCode != want {
				t.Errorf("%s, %s, here: %d and not %d", tt.purge, name, got.StatusCode, want)
			}
			wait(t, func() bool { return w.b.make(only(a)).StatusCode == want })
		}
		both()
	}
	if err := w.b.Stop(); err != nil {
		t.Fatal(err)
	}
	if status := w.a.AdminPost("/api/v1/cache/purge", `{"all":true}`, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	w.b = w.node(w.b.Dir)
	for name, a := range all {
		if got := w.b.make(only(a)); got.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("%s, purged while the node was away: %d %s", name, got.StatusCode, got.cache())
		}
	}
}

// only is a call that no vendor is asked for.
func only(a asked) asked {
	a.header = append([]string{"sluice-cache", "only-if-cached"}, a.header...)
	return a
}
