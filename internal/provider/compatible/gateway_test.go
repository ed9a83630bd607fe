package compatible_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const ollamaStream = `{"model":"gemma3:1b","message":{"role":"assistant","content":"Good morning"},"done":false}
{"model":"gemma3:1b","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":15,"eval_count":4}
`

// server is a server of Ollama's own API, and a gateway in front of it.
func server(t *testing.T, base string) (*testup.Upstream, *testgw.Gateway) {
	up := testup.New(t, func(c *testup.Call) {
		switch {
		case strings.Contains(string(c.Body), "missing"):
			c.JSON(404, `{"error":"model 'missing' not found"}`)
		case strings.HasSuffix(c.URI, "/api/embed"):
			c.JSON(200, `{"model":"nomic-embed-text","embeddings":[[0.1]],"prompt_eval_count":8}`)
		case strings.HasSuffix(c.URI, "/api/tags"):
			c.JSON(200, `{"models":[]}`)
		case strings.Contains(string(c.Body), `"stream":false`):
			c.JSON(200, `{"model":"gemma3:1b","message":{"role":"assistant","content":"Good morning"},"done":true,"done_reason":"stop","prompt_eval_count":15,"eval_count":4}`)
		default:
			c.Answer(200, "application/x-ndjson", []byte(ollamaStream))
		}
	})
	return up, testgw.Start(t, "providers: {ollama: {base_url: '"+up.URL+base+"'}}\n")
}

func TestOllamasOwnAPIIsForwardedAndMetered(t *testing.T) {
	for _, base := range []string{"", "/v1", "/behind/v1"} {
		up, g := server(t, base)
		root := strings.TrimSuffix(base, "/v1")
		for _, c := range []struct {
			path, body, answer string
			input, output      int64
			stream             bool
		}{
			{"/api/chat", `{"model": "gemma3:1b","messages":[]}`, ollamaStream, 15, 4, true},
			{"/api/generate", `{"model": "gemma3:1b","prompt":"Hi","stream":true}`, ollamaStream, 15, 4, true},
			{"/api/chat", `{"model":"gemma3:1b","messages":[],"stream":false}`, "", 15, 4, false},
			{"/api/embed", `{"model":"nomic-embed-text","input":"Hi"}`, "", 8, 0, false},
		} {
			resp, body := g.Post("/providers/ollama"+c.path, c.body)
			if resp.StatusCode != 200 || up.Last().URI != root+c.path || string(up.Last().Body) != c.body || c.answer != "" && string(body) != c.answer {
				t.Errorf("%s %s: %d %s; asked %s", base, c.path, resp.StatusCode, body, up.Last().URI)
			}
			e := g.Entry(resp.Header.Get("Sluice-Request-Id"))
			if e.Usage.InputTokens.N != c.input || e.Usage.OutputTokens.N != c.output || e.Stream != c.stream || e.ErrorCode != "" || e.Model == "" {
				t.Errorf("%s: entry %+v", c.path, e)
			}
		}
		if resp, body := g.Do(g.Request(http.MethodGet, "/providers/ollama/api/tags", nil)); resp.StatusCode != 200 || up.Last().URI != root+"/api/tags" {
			t.Errorf("%d %s; asked %s", resp.StatusCode, body, up.Last().URI)
		}
	}
}

func TestOllamasErrorsKeepTheirForm(t *testing.T) {
	_, g := server(t, "/v1")
	if resp, body := g.Post("/providers/ollama/api/chat", `{"model":"missing"}`); resp.StatusCode != 404 || string(body) != `{"error":"model 'missing' not found"}` {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, body := g.Post("/providers/ollama/api/chat", `{"model":7}`); resp.StatusCode != 400 || !strings.HasPrefix(string(body), `{"error":"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestAKeyOfOneModelReachesNoOtherByOllamasOwnAPI(t *testing.T) {
	_, g := server(t, "/v1")
	var made struct{ Secret string }
	g.AdminPost("/api/v1/keys", `{"name":"gemma","models":["ollama/gemma3*"]}`, &made)
	for body, want := range map[string]int{`{"model":"gemma3:1b"}`: 200, `{"model":"llama3"}`: 403, `{}`: 403} {
		for _, path := range []string{"/api/chat", "/API/chat", "/api//chat"} {
			r := g.Request(http.MethodPost, "/providers/ollama"+path, []byte(body))
			r.Header.Set("Authorization", "Bearer "+made.Secret)
			resp, got := g.Do(r)
			if path == "/api/chat" && resp.StatusCode != want || path != "/api/chat" && resp.StatusCode < 400 {
				t.Errorf("%s %s: %d %s", path, body, resp.StatusCode, got)
			}
		}
	}
}
