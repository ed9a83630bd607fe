package proxy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const chatBody = `{"model":"openai/gpt-4o-mini","messages":[]}`

func answerChat(c *testup.Call) { c.JSON(200, chatAnswer) }

// with makes an authenticated request with more headers, given as names and values in turn.
func with(g *testgw.Gateway, method, path, body string, pairs ...string) *http.Request {
	var b []byte
	if body != "" {
		b = []byte(body)
	}
	r := g.Request(method, path, b)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	return r
}

const corsGateways = `
gateways:
  default: {}
  web:
    cors: { origins: ["https://app.example.com", "https://*.wild.example.com"], headers: [x-app], expose: [x-mine], max_age: 90s }
  any: { cors: { origins: ["*"], headers: ["*"] } }
`

func TestAPreflightIsAnsweredWithoutAKeyForAllowedOriginsOnly(t *testing.T) {
	g, u := start(t, answerChat, corsGateways)
	cases := map[string]struct {
		path, origin string
		allowed      bool
	}{
		"allowed":                  {"/gateways/web/v1/chat/completions", "https://app.example.com", true},
		"in another case":          {"/gateways/web/v1/chat/completions", "HTTPS://App.Example.com", true},
		"a subdomain":              {"/gateways/web/v1/messages", "https://a.wild.example.com", true},
		"a deeper subdomain":       {"/gateways/web/v1/messages", "https://b.a.wild.example.com", true},
		"the bare wildcard domain": {"/gateways/web/v1/messages", "https://wild.example.com", false},
		"a domain that ends alike": {"/gateways/web/v1/messages", "https://evilwild.example.com", false},
		"a domain behind it":       {"/gateways/web/v1/messages", "https://a.wild.example.com.evil.org", false},
		"another scheme":           {"/gateways/web/v1/messages", "http://a.wild.example.com", false},
		"another port":             {"/gateways/web/v1/messages", "https://app.example.com:444", false},
		"null":                     {"/gateways/web/v1/messages", "null", false},
		"a native path":            {"/gateways/web/providers/openai/v1/whatever", "https://app.example.com", true},
		"the own key":              {"/gateways/web/v1/me", "https://app.example.com", true},
		"any origin":               {"/gateways/any/v1/chat/completions", "https://anything.org", true},
		"off":                      {"/v1/chat/completions", "https://app.example.com", false},
	}
	for name, c := range cases {
		r := with(g, http.MethodOptions, c.path, "", "Origin", c.origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization, content-type,sluice-metadata,x-app,x-stainless-lang,x-evil,cookie")
		r.Header.Del("Authorization")
		resp, b := g.Do(r)
		h := resp.Header
		if !c.allowed {
			if h.Get("Access-Control-Allow-Origin") != "" || resp.StatusCode < 400 {
				t.Errorf("%s: %d %v", name, resp.StatusCode, h)
			}
			continue
		}
		if resp.StatusCode != 204 || len(b) != 0 || h.Get("Access-Control-Allow-Origin") != c.origin || h.Get("Vary") != "Origin" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v %s", name, resp.StatusCode, h, b)
		}
		if strings.Contains(c.path, "/web/") {
			if got := h.Get("Access-Control-Allow-Headers"); got != "authorization, content-type, sluice-metadata, x-app, x-stainless-lang" || h.Get("Access-Control-Max-Age") != "90" {
				t.Errorf("%s: headers %q, age %q", name, got, h.Get("Access-Control-Max-Age"))
			}
		}
	}
	if len(u.Calls()) != 0 {
		t.Error("a preflight reached the vendor")
	}
	var list struct{ Data []gateway.Entry }
	if g.AdminGet("/api/v1/entries?status=204", &list); len(list.Data) != 0 {
		t.Errorf("a preflight left %d entries", len(list.Data))
	}
}

