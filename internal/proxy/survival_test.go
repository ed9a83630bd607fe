package proxy_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/limit"
	prov "github.com/sluice-gateway/sluice/internal/provider"
	vendor "github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/recall"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// hears gets a stream to its end, and gives its first bytes' time.
func hears(t *testing.T, r *http.Request) (resp *http.Response, body string, first time.Duration) {
	t.Helper()
	began := time.Now()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first = time.Since(began)
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b), first
}

func TestTheTimeToCommitCountsFromTheCallsBeginning(t *testing.T) {
	// No vendor gives so much as a head before the stream has begun.
	mute := func(c *testup.Call) { <-c.Gone() }
	late := func(c *testup.Call) { <-time.After(250 * time.Millisecond); good(c) }
	refuses := func(c *testup.Call) {
		<-time.After(250 * time.Millisecond)
		c.JSON(503, `{"error":{"message":"also later"}}`)
	}
	for name, c := range map[string]struct {
		route         string
		first, second func(*testup.Call)
		want          string
		attempts      string
	}{
		"failover":             {"[ one/m, two/m ]", refuses, late, "hello", "2"},
		"all fail":             {"[ one/m, two/m ]", refuses, refuses, "also later", "2"},
		"a hedge":              {"{ steps: [ { use: one/m, hedge: { after: 20ms, to: two/m } } ] }", mute, late, "hello", "1"},
		"a hedge, first wins":  {"{ steps: [ { use: one/m, hedge: { after: 20ms, to: two/m } } ] }", late, mute, "hello", "1"},
		"a hedge and all fail": {"{ steps: [ { use: one/m, hedge: { after: 20ms, to: two/m } } ] }", refuses, refuses, "also later", "2"},
	} {
		g, _, _ := routed(t, c.first, c.second, c.route, "gateways: { default: { commit_after: 50ms } }")
		resp, body, first := hears(t, g.Request("POST", "/v1/chat/completions", []byte(streamBody("r"))))
		if resp.StatusCode != 200 || !strings.HasPrefix(body, ":") || strings.Count(body, c.want) != 1 {
			t.Errorf("%s: %d %q", name, resp.StatusCode, body)
		}
		if first > 200*time.Millisecond {
			t.Logf("%s: the head came after %v", name, first)
		}
		if resp.Trailer.Get("sluice-attempts") != c.attempts || resp.Trailer.Get("sluice-provider") == "" {
			t.Errorf("%s: trailers %v", name, resp.Trailer)
		}
		e := g.Entry(resp.Header.Get("sluice-request-id"))
		if e.Status != 200 || (e.ErrorCode == "") != (c.want == "hello") || len(e.Attempts) != 2 {
			t.Errorf("%s: entry %s of %d, %+v", name, e.ErrorCode, e.Status, e.Attempts)
		}
	}
}

func TestAnAnswerInOnePieceDoesNotStandInAStreamThatHasBegun(t *testing.T) {
	whole := func(c *testup.Call) { <-time.After(150 * time.Millisecond); answerChat(c) }
	for name, route := range map[string]string{"in turn": "[ one/m, two/m ]", "side by side": "{ steps: [ { use: one/m, hedge: { after: 10ms, to: two/m } } ] }"} {
		g, _, _ := routed(t, whole, good, route, "gateways: { default: { commit_after: 40ms } }")
		if name == "side by side" {
			g, _, _ = routed(t, whole, func(c *testup.Call) { <-time.After(250 * time.Millisecond); good(c) }, route, "gateways: { default: { commit_after: 40ms } }")
		}
		_, body, _ := hears(t, g.Request("POST", "/v1/chat/completions", []byte(streamBody("r"))))
		if strings.Contains(body, "chat.completion\"") || strings.Count(body, "hello") != 1 {
			t.Errorf("%s: %q", name, body)
		}
	}
}

func TestOneCallsCredentialsAreBoundedByTheRetryBudget(t *testing.T) {
	const n = 40
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "{ name: c%d, api_key: env:KEY_A }, ", i)
	}
	u := testup.New(t, func(c *testup.Call) { c.JSON(401, `{"error":{"message":"no"}}`) })
	g := provider(t, u.URL, "credentials: [ "+list.String()+" ], retries: { max: 0 }")
	resp, b := g.Post("/v1/chat/completions", chatBody)
	// One, another account's, and as many repeats as are always allowed.
	if got := len(u.Calls()); got != 12 || resp.StatusCode != 502 {
		t.Errorf("%d after %d calls: %s", resp.StatusCode, got, b)
	}
}

