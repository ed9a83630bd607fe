package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const messagesAnswer = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2}}`

const geminiAnswer = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"gemini-x"}`

// vendorWould answers a path in the dialect that stands there.
func vendorWould(c *testup.Call) {
	switch path, _, _ := strings.Cut(c.URI, "?"); {
	case strings.Contains(path, "messages"):
		c.JSON(200, messagesAnswer)
	case strings.Contains(path, ":generateContent"):
		c.JSON(200, geminiAnswer)
	default:
		c.JSON(200, chatAnswer)
	}
}

// fromCloudflare starts a gateway with many kinds of providers, all at one upstream.
func fromCloudflare(t *testing.T, script func(*testup.Call), more string) (*testgw.Gateway, *testup.Upstream) {
	t.Helper()
	u := testup.New(t, script)
	config := fmt.Sprintf(`
providers:
  openai:      { api_key: env:VENDOR_KEY, base_url: %[1]s/v1, retries: { max: 0 } }
  anthropic:   { api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  gemini:      { api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  groq:        { api_key: env:VENDOR_KEY, base_url: %[1]s/openai/v1 }
  xai:         { api_key: env:VENDOR_KEY, base_url: %[1]s/v1 }
  mine:        { kind: perplexity, api_key: env:VENDOR_KEY, base_url: %[1]s }
  cohere:      { api_key: env:VENDOR_KEY, base_url: %[1]s }
  openrouter:  { api_key: env:VENDOR_KEY, base_url: %[1]s/api/v1 }
  workers-ai:  { api_key: env:VENDOR_KEY, base_url: %[1]s/client/v4/accounts/abc/ai/v1 }
  azure:       { api_key: env:VENDOR_KEY, base_url: %[1]s }
  bedrock:     { api_key: env:VENDOR_KEY, base_url: %[1]s, region: eu-west-1 }
  bedrock-us:  { kind: bedrock, api_key: env:VENDOR_KEY, base_url: %[1]s, region: us-east-1 }
  replicate:   { api_key: env:VENDOR_KEY, base_url: %[1]s/v1 }
  deepseek-a:  { kind: deepseek, api_key: env:VENDOR_KEY, base_url: %[1]s }
  deepseek-b:  { kind: deepseek, api_key: env:VENDOR_KEY, base_url: %[1]s }
%[2]s`, u.URL, more)
	return testgw.StartWith(t, testgw.Options{Config: config, Env: map[string]string{"VENDOR_KEY": vendorKey}}), u
}

