package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// immutable files have a name made of what they hold.
const immutable = "/assets/"

// file is one file of the build, in the forms in which it is sent.
type file struct {
	kind      string // its media type
	tag       string // names the content, quoted
	immutable bool
	forms     map[string][]byte // by content coding; "" = as it is
}

// readFiles reads a build. Of what is compressed the build holds nothing else.
func readFiles(root fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		return addForm(files, "/"+name, content)
	})
	return files, err
}

func addForm(files map[string]*file, name string, content []byte) error {
	plain, coding := name, ""
	switch path.Ext(name) {
	case ".gz":
		plain, coding = strings.TrimSuffix(name, ".gz"), "gzip"
	case ".br":
		plain, coding = strings.TrimSuffix(name, ".br"), "br"
	}
	f := files[plain]
	if f == nil {
		f = &file{kind: kindOf(plain), immutable: strings.HasPrefix(plain, immutable), forms: map[string][]byte{}}
		files[plain] = f
	}
	f.forms[coding] = content
	if coding == "br" {
		return nil
	}
	if coding == "gzip" {
		var err error
		if content, err = gunzip(content); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(content)
	f.tag = base64.RawURLEncoding.EncodeToString(sum[:12])
	return nil
}

// kindOf does not ask the system, whose tables differ.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return mime.TypeByExtension(ext)
	}
}

func gunzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	coding := f.coding(r.Header.Get("Accept-Encoding"))
	tag := `"` + f.tag + strings.TrimSuffix("-"+coding, "-") + `"`
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", tag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content, err := f.content(coding)
	if err != nil {
		http.Error(w, "this file cannot be read", http.StatusInternalServerError)
		return
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // a client that left needs no answer
	}
}

// content gives a form of the file. One that is asked for as it is, which browsers never
// do, is made from the compressed one.
func (f *file) content(coding string) ([]byte, error) {
	if b, ok := f.forms[coding]; ok {
		return b, nil
	}
	return gunzip(f.forms["gzip"])
}

// coding picks the smallest form that the client takes.
func (f *file) coding(accepts string) string {
	for _, coding := range []string{"br", "gzip"} {
		if _, ok := f.forms[coding]; ok && takes(accepts, coding) {
			return coding
		}
	}
	return ""
}

// takes reads Accept-Encoding. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
func takes(accepts, coding string) bool {
	for item := range strings.SplitSeq(accepts, ",") {
		name, weight, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		_, q, ok := strings.Cut(weight, "=")
		v, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !ok || err == nil && v > 0
	}
	return false
}

// matches compares as If-None-Match asks, weakly.
// https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
func matches(given, tag string) bool {
	for item := range strings.SplitSeq(given, ",") {
		if item = strings.TrimSpace(item); item == "*" || strings.TrimPrefix(item, "W/") == tag {
			return true
		}
	}
	return false
}
