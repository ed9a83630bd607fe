// Package ops_test sends calls of the operations beside conversation through a whole
// gateway, from callers of each dialect to vendors of each form, and compares both sides.
package ops_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// vendors are the kinds whose forms are tried, each with what follows the host in its
// base URL.
var vendors = map[string]string{
	"openai": "/v1", "gemini": "", "cohere": "", "voyage": "/v1", "jina": "/v1", "mistral": "/v1", "perplexity": "", "nvidia": "/v1",
	"huggingface": "/v1", "tei": "/v1", "anthropic": "", "openai-compatible": "/v1",
	"xai": "/v1", "together": "/v1", "bedrock": "", "vertex": "",
}

// stage is a gateway between this test as caller and as every vendor.
type stage struct {
	*testgw.Gateway
	up *testup.Upstream
}

func newStage(t *testing.T, more string) *stage {
	t.Helper()
	up := testup.New(t, func(c *testup.Call) { c.JSON(500, `{"error":{"message":"no script"}}`) })
	var b strings.Builder
	b.WriteString("discover: false\nproviders:\n")
	for kind, base := range vendors {
		fmt.Fprintf(&b, "  %s: { kind: %s, api_key: env:VENDOR_KEY, base_url: %q, retries: { max: 0 }%s }\n", kind, kind, up.URL+base, map[string]string{"bedrock": ", region: us-east-1"}[kind])
	}
	b.WriteString(more)
	return &stage{testgw.StartWith(t, testgw.Options{Config: b.String(), Env: map[string]string{"VENDOR_KEY": "vendor-key-0123456789"}}), up}
}

// exchange is one call: what the caller says and gets, what the vendor gets and says.
type exchange struct {
	name    string
	path    string
	ask     string
	at      string // where the vendor is called
	got     string // what the vendor must get; "" = what the caller sent, but for the model
	header  map[string]string
	answer  string
	want    string // what the caller must get; "" = just what the vendor said
	dropped string
	usage   string // sluice-usage holds it
	spoken  string // the entry's provider_dialect
}

func (e *exchange) run(t *testing.T, s *stage) {
	t.Helper()
	s.up.Script(func(c *testup.Call) {
		for name, v := range e.header {
			c.Set(name, v)
		}
		c.JSON(200, e.answer)
	})
	resp, body := s.Post(e.path, e.ask)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	call := s.up.Last()
	if call.URI != e.at {
		t.Errorf("the vendor was called at %s, want %s", call.URI, e.at)
	}
	if e.got != "" {
		same(t, "the vendor got", string(call.Body), e.got)
	}
	if ct := call.Header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("the vendor got content-type %q", ct)
	}
	want := e.want
	if want == "" {
		want = e.answer
	}
	same(t, "the caller got", string(body), strings.ReplaceAll(want, "REQUEST-ID", resp.Header.Get("Sluice-Request-Id")))
	if got := resp.Header.Get("Sluice-Dropped-Params"); got != e.dropped {
		t.Errorf("dropped params %q, want %q", got, e.dropped)
	}
	if e.usage != "" && !strings.Contains(resp.Header.Get("Sluice-Usage"), e.usage) {
		t.Errorf("usage %s, want %s in it", resp.Header.Get("Sluice-Usage"), e.usage)
	}
	if e.spoken != "" {
		if entry := s.Entry(resp.Header.Get("Sluice-Request-Id")); entry.ProviderDialect != e.spoken || strings.Join(entry.DroppedParams, ", ") != e.dropped {
			t.Errorf("the entry says provider_dialect %q, dropped %q", entry.ProviderDialect, entry.DroppedParams)
		}
	}
}

// same compares two JSON texts by meaning.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Errorf("%s no JSON: %v: %.300s", what, err, got)
		return
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the test's own text is no JSON: %v: %s", err, want)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s\n  %s\nwant\n  %s", what, got, want)
	}
}

// refused sends a call that must not reach a vendor.
func refused(t *testing.T, s *stage, path, body string, status int, words ...string) {
	t.Helper()
	before := len(s.up.Calls())
	resp, answer := s.Post(path, body)
	if resp.StatusCode != status {
		t.Errorf("%d %s, want %d", resp.StatusCode, answer, status)
	}
	for _, w := range words {
		if !strings.Contains(string(answer)+resp.Header.Get("Sluice-Error"), w) {
			t.Errorf("%s\nsays nothing of %q", answer, w)
		}
	}
	if len(s.up.Calls()) != before {
		t.Error("it reached the vendor")
	}
}

// named puts a model's name in.
func named(text, model string) string { return strings.ReplaceAll(text, "MODEL", model) }

func contains(text string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
