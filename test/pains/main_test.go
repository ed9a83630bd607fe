// Package pains holds translation against what other gateways got wrong: each test is a
// bug that somebody shipped. Whole gateways stand between callers, who read as strictly
// as SDKs do, and a scripted vendor. README.md says which entry is held where.
package pains_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestMain(m *testing.M) { os.Exit(m.Run()) }

const vendorKey = "vendor-secret-of-this-test-0001"

// providers are all on one scripted upstream, each below a path of its own name.
const providers = `
discover: false
providers:
  chat:       { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/chat/v1, speaks: [chat], retries: { max: 0 } }
  chat2:      { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/chat2/v1, speaks: [chat], retries: { max: 0 } }
  compatible: { kind: openai-compatible, api_key: env:VENDOR_KEY, base_url: %[1]s/compatible/v1, retries: { max: 0 } }
  openrouter: { kind: openrouter, api_key: env:VENDOR_KEY, base_url: %[1]s/openrouter/v1, speaks: [chat], retries: { max: 0 } }
  router2:    { kind: openrouter, api_key: env:VENDOR_KEY, base_url: %[1]s/router2/v1, speaks: [chat], retries: { max: 0 } }
  deepseek:   { kind: deepseek, api_key: env:VENDOR_KEY, base_url: %[1]s/deepseek/v1, speaks: [chat], retries: { max: 0 } }
  mistral:    { kind: mistral, api_key: env:VENDOR_KEY, base_url: %[1]s/mistral/v1, speaks: [chat], retries: { max: 0 } }
  groq:       { kind: groq, api_key: env:VENDOR_KEY, base_url: %[1]s/groq/v1, speaks: [chat], retries: { max: 0 } }
  responses:  { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/responses/v1, speaks: [responses], retries: { max: 0 } }
  responses2: { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/responses2/v1, speaks: [responses], retries: { max: 0 } }
  messages:   { kind: anthropic, api_key: env:VENDOR_KEY, base_url: %[1]s/messages, retries: { max: 0 } }
  messages2:  { kind: anthropic, api_key: env:VENDOR_KEY, base_url: %[1]s/messages2, retries: { max: 0 } }
  gemini:     { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s/gemini, retries: { max: 0 } }
  gemini2:    { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s/gemini2, retries: { max: 0 } }
  converse:   { kind: bedrock, api_key: env:VENDOR_KEY, base_url: %[1]s/converse, region: us-east-1, retries: { max: 0 } }
  converse2:  { kind: bedrock, api_key: env:VENDOR_KEY, base_url: %[1]s/converse2, region: us-east-1, retries: { max: 0 } }
  cohere:     { kind: cohere, api_key: env:VENDOR_KEY, base_url: %[1]s/cohere, retries: { max: 0 } }
`

// stand is a gateway between callers and a scripted upstream.
type stand struct {
	*testgw.Gateway
	up *testup.Upstream
	t  testing.TB
}

func start(t testing.TB) *stand { return startWith(t, "") }

// startWith adds to the configuration.
func startWith(t testing.TB, more string) *stand {
	t.Helper()
	up := testup.New(t, func(c *testup.Call) { c.JSON(500, `{"error":{"message":"no script"}}`) })
	return &stand{testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(providers, up.URL) + more, Env: map[string]string{"VENDOR_KEY": vendorKey}}), up, t}
}

// provider is the provider that a call of the upstream's is meant for.
func provider(c *testup.Call) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.URI, "/"), "/")
	return name
}

// reply is what a caller got.
type reply struct {
	*http.Response
	raw  []byte
	said *said // nil for an error answer
}

func (r *reply) id() string { return r.Header.Get("Sluice-Request-Id") }

// do asks and reads the whole answer.
func (s *stand) do(t testing.TB, c *caller, q *question, stream bool) *reply {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(s.request(c, q, stream))
	if err != nil {
		t.Fatalf("%s to %s: %v", c.name, q.model, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s to %s: reading the answer: %v", c.name, q.model, err)
	}
	r := &reply{Response: resp, raw: raw}
	if resp.StatusCode != http.StatusOK {
		return r
	}
	if stream {
		r.said = c.stream(raw, q)
	} else {
		r.said = c.whole(t, parse(t, raw))
	}
	return r
}

// watch asks for a stream; seen is called after each read with what it gave, and some of
// what came before.
func (s *stand) watch(t testing.TB, c *caller, q *question, seen func(news string)) *reply {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(s.request(c, q, true))
	if err != nil {
		t.Fatalf("%s to %s: %v", c.name, q.model, err)
	}
	defer resp.Body.Close()
	r := &reply{Response: resp}
	buf := make([]byte, 64<<10)
	for err == nil {
		var n int
		n, err = resp.Body.Read(buf)
		from := max(0, len(r.raw)-100)
		r.raw = append(r.raw, buf[:n]...)
		seen(string(r.raw[from:]))
	}
	if err != io.EOF {
		t.Fatalf("%s to %s: reading the answer: %v", c.name, q.model, err)
	}
	if resp.StatusCode == http.StatusOK {
		r.said = c.stream(r.raw, q)
	}
	return r
}

func (s *stand) request(c *caller, q *question, stream bool) *http.Request {
	return s.Request(http.MethodPost, c.path(q.model, stream), []byte(text(c.body(q, stream))))
}

// must asks and wants a proper answer.
func (s *stand) must(t testing.TB, c *caller, q *question, stream bool) *reply {
	t.Helper()
	r := s.do(t, c, q, stream)
	if r.said == nil {
		t.Fatalf("%s to %s: %d %s", c.name, q.model, r.StatusCode, r.raw)
	}
	if len(r.said.problems) > 0 || r.said.failure != "" {
		t.Fatalf("%s to %s:\n  %s\n  failure %s\n%s", c.name, q.model, strings.Join(r.said.problems, "\n  "), r.said.failure, r.raw)
	}
	return r
}

// sent gives the body of the last call of the upstream's.
func (s *stand) sent(t testing.TB) object { t.Helper(); return parse(t, s.up.Last().Body) }

// entry gives the entry of a reply.
func (s *stand) entry(r *reply) gateway.Entry { s.t.Helper(); return s.Entry(r.id()) }

// pairs runs fn for every caller with every vendor of another dialect.
func pairs(t *testing.T, fn func(t *testing.T, c *caller, v *vendor)) {
	for _, c := range callers {
		for _, v := range vendors {
			if c.name != v.dialect {
				t.Run(c.name+" to "+v.name, func(t *testing.T) { fn(t, c, v) })
			}
		}
	}
}

// ways runs fn for a whole answer and for a stream.
func ways(t *testing.T, fn func(t *testing.T, stream bool)) {
	t.Run("whole", func(t *testing.T) { fn(t, false) })
	t.Run("streamed", func(t *testing.T) { fn(t, true) })
}