func TestAPageMayReadAnswersAndErrorsWhereCORSIsOn(t *testing.T) {
	g, _ := start(t, answerChat, corsGateways)
	for name, c := range map[string]struct {
		path, body string
		status     int
	}{
		"an answer":      {"/v1/chat/completions", chatBody, 200},
		"our error":      {"/v1/chat/completions", `{"model":"unknown-model"}`, 404},
		"no such path":   {"/v1/nowhere", "{}", 404},
		"a wrong method": {"/v1/me", "{}", 405},
	} {
		for prefix, on := range map[string]bool{"/gateways/web": true, "": false} {
			resp, b := g.Do(with(g, "POST", prefix+c.path, c.body, "Origin", "https://app.example.com"))
			h := resp.Header
			if resp.StatusCode != c.status {
				t.Errorf("%s%s: %d %s", prefix, c.path, resp.StatusCode, b)
			}
			expose := h.Get("Access-Control-Expose-Headers")
			if (h.Get("Access-Control-Allow-Origin") == "https://app.example.com") != on || (h.Get("Vary") == "Origin") != on || (strings.Contains(expose, "sluice-request-id") && strings.HasSuffix(expose, "x-mine")) != on {
				t.Errorf("%s, on %v: %v", name, on, h)
			}
		}
	}
	r := with(g, "POST", "/gateways/web/v1/chat/completions", chatBody, "Origin", "https://evil.example.com")
	if resp, _ := g.Do(r); resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") != "" || resp.Header.Get("Access-Control-Expose-Headers") != "" || resp.Header.Get("Vary") != "Origin" {
		t.Errorf("a foreign origin: %d %v", resp.StatusCode, resp.Header)
	}
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Del("Authorization")
	if resp, _ := g.Do(r.Clone(t.Context())); resp.StatusCode != 401 || resp.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("a page cannot read why it is refused: %d %v", resp.StatusCode, resp.Header)
	}
}

func TestAHostNameOrAPrefixChoosesTheGateway(t *testing.T) {
	g, u := start(t, answerChat, `
gateways:
  default: {}
  team: { hosts: [ai.example.com], models: ["openai/gpt-4o*"] }
  open: { auth: none }
`)
	for name, c := range map[string]struct{ host, path, want string }{
		"plain":                      {"", "/v1/chat/completions", "default"},
		"host":                       {"ai.example.com", "/v1/chat/completions", "team"},
		"host, case and port":        {"AI.Example.com:8080", "/v1/chat/completions", "team"},
		"another host":               {"x.example.com", "/v1/chat/completions", "default"},
		"prefix":                     {"", "/gateways/team/v1/chat/completions", "team"},
		"prefix goes before host":    {"ai.example.com", "/gateways/open/v1/chat/completions", "open"},
		"prefix before a native one": {"", "/gateways/team/providers/openai/chat/completions", "team"},
	} {
		r := with(g, "POST", c.path, `{"model":"gpt-4o-mini","messages":[]}`)
		r.Host = c.host
		resp, b := g.Do(r)
		if resp.StatusCode != 200 || resp.Header.Get("sluice-gateway") != c.want || u.Last().URI != "/v1/chat/completions" {
			t.Errorf("%s: %d, gateway %s, vendor's path %s: %s", name, resp.StatusCode, resp.Header.Get("sluice-gateway"), u.Last().URI, b)
		}
		if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Gateway != c.want {
			t.Errorf("%s: the entry says %s", name, e.Gateway)
		}
	}
	for path, code := range map[string]string{"/gateways/nobody/v1/chat/completions": "not_found", "/gateways/team": "not_found", "/gateways//v1/me": "not_found"} {
		if resp, b := g.Post(path, chatBody); resp.StatusCode != 404 || resp.Header.Get("sluice-error") != code {
			t.Errorf("%s: %d %s", path, resp.StatusCode, b)
		}
	}
	if resp, b := g.Post("/gateways/team/v1/chat/completions", `{"model":"openai/gpt-5","messages":[]}`); resp.StatusCode != 403 {
		t.Errorf("the gateway's models do not hold: %d %s", resp.StatusCode, b)
	}
	r := with(g, "POST", "/gateways/open/v1/chat/completions", chatBody)
	r.Header.Del("Authorization")
	if resp, b := g.Do(r); resp.StatusCode != 200 {
		t.Errorf("an open gateway asks for a key: %d %s", resp.StatusCode, b)
	}
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	g, u := start(t, answerChat, "")
	for name, c := range map[string]struct{ method, path, allow string }{
		"chat":      {"GET", "/v1/chat/completions", "POST"},
		"messages":  {"PUT", "/v1/messages", "POST"},
		"own key":   {"POST", "/v1/me", "GET"},
		"responses": {"PATCH", "/v1/responses/resp_1", "DELETE, GET"},
		"gemini":    {"GET", "/v1beta/models/x:generateContent", "POST"},
	} {
		resp, b := g.Do(with(g, c.method, c.path, ""))
		if resp.StatusCode != 405 || resp.Header.Get("sluice-error") != "method_not_allowed" || resp.Header.Get("Allow") != c.allow || !strings.Contains(string(b), "This path takes "+c.allow+".") {
			t.Errorf("%s: %d, allow %q: %s", name, resp.StatusCode, resp.Header.Get("Allow"), b)
		}
	}
	if len(u.Calls()) != 0 {
		t.Error("one reached the vendor")
	}
}

