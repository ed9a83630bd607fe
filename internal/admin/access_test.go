package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func (g *rig) from(address, method, path, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = address
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return w
}

func TestEverythingUnderAPINeedsTheToken(t *testing.T) {
	g := newRig(t)
	paths := []string{"/api/v1/entries", "/api/v1/openapi.json", "/api/v1/keys/x", "/api/v1/nothing", "/api/", "/api/v2/entries", "/api/v1/entries/tail"}
	for i, authorization := range []string{"", "Bearer", "Bearer ", "Basic " + token, token, "Bearer wrong", "bearer " + token + "x"} {
		for _, path := range paths {
			w := g.from("192.0.2."+strings.Repeat("1", i%3+1)+":1", "GET", path, authorization)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusTooManyRequests {
				t.Errorf("%s with %q: %d", path, authorization, w.Code)
			}
			if w.Header().Get("WWW-Authenticate") == "" && w.Code == http.StatusUnauthorized {
				t.Errorf("%s: no challenge", path)
			}
		}
	}
	two := httptest.NewRequest("GET", "/api/v1/keys", nil)
	two.Header["Authorization"] = []string{"Bearer wrong", "Bearer " + token}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, two)
	g.fails(w, http.StatusUnauthorized, "unauthenticated")
	if w := g.from("192.0.2.9:1", "GET", "/api/v1/keys", "bearer  "+token); w.Code != http.StatusOK {
		t.Errorf("the right token: %d", w.Code)
	}
	if w := g.do("GET", "/api/v1/keys?token="+token, ""); w.Code != http.StatusBadRequest {
		t.Errorf("a token in the query: %d", w.Code)
	}
}

func TestWrongTokensSlowAnAddressDown(t *testing.T) {
	asked := 0
	g := newRig(t, with(func(c *admin.Config) {
		verify := c.Verify
		c.Verify = func(s string) bool { asked++; return verify(s) }
	}))
	const bad, other = "192.0.2.1:1000", "192.0.2.2:1000"
	for range 10 {
		g.fails(g.from(bad, "GET", "/api/v1/keys", "Bearer guess"), http.StatusUnauthorized, "unauthenticated")
	}
	w := g.from(bad, "GET", "/api/v1/keys", "Bearer "+token)
	g.fails(w, http.StatusTooManyRequests, "rate_limited")
	if asked != 10 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("compared %d tokens, retry-after %q", asked, w.Header().Get("Retry-After"))
	}
	if w := g.from(other, "GET", "/api/v1/keys", "Bearer "+token); w.Code != http.StatusOK {
		t.Errorf("another address: %d", w.Code)
	}
	g.now = g.now.Add(time.Second)
	g.fails(g.from(bad, "GET", "/api/v1/keys", "Bearer guess"), http.StatusUnauthorized, "unauthenticated")
	g.fails(g.from(bad, "GET", "/api/v1/keys", "Bearer guess"), http.StatusTooManyRequests, "rate_limited")
	g.now = g.now.Add(time.Second)
	if w := g.from(bad, "GET", "/api/v1/keys", "Bearer "+token); w.Code != http.StatusOK {
		t.Errorf("after waiting: %d", w.Code)
	}
}

func TestAddressesOfOneIPv6NetworkAreOne(t *testing.T) {
	g := newRig(t)
	for i := range 10 {
		g.from("[2001:db8::"+string(rune('0'+i))+"]:1", "GET", "/api/v1/keys", "Bearer guess")
	}
	g.fails(g.from("[2001:db8::ffff]:1", "GET", "/api/v1/keys", "Bearer guess"), http.StatusTooManyRequests, "rate_limited")
	g.fails(g.from("[2001:db8:1::1]:1", "GET", "/api/v1/keys", "Bearer guess"), http.StatusUnauthorized, "unauthenticated")
}

func TestWhatIsOpenIsOpenAndNothingElse(t *testing.T) {
	ready := error(nil)
	g := newRig(t, with(func(c *admin.Config) {
		c.Ready = func() error { return ready }
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("sluice_up 1\n")) })
	}))
	for path, want := range map[string]string{"/": "Sluice", "/livez": "ok", "/readyz": "ok", "/metrics": "sluice_up 1"} {
		w := g.from("192.0.2.1:1", "GET", path, "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if w := g.from("192.0.2.1:1", "POST", path, ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
	ready = errors.New("the spool is full")
	if w := g.from("192.0.2.1:1", "GET", "/readyz", ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "spool") {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/nothing", "/debug/pprof/", "/v1/models", "/index.html", "//api/v1/keys"} {
		g.fails(g.from("192.0.2.1:1", "GET", path, "Bearer "+token), http.StatusNotFound, "not_found")
	}
}

func TestEveryAnswerForbidsCachingSniffingAndFraming(t *testing.T) {
	g := newRig(t)
	for _, path := range []string{"/", "/livez", "/nothing", "/api/v1/keys", "/api/v1/nothing"} {
		h := g.do("GET", path, "").Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Set-Cookie") != "" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestUnknownPathsAndMethodsSayWhatThereIs(t *testing.T) {
	g := newRig(t)
	g.fails(g.do("GET", "/api/v1/entrys", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/entries/", ""), http.StatusNotFound, "not_found")
	w := g.do("PUT", "/api/v1/entries", "")
	g.fails(w, http.StatusMethodNotAllowed, "method_not_allowed")
	if w.Header().Get("Allow") != "DELETE, GET" {
		t.Errorf("Allow %q", w.Header().Get("Allow"))
	}
	if w := g.do("HEAD", "/api/v1/entries", ""); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
	g.fails(g.do("GET", "/api/v1/workspaces/a%2Fb", ""), http.StatusNotFound, "not_found")
}

func TestAPanicIsAnErrorAnswer(t *testing.T) {
	g := newRig(t, with(func(c *admin.Config) { c.Document = func() admin.Document { panic("oh") } }))
	g.fails(g.do("GET", "/api/v1/config", ""), http.StatusInternalServerError, "internal")
}

func TestManyAddressesShareOneCountAndTheFirstKeepTheirs(t *testing.T) {
	g := newRig(t)
	guess := func(i int) int {
		return g.from(fmt.Sprintf("10.0.%d.%d:1", i/250, i%250), "GET", "/api/v1/keys", "Bearer guess").Code
	}
	refused := 0
	for i := range 4200 {
		if guess(i) == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 4200-4096-10 {
		t.Errorf("%d addresses beyond the bound were slowed down", refused)
	}
	if guess(0) != http.StatusUnauthorized {
		t.Error("an address that is known pays for others")
	}
	g.now = g.now.Add(time.Minute)
	if guess(9999) != http.StatusUnauthorized {
		t.Error("what is over was not forgotten")
	}
}

func TestBrowsersGetTheDashboardAndOthersTheAPI(t *testing.T) {
	g := newRig(t)
	for _, path := range []string{"/", "/logs", "/keys"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept", "text/html,*/*;q=0.8")
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<title>Sluice</title>") || !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %d %s %s", path, w.Code, policy, w.Body)
		}
	}
	g.fails(g.do("GET", "/logs", ""), http.StatusNotFound, "not_found")
}
