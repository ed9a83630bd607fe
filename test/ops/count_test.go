package ops_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// The same conversation, counted, in the words of each caller.
const (
	countMessages  = `{"model":"MODEL","system":"be brief","messages":[{"role":"user","content":"hi there"}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"x":{"type":"string"}}}}]}`
	countResponses = `{"model":"MODEL","instructions":"be brief","input":[{"role":"user","content":"hi there"}],"tools":[{"type":"function","name":"f","description":"d","strict":false,"parameters":{"type":"object","properties":{"x":{"type":"string"}}}}]}`
	countGemini    = `{"generateContentRequest":{"model":"models/MODEL","systemInstruction":{"parts":[{"text":"be brief"}]},"contents":[{"role":"user","parts":[{"text":"hi there"}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"string"}}}}]}]}}`
)

func TestTokensAreCountedByTheVendorWhateverTheCallerSpeaks(t *testing.T) {
	s := newStage(t, "")
	asks := map[string][2]string{ // path and body, by caller
		"messages":  {"/v1/messages/count_tokens", countMessages},
		"responses": {"/v1/responses/input_tokens", countResponses},
		"gemini":    {"/v1beta/models/MODEL:countTokens", countGemini},
	}
	answers := map[string]string{"messages": `{"input_tokens":42}`, "responses": `{"object":"response.input_tokens","input_tokens":42}`, "gemini": `{"totalTokens":42}`}
	targets := map[string]struct{ model, at, answer, must string }{
		"messages":         {"anthropic/claude-sonnet-4-5", "/v1/messages/count_tokens", `{"input_tokens":42}`, `"input_schema"`},
		"responses":        {"openai/gpt-4o", "/v1/responses/input_tokens", `{"object":"response.input_tokens","input_tokens":42}`, `"type":"function"`},
		"converse":         {"bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0", "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens", `{"inputTokens":42}`, `"toolSpec"`},
		"vertex":           {"vertex/gemini-2.5-pro", "/v1/publishers/google/models/gemini-2.5-pro:countTokens", `{"totalTokens":42}`, `"contents"`},
		"claude at vertex": {"vertex/claude-sonnet-4-5", "/v1/publishers/anthropic/models/count-tokens:rawPredict", `{"input_tokens":42}`, `"model":"claude-sonnet-4-5"`},
		"gemini":           {"gemini/gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:countTokens", `{"totalTokens":42,"promptTokensDetails":[{"modality":"TEXT","tokenCount":42}]}`, `"functionDeclarations"`},
	}
	for caller, ask := range asks {
		for target, to := range targets {
			if caller == target || caller == "gemini" && target == "vertex" || caller == "messages" && target == "claude at vertex" {
				continue
			}
			t.Run(caller+" to "+target, func(t *testing.T) {
				s.up.Script(func(c *testup.Call) { c.JSON(200, to.answer) })
				resp, body := s.Post(named(ask[0], to.model), named(ask[1], to.model))
				if resp.StatusCode != 200 || resp.Header.Get("Sluice-Estimated") != "" || resp.Header.Get("Sluice-Dropped-Params") != "" {
					t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, body)
				}
				same(t, "the caller got", string(body), answers[caller])
				call := s.up.Last()
				if call.URI != to.at || !contains(string(call.Body), to.must, "hi there", "be brief", `"f"`) || contains(string(call.Body), "max_tokens") || contains(string(call.Body), "stream") {
					t.Errorf("the vendor got %s %s", call.URI, call.Body)
				}
			})
		}
	}
}

func TestTokensOfAVendorThatCountsNoneAreEstimatedAndSaySo(t *testing.T) {
	s := newStage(t, "")
	for _, tt := range []struct{ path, body, member string }{
		{"/v1/messages/count_tokens", countMessages, "input_tokens"},
		{"/v1/responses/input_tokens", countResponses, "input_tokens"},
		{"/v1beta/models/MODEL:countTokens", countGemini, "totalTokens"},
		{"/model/MODEL/count-tokens", `{"input":{"converse":{"system":[{"text":"be brief"}],"messages":[{"role":"user","content":[{"text":"hi there"}]}]}}}`, "inputTokens"},
	} {
		model := map[bool]string{false: "cohere/command-a-03-2025", true: "bedrock/amazon.nova-pro-v1:0"}[tt.member == "inputTokens"]
		before := len(s.up.Calls())
		resp, body := s.Post(named(tt.path, model), named(tt.body, model))
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", tt.path, resp.StatusCode, body)
			continue
		}
		if n, _ := got[tt.member].(float64); n < 4 || n > 200 || got["estimated"] != true || resp.Header.Get("Sluice-Estimated") != "tokens" {
			t.Errorf("%s: %v %s", tt.path, resp.Header, body)
		}
		if len(s.up.Calls()) != before {
			t.Errorf("%s: it reached the vendor", tt.path)
		}
		if e := s.Entry(resp.Header.Get("Sluice-Request-Id")); e.Operation != "count_tokens" || !strings.HasPrefix(model, e.Provider) || e.Status != 200 || e.Usage.InputTokens.Known {
			t.Errorf("%s: the entry is %+v", tt.path, e)
		}
	}
	refused(t, s, "/v1/responses/input_tokens", `{"model":"cohere/command-a-03-2025","previous_response_id":"resp_1","input":"x"}`, 404)
	refused(t, s, "/v1/messages/count_tokens", `{"model":"cohere/command-a-03-2025","messages":7}`, 400, "messages")
}
