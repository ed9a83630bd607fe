package proxy_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const boundary = "----sluice-b0undary"

// part is one part of a form: its disposition's parameters and its content.
func part(params, content string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; " + params + "\r\n\r\n" + content + "\r\n"
}

func form(parts ...string) string { return strings.Join(parts, "") + "--" + boundary + "--\r\n" }

// transcribe sends a form, with its length or without.
func transcribe(t *testing.T, g *testgw.Gateway, body io.Reader) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("POST", g.URL+"/v1/audio/transcriptions", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.Key)
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	resp, b := g.Do(r)
	return resp, string(b)
}

func TestAFormsModelIsFoundWhereverItStandsAndEveryOtherByteStays(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"text":"hi"}`) }, "")
	model, file := part(`name="model"`, "openai/whisper-1"), part(`name="file"; filename="a \"b\".mp3"`, "\x00\xff\r\n--not\r\nname=\"model\"")
	for name, body := range map[string]string{
		"first":              form(model, file, part(`name="temperature"`, "0")),
		"last":               form(file, part(`name="temperature"`, "0"), model),
		"unquoted":           form(file, part(`name=model`, "openai/whisper-1")),
		"with a type":        form(file, strings.Replace(model, "\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n", 1)),
		"header, other case": form(file, strings.Replace(model, "Content-Disposition", "content-disposition", 1)),
		"with an epilogue":   form(file, model) + "epilogue",
		"a file named model": form(part(`name="model"; filename="model"`, "openai/evil"), model),
		"no prefix":          form(file, part(`name="model"`, "whisper-1")),
	} {
		resp, b := transcribe(t, g, strings.NewReader(body))
		want := strings.Replace(body, "openai/whisper-1", "whisper-1", 1)
		if resp.StatusCode != 200 || string(u.Last().Body) != want {
			t.Errorf("%s: %d %s; the vendor got %q", name, resp.StatusCode, b, u.Last().Body)
		}
	}
}

func TestFormsThatTwoReadersCouldReadInTwoWaysAreRefused(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"text":"hi"}`) }, "")
	model, file := part(`name="model"`, "openai/whisper-1"), part(`name="file"; filename="a"`, "x")
	for name, body := range map[string]string{
		"no model":                   form(file),
		"an empty model":             form(file, part(`name="model"`, "")),
		"two models":                 form(model, file, part(`name="model"`, "openai/gpt-4o-transcribe")),
		"two equal models":           form(model, model, file),
		"a name twice in one part":   form(model, part(`name="model"; name="model"`, "openai/gpt-4o-transcribe")),
		"two dispositions":           form(model, strings.Replace(part(`name="x"`, "openai/gpt-4o-transcribe"), "\r\n\r\n", "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n", 1)),
		"two dispositions, reversed": form(model, strings.Replace(part(`name="model"`, "openai/gpt-4o-transcribe"), "\r\n\r\n", "\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n", 1)),
		"a disposition in two":       form(model, "--"+boundary+"\r\nContent-Disposition: form-data; name=\"x\"\nContent-Disposition: form-data; name=\"model\"\r\n\r\nopenai/gpt-4o-transcribe\r\n"),
		"cut":                        strings.TrimSuffix(form(model, file), "--\r\n"),
		"no boundary at the start":   "x" + form(model, file),
		"a part without its header":  form(model, "--"+boundary+"\r\nno end of it"),
		"empty":                      "",
		"201 parts":                  form(model, strings.Repeat(part(`name="x"`, "1"), 200)),
	} {
		before := len(u.Calls())
		resp, b := transcribe(t, g, strings.NewReader(body))
		if resp.StatusCode != 400 || resp.Header.Get("sluice-error") != "invalid_request" || len(u.Calls()) != before {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
}

func TestALargeFormSpillsToTheDiskAndGoesOnByteByByte(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"text":"hi"}`) }, "")
	noise := make([]byte, 9<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	body := form(part(`name="file"; filename="a.wav"`, string(noise)), part(`name="model"`, "openai/whisper-1"))
	want := sha256.Sum256([]byte(strings.Replace(body, "openai/whisper-1", "whisper-1", 1)))
	for name, reader := range map[string]io.Reader{"with its length": strings.NewReader(body), "chunked": io.MultiReader(strings.NewReader(body))} {
		resp, b := transcribe(t, g, reader)
		if resp.StatusCode != 200 || sha256.Sum256(u.Last().Body) != want {
			t.Errorf("%s: %d %s; the vendor got %d bytes", name, resp.StatusCode, b, len(u.Last().Body))
		}
	}
	if !bytes.Contains(u.Last().Body, noise) {
		t.Error("the file changed")
	}
}
