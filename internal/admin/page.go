package admin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// frontPage is the page at /: what this is, and where things are. It runs no script.
type frontPage struct {
	html   []byte
	policy string
}

func newFrontPage(version string) frontPage {
	var b bytes.Buffer
	err := template.Must(template.New("page").Parse(pageText)).Execute(&b, struct {
		Version string
		Style   template.CSS
	}{version, template.CSS(pageStyle)})
	if err != nil {
		panic("BUG: the front page cannot be rendered: " + err.Error())
	}
	sum := sha256.Sum256([]byte(pageStyle))
	return frontPage{
		html:   b.Bytes(),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
}

// ServeHTTP serves the page.
func (p frontPage) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	_, _ = w.Write(p.html) // a client that left needs no answer
}