func TestAVendorsPathBehindAccountAndGatewayReachesTheVendor(t *testing.T) {
	g, u := fromCloudflare(t, vendorWould, "gateways: { default: {}, team: {} }\n")
	chat, converse := `{"model":"m","messages":[]}`, `{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`
	for name, c := range map[string]struct {
		path, body, at, slug, operation string
	}{
		"without a version":    {"openai/chat/completions", chat, "/v1/chat/completions", "openai", "chat"},
		"with one":             {"openai/v1/chat/completions", chat, "/v1/chat/completions", "openai", "chat"},
		"another dialect":      {"anthropic/v1/messages", `{"model":"m","max_tokens":1,"messages":[]}`, "/v1/messages", "anthropic", "chat"},
		"a model in the path":  {"google-ai-studio/v1beta/models/g:generateContent", `{}`, "/v1beta/models/g:generateContent", "google-ai-studio", "chat"},
		"a prefix":             {"groq/chat/completions", chat, "/openai/v1/chat/completions", "groq", "chat"},
		"another name":         {"grok/v1/chat/completions", chat, "/v1/chat/completions", "grok", "chat"},
		"a name of one's own":  {"perplexity-ai/chat/completions", chat, "/chat/completions", "perplexity-ai", "chat"},
		"by that name":         {"mine/chat/completions", chat, "/chat/completions", "perplexity-ai", "chat"},
		"as a custom one":      {"custom-mine/chat/completions", chat, "/chat/completions", "perplexity-ai", "chat"},
		"behind an api":        {"openrouter/v1/chat/completions", chat, "/api/v1/chat/completions", "openrouter", "chat"},
		"a model as the path":  {"workers-ai/@cf/meta/llama-3.1-8b-instruct", `{"prompt":"hi"}`, "/client/v4/accounts/abc/ai/run/@cf/meta/llama-3.1-8b-instruct", "workers-ai", "passthrough"},
		"beside that":          {"workers-ai/v1/chat/completions", chat, "/client/v4/accounts/abc/ai/v1/chat/completions", "workers-ai", "chat"},
		"a deployment":         {"azure-openai/acme/gpt-4o/chat/completions?api-version=2024-10-21", chat, "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "azure-openai", "chat"},
		"a region":             {"aws-bedrock/bedrock-runtime/eu-west-1/model/a.b-v1%3A0/converse", converse, "/model/a.b-v1%3A0/converse", "aws-bedrock", "chat"},
		"another region":       {"aws-bedrock/bedrock-runtime/us-east-1/model/a.b-v1%3A0/converse", converse, "/model/a.b-v1%3A0/converse", "aws-bedrock", "chat"},
		"what nobody here has": {"replicate/predictions", `{"version":"v","input":{}}`, "/v1/predictions", "replicate", ""},
	} {
		for _, gateway := range []string{"default", "team"} {
			resp, b := g.Do(with(g, "POST", "/v1/0123456789abcdef0123456789abcdef/"+gateway+"/"+c.path, c.body, "cf-aig-event-id", "mine-1"))
			h := resp.Header
			if resp.StatusCode != 200 || u.Last().URI != c.at || string(u.Last().Body) != c.body {
				t.Fatalf("%s: %d %s; the vendor saw %s %s", name, resp.StatusCode, b, u.Last().URI, u.Last().Body)
			}
			if id := h.Get("sluice-request-id"); id == "" || h.Get("cf-aig-log-id") != id || h.Get("cf-aig-request-id") != id || h.Get("cf-aig-event-id") != "mine-1" {
				t.Errorf("%s: ids %v", name, h)
			}
			if h.Get("cf-aig-step") != "0" || h.Get("cf-aig-cache-status") != "MISS" || h.Get("cf-aig-provider") != c.slug || h.Get("sluice-gateway") != gateway {
				t.Errorf("%s: %v", name, h)
			}
			e := g.Entry(h.Get("sluice-request-id"))
			if e.Gateway != gateway || c.operation != "" && e.Operation != c.operation || len(e.Attempts) != 1 {
				t.Errorf("%s: the entry says %s %s, %d attempts", name, e.Gateway, e.Operation, len(e.Attempts))
			}
		}
	}
	if resp, _ := g.Do(with(g, "POST", "/v1/a/default/aws-bedrock/bedrock-runtime/us-east-1/model/x/converse", converse)); resp.Header.Get("sluice-provider") != "bedrock-us" {
		t.Errorf("the region chose %s", resp.Header.Get("sluice-provider"))
	}
}

func TestTheDataPlanesOwnPathsAreNoAccounts(t *testing.T) {
	g, u := fromCloudflare(t, vendorWould, "gateways: { default: {}, completions: {}, x: {} }\n")
	for name, c := range map[string]struct {
		method, path, body, at string
		status                 int
	}{
		"chat":                    {"POST", "/v1/chat/completions", chatBody, "/v1/chat/completions", 200},
		"behind it":               {"POST", "/v1/chat/completions/openai/x", chatBody, "", 404},
		"a file":                  {"GET", "/v1/files/x", "", "", 404},
		"a model with a slash":    {"POST", "/v1/gemini/gemini-x:generateContent", `{}`, "/v1/models/gemini-x:generateContent", 200},
		"a gateway and a path":    {"POST", "/gateways/x/v1/a/x/openai/chat/completions", chatBody, "", 404},
		"a vendor's other path":   {"GET", "/v1/fine_tuning/jobs", "", "", 404},
		"a vendor's deeper one":   {"GET", "/v1/threads/t/messages", "", "", 404},
		"nothing but an account":  {"POST", "/v1/account", `[]`, "", 404},
		"version upon version":    {"POST", "/v1/v1/chat/completions", chatBody, "", 404},
		"the scheme, for compare": {"POST", "/v1/a/x/openai/chat/completions", `{"model":"m","messages":[]}`, "/v1/chat/completions", 200},
	} {
		before := len(u.Calls())
		resp, b := g.Do(with(g, c.method, c.path, c.body))
		called := ""
		if calls := u.Calls(); len(calls) > before {
			called = calls[before].URI
		}
		if resp.StatusCode != c.status || called != c.at && !strings.HasSuffix(called, c.at) {
			t.Errorf("%s: %d %s; the vendor saw %q", name, resp.StatusCode, b, called)
		}
		if !strings.Contains(name, "scheme") && resp.Header.Get("cf-aig-log-id") != "" {
			t.Errorf("%s: answered as if it were of the scheme", name)
		}
	}
}

// cloudflareError reads the code of Cloudflare's shape, 0 when an answer has another.
func cloudflareError(b []byte) int {
	var e struct {
		Success *bool
		Error   []struct {
			Code    int
			Message string
		}
	}
	if json.Unmarshal(b, &e) != nil || e.Success == nil || *e.Success || len(e.Error) != 1 || e.Error[0].Message == "" {
		return 0
	}
	return e.Error[0].Code
}

func TestErrorsHaveCloudflaresShapeWhereItsClientsLookForIt(t *testing.T) {
	g, _ := fromCloudflare(t, func(c *testup.Call) { c.JSON(500, `{"error":{"message":"down"}}`) }, "")
	for name, c := range map[string]struct {
		method, path, body, key string
		status, code            int // code 0: the dialect's own shape
		slug, holds             string
	}{
		"no such gateway":          {"POST", "/v1/a/nobody", `[]`, testgw.Key, 400, 2001, "not_found", "nobody"},
		"no such gateway, native":  {"POST", "/v1/a/nobody/openai/chat/completions", chatBody, testgw.Key, 400, 2001, "not_found", "nobody"},
		"no key":                   {"POST", "/v1/a/default", `[]`, "", 401, 2009, "unauthenticated", "key"},
		"no key, native":           {"POST", "/v1/a/default/openai/chat/completions", chatBody, "sk-sluice-unknown-000000", 401, 2009, "unauthenticated", "key"},
		"no steps":                 {"POST", "/v1/a/default", `[]`, testgw.Key, 400, 400, "invalid_request", "empty"},
		"another method":           {"GET", "/v1/a/default", ``, testgw.Key, 405, 405, "method_not_allowed", "POST"},
		"no such provider":         {"POST", "/v1/a/default/nobody/x", `{}`, testgw.Key, 404, 404, "not_found", "openai"},
		"one not configured":       {"POST", "/v1/a/default/elevenlabs/x", `{}`, testgw.Key, 404, 404, "not_found", "elevenlabs"},
		"two alike":                {"POST", "/v1/a/default/deepseek/chat/completions", chatBody, testgw.Key, 400, 400, "invalid_request", "deepseek-b"},
		"another region":           {"POST", "/v1/a/default/aws-bedrock/bedrock-runtime/ap-south-1/model/x/converse", `{}`, testgw.Key, 400, 400, "invalid_request", "region"},
		"no path":                  {"POST", "/v1/a/default/openai", `{}`, testgw.Key, 404, 404, "not_found", "openai"},
		"no such path of compat":   {"POST", "/v1/a/default/compat/nothing", `{}`, testgw.Key, 404, 404, "not_found", "nothing"},
		"a vendor's error":         {"POST", "/v1/a/default/openai/chat/completions", `{"model":"m","messages":[]}`, testgw.Key, 502, 0, "upstream_error", "down"},
		"no such model of compat":  {"POST", "/v1/a/default/compat/chat/completions", `{"model":"nobody/m","messages":[]}`, testgw.Key, 404, 0, "model_not_found", "nobody/m"},
		"no such route of compat":  {"POST", "/v1/a/default/compat/chat/completions", `{"model":"dynamic/m","messages":[]}`, testgw.Key, 404, 0, "model_not_found", "route"},
		"two alike, in compat":     {"POST", "/v1/a/default/compat/chat/completions", `{"model":"deepseek/m","messages":[]}`, testgw.Key, 400, 0, "invalid_request", "deepseek-b"},
		"a path that climbs":       {"POST", "/v1/a/default/openai/%2e%2e/%2e%2e/x", `{}`, testgw.Key, 502, 0, "upstream_error", "down"},
		"a control, malformed":     {"POST", "/v1/a/default?", `[]`, testgw.Key, 400, 400, "invalid_request", "empty"},
		"a body that is no JSON":   {"POST", "/v1/a/default", `[{"provider":`, testgw.Key, 400, 400, "invalid_request", "array"},
		"a body that is no object": {"POST", "/v1/a/default", `"x"`, testgw.Key, 400, 400, "invalid_request", "array"},
	} {
		r := g.Request(c.method, c.path, []byte(c.body))
		r.Header.Del("Authorization")
		if c.key != "" {
			r.Header.Set("cf-aig-authorization", "Bearer "+c.key)
		}
		resp, b := g.Do(r)
		if resp.StatusCode != c.status || cloudflareError(b) != c.code || resp.Header.Get("sluice-error") != c.slug || !strings.Contains(string(b), c.holds) {
			t.Errorf("%s: %d, %s, code %d: %s", name, resp.StatusCode, resp.Header.Get("sluice-error"), cloudflareError(b), b)
		}
		if c.code == 0 && !strings.Contains(string(b), `"message"`) {
			t.Errorf("%s: %s", name, b)
		}
	}
	resp, b := g.Do(with(g, "GET", "/v1/a/default", "", "Upgrade", "websocket", "Connection", "Upgrade"))
	if resp.StatusCode != http.StatusNotImplemented || cloudflareError(b) != 501 {
		t.Errorf("a WebSocket: %d %s", resp.StatusCode, b)
	}
}

func TestCompatNamesModelsAsCloudflareDoes(t *testing.T) {
	g, u := fromCloudflare(t, vendorWould, "routes: { support: { steps: [ { use: openai/gpt-4o-mini } ] }, gpt-4o-mini: { steps: [ { use: openai/gpt-4o-mini } ] } }\n")
	for model, want := range map[string]struct{ provider, model, at, slug string }{
		"openai/gpt-4o-mini":        {"openai", "gpt-4o-mini", "/v1/chat/completions", "openai"},
		"grok/grok-4":               {"xai", "grok-4", "/v1/chat/completions", "grok"},
		"google-ai-studio/gemini-x": {"gemini", "gemini-x", "/v1beta/models/gemini-x:generateContent", "google-ai-studio"},
		"perplexity-ai/sonar":       {"mine", "sonar", "/chat/completions", "perplexity-ai"},
		"workers-ai/@cf/meta/llama": {"workers-ai", "@cf/meta/llama", "/client/v4/accounts/abc/ai/v1/chat/completions", "workers-ai"},
		"anthropic/claude-x":        {"anthropic", "claude-x", "/v1/messages", "anthropic"},
		"dynamic/support":           {"openai", "gpt-4o-mini", "/v1/chat/completions", "openai"},
		"dynamic/gpt-4o-mini":       {"openai", "gpt-4o-mini", "/v1/chat/completions", "openai"},
		"support":                   {"openai", "gpt-4o-mini", "/v1/chat/completions", "openai"},
	} {
		resp, b := g.Post("/v1/acc/default/compat/chat/completions", `{"model":"`+model+`","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`)
		h := resp.Header
		if resp.StatusCode != 200 || !strings.Contains(string(b), `"choices"`) || h.Get("sluice-provider") != want.provider || h.Get("cf-aig-model") != want.model || h.Get("cf-aig-provider") != want.slug {
			t.Errorf("%s: %d %v %s", model, resp.StatusCode, h, b)
			continue
		}
		last := u.Last()
		if last.URI != want.at || strings.Contains(string(last.Body), `"model"`) && !strings.Contains(string(last.Body), `"model":"`+want.model+`"`) {
			t.Errorf("%s: the vendor saw %s %s", model, last.URI, last.Body)
		}
		if e := g.Entry(h.Get("sluice-request-id")); e.ModelRequested != model {
			t.Errorf("%s: the entry says %s", model, e.ModelRequested)
		}
	}
}
