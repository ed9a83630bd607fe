package sandbox_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

// wrong is the message of an error in any dialect.
func wrong(t *testing.T, body []byte) string {
	t.Helper()
	if m, ok := dig(t, body, "message").(string); ok { // Cohere's
		return m
	}
	m, _ := dig(t, body, "error", "message").(string)
	return m
}

func TestFailuresHaveTheShapeOfTheDialect(t *testing.T) {
	for name, s := range dialects() {
		for _, status := range []int{400, 401, 403, 404, 413, 429, 500, 503, 529} {
			target, body := s.request(fmt.Sprintf("error-%d", status), "Hi")
			a := post(t, target, body)
			if a.status != status {
				t.Fatalf("%s: status %d, want %d", name, a.status, status)
			}
			if wait := a.header.Get("Retry-After"); (wait != "") != (status == 429) {
				t.Errorf("%s %d: retry-after %q", name, status, wait)
			}
			if m := wrong(t, a.body); !strings.Contains(m, "on purpose") {
				t.Errorf("%s: %s", name, a.body)
			}
			if name == "messages" && dig(t, a.body, "type") != "error" || name == "gemini" && dig(t, a.body, "error", "code") != float64(status) {
				t.Errorf("%s: %s", name, a.body)
			}
		}
	}
}

func TestBadRequestsAreToldWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, target, body string
		status             int
		says               string
	}{
		{"no JSON", "/v1/chat/completions", `{"model"`, 400, "not valid JSON"},
		{"no messages", "/v1/chat/completions", `{"model":"echo"}`, 400, "messages"},
		{"no model", "/v1/chat/completions", `{"messages":[{"role":"user","content":"Hi"}]}`, 400, "model"},
		{"wrong type", "/v1/chat/completions", `{"model":7}`, 400, "'model'"},
		{"wrong content", "/v1/chat/completions", `{"model":"echo","messages":[{"role":"user","content":{}}]}`, 400, "content"},
		{"unknown role", "/v1/chat/completions", `{"model":"echo","messages":[{"role":"king","content":"Hi"}]}`, 400, "messages[0].role"},
		{"wrong n", "/v1/chat/completions", `{"model":"echo","n":0,"messages":[{"role":"user","content":"Hi"}]}`, 400, "'n'"},
		{"wrong limit", "/v1/chat/completions", `{"model":"echo","max_tokens":0,"messages":[{"role":"user","content":"Hi"}]}`, 400, "max_tokens"},
		{"unknown model", "/v1/chat/completions", `{"model":"nope","messages":[{"role":"user","content":"Hi"}]}`, 404, "chat, cut, echo"},
		{"a model for something else", "/v1/chat/completions", `{"model":"embed","messages":[{"role":"user","content":"Hi"}]}`, 404, "no model"},
		{"status that is no error", "/v1/chat/completions", `{"model":"error-200","messages":[{"role":"user","content":"Hi"}]}`, 404, "error-<status>"},
		{"unknown parameter", "/v1/chat/completions", `{"model":"echo?speed=9","messages":[{"role":"user","content":"Hi"}]}`, 400, "no such parameter"},
		{"wrong parameter", "/v1/chat/completions", `{"model":"echo?chunks=0","messages":[{"role":"user","content":"Hi"}]}`, 400, "from 1 to"},
		{"wrong share", "/v1/chat/completions", `{"model":"echo?fail=NaN","messages":[{"role":"user","content":"Hi"}]}`, 400, "share"},
		{"unreadable parameters", "/v1/chat/completions", `{"model":"echo?a=%zz","messages":[{"role":"user","content":"Hi"}]}`, 400, "cannot be read"},
		{"no input", "/v1/responses", `{"model":"echo"}`, 400, "input"},
		{"unknown response", "/v1/responses", `{"model":"echo","input":"Hi","previous_response_id":"resp_1"}`, 404, "resp_1"},
		{"no messages for Cohere", "/v2/chat", `{"model":"echo"}`, 400, "messages"},
		{"unknown role for Cohere", "/v2/chat", `{"model":"echo","messages":[{"role":"king","content":"Hi"}]}`, 400, "messages[0].role"},
		{"no input type for Cohere", "/v2/embed", `{"model":"embed","texts":["a"]}`, 400, "input_type"},
		{"nothing to embed for Cohere", "/v2/embed", `{"model":"embed","input_type":"search_query"}`, 400, "texts"},
		{"unknown type of embedding", "/v2/embed", `{"model":"embed","input_type":"search_query","texts":["a"],"embedding_types":["int4"]}`, 400, "int4"},
		{"nothing to rank for Cohere", "/v2/rerank", `{"model":"rerank","query":"q"}`, 400, "documents"},
		{"no max_tokens", "/v1/messages", `{"model":"echo","messages":[{"role":"user","content":"Hi"}]}`, 400, "max_tokens"},
		{"no contents", "/v1beta/models/echo:generateContent", `{}`, 400, "contents"},
		{"unknown verb", "/v1beta/models/echo:sing", `{}`, 404, "no POST"},
		{"parameters in a path", "/v1beta/models/echo%3Fdelay=2h:generateContent", `{"contents":[{"parts":[{"text":"Hi"}]}]}`, 400, "delay"},
		{"no embedding input", "/v1/embeddings", `{"model":"embed"}`, 400, "input"},
		{"too many dimensions", "/v1/embeddings", `{"model":"embed","input":"Hi","dimensions":99999}`, 400, "dimensions"},
		{"no form", "/v1/files", `{}`, 400, "multipart"},
		{"no file for a batch", "/v1/batches", `{"input_file_id":"file-1","endpoint":"/v1/embeddings"}`, 404, "file-1"},
		{"an unknown operation for a batch", "/v1/batches", `{"input_file_id":"file-1","endpoint":"/v1/x"}`, 400, "endpoint"},
		{"unknown path", "/v1/nothing", `{}`, 404, "/v1/nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := post(t, c.target, c.body)
			if m := wrong(t, a.body); a.status != c.status || !strings.Contains(m, c.says) {
				t.Errorf("got %d %s, want %d and %q", a.status, a.body, c.status, c.says)
			}
		})
	}
}