func TestHealthNeedsNoKeyAndLeavesNoEntry(t *testing.T) {
	g, _ := start(t, answerChat, "")
	for _, path := range []string{"/livez", "/readyz"} {
		r := with(g, "GET", path, "")
		r.Header.Del("Authorization")
		resp, b := g.Do(r)
		if resp.StatusCode != 200 || string(b) != "ok\n" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q %v", path, resp.StatusCode, b, resp.Header)
		}
	}
	var list struct{ Data []gateway.Entry }
	if g.AdminGet("/api/v1/entries", &list); len(list.Data) != 0 {
		t.Errorf("%d entries", len(list.Data))
	}
}

func TestABodyAboveItsOperationsLimitIsRefusedWhetherItsLengthIsSaidOrNot(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"text":"hi"}`) }, "server: { max_body: { json: 2KiB, multipart: 4KiB, files: 8KiB } }\ngateways: { default: { default_provider: openai } }\n")
	pad := func(n int) string { return strings.Repeat(" ", n) }
	form := func(n int) string {
		return "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nopenai/whisper-1\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + pad(n) + "\r\n--b--\r\n"
	}
	for name, c := range map[string]struct {
		path, kind string
		fits, over string
	}{
		"json":      {"/v1/chat/completions", "application/json", chatBody + pad(2048-len(chatBody)), chatBody + pad(2049-len(chatBody))},
		"multipart": {"/v1/audio/transcriptions", "multipart/form-data; boundary=b", form(3500), form(4096)},
		"files":     {"/v1/files", "multipart/form-data; boundary=b", pad(8192), pad(8193)},
		"native":    {"/providers/openai/v1/whatever", "application/octet-stream", pad(8192), pad(8193)},
	} {
		for _, said := range []bool{true, false} {
			send := func(body string) (*http.Response, []byte) {
				var reader io.Reader = strings.NewReader(body)
				if !said {
					reader = io.MultiReader(reader) // of a length that cannot be told
				}
				r, err := http.NewRequest("POST", g.URL+c.path, reader)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+testgw.Key)
				r.Header.Set("Content-Type", c.kind)
				return g.Do(r)
			}
			if resp, b := send(c.fits); resp.StatusCode != 200 {
				t.Errorf("%s, length said %v: one that fits: %d %s", name, said, resp.StatusCode, b)
			}
			before := len(u.Calls())
			resp, b := send(c.over)
			if resp.StatusCode != 413 || resp.Header.Get("sluice-error") != "body_too_large" || resp.Header.Get("x-should-retry") != "false" {
				t.Errorf("%s, length said %v: %d %s", name, said, resp.StatusCode, b)
			}
			if len(u.Calls()) != before {
				t.Errorf("%s, length said %v: the vendor was called", name, said)
			}
		}
	}
}

func TestCallsAboveTheLimitAreRefusedAtOnceAndServedLater(t *testing.T) {
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	g, _ := start(t, func(c *testup.Call) {
		select {
		case arrived <- struct{}{}:
			<-release
		default: // more than may be in flight
		}
		c.JSON(200, chatAnswer)
	}, "server: { max_in_flight: 2 }\n")
	done := make(chan int, 2)
	for range 2 {
		go func() {
			resp, err := http.DefaultTransport.RoundTrip(with(g, "POST", "/v1/chat/completions", chatBody))
			if err != nil {
				done <- 0
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			done <- resp.StatusCode
		}()
	}
	eventually(t, func() bool { return len(arrived) == 2 })
	for name, body := range map[string]string{"/v1/chat/completions": chatBody, "/v1/messages": `{"model":"anthropic/claude-sonnet-4-5","max_tokens":1,"messages":[]}`} {
		resp, b := g.Post(name, body)
		if resp.StatusCode != 503 || resp.Header.Get("sluice-error") != "overloaded" || resp.Header.Get("Retry-After") != "1" || !json.Valid(b) {
			if !(name == "/v1/messages" && resp.StatusCode == 529) {
				t.Errorf("%s: %d %v: %s", name, resp.StatusCode, resp.Header, b)
			}
		}
	}
	if resp, _ := g.Do(with(g, "GET", "/readyz", "")); resp.StatusCode != 200 {
		t.Errorf("health is refused too: %d", resp.StatusCode)
	}
	close(release)
	for range 2 {
		if status := <-done; status != 200 {
			t.Errorf("a running call ended with %d", status)
		}
	}
	if resp, b := g.Post("/v1/me", ""); resp.StatusCode != 405 {
		t.Errorf("afterwards: %d %s", resp.StatusCode, b)
	}
}

func TestMemoryThatIsUsedUpRefusesCalls(t *testing.T) {
	g, u := start(t, answerChat, "server: { max_memory: 1KiB }\n")
	resp, b := g.Post("/v1/chat/completions", chatBody)
	if resp.StatusCode != 503 || resp.Header.Get("sluice-error") != "overloaded" || resp.Header.Get("Retry-After") == "" || len(u.Calls()) != 0 {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
}

func TestACallerSeesItsOwnKeyAndNoSecret(t *testing.T) {
	g, _ := start(t, answerChat, "gateways: { default: {}, open: { auth: none } }\n")
	narrow := secondKey(t, g, "other", `,"models":["openai/gpt-4o*"],"operations":["chat"],"expires":"2099-01-02T03:04:05Z"`)
	var me struct {
		Workspace string
		Key       *struct{ ID, Name, Hint, Expires string }
		Rights    struct{ Gateways, Models, Operations []string }
	}
	resp, b := as(g, narrow, "GET", "/v1/me", "")
	if err := json.Unmarshal([]byte(b), &me); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v %s", resp.StatusCode, err, b)
	}
	if me.Workspace != "other" || me.Key == nil || me.Key.Name != "second" || me.Key.Expires != "2099-01-02T03:04:05Z" || fmt.Sprint(me.Rights) != "{[*] [openai/gpt-4o*] [chat]}" {
		t.Errorf("%s", b)
	}
	if strings.Contains(b, narrow) || !strings.HasPrefix(narrow, strings.TrimSuffix(me.Key.Hint, "…")) {
		t.Errorf("hint and secret: %s", b)
	}
	r := with(g, "GET", "/gateways/open/v1/me", "")
	r.Header.Del("Authorization")
	if resp, b := g.Do(r); resp.StatusCode != 200 || !bytes.Contains(b, []byte(`"key":null`)) {
		t.Errorf("without a key: %d %s", resp.StatusCode, b)
	}
}

func TestModelsAreListedInThreeDialectsByTheCallersRights(t *testing.T) {
	g, _ := start(t, answerChat, "gateways: { default: {}, team: { models: [\"openai/*\", \"gemini/*\"] } }\n")
	narrow := secondKey(t, g, "default", `,"models":["openai/gpt-4o*","anthropic/*"]`)
	dialects := map[string]struct {
		path   string
		header []string
		names  func([]byte) []string
	}{
		"openai":    {"/v1/models", nil, func(b []byte) []string { return listed(t, b, "data", "id") }},
		"anthropic": {"/v1/models", []string{"anthropic-version", "2023-06-01"}, func(b []byte) []string { return listed(t, b, "data", "id") }},
		"gemini":    {"/v1beta/models", nil, func(b []byte) []string { return listed(t, b, "models", "name") }},
	}
	for name, d := range dialects {
		for gw, wantAnthropic := range map[string]bool{"": true, "/gateways/team": false} {
			r := with(g, "GET", gw+d.path, "", d.header...)
			r.Header.Set("Authorization", "Bearer "+narrow)
			resp, b := g.Do(r)
			if resp.StatusCode != 200 {
				t.Fatalf("%s: %d %s", name, resp.StatusCode, b)
			}
			seen := map[string]int{}
			for _, n := range d.names(b) {
				n = strings.TrimPrefix(n, "models/")
				provider, _, _ := strings.Cut(n, "/")
				seen[provider]++
				if provider == "openai" && !strings.HasPrefix(n, "openai/gpt-4o") {
					t.Errorf("%s %s: %s is listed", name, gw, n)
				}
			}
			if seen["openai"] == 0 || (seen["anthropic"] > 0) != wantAnthropic || seen["gemini"] != 0 || seen["sandbox"] != 0 {
				t.Errorf("%s %s: %v", name, gw, seen)
			}
		}
	}
	for path, status := range map[string]int{"/v1/models/openai/gpt-4o-mini": 200, "/v1/models/openai%2Fgpt-4o-mini": 200, "/v1/models/gpt-4o-mini": 200, "/v1/models/gemini/gemini-2.5-flash": 404, "/v1/models/nothing": 404} {
		if resp, b := as(g, narrow, "GET", path, ""); resp.StatusCode != status {
			t.Errorf("%s: %d %s", path, resp.StatusCode, b)
		}
	}
}

// listed gives one member of each element of a list.
func listed(t *testing.T, b []byte, list, member string) []string {
	t.Helper()
	var v map[string]json.RawMessage
	var items []map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(v[list], &items); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	var names []string
	for _, it := range items {
		names = append(names, fmt.Sprint(it[member]))
	}
	return names
}

// eventually waits until a condition holds, which may take long where the machine is busy.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("it never came to be")
		}
	}
}
