package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// secondKey makes a key of another workspace and gives its secret.
func secondKey(t *testing.T, g *testgw.Gateway, workspace, more string) string {
	t.Helper()
	g.AdminPost("/api/v1/workspaces", fmt.Sprintf(`{"id":%q,"name":%q}`, workspace, workspace), nil)
	var made struct{ Secret string }
	if status := g.AdminPost("/api/v1/keys", fmt.Sprintf(`{"name":"second","workspace":%q%s}`, workspace, more), &made); status/100 != 2 || made.Secret == "" {
		t.Fatalf("making a key: %d", status)
	}
	return made.Secret
}

// as sends a request with another key.
func as(g *testgw.Gateway, key, method, path, body string) (*http.Response, string) {
	var b []byte
	if body != "" {
		b = []byte(body)
	}
	r := g.Request(method, path, b)
	r.Header.Set("Authorization", "Bearer "+key)
	resp, answer := g.Do(r)
	return resp, string(answer)
}

// files is a vendor with files, batches and stored responses.
func files(c *testup.Call) {
	path, _, _ := strings.Cut(c.URI, "?")
	switch {
	case c.Method == "POST" && path == "/v1/files":
		c.JSON(200, `{"id":"file-A","object":"file","purpose":"batch"}`)
	case c.Method == "GET" && path == "/v1/files":
		c.JSON(200, `{"object":"list","data":[ {"id":"file-Z","object":"file"}, {"id":"file-A","x": 1.50} ],"has_more":false}`)
	case c.Method == "DELETE":
		c.JSON(200, `{"id":"file-A","deleted":true}`)
	case c.Method == "POST" && path == "/v1/responses":
		c.JSON(200, `{"id":"resp_1","object":"response","status":"completed","model":"gpt-5","output":[],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`)
	case c.Method == "POST" && path == "/v1/batches":
		c.JSON(200, `{"id":"batch_1","object":"batch","input_file_id":"file-A"}`)
	case c.Method == "GET" && path == "/v1/batches/batch_1":
		c.JSON(200, `{"id":"batch_1","object":"batch","output_file_id":"file-OUT"}`)
	case strings.HasSuffix(path, "/content"):
		c.Answer(200, "application/jsonl", []byte(`{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5","messages":[]}}`+"\n"))
	default:
		c.JSON(200, `{"id":"x"}`)
	}
}

func TestIdsOfAVendorGoHomeAndNeverCrossWorkspaces(t *testing.T) {
	g, u := start(t, files, "gateways: { default: { default_provider: { openai: openai, anthropic: anthropic } } }")
	other := secondKey(t, g, "other", "")
	mine := testgw.Key

	if resp, b := as(g, mine, "POST", "/v1/files", "--x\r\n\r\n--x--"); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	as(g, mine, "POST", "/v1/responses", `{"model":"openai/gpt-5","input":"hi"}`)
	as(g, mine, "POST", "/v1/batches", `{"input_file_id":"file-A","endpoint":"/v1/chat/completions","completion_window":"24h"}`)
	as(g, mine, "GET", "/v1/batches/batch_1", "")

	cases := []struct{ method, path, body string }{
		{"GET", "/v1/files/file-A", ""},
		{"GET", "/v1/files/file-A/content", ""},
		{"GET", "/v1/files/file-OUT", ""},
		{"GET", "/providers/openai/v1/files/file-A", ""},
		{"GET", "/providers/openai/files/file-A", ""},
		{"GET", "/v1/responses/resp_1", ""},
		{"POST", "/v1/responses", `{"model":"openai/gpt-5","input":"hi","previous_response_id":"resp_1"}`},
		{"POST", "/v1/responses", `{"model":"openai/gpt-5","input":[{"role":"user","content":[{"type":"input_file","file_id":"file-A"}]}]}`},
		{"POST", "/v1/responses", `{"model":"openai/gpt-5","input":[{"role":"user","content":[{"type":"input_file","fil\u0065_id":"file-A"}]}]}`},
		{"POST", "/v1/chat/completions", `{"model":"openai/gpt-5","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-A"}}]}]}`},
		{"POST", "/v1/batches", `{"input_file_id":"file-A"}`},
		{"GET", "/v1/batches/batch_1", ""},
		{"DELETE", "/v1/files/file-A", ""},
	}
	for _, c := range cases {
		before := len(u.Calls())
		resp, b := as(g, other, c.method, c.path, c.body)
		if resp.StatusCode != 404 || len(u.Calls()) != before {
			t.Errorf("a foreign %s %s: %d %s", c.method, c.path, resp.StatusCode, b)
		}
		if resp, b := as(g, mine, c.method, c.path, c.body); resp.StatusCode != 200 {
			t.Errorf("my own %s %s: %d %s", c.method, c.path, resp.StatusCode, b)
		}
	}
	if resp, _ := as(g, mine, "GET", "/v1/files/file-A", ""); resp.StatusCode != 404 {
		t.Errorf("a deleted file: %d", resp.StatusCode)
	}
}

func TestListsShowOnlyTheWorkspacesOwnAndEveryOtherByteStays(t *testing.T) {
	g, _ := start(t, files, "gateways: { default: { default_provider: { openai: openai, anthropic: anthropic } } }")
	other := secondKey(t, g, "other", "")
	as(g, testgw.Key, "POST", "/v1/files", "x")
	if _, b := as(g, testgw.Key, "GET", "/v1/files", ""); b != `{"object":"list","data":[{"id":"file-A","x": 1.50}],"has_more":false}` {
		t.Errorf("own: %s", b)
	}
	if _, b := as(g, other, "GET", "/v1/files", ""); b != `{"object":"list","data":[],"has_more":false}` {
		t.Errorf("foreign: %s", b)
	}
}

func TestToolArgumentsMayCallAnythingAFile(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.JSON(200, `{"id":"m","type":"message"}`) }, "")
	body := `{"model":"anthropic/claude-sonnet-4-5","max_tokens":5,"metadata":{"file_id":"mine"},"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"open","input":{"file_id":"whatever"}}]}],"tools":[{"name":"open","input_schema":{"properties":{"file_id":{"type":"string"}}}}]}`
	if resp, b := as(g, testgw.Key, "POST", "/v1/messages", body); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
}

func TestABatchIsCheckedAgainstTheKeysModelsAtSubmit(t *testing.T) {
	g, _ := start(t, files, "gateways: { default: { default_provider: { openai: openai, anthropic: anthropic } } }")
	narrow := secondKey(t, g, "default", `,"models":["openai/gpt-4o*","openai/*"]`)
	if resp, b := as(g, narrow, "POST", "/v1/files", "x"); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	if resp, b := as(g, narrow, "POST", "/v1/batches", `{"input_file_id":"file-A"}`); resp.StatusCode != 200 {
		t.Errorf("allowed models: %d %s", resp.StatusCode, b)
	}
	inline := `{"requests":[{"custom_id":"1","params":{"model":"claude-opus-4-6","max_tokens":1,"messages":[]}}]}`
	onlyHaiku := secondKey(t, g, "default", `,"models":["anthropic/claude-haiku*"]`)
	resp, b := as(g, onlyHaiku, "POST", "/v1/messages/batches", inline)
	if resp.StatusCode != 403 {
		t.Errorf("a forbidden model inside a batch: %d %s", resp.StatusCode, b)
	}
}
