package vertex_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const (
	claudeAnswer = `{"id":"msg_vrtx_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Good morning"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":7}}`
	claudeStream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_vrtx_2\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n" +
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n" +
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Good morning\"}}\n\n" +
		"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":7}}\n\n" +
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	geminiAnswer = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Good morning"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":7,"totalTokenCount":10},"modelVersion":"gemini-2.5-flash","responseId":"r"}`
	chatAnswer   = `{"id":"c","object":"chat.completion","created":1,"model":"meta/llama","choices":[{"index":0,"message":{"role":"assistant","content":"Good morning"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":7,"total_tokens":10}}`
)

// cloud is the vendor, and a gateway that has it by a service account.
func cloud(t *testing.T) (*testup.Upstream, *testgw.Gateway) {
	machine(t)
	google := newTokenService(t)
	up := testup.New(t, func(c *testup.Call) {
		path, _, _ := strings.Cut(c.URI, "?")
		switch {
		case c.Header.Get("Authorization") != "Bearer ya29.token-1" || len(c.Header.Values("Authorization")) != 1:
			c.JSON(401, `{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}`)
		case strings.HasSuffix(path, ":rawPredict") && strings.Contains(path, "count-tokens"):
			c.JSON(200, `{"input_tokens":5}`)
		case strings.HasSuffix(path, ":rawPredict"):
			c.JSON(200, claudeAnswer)
		case strings.HasSuffix(path, ":streamRawPredict"):
			c.Answer(200, "text/event-stream", []byte(claudeStream))
		case strings.HasSuffix(path, ":streamGenerateContent"):
			c.Answer(200, "text/event-stream", []byte("data: "+geminiAnswer+"\n\n"))
		case strings.HasSuffix(path, "/chat/completions"):
			c.JSON(200, chatAnswer)
		case strings.HasSuffix(path, ":countTokens"):
			c.JSON(200, `{"totalTokens":5}`)
		default:
			c.JSON(200, geminiAnswer)
		}
	})
	g := testgw.StartWith(t, testgw.Options{
		Config: "providers: {vertex: {base_url: '" + up.URL + "', region: us-east5, service_account: env:ACCOUNT}}\n",
		Env:    map[string]string{"ACCOUNT": google.account()},
	})
	return up, g
}

const place = "/v1/projects/my-project/locations/us-east5"

func TestClaudesRequestsKeepEveryByteButTheNamedEdits(t *testing.T) {
	up, g := cloud(t)
	for _, c := range []struct{ path, sent, arrives, at, answer string }{
		{"/v1/messages", `{"model": "vertex/claude-sonnet-4-5", "max_tokens":10,  "messages":[{"role":"user","content":"Good morning"}],"x":1e2}`,
			`{"anthropic_version":"vertex-2023-10-16","max_tokens":10,  "messages":[{"role":"user","content":"Good morning"}],"x":1e2}`, "claude-sonnet-4-5:rawPredict", claudeAnswer},
		{"/v1/messages", `{"max_tokens":10,"messages":[{"role":"user","content":"Hi"}],"anthropic_version":"vertex-2099-01-01","model":"vertex/claude-3-7-sonnet@20250219","stream":true}`,
			`{"max_tokens":10,"messages":[{"role":"user","content":"Hi"}],"anthropic_version":"vertex-2099-01-01","stream":true}`, "claude-3-7-sonnet@20250219:streamRawPredict", claudeStream},
		{"/v1/messages/count_tokens", `{"model":"vertex/claude-sonnet-4-5","messages":[]}`,
			`{"anthropic_version":"vertex-2023-10-16","model":"claude-sonnet-4-5","messages":[]}`, "count-tokens:rawPredict", `{"input_tokens":5}`},
	} {
		resp, body := g.Post(c.path, c.sent)
		last := up.Last()
		if resp.StatusCode != 200 || string(body) != c.answer || string(last.Body) != c.arrives || last.URI != place+"/publishers/anthropic/models/"+c.at {
			t.Errorf("%d %s\nat %s\narrived %s\nwant    %s", resp.StatusCode, body, last.URI, last.Body, c.arrives)
		}
	}
}

func TestEachModelIsSpokenToInItsOwnDialectWhateverTheCallers(t *testing.T) {
	up, g := cloud(t)
	chat := `{"model":"vertex/%s","messages":[{"role":"user","content":"Good morning"}],"stream":%v}`
	for _, c := range []struct{ path, body, at, has, not string }{
		{"/v1/chat/completions", fmt.Sprintf(chat, "claude-sonnet-4-5", false), place + "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", `"anthropic_version":"vertex-2023-10-16"`, `"model"`},
		{"/v1/chat/completions", fmt.Sprintf(chat, "claude-sonnet-4-5", true), place + "/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict", `"stream":true`, `"model"`},
		{"/v1/chat/completions", fmt.Sprintf(chat, "gemini-2.5-flash", false), place + "/publishers/google/models/gemini-2.5-flash:generateContent", `"contents"`, "anthropic_version"},
		{"/v1/chat/completions", fmt.Sprintf(chat, "gemini-2.5-flash", true), place + "/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse", `"contents"`, "anthropic_version"},
		{"/v1/chat/completions", fmt.Sprintf(chat, "meta/llama-4-scout-maas", false), place + "/endpoints/openapi/chat/completions", `"model":"meta/llama-4-scout-maas"`, "anthropic_version"},
		{"/v1beta/models/vertex%2Fclaude-sonnet-4-5:countTokens", `{"contents":[{"parts":[{"text":"Good morning"}]}]}`, place + "/publishers/anthropic/models/count-tokens:rawPredict", `"anthropic_version":"vertex-2023-10-16"`, `"contents"`},
		{"/v1/messages", `{"model":"vertex/gemini-2.5-flash","max_tokens":10,"messages":[{"role":"user","content":"Good morning"}]}`, place + "/publishers/google/models/gemini-2.5-flash:generateContent", `"contents"`, "anthropic_version"},
		{"/v1beta/models/vertex%2Fclaude-sonnet-4-5:generateContent", `{"contents":[{"parts":[{"text":"Good morning"}]}]}`, place + "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", `"anthropic_version"`, `"contents"`},
	} {
		resp, body := g.Post(c.path, c.body)
		last := up.Last()
		if resp.StatusCode != 200 || !strings.Contains(string(body), "Good morning") && !strings.Contains(string(body), ":5}") || last.URI != c.at {
			t.Errorf("%s %s: %d %s\nasked %s", c.path, c.body, resp.StatusCode, body, last.URI)
		}
		if !strings.Contains(string(last.Body), c.has) || strings.Contains(string(last.Body), c.not) {
			t.Errorf("%s: sent %s", c.at, last.Body)
		}
	}
	resp, _ := g.Post("/v1/chat/completions", fmt.Sprintf(chat, "claude-sonnet-4-5", false))
	if e := g.Entry(resp.Header.Get("Sluice-Request-Id")); e.ProviderDialect != "messages" || e.Region != "us-east5" || e.Usage.InputTokens.N != 3 || !e.Cost.Known {
		t.Errorf("entry %+v", e)
	}
}

func TestGoogleDialectIsForwardedByteForByte(t *testing.T) {
	up, g := cloud(t)
	body := `{"contents":[{"role":"user", "parts":[{"text":"Good morning"}]}] , "generationConfig":{"topK":1e1}}`
	for path, at := range map[string]string{
		"/v1beta/models/vertex/gemini-2.5-flash:generateContent":               place + "/publishers/google/models/gemini-2.5-flash:generateContent",
		"/v1beta/models/vertex/gemini-2.5-flash:streamGenerateContent?alt=sse": place + "/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
		"/v1beta/models/vertex/gemini-2.5-flash:countTokens":                   place + "/publishers/google/models/gemini-2.5-flash:countTokens",
	} {
		resp, got := g.Post(path, body)
		if resp.StatusCode != 200 || up.Last().URI != at || string(up.Last().Body) != body {
			t.Errorf("%s: %d %s; asked %s with %s", path, resp.StatusCode, got, up.Last().URI, up.Last().Body)
		}
	}
}

func TestTheVendorsOwnPathsPassMetered(t *testing.T) {
	up, g := cloud(t)
	for _, path := range []string{
		"/v1/projects/other/locations/us-east5/publishers/google/models/gemini-2.5-flash:generateContent",
		"/v1beta1/projects/other/locations/us-east5/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
		"/v1/projects/other/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5:rawPredict",
		"/v1/projects/other/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict",
		"/v1/publishers/google/models/gemini-2.5-flash:generateContent",
	} {
		resp, body := g.Post("/providers/vertex"+path, `{"model": "as it is"}`)
		if resp.StatusCode != 200 || up.Last().URI != path || string(up.Last().Body) != `{"model": "as it is"}` {
			t.Errorf("%s: %d %s; asked %s with %s", path, resp.StatusCode, body, up.Last().URI, up.Last().Body)
		}
		e := g.Entry(resp.Header.Get("Sluice-Request-Id"))
		if e.Usage.InputTokens.N != 3 || e.Usage.OutputTokens.N != 7 || e.Model == "" || e.Operation != "chat" {
			t.Errorf("%s: entry %+v", path, e)
		}
	}
	resp, body := g.Do(g.Request(http.MethodGet, "/providers/vertex/v1/projects/other/locations/us-east5/cachedContents", nil))
	if resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestAMissingTokenIsToldWithoutSecrets(t *testing.T) {
	machine(t)
	google := newTokenService(t)
	google.deny.Store(true)
	g := testgw.StartWith(t, testgw.Options{
		Config: "providers: {vertex: {service_account: env:ACCOUNT}}\n", Env: map[string]string{"ACCOUNT": google.account()},
	})
	resp, body := g.Post("/v1/chat/completions", `{"model":"vertex/gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}]}`)
	if resp.StatusCode != 502 || resp.Header.Get("Sluice-Error") != "upstream_auth" || !strings.Contains(string(body), "invalid_grant") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if strings.Contains(string(body), "eyJ") || g.Log.Has("PRIVATE KEY") {
		t.Errorf("a secret is told: %s\n%s", body, g.Log)
	}
}