func TestACredentialBeyondThe64thIsAsGoodAsAny(t *testing.T) {
	const n = 70
	var all []prov.Credential
	for i := range n {
		all = append(all, prov.Credential{Name: fmt.Sprint("c", i), Key: fmt.Sprint("vendor-", i), Weight: 1})
	}
	asked := map[string]int{}
	u := testup.New(t, func(c *testup.Call) {
		key := c.Header.Get("Authorization")
		if asked[key]++; key == "Bearer vendor-69" {
			c.JSON(200, chatAnswer)
			return
		}
		c.JSON(401, `{"error":{"message":"no"}}`)
	})
	p := surviving(t, nil, map[string]string{"one": u.URL}, nil, all)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, survivor("one/m"))
	if w.Code != 200 || len(asked) != len(u.Calls()) {
		t.Errorf("%d after %d calls with %d credentials: %s", w.Code, len(u.Calls()), len(asked), w.Body)
	}
}

// surviving is a proxy in front of providers that are known by their URLs.
func surviving(t *testing.T, watch health.Watch, urls map[string]string, routes map[string]*gateway.Route, credentials []prov.Credential) *proxy.Proxy {
	t.Helper()
	keys := &auth.Keys{}
	keys.Swap([]*gateway.Key{{ID: "k", Workspace: "default", Hash: gateway.HashKey(benchSecret)}})
	models, err := account.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := proxy.New(proxy.Config{
		Dialects: []*dialect.Dialect{openai.Dialect, openaichat.Dialect}, Keys: keys, Catalogue: models, Recorder: nothing{}, Objects: nothing{}, Health: watch,
		Recall: recall.New(1 << 20), Observer: nothing{}, Ready: func() error { return nil }, Log: slog.New(slog.DiscardHandler),
		Limits: limit.NewMemory(limit.MemoryOptions{}),
	})
	t.Cleanup(p.Close)
	providers := map[string]*prov.Provider{}
	for name, url := range urls {
		if credentials == nil {
			credentials = []prov.Credential{{Name: "a", Key: "vendor", Weight: 1}}
		}
		providers[name] = &prov.Provider{Name: name, Spec: vendor.Spec, BaseURL: url + "/v1", Speaks: []dialect.Name{"chat"}, Credentials: credentials, Timeouts: prov.DefaultTimeouts()}
	}
	err = p.Swap(catalog.New(catalog.Snapshot{
		Gateways:  map[string]*catalog.Gateway{"default": {Name: "default", Keyed: true, RetryBudget: 1, Log: catalog.LogPolicy{Bodies: catalog.BodiesMetadata}}},
		Providers: providers, Routes: routes, Lister: nothing{},
		Limits: catalog.Limits{JSONBody: 64 << 20, InFlight: 10000, Memory: 1 << 40, BodyIdle: 30 * time.Second},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func survivor(model string) *http.Request {
	r := httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(`{"model":"`+model+`","messages":[{"role":"user","content":"hi"}]}`))
	r.Header.Set("Authorization", "Bearer "+benchSecret)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// panicking is a Board that panics for one provider.
type panicking struct {
	*health.Board
	provider string
	at       string
	ready    chan struct{} // closed when it may
}

func (p panicking) Answered(pass *health.Pass) {
	if p.at == "answered" && pass.ID.Provider == p.provider {
		panic("on purpose")
	}
	p.Board.Answered(pass)
}

func (p panicking) Begin(id health.ID) health.Pass {
	if p.at == "begin" && id.Provider == p.provider {
		<-p.ready
		panic("on purpose")
	}
	return p.Board.Begin(id)
}

func TestAPanicLeavesNoAttemptInFlight(t *testing.T) {
	u := testup.New(t, good)
	board := health.New(health.Options{})
	p := surviving(t, panicking{Board: board, provider: "one", at: "answered"}, map[string]string{"one": u.URL}, nil, nil)
	func() {
		defer func() { _ = recover() }() // of the answer, which cannot be ended
		p.ServeHTTP(httptest.NewRecorder(), survivor(`one/m","stream":true,"user":"me`))
	}()
	if busy := board.Stats(health.Target{Provider: "one", Model: "m"}).Busy; busy != 0 {
		t.Errorf("%d are in flight", busy)
	}
}

func TestAPanicBesideAHedgeWaitsForTheTwin(t *testing.T) {
	asked := make(chan struct{})
	u := testup.New(t, func(c *testup.Call) { close(asked); <-c.Gone() })
	board := health.New(health.Options{})
	routes := map[string]*gateway.Route{"r": {Name: "r", Steps: []gateway.Step{{Use: "one/m", Hedge: &gateway.Hedge{After: time.Millisecond, To: "two/m"}}}}}
	p := surviving(t, panicking{Board: board, provider: "one", at: "begin", ready: asked}, map[string]string{"one": u.URL, "two": u.URL}, routes, nil)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, survivor("r"))
	if busy := board.Stats(health.Target{Provider: "two", Model: "m"}).Busy; busy != 0 || w.Code != 500 {
		t.Errorf("%d, and %d of the twin's attempts are in flight: %s", w.Code, busy, w.Body)
	}
}

func TestACallHasATimeOverAllItsAttempts(t *testing.T) {
	hang := func(c *testup.Call) { <-c.Gone() }
	fails := func(c *testup.Call) {
		<-time.After(60 * time.Millisecond)
		c.Set("retry-after", "7").JSON(503, `{"error":{"message":"later"}}`)
	}
	slowly := func(c *testup.Call) {
		c.Stream(func(i int) { <-time.After(700 * time.Millisecond) }, hello, hello, stopped, done)
	}
	for name, c := range map[string]struct {
		first, second func(*testup.Call)
		body          string
		status        int
		code          string
		attempts      int
	}{
		"the first hangs":           {hang, answerChat, routedBody, 504, "upstream_timeout", 1},
		"the second hangs":          {fails, hang, routedBody, 504, "upstream_timeout", 2},
		"in time":                   {fails, answerChat, routedBody, 200, "", 2},
		"a stream that has begun":   {slowly, hang, streamBody("r"), 200, "", 1},
		"a wait that is too long":   {fails, fails, routedBody, 502, "upstream_error", 2},
		"a stream without any word": {hang, hang, streamBody("r"), 504, "upstream_timeout", 1},
	} {
		g, _, _ := routed(t, c.first, c.second, "[ one/m, two/m ]", "gateways: { default: { timeout: 2s } }")
		began := time.Now()
		resp, b := g.Post("/v1/chat/completions", c.body)
		took := time.Since(began)
		e := g.Entry(resp.Header.Get("sluice-request-id"))
		if resp.StatusCode != c.status && !(c.status == 502 && resp.StatusCode == 503) || e.ErrorCode != c.code || len(e.Attempts) != c.attempts || took > 30*time.Second {
			t.Errorf("%s: %d, %s after %v and %d attempts: %s", name, resp.StatusCode, e.ErrorCode, took, len(e.Attempts), b)
		}
		if c.code == "upstream_timeout" && !strings.Contains(string(b), "timeout of the gateway") {
			t.Errorf("%s: %s", name, b)
		}
	}
}

func TestAStreamOfSeveralAnswersIsWholeWhenAllAre(t *testing.T) {
	const second = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n"
	const secondStops = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	for name, c := range map[string]struct {
		pieces []string
		code   string
	}{
		"one of two ends":    {[]string{role, hello, second, stopped}, "upstream_error"},
		"both end":           {[]string{role, hello, second, stopped, secondStops}, ""},
		"the last word says": {[]string{role, hello, second, stopped, done}, ""},
	} {
		g, _, _ := pair(t, streamsOf(c.pieces...), good, "")
		resp, b := g.Post("/v1/chat/completions", strings.Replace(streamBody("one/m"), `"messages"`, `"n":2,"messages"`, 1))
		if e := g.Entry(resp.Header.Get("sluice-request-id")); e.ErrorCode != c.code {
			t.Errorf("%s: %q: %s", name, e.ErrorCode, b)
		}
	}
}
