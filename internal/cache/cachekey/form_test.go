package cachekey_test

import (
	"bytes"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// part is a field of a form; a file has a file name.
type part struct{ name, file, kind, content string }

// formOf gives a form's body and content type.
func formOf(t testing.TB, boundary string, parts []part) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p.name + `"`}}
		if p.file != "" {
			h.Set("Content-Disposition", h.Get("Content-Disposition")+`; filename="`+p.file+`"`)
		}
		if p.kind != "" {
			h.Set("Content-Type", p.kind)
		}
		body, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = body.Write([]byte(p.content))
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func formKey(t testing.TB, p *cachekey.Policy, boundary string, parts ...part) cache.Key {
	t.Helper()
	body, kind := formOf(t, boundary, parts)
	k, err := p.Key(&cachekey.Request{Facts: facts, Kind: cachekey.Multipart, Body: body, ContentType: kind, Ignore: ignored})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFormsCountByTheirParts(t *testing.T) {
	edit := []part{
		{"model", "", "", "m"}, {"prompt", "", "", "A  Cat\nhere"}, {"image[]", "a.png", "image/png", strings.Repeat("\x89PNG\r\n--x", 500)},
		{"image[]", "b.png", "image/png", "two"}, {"n", "", "", "1"}, {"stream", "", "", "true"}, {"user", "", "", "ann"},
	}
	p := policy(t, gateway.Cache{Exclude: []string{"user"}})
	want := formKey(t, p, "one", edit...)
	with := func(i int, change func(*part)) []part {
		out := slices.Clone(edit)
		change(&out[i])
		return out
	}
	moved := append(slices.Clone(edit[1:]), edit[0])
	swapped := slices.Clone(edit)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	for _, tt := range []struct {
		name  string
		parts []part
		same  bool
	}{
		{"again", edit, true},
		{"fields in another order", moved, true},
		{"files of one name in another order", swapped, false},
		{"without stream", append(slices.Clone(edit[:5]), edit[6]), true},
		{"another user", with(6, func(p *part) { p.content = "bob" }), true},
		{"another model", with(0, func(p *part) { p.content = "n" }), false},
		{"another text", with(1, func(p *part) { p.content = "A Cat\nhere" }), false},
		{"another file", with(3, func(p *part) { p.content = "tWo" }), false},
		{"another file name", with(3, func(p *part) { p.file = "c.png" }), false},
		{"another file type", with(3, func(p *part) { p.kind = "image/webp" }), false},
		{"a file where a text was", with(4, func(p *part) { p.file = "n" }), false},
		{"another name", with(4, func(p *part) { p.name = "N" }), false},
		{"one more", append(slices.Clone(edit), part{"seed", "", "", ""}), false},
		{"one twice", append(slices.Clone(edit), edit[4]), false},
		{"one less", edit[1:], false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if same := formKey(t, p, "other-boundary", tt.parts...) == want; same != tt.same {
				t.Errorf("the same key: %v", same)
			}
		})
	}
}

func TestTextsOfFormsAreNormalized(t *testing.T) {
	p := policy(t, gateway.Cache{Normalize: []string{"whitespace", "case"}})
	prompt := func(text string) cache.Key { return formKey(t, p, "b", part{"prompt", "", "", text}) }
	file := func(text string) cache.Key { return formKey(t, p, "b", part{"prompt", "p.txt", "", text}) }
	other := func(text string) cache.Key { return formKey(t, p, "b", part{"language", "", "", text}) }
	if prompt("A  Cat") != prompt("a cat\n") {
		t.Error("white space and case of a prompt count")
	}
	if prompt(`a \" b`) == prompt(`a " b`) || file("A  B") == file("a b") || other("EN") == other("en") {
		t.Error("more than white space and case of a prompt does not count")
	}
}

func TestFormsThatCanBeReadDifferentlyHaveNoKey(t *testing.T) {
	p := policy(t, gateway.Cache{})
	const head, end = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", "\r\n--b--\r\n"
	for _, tt := range []struct{ name, kind, body string }{
		{"no boundary", "multipart/form-data", head + "x" + end},
		{"another boundary", "multipart/form-data; boundary=c", head + "x" + end},
		{"a word in front", "multipart/form-data; boundary=b", "hello\r\n" + head + "x" + end},
		{"a word behind", "multipart/form-data; boundary=b", head + "x" + end + "hello"},
		{"no end", "multipart/form-data; boundary=b", head + "x"},
		{"no name", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data\r\n\r\nx" + end},
		{"no disposition", "multipart/form-data; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx" + end},
		{"no header", "multipart/form-data; boundary=b", "--b\r\n\r\nx" + end},
		{"two dispositions", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\nx" + end},
		{"a folded line", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nx" + end},
		{"bare line ends", "multipart/form-data; boundary=b", strings.ReplaceAll(head+"x"+end, "\r\n", "\n")},
		{"too many", "multipart/form-data; boundary=b", strings.Repeat(head+"x\r\n", 1100) + "--b--"},
		{"nothing", "multipart/form-data; boundary=b", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := p.Key(&cachekey.Request{Kind: cachekey.Multipart, ContentType: tt.kind, Body: []byte(tt.body)}); err == nil {
				t.Error("it has a key")
			}
		})
	}
	for _, body := range []string{head + "x" + end, head + "\r\n--c\r\n" + end, "--b--\r\n"} {
		if _, err := p.Key(&cachekey.Request{Kind: cachekey.Multipart, ContentType: `multipart/form-data; boundary="b"`, Body: []byte(body)}); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}
