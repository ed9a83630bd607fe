package proxy_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// vendors configures three vendors that all live at one scripted upstream.
func vendors(u *testup.Upstream, more string) string {
	return fmt.Sprintf(`
providers:
  openai:    { api_key: env:VENDOR_KEY, base_url: %[1]s/v1, retries: { max: 0 } }
  anthropic: { api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  gemini:    { api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
%[2]s`, u.URL, more)
}

const vendorKey = "vendor-secret-key-0001"

func start(t *testing.T, script func(*testup.Call), more string) (*testgw.Gateway, *testup.Upstream) {
	t.Helper()
	u := testup.New(t, script)
	g := testgw.StartWith(t, testgw.Options{Config: vendors(u, more), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	return g, u
}

const chatAnswer = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4}}}`

func TestTheModelsPrefixIsCutOutAndEveryOtherByteStays(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "")
	cases := map[string]string{
		"plain":            `{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}`,
		"odd spacing":      "\n\t{ \"messages\" :[ ] ,\r\n \"model\"\t:\n\"openai/gpt-4o-mini\"  , \"x\": 1 }\n\n",
		"numbers":          `{"model":"openai/gpt-4o-mini","a":1e400,"b":-0.0,"c":12345678901234567890123,"d":1E+2}`,
		"unicode escapes":  `{"model":"openai/gpt-4o-mini","messages":"\u00e9\ud83d\ude00\/ é 😀 \u0000"}`,
		"lone surrogate":   `{"model":"openai/gpt-4o-mini","x":"\ud800"}`,
		"duplicate others": `{"model":"openai/gpt-4o-mini","a":1,"a":2}`,
		"invalid utf-8":    "{\"model\":\"openai/gpt-4o-mini\",\"x\":\"\xff\xfe\"}",
		"deep nesting":     `{"model":"openai/gpt-4o-mini","x":` + strings.Repeat("[", 400) + strings.Repeat("]", 400) + `}`,
		"model in content": `{"messages":[{"model":"openai/gpt-4o-mini"}],"model":"openai/gpt-4o-mini"}`,
		"large":            `{"model":"openai/gpt-4o-mini","x":"` + strings.Repeat("A\\n", 7<<20) + `"}`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			resp, answer := g.Post("/v1/chat/completions", body)
			if resp.StatusCode != 200 || string(answer) != chatAnswer {
				t.Fatalf("status %d, answer %.300s", resp.StatusCode, answer)
			}
			i := strings.LastIndex(body, `"openai/gpt-4o-mini"`)
			if name == "plain" || strings.HasPrefix(body, `{"model"`) {
				i = strings.Index(body, `"openai/gpt-4o-mini"`)
			}
			want := body[:i] + `"gpt-4o-mini"` + body[i+len(`"openai/gpt-4o-mini"`):]
			if got := u.Last().Body; sha256.Sum256(got) != sha256.Sum256([]byte(want)) {
				t.Fatalf("the vendor got %.200q, want %.200q", got, want)
			}
		})
	}
}

func TestABareModelGoesOutUntouched(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "")
	body := `{ "model": "gpt-4o-mini", "messages": [] }`
	g.Post("/v1/chat/completions", body)
	if got := string(u.Last().Body); got != body {
		t.Fatalf("the vendor got %q", got)
	}
}

func TestBodiesThatTwoReadersCouldReadInTwoWaysAreRefused(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "")
	cases := map[string]string{
		"model twice":          `{"model":"openai/gpt-4o-mini","model":"openai/gpt-4"}`,
		"model twice, escaped": `{"model":"openai/gpt-4o-mini","mod\u0065l":"openai/gpt-4"}`,
		"stream twice":         `{"model":"openai/gpt-4o-mini","stream":false,"stream":true}`,
		"no object":            `["model"]`,
		"trailing garbage":     `{"model":"openai/gpt-4o-mini"} {}`,
		"unbalanced":           `{"model":"openai/gpt-4o-mini","x":[}`,
		"cut":                  `{"model":"openai/gpt-4o-mini","x":"`,
		"too deep":             `{"model":"openai/gpt-4o-mini","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
		"empty":                ``,
		"byte order mark":      "\xef\xbb\xbf{\"model\":\"openai/gpt-4o-mini\"}",
		"no model":             `{"messages":[]}`,
		"model no string":      `{"model":7}`,
		"stream no boolean":    `{"model":"openai/gpt-4o-mini","stream":"yes"}`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			before := len(u.Calls())
			resp, answer := g.Post("/v1/chat/completions", body)
			var e struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal(answer, &e); err != nil || resp.StatusCode != 400 || e.Error.Type != "invalid_request_error" || e.Error.Message == "" {
				t.Fatalf("status %d: %s", resp.StatusCode, answer)
			}
			if resp.Header.Get("sluice-error") != "invalid_request" || resp.Header.Get("sluice-request-id") == "" {
				t.Fatalf("header %v", resp.Header)
			}
			if len(u.Calls()) != before {
				t.Fatal("it reached the vendor")
			}
		})
	}
}

func TestAnAnswersHeaderSaysWhatHappenedAndTheEntryAgrees(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) {
		c.Set("x-request-id", "vendor-1").Set("x-ratelimit-remaining-requests", "9").Set("openai-organization", "org-secret").Set("set-cookie", "a=b").JSON(200, chatAnswer)
	}, "")
	resp, _ := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[],"user":"u-1"}`)
	h := resp.Header
	for name, want := range map[string]string{
		"sluice-gateway": "default", "sluice-provider": "openai", "sluice-model": "gpt-4o-mini", "sluice-attempts": "1", "sluice-cache": "off",
		"x-request-id": "vendor-1", "x-ratelimit-remaining-requests": "9", "openai-organization": "", "set-cookie": "", "content-type": "application/json",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var usage map[string]any
	if err := json.Unmarshal([]byte(h.Get("sluice-usage")), &usage); err != nil || usage["input_tokens"] != 11.0 || usage["cache_read_tokens"] != 4.0 {
		t.Errorf("sluice-usage: %s", h.Get("sluice-usage"))
	}
	e := g.Entry(h.Get("sluice-request-id"))
	if e.Cost.USD.String() != h.Get("sluice-cost-usd") || !e.Cost.Known {
		t.Errorf("cost: entry %v, header %s", e.Cost, h.Get("sluice-cost-usd"))
	}
	if e.Usage.OutputTokens.N != 7 || e.User != "u-1" || e.Status != 200 || e.FinishReason != "stop" || e.Operation != "chat" || e.ClientDialect != "chat" || len(e.Attempts) != 1 || e.Workspace != "default" || e.KeyID == "" {
		b, _ := json.Marshal(e)
		t.Errorf("entry %s", b)
	}
}

func TestTheCallersSecretsNeverReachTheVendorAndTheVendorsNeverTheCaller(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "")
	r := g.Request("POST", "/v1/chat/completions?key="+testgw.Key+"&x=1", []byte(`{"model":"openai/gpt-4o-mini","messages":[]}`))
	for name, v := range map[string]string{
		"Cookie": "session=1", "X-Api-Key": "mine", "X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3", "Connection": "x-drop-me, close",
		"X-Drop-Me": "1", "Sluice-Metadata": `{"team":"a"}`, "Proxy-Authorization": "Basic x", "OpenAI-Organization": "org-mine", "OpenAI-Beta": "assistants=v2",
	} {
		r.Header.Set(name, v)
	}
	resp, answer := g.Do(r)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	c := u.Last()
	var all bytes.Buffer
	_ = c.Header.Write(&all)
	for _, no := range []string{testgw.Key, "session=1", "mine", "10.1.2.3", "X-Drop-Me", "team", "Basic x"} {
		if strings.Contains(all.String()+c.URI, no) {
			t.Errorf("the vendor saw %q:\n%s %s", no, c.URI, all.String())
		}
	}
	if got := c.Header.Get("Authorization"); got != "Bearer "+vendorKey {
		t.Errorf("authorization %q", got)
	}
	if c.Header.Get("Openai-Beta") != "assistants=v2" || c.URI != "/v1/chat/completions?x=1" || c.Header.Get("Accept-Encoding") != "identity" {
		t.Errorf("%s %v", c.URI, c.Header)
	}
	for name, values := range resp.Header {
		if strings.Contains(strings.Join(values, " "), vendorKey) {
			t.Errorf("the caller saw the vendor's key in %s", name)
		}
	}
}

func TestEveryWayToBringAKeyWorksAndNoneElse(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "")
	body := []byte(`{"model":"openai/gpt-4o-mini","messages":[]}`)
	ask := func(query string, header ...string) (*http.Response, string) {
		r := g.Request("POST", "/v1/chat/completions"+query, body)
		r.Header.Del("Authorization")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, b := g.Do(r)
		return resp, string(b)
	}
	for _, ok := range [][]string{{"", "Authorization", "Bearer " + testgw.Key}, {"", "Authorization", "bearer  " + testgw.Key}, {"", "x-api-key", testgw.Key}, {"", "api-key", testgw.Key},
		{"", "x-goog-api-key", testgw.Key}, {"", "cf-aig-authorization", "Bearer " + testgw.Key}, {"", "sluice-key", testgw.Key, "Authorization", "Bearer other"}, {"?key=" + testgw.Key}} {
		if resp, b := ask(ok[0], ok[1:]...); resp.StatusCode != 200 {
			t.Errorf("%v: %d %s", ok, resp.StatusCode, b)
		}
	}
	var bodies = map[string]bool{}
	for _, bad := range [][]string{{""}, {"", "Authorization", "Bearer sk-sluice-wrong-0123456789"}, {"", "Authorization", testgw.Key[:len(testgw.Key)-1]},
		{"", "sluice-key", "wrong", "Authorization", "Bearer " + testgw.Key}, {"", "Authorization", "Basic " + testgw.Key}} {
		resp, b := ask(bad[0], bad[1:]...)
		if resp.StatusCode != 401 || resp.Header.Get("sluice-error") != "unauthenticated" || resp.Header.Get("www-authenticate") == "" {
			t.Errorf("%v: %d %s", bad, resp.StatusCode, b)
		}
		bodies[strings.ReplaceAll(b, resp.Header.Get("sluice-request-id"), "")] = true
	}
	if len(bodies) != 1 {
		t.Errorf("401s differ, which tells callers something: %v", bodies)
	}
}

