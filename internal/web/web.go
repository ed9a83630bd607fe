// Package web is the dashboard: what ui/ builds, embedded, with the rules under which a
// browser runs it.
package web

import (
	"crypto/rand"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// The build is committed, so that the binary is made without Node; `make ui` writes it.
//
//go:embed all:dist
var dist embed.FS

// nonceMark stands in index.html where each answer has a word of its own.
const nonceMark = "{{nonce}}"

// Site serves the dashboard. It is safe for concurrent use.
type Site struct {
	index string
	files map[string]*file // by path
}

// New makes the site of the embedded build.
func New() *Site {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("BUG: the build of the dashboard is not embedded: " + err.Error())
	}
	s, err := newSite(root)
	if err != nil {
		panic("BUG: the embedded build of the dashboard cannot be read: " + err.Error())
	}
	return s
}

func newSite(root fs.FS) (*Site, error) {
	index, err := fs.ReadFile(root, "index.html")
	if err != nil {
		return nil, err
	}
	files, err := readFiles(root)
	return &Site{index: string(index), files: files}, err
}

// Serves tells whether a request is the site's: the front page, one of its files, or a
// page that a browser opens by a link into the dashboard.
func (s *Site) Serves(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/api/") {
		return false
	}
	return r.URL.Path == "/" || s.files[r.URL.Path] != nil || isPage(r)
}

// isPage tells a browser that opens a page of the dashboard from whoever asks for a file
// that is not there.
func isPage(r *http.Request) bool {
	return path.Ext(r.URL.Path) == "" && path.Clean(r.URL.Path) == r.URL.Path && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// ServeHTTP answers with a file, or with the page that finds its way by the address.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := s.files[r.URL.Path]; f != nil {
		f.serve(w, r)
		return
	}
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy(nonce))
	_, _ = w.Write([]byte(strings.ReplaceAll(s.index, nonceMark, nonce))) // a client that left needs no answer
}

// policy lets the page run the dashboard's own files alone, and talk to this listener
// alone. Style elements need the nonce. Pictures within conversations are data.
// https://www.w3.org/TR/CSP3/
func policy(nonce string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
