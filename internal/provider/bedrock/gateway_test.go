package bedrock_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const answer = `{"output":{"message":{"role":"assistant","content":[{"text":"Good morning"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":7,"totalTokens":10},"metrics":{"latencyMs":1}}`

// event gives one message of a binary stream.
func event(name, data string) string {
	return string(dialect.AppendEventStream(nil, []dialect.EventHeader{{Name: ":event-type", Value: name}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "event"}}, []byte(data)))
}

// vendor answers whoever signs properly.
func vendor(t *testing.T) *testup.Upstream {
	return testup.New(t, func(c *testup.Call) {
		r := &http.Request{Method: c.Method, RequestURI: c.URI, Host: c.Host, Header: c.Header}
		if wrong := verify(r, c.Body, secret); wrong != "" {
			c.Set("x-amzn-errortype", "InvalidSignatureException").JSON(403, fmt.Sprintf(`{"message":%q}`, wrong))
			return
		}
		chunk := func(text string) string {
			return event("chunk", `{"bytes":"`+base64.StdEncoding.EncodeToString([]byte(text))+`"}`)
		}
		switch {
		case strings.HasSuffix(c.URI, "/converse"):
			c.JSON(200, answer)
		case strings.HasSuffix(c.URI, "/converse-stream"):
			c.Answer(200, dialect.EventStreamType, []byte(event("messageStart", `{"role":"assistant"}`)+event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Good morning"}}`)+
				event("contentBlockStop", `{"contentBlockIndex":0}`)+event("messageStop", `{"stopReason":"end_turn"}`)+event("metadata", `{"usage":{"inputTokens":3,"outputTokens":7,"totalTokens":10}}`)))
		case strings.HasSuffix(c.URI, "/invoke"):
			c.JSON(200, `{"embedding":[0.1],"inputTextTokenCount":2}`)
		case strings.HasSuffix(c.URI, "/invoke-with-response-stream"):
			c.Answer(200, dialect.EventStreamType, []byte(chunk(`{"generation":"Hi","prompt_token_count":12,"generation_token_count":1,"stop_reason":null}`)+
				chunk(`{"generation":"","prompt_token_count":null,"generation_token_count":3,"stop_reason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":12,"outputTokenCount":3}}`)))
		default:
			c.JSON(200, `{"own":"path"}`)
		}
	})
}

func gateway(t *testing.T, up *testup.Upstream) *testgw.Gateway {
	machine(t)
	return testgw.StartWith(t, testgw.Options{
		Config: "providers: {bedrock: {base_url: '" + up.URL + "'}}\n",
		Env:    map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "eu-central-1"},
	})
}

const chat = `{"model":"bedrock/%s","messages":[{"role":"user","content":"Good morning"}],"stream":%v}`