func TestErrorsComeInTheCallersDialect(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "")
	cases := map[string]struct{ path, body, want string }{
		"chat":      {"/v1/chat/completions", `{"model":"nothing-like-it"}`, `"error":{"message"`},
		"responses": {"/v1/responses", `{"model":"nothing-like-it"}`, `"error":{"message"`},
		"messages":  {"/v1/messages", `{"model":"nothing-like-it"}`, `"type":"not_found_error"`},
		"gemini":    {"/v1beta/models/nothing-like-it:generateContent", `{}`, `"status":"NOT_FOUND"`},
	}
	for name, c := range cases {
		resp, b := g.Post(c.path, c.body)
		if resp.StatusCode != 404 || resp.Header.Get("sluice-error") != "model_not_found" || !strings.Contains(strings.ReplaceAll(string(b), " ", ""), strings.ReplaceAll(c.want, " ", "")) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
}

func TestAVendorsErrorKeepsItsMeaning(t *testing.T) {
	g, u := start(t, nil, "")
	cases := map[string]struct {
		status  int
		body    string
		want    int
		code    string
		same    bool
		headers map[string]string
	}{
		"the caller's fault passes unchanged": {400, `{ "error": {"message":"bad","type":"invalid_request_error","param":"x","code":null} }`, 400, "upstream_error", true, nil},
		"unprocessable passes unchanged":      {422, `{"error":{"message":"no"}}`, 422, "upstream_error", true, nil},
		"our credential is never theirs":      {401, `{"error":{"message":"Incorrect API key provided: sk-abc"}}`, 502, "upstream_auth", false, nil},
		"over the vendor's limit":             {429, `{"error":{"message":"Rate limit reached"}}`, 429, "upstream_rate_limited", false, map[string]string{"Retry-After": "7"}},
		"the vendor broke":                    {500, `oops`, 502, "upstream_error", false, nil},
		"the vendor is full":                  {503, `{"error":{"message":"overloaded"}}`, 0, "upstream_error", false, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			u.Script(func(call *testup.Call) {
				for k, v := range c.headers {
					call.Set(k, v)
				}
				call.JSON(c.status, c.body)
			})
			resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[]}`)
			if (c.want != 0 && resp.StatusCode != c.want) || resp.Header.Get("sluice-error") != c.code {
				t.Errorf("%d %s: %s", resp.StatusCode, resp.Header.Get("sluice-error"), b)
			}
			if c.same != (string(b) == c.body) {
				t.Errorf("body %s", b)
			}
			if c.status == 429 && resp.Header.Get("retry-after") != "7" {
				t.Errorf("retry-after %q", resp.Header.Get("retry-after"))
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.Status != resp.StatusCode || e.ErrorCode != c.code || len(e.Attempts) != 1 || e.Attempts[0].Status != c.status || e.Attempts[0].Fault == "" {
				t.Errorf("entry %+v", e)
			}
		})
	}
}
