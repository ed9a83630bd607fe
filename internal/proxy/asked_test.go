package proxy_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

const asking = `
gateways:
  default: { limits: [ { per: user, requests: [2/1h] } ] }
  narrow: { models: [sandbox/echo] }
  far: { networks: { allow: [203.0.113.0/24] } }
`

// tokenOf makes an API token with a role in the default workspace.
func tokenOf(t *testing.T, g *testgw.Gateway, role string) string {
	t.Helper()
	var made struct{ Secret string }
	if status := g.AdminPost("/api/v1/tokens", `{"name":"`+role+`","workspace":"default","role":"`+role+`"}`, &made); status != http.StatusCreated {
		t.Fatalf("no token: %d", status)
	}
	return made.Secret
}

// play asks the playground.
func play(t *testing.T, g *testgw.Gateway, token, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, g.Admin+"/api/v1/playground", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, b := g.Do(r)
	return resp, string(b)
}

const echo = `{"model":"sandbox/echo","messages":[{"role":"user","content":"good morning"}]}`

func TestACallOfThePlaygroundIsTheCallOfThePersonWhoAsks(t *testing.T) {
	g := testgw.Start(t, asking)
	resp, answer := play(t, g, tokenOf(t, g, "editor"), `{"headers":{"sluice-metadata":"{\"team\":\"red\"}"},"body":`+echo+`}`)
	if resp.StatusCode != http.StatusOK || !strings.Contains(answer, "good morning") || resp.Header.Get("sluice-provider") != "sandbox" {
		t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, answer)
	}
	if resp.Header.Get("Content-Security-Policy") == "" {
		t.Error("the admin listener's own headers are gone")
	}
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if e.User != "token editor" || e.Workspace != "default" || e.KeyID != "" || !strings.Contains(string(e.Metadata), `"via":"playground"`) || !strings.Contains(string(e.Metadata), `"team":"red"`) || e.Status != 200 {
		t.Errorf("the entry: %+v %s", e, e.Metadata)
	}
}

func TestThePlaygroundStreams(t *testing.T) {
	g := testgw.Start(t, asking)
	resp, answer := play(t, g, testgw.AdminToken, `{"body":`+strings.Replace(echo, "{", `{"stream":true,`, 1)+`}`)
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(ct, "text/event-stream") {
		t.Fatalf("%d %s", resp.StatusCode, ct)
	}
	var events int
	for lines := bufio.NewScanner(strings.NewReader(answer)); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data: ") {
			events++
		}
	}
	if events < 3 || !strings.HasSuffix(strings.TrimSpace(answer), "data: [DONE]") {
		t.Errorf("%d events: %s", events, answer)
	}
}

func TestThePlaygroundIsUnderTheGatewaysPolicy(t *testing.T) {
	g := testgw.Start(t, asking)
	editor := tokenOf(t, g, "editor")
	for _, c := range []struct {
		what, token, body string
		status            int
		says              string
	}{
		{"another model", editor, `{"gateway":"narrow","body":` + strings.Replace(echo, "echo", "chat", 1) + `}`, 403, "not allowed"},
		{"another network", editor, `{"gateway":"far","body":` + echo + `}`, 403, "from your address"},
		{"no such gateway", editor, `{"gateway":"nowhere","body":` + echo + `}`, 404, "nowhere"},
		{"no such workspace", editor, `{"workspace":"nowhere","body":` + echo + `}`, 404, "nowhere"},
		{"no such workspace for an admin", testgw.AdminToken, `{"workspace":"nowhere","body":` + echo + `}`, 404, "nowhere"},
		{"a viewer", tokenOf(t, g, "viewer"), `{"body":` + echo + `}`, 403, "editor"},
		{"no call", editor, `{"body":[]}`, 400, "body"},
		{"another header", editor, `{"headers":{"authorization":"x"},"body":` + echo + `}`, 400, "authorization"},
		{"two lines in a header", editor, `{"headers":{"sluice-cache":"a\nb"},"body":` + echo + `}`, 400, "sluice-cache"},
		{"a bad control", editor, `{"headers":{"sluice-timeout-ms":"soon"},"body":` + echo + `}`, 400, "sluice-timeout-ms"},
		{"a large image", editor, `{"gateway":"narrow","body":` + strings.Replace(echo, "good morning", strings.Repeat("x", 2<<20), 1) + `}`, 200, ""},
		{"the first", editor, `{"body":` + echo + `}`, 200, ""},
		{"the second", editor, `{"body":` + echo + `}`, 200, ""},
		{"one too many", editor, `{"body":` + echo + `}`, 429, "limit"},
	} {
		resp, answer := play(t, g, c.token, c.body)
		if resp.StatusCode != c.status || !strings.Contains(answer, c.says) {
			t.Errorf("%s: %d, want %d with %q: %.300s", c.what, resp.StatusCode, c.status, c.says, answer)
		}
	}
}
