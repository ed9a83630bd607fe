package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func ask(s *Site, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	if !s.Serves(r) {
		w.WriteHeader(http.StatusNotFound)
		return w
	}
	s.ServeHTTP(w, r)
	return w
}

func zipped(t *testing.T, text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func testSite(t *testing.T) *Site {
	s, err := newSite(fstest.MapFS{
		"index.html":         {Data: []byte(`<meta nonce="{{nonce}}"><script src="/assets/a.js">`)},
		"theme.js":           {Data: []byte("theme")},
		"assets/a-1.js.gz":   {Data: zipped(t, "script")},
		"assets/a-1.js.br":   {Data: []byte("brotli")},
		"assets/s-1.css.gz":  {Data: zipped(t, "style")},
		"assets/s-1.css.br":  {Data: []byte("brotli too")},
		"assets/picture.svg": {Data: []byte("<svg/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachPageHasAnotherNonceAndAllowsNothingElse(t *testing.T) {
	s := testSite(t)
	a, b := ask(s, "GET", "/"), ask(s, "GET", "/logs", "Accept", "text/html")
	nonce := regexp.MustCompile(`nonce="([A-Z0-9]{26})"`)
	first, second := nonce.FindStringSubmatch(a.Body.String()), nonce.FindStringSubmatch(b.Body.String())
	if first == nil || second == nil || first[1] == second[1] {
		t.Fatalf("nonces %v and %v", first, second)
	}
	policy := a.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "'nonce-"+first[1]+"'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || a.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("policy %s, %v", policy, a.Header())
	}
}

func TestFilesAreSentInTheSmallestFormThatTheClientTakes(t *testing.T) {
	s := testSite(t)
	for _, c := range []struct{ accepts, coding, body string }{
		{"gzip, deflate, br, zstd", "br", "brotli"},
		{"gzip;q=1.0, br;q=0", "gzip", string(zipped(t, "script"))},
		{"GZIP", "gzip", string(zipped(t, "script"))},
		{"", "", "script"},
		{"identity", "", "script"},
	} {
		w := ask(s, "GET", "/assets/a-1.js", "Accept-Encoding", c.accepts)
		h := w.Header()
		if h.Get("Content-Encoding") != c.coding || w.Body.String() != c.body || h.Get("Vary") != "Accept-Encoding" || h.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("%q: %v %q", c.accepts, h, w.Body)
		}
	}
}

func TestWhatTheBrowserHasIsNotSentAgain(t *testing.T) {
	s := testSite(t)
	tag := ask(s, "GET", "/theme.js").Header().Get("ETag")
	for given, want := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
		if w := ask(s, "GET", "/theme.js", "If-None-Match", given); w.Code != want || want == 304 && w.Body.Len() > 0 {
			t.Errorf("%q: %d", given, w.Code)
		}
	}
	if zip := ask(s, "GET", "/assets/a-1.js", "Accept-Encoding", "gzip").Header().Get("ETag"); zip == ask(s, "GET", "/assets/a-1.js").Header().Get("ETag") {
		t.Error("two forms have one tag")
	}
	if w := ask(s, "GET", "/theme.js"); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Error("a file whose name stays is kept for ever")
	}
}

func TestOnlyPagesAndFilesAreServed(t *testing.T) {
	s := testSite(t)
	for _, c := range []struct {
		method, path, accept string
		served               bool
	}{
		{"GET", "/", "", true}, {"HEAD", "/", "", true}, {"GET", "/theme.js", "", true}, {"GET", "/assets/picture.svg", "", true},
		{"GET", "/logs", "text/html", true}, {"GET", "/logs", "application/json", false}, {"GET", "/logs", "", false},
		{"POST", "/logs", "text/html", false}, {"GET", "/api/v1/keys", "text/html", false}, {"GET", "/assets/gone.js", "text/html", false},
		{"GET", "//api/v1/keys", "text/html", false}, {"GET", "/a/../api/v1/keys", "text/html", false}, {"GET", "/index.html", "", false}, {"GET", "/assets/a-1.js.gz", "", false},
	} {
		if w := ask(s, c.method, c.path, "Accept", c.accept); (w.Code == 200) != c.served {
			t.Errorf("%s %s (%s): %d", c.method, c.path, c.accept, w.Code)
		}
	}
}

func TestTheEmbeddedBuildIsWhole(t *testing.T) {
	s := New()
	index := ask(s, "GET", "/").Body.String()
	named := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(index, -1)
	if len(named) < 4 {
		t.Fatalf("the page loads %v", named)
	}
	size := 0
	for _, m := range named {
		w := ask(s, "GET", m[1], "Accept-Encoding", "br")
		if w.Code != 200 || w.Body.Len() == 0 {
			t.Errorf("%s: %d", m[1], w.Code)
		}
		size += w.Body.Len()
	}
	if size > 300_000 {
		t.Errorf("a first visit loads %d bytes", size)
	}
	if regexp.MustCompile(`<script(?:>| [^>]*>)[^<]+</script>`).MatchString(index) || strings.Contains(index, "<style") || strings.Contains(index, "onload=") {
		t.Error("the page has inline scripts or styles")
	}
}