func TestABodyOf20MegabytesIsEchoedAndOneAbove64IsRefused(t *testing.T) {
	big := strings.Repeat("x", 20<<20)
	a := post(t, "/v1/chat/completions", `{"model":"echo","messages":[{"role":"user","content":"`+big+`"}]}`)
	if !bytes.Contains(a.body, []byte(`"`+big+`"`)) {
		t.Errorf("%d, %d bytes came back", a.status, len(a.body))
	}
	a = post(t, "/v1/files", strings.Repeat("x", 64<<20+1))
	if a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", a.status)
	}
}

func TestTheShareThatFailsIsAboutTheOneAskedForAndAlwaysTheSame(t *testing.T) {
	for _, c := range []struct {
		model     string
		options   sandbox.Options
		low, high int
		status    int
	}{
		{"flaky", sandbox.Options{}, 80, 120, 503},
		{"echo?fail=0.1&status=529", sandbox.Options{}, 15, 45, 529},
		{"echo?status=500", sandbox.Options{}, 300, 300, 500},
		{"echo", sandbox.Options{FailureRate: 0.5, FailureStatus: 502}, 120, 180, 502},
		{"echo", sandbox.Options{FailureStatus: 502}, 0, 0, 502},
	} {
		h := sandbox.Handler(c.options)
		failed := 0
		for i := range 300 {
			body := fmt.Sprintf(`{"model":"%s","messages":[{"role":"user","content":"Question %d"}]}`, c.model, i)
			a := postTo(h, "/v1/chat/completions", body)
			if a.status != 200 {
				failed++
				if a.status != c.status {
					t.Fatalf("%s failed with %d, want %d", c.model, a.status, c.status)
				}
			}
			if again := postTo(h, "/v1/chat/completions", body); again.status != a.status {
				t.Fatal("the same request came to another end")
			}
		}
		if failed < c.low || failed > c.high {
			t.Errorf("%s: %d of 300 failed, want %d to %d", c.model, failed, c.low, c.high)
		}
	}
}
