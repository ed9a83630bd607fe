package app_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const redacting = `
gateways:
  default:
    controls: [metadata]
    log:
      redact: [secrets, email, card, phone, iban, ip]
      patterns: {employee: 'EMP-[0-9]{6}'}
storage: {search: on, drain: %DRAIN%}
`

// personal are values of every kind; none is anybody's.
var personal = []string{"ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx", "jane.doe@example.com", "4111 1111 1111 1111", "+49 30 901820", "DE89370400440532013000", "203.0.113.77", "EMP-123456"}

// conversations are requests of every dialect, each answered whole and as a stream, that
// say %TEXT%.
var conversations = map[string]string{
	"/v1/chat/completions": `{"model":"sandbox/echo","user":"%USER%","messages":[{"role":"user","content":"%TEXT%"}]}`,
	"/v1/responses":        `{"model":"sandbox/echo","input":"%TEXT%"}`,
	"/v1/messages":         `{"model":"sandbox/echo","max_tokens":400,"messages":[{"role":"user","content":"%TEXT%"}]}`,
	"/v1beta/models/sandbox/echo:generateContent":       `{"contents":[{"role":"user","parts":[{"text":"%TEXT%"}]}]}`,
	"/v1beta/models/sandbox/echo:streamGenerateContent": `{"contents":[{"role":"user","parts":[{"text":"%TEXT%"}]}]}`,
	"/model/sandbox%2Fecho/converse":                    `{"messages":[{"role":"user","content":[{"text":"%TEXT%"}]}]}`,
	"/model/sandbox%2Fecho/converse-stream":             `{"messages":[{"role":"user","content":[{"text":"%TEXT%"}]}]}`,
	"/v2/chat":                                          `{"model":"sandbox/echo","messages":[{"role":"user","content":"%TEXT%"}]}`,
}

func TestWhatThePolicyNamesReachesNeitherSpoolNorStoreNorIndex(t *testing.T) {
	for _, drain := range []string{"paused", "run"} {
		g := testgw.Start(t, strings.Replace(redacting, "%DRAIN%", drain, 1))
		text := "I am " + strings.Join(personal, " and ") + " and more"
		var ids []string
		for path, body := range conversations {
			body = strings.NewReplacer("%TEXT%", text, "%USER%", personal[1]).Replace(body)
			bodies := []string{body}
			if strings.HasPrefix(path, "/v1/") || path == "/v2/chat" {
				bodies = append(bodies, strings.Replace(body, "{", `{"stream":true,`, 1))
			}
			for _, body := range bodies {
				r := g.Request("POST", path, []byte(body))
				r.Header.Set("Sluice-Metadata", `{"contact":"`+personal[1]+`"}`)
				r.Header.Set("User-Agent", "tool/1 "+personal[1])
				resp, answer := g.Do(r)
				if resp.StatusCode != 200 {
					t.Fatalf("%s: %d %s", path, resp.StatusCode, answer)
				}
				if !strings.Contains(path, "tream") && !strings.Contains(body, "stream") && !bytes.Contains(answer, []byte(personal[1])) {
					t.Errorf("%s: the caller did not get what was said: %s", path, answer)
				}
				ids = append(ids, resp.Header.Get("Sluice-Request-Id"))
			}
		}
		for _, id := range ids {
			e := g.Entry(id)
			for _, kind := range []string{"secret", "email", "card", "phone", "iban", "ip", "employee"} {
				if e.Redacted[kind] < 2 {
					t.Errorf("drain %s: %s was taken out %d times of %s: %v", drain, kind, e.Redacted[kind], e.ID, e.Redacted)
				}
			}
			var whole json.RawMessage
			g.AdminGet("/api/v1/entries/"+e.ID, &whole)
			if !bytes.Contains(whole, []byte("[redacted:email]")) || strings.Contains(e.User, "jane") {
				t.Errorf("%s", whole)
			}
			for _, value := range personal {
				if bytes.Contains(whole, []byte(value)) {
					t.Errorf("%q is shown: %s", value, whole)
				}
			}
		}
		scrape, err := http.NewRequest(http.MethodGet, g.Admin+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		scrape.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
		if _, metrics := g.Do(scrape); !bytes.Contains(metrics, []byte(`sluice_redacted_total{gateway="default",kind="employee"}`)) {
			t.Error("the metric is missing")
		}
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
		nowhere(t, g.Dir, personal...)
	}
}

// nowhere fails where a file below dir, but the configuration, holds one of the texts.
func nowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".yaml") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(bytes.ToLower(raw), []byte(strings.ToLower(text))) {
				t.Errorf("%s holds %q", path, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBodiesOfASampleAndOfFailuresAreKeptAndAddressesAreCut(t *testing.T) {
	g := testgw.Start(t, `
gateways:
  default: { log: { sample: 0, redact: [email, ip] } }
  strict:  { log: { sample: 0, sample_errors: false } }
  half:    { log: { sample: 0.5 } }
`)
	ask := func(gateway, model string) admin.EntryDetail {
		resp, _ := g.Post("/gateways/"+gateway+"/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"hi"}]}`)
		id := resp.Header.Get("Sluice-Request-Id")
		g.Entry(id)
		var e admin.EntryDetail
		g.AdminGet("/api/v1/entries/"+id, &e)
		return e
	}
	if e := ask("default", "sandbox/echo"); e.Bodies != nil || e.ClientIP != "127.0.0.0" {
		t.Errorf("%+v", e)
	}
	if e := ask("default", "sandbox/echo?fail=1"); e.Bodies == nil || e.Status < 400 {
		t.Errorf("a failure: %+v", e)
	}
	if e := ask("strict", "sandbox/echo?fail=1"); e.Bodies != nil {
		t.Errorf("a failure that is not wanted: %+v", e)
	}
	kept := 0
	for range 40 {
		if ask("half", "sandbox/echo").Bodies != nil {
			kept++
		}
	}
	if kept < 5 || kept > 35 { // which one in a hundred million would be
		t.Errorf("%d of 40 at one half", kept)
	}

	id := ask("default", "sandbox/echo").ID
	r, err := http.NewRequest(http.MethodPut, g.Admin+"/api/v1/entries/"+id+"/feedback", strings.NewReader(`{"feedback":"up","comment":"ask jane@example.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	if resp, b := g.Do(r); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	if e := g.Entry(id); strings.Contains(e.Comment, "@") || !strings.Contains(e.Comment, "[redacted:email]") {
		t.Errorf("comment %q", e.Comment)
	}
}