func TestACallOfAnotherDialectReachesTheModelSigned(t *testing.T) {
	up := vendor(t)
	g := gateway(t, up)
	for model, path := range map[string]string{
		"anthropic.claude-3-haiku-20240307-v1:0":                                               "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
		"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0": "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0/converse",
	} {
		resp, body := g.Post("/v1/chat/completions", fmt.Sprintf(chat, model, false))
		if resp.StatusCode != 200 || !strings.Contains(string(body), "Good morning") || up.Last().URI != path {
			t.Fatalf("%d %s; asked %s", resp.StatusCode, body, up.Last().URI)
		}
		e := g.Entry(resp.Header.Get("Sluice-Request-Id"))
		if e.ProviderDialect != "converse" || e.Credential != "default" || e.Region != "eu-central-1" || e.Model != model || e.Usage.InputTokens.N != 3 {
			t.Errorf("entry %+v", e)
		}
	}
	resp, body := g.Post("/v1/chat/completions", fmt.Sprintf(chat, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", true))
	if resp.StatusCode != 200 || !strings.Contains(string(body), "Good morning") || !strings.Contains(string(body), "[DONE]") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if g.Log.Has(secret) {
		t.Error("the log tells the secret")
	}
}

func TestTheVendorsOwnDialectIsForwardedSigned(t *testing.T) {
	up := vendor(t)
	g := gateway(t, up)
	body := `{"messages":[{"role":"user","content":[{"text":"Good morning"}]}], "inferenceConfig": {"maxTokens":10}}`
	for _, path := range []string{"/model/bedrock%2Fanthropic.claude-v2:1/converse", "/providers/bedrock/model/anthropic.claude-v2%3A1/converse"} {
		resp, got := g.Post(path, body)
		if resp.StatusCode != 200 || string(got) != answer || string(up.Last().Body) != body {
			t.Errorf("%s: %d %s; sent %s to %s", path, resp.StatusCode, got, up.Last().Body, up.Last().URI)
		}
	}
	r := g.Request(http.MethodPost, "/model/bedrock%2Fanthropic.claude-v2:1/converse-stream", []byte(body))
	resp, got := g.Do(r)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != dialect.EventStreamType || !strings.Contains(string(got), "Good morning") {
		t.Errorf("%d %q", resp.StatusCode, got)
	}
}

func TestInvokeModelPassesSignedAndMetered(t *testing.T) {
	up := vendor(t)
	g := gateway(t, up)
	for path, want := range map[string][2]int64{"/invoke": {2, 0}, "/invoke-with-response-stream": {12, 3}} {
		r := g.Request(http.MethodPost, "/providers/bedrock/model/amazon.titan-embed-text-v2:0"+path, []byte(`{"inputText": "Good morning"}`))
		r.Header.Set("X-Amzn-Bedrock-Trace", "ENABLED")
		resp, body := g.Do(r)
		last := up.Last()
		if resp.StatusCode != 200 || last.URI != "/model/amazon.titan-embed-text-v2:0"+path || last.Header.Get("X-Amzn-Bedrock-Trace") != "ENABLED" {
			t.Fatalf("%d %s; asked %s", resp.StatusCode, body, last.URI)
		}
		e := g.Entry(resp.Header.Get("Sluice-Request-Id"))
		if e.Model != "amazon.titan-embed-text-v2:0" || e.Usage.InputTokens.N != want[0] || e.Usage.OutputTokens.N != want[1] || e.ErrorCode != "" {
			t.Errorf("%s: entry %+v", path, e)
		}
	}
}

func TestAnyOtherPathOfTheVendorPassesSigned(t *testing.T) {
	up := vendor(t)
	g := gateway(t, up)
	resp, body := g.Post("/providers/bedrock/guardrail/abc/version/1/apply", strings.Repeat("x", 100_000))
	if resp.StatusCode != 200 || string(body) != `{"own":"path"}` || len(up.Last().Body) != 100_000 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	resp, body = g.Do(g.Request(http.MethodGet, "/providers/bedrock/async-invoke?maxResults=5&statusEquals=Completed", nil))
	if resp.StatusCode != 200 || up.Last().URI != "/async-invoke?maxResults=5&statusEquals=Completed" {
		t.Errorf("%d %s; asked %s", resp.StatusCode, body, up.Last().URI)
	}
}

func TestAKeyOfOneModelReachesNoOtherByTheVendorsOwnPath(t *testing.T) {
	g := gateway(t, vendor(t))
	var made struct{ Secret string }
	if status := g.AdminPost("/api/v1/keys", `{"name":"titan","models":["bedrock/amazon.titan-*"]}`, &made); status != 201 || made.Secret == "" {
		t.Fatal(status, made)
	}
	for model, want := range map[string]int{"amazon.titan-embed-text-v2:0": 200, "anthropic.claude-v2": 403, "Anthropic.Claude-v2": 403} {
		r := g.Request(http.MethodPost, "/providers/bedrock/model/"+model+"/invoke", []byte(`{}`))
		r.Header.Set("Authorization", "Bearer "+made.Secret)
		if resp, body := g.Do(r); resp.StatusCode != want {
			t.Errorf("%s: %d %s", model, resp.StatusCode, body)
		}
	}
}

func TestARefusedSignatureTellsTheCallerNothing(t *testing.T) {
	up := testup.New(t, func(c *testup.Call) {
		c.Set("x-amzn-errortype", "InvalidSignatureException").JSON(403, `{"message":"The Canonical String for this request should have been x-amz-security-token:TOKEN `+secret+`"}`)
	})
	g := gateway(t, up)
	resp, body := g.Post("/v1/chat/completions", fmt.Sprintf(chat, "x", false))
	if resp.StatusCode != 502 || resp.Header.Get("Sluice-Error") != "upstream_auth" || strings.Contains(string(body), "TOKEN") || strings.Contains(string(body), secret) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	var bodies struct{ Bodies any }
	g.Entry(resp.Header.Get("Sluice-Request-Id"))
	g.AdminGet("/api/v1/entries/"+resp.Header.Get("Sluice-Request-Id"), &bodies)
	if strings.Contains(fmt.Sprint(bodies), secret) || g.Log.Has(secret) {
		t.Error("the secret is kept")
	}
}
