package dialect_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
)

func TestVendorErrorsAreJudgedByMeaning(t *testing.T) {
	for _, tt := range []struct {
		name    string
		status  int
		body    string
		code    fault.Code
		kind    fault.Kind
		to      int
		message string
		vendor  string // type|code
	}{
		{"openai model", 404, `{"error":{"message":"The model x does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}`, fault.UpstreamError, fault.Caller, 404, "The model x does not exist", "invalid_request_error|model_not_found"},
		{"openai quota", 429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, fault.UpstreamRateLimited, fault.Credential, 429, "You exceeded your current quota", "insufficient_quota|insufficient_quota"},
		{"openai rate", 429, `{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}`, fault.UpstreamRateLimited, fault.RateLimited, 429, "Rate limit reached", "tokens|rate_limit_exceeded"},
		{"groq too large for the rate", 413, `{"error":{"message":"Request too large for model on tokens per minute (TPM)","type":"tokens","code":"rate_limit_exceeded"}}`, fault.UpstreamRateLimited, fault.RateLimited, 429, "Request too large for model on tokens per minute (TPM)", "tokens|rate_limit_exceeded"},
		{"openai context", 400, `{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}`, fault.UpstreamError, fault.ContextWindow, 400, "too long", "invalid_request_error|context_length_exceeded"},
		{"azure filter", 400, `{"error":{"message":"filtered","type":null,"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, fault.UpstreamError, fault.ContentPolicy, 400, "filtered", "|content_filter"},
		{"azure key", 401, `{"error":{"code":"401","message":"Access denied"}}`, fault.UpstreamAuth, fault.Credential, 502, "Access denied", "|"},
		{"openai server", 500, `{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}`, fault.UpstreamError, fault.Upstream, 502, "The server had an error", "server_error|"},
		{"openai overloaded", 503, `{"error":{"message":"The engine is currently overloaded","type":"server_error","code":null}}`, fault.UpstreamError, fault.Upstream, 503, "The engine is currently overloaded", "server_error|"},
		{"anthropic context", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 300000 tokens > 200000 maximum"}}`, fault.UpstreamError, fault.ContextWindow, 400, "prompt is too long: 300000 tokens > 200000 maximum", "invalid_request_error|"},
		{"anthropic overloaded", 529, `{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}}`, fault.UpstreamError, fault.Upstream, 503, "Overloaded", "overloaded_error|"},
		{"anthropic timeout", 504, `{"type":"error","error":{"type":"timeout_error","message":"Request timed out"}}`, fault.UpstreamTimeout, fault.Timeout, 504, "Request timed out", "timeout_error|"},
		{"anthropic billing", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}`, fault.UpstreamRateLimited, fault.Credential, 429, "Your credit balance is too low to access the API.", "invalid_request_error|"},
		{"google quota", 429, `{"error":{"code":429,"message":"You exceeded your current quota, please check billing","status":"RESOURCE_EXHAUSTED"}}`, fault.UpstreamRateLimited, fault.RateLimited, 429, "You exceeded your current quota, please check billing", "RESOURCE_EXHAUSTED|"},
		{"google key", 400, `{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, fault.UpstreamAuth, fault.Credential, 502, "API key not valid.", "INVALID_ARGUMENT|API_KEY_INVALID"},
		{"google in an array", 404, "[{\n\"error\":{\"code\":404,\"message\":\"models/x is not found\",\"status\":\"NOT_FOUND\"}}\n]", fault.UpstreamError, fault.Caller, 404, "models/x is not found", "NOT_FOUND|"},
		{"google context", 400, `{"error":{"code":400,"message":"The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`, fault.UpstreamError, fault.ContextWindow, 400, "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).", "INVALID_ARGUMENT|"},
		{"bedrock", 400, `{"message":"The provided model identifier is invalid."}`, fault.UpstreamError, fault.Caller, 400, "The provided model identifier is invalid.", "|"},
		{"bedrock throttled", 429, `{"message":"Too many tokens, please wait before trying again."}`, fault.UpstreamRateLimited, fault.RateLimited, 429, "Too many tokens, please wait before trying again.", "|"},
		{"bedrock throttled, as a fault of the caller's", 400, `{"message":"Too many tokens, please wait before trying again."}`, fault.UpstreamRateLimited, fault.RateLimited, 429, "Too many tokens, please wait before trying again.", "|"},
		{"mistral flat", 400, `{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}`, fault.UpstreamError, fault.Caller, 400, "Invalid model: x", "invalid_model|1500"},
		{"mistral detail", 422, `{"detail":[{"type":"missing","loc":["body","messages",0],"msg":"Field required"}]}`, fault.UpstreamError, fault.Caller, 422, "messages.0: Field required", "missing|"},
		{"cohere", 400, `{"error_type":"TOO_MANY_TOKENS","id":"1","message":"too many tokens: size limit exceeded"}`, fault.UpstreamError, fault.ContextWindow, 400, "too many tokens: size limit exceeded", "TOO_MANY_TOKENS|"},
		{"xai", 400, `{"code":"invalid-argument","error":"Model not found: y"}`, fault.UpstreamError, fault.Caller, 400, "Model not found: y", "|invalid-argument"},
		{"xai key", 400, `{"code":"invalid-argument","error":"Incorrect API key provided. You can obtain one"}`, fault.UpstreamAuth, fault.Credential, 502, "Incorrect API key provided. You can obtain one", "|invalid-argument"},
		{"venice", 404, `{"error":"Specified model not found"}`, fault.UpstreamError, fault.Caller, 404, "Specified model not found", "|"},
		{"detail text", 401, `{"detail":"Could not parse your token."}`, fault.UpstreamAuth, fault.Credential, 502, "Could not parse your token.", "|"},
		{"deepseek balance", 402, `{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}`, fault.UpstreamRateLimited, fault.Credential, 429, "Insufficient Balance", "unknown_error|invalid_request_error"},
		{"cloudflare errors", 400, `{"success":false,"errors":[{"message":"bad input","code":5006}],"result":null}`, fault.UpstreamError, fault.Caller, 400, "bad input", "|5006"},
		{"llama.cpp context in a 500", 500, `{"error":{"code":500,"message":"input (4002 tokens) is too large to process.","type":"server_error"}}`, fault.UpstreamError, fault.ContextWindow, 400, "input (4002 tokens) is too large to process.", "server_error|"},
		{"page of a CDN", 502, "<html>\n<head><title>502 Bad\n Gateway</title></head><body>x</body></html>", fault.UpstreamError, fault.Upstream, 502, "502 Bad Gateway", "|"},
		{"page without a title", 404, "<p>Not <b>here</b></p>", fault.UpstreamError, fault.Caller, 404, "Not here", "|"},
		{"text", 404, "Not Found", fault.UpstreamError, fault.Caller, 404, "Not Found", "|"},
		{"nothing", 504, "", fault.UpstreamTimeout, fault.Timeout, 504, "the provider answered 504 (Gateway Timeout) without a message", "|"},
		{"cut off", 500, `{"error":{"message":"oops`, fault.UpstreamError, fault.Upstream, 502, "the provider answered 500 (Internal Server Error) without a message", "|"},
		{"in a 200, with a status", 200, `{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"upstream connect error"}}}`, fault.UpstreamError, fault.Upstream, 502, "Provider returned error: upstream connect error", "|"},
		{"in a 200, with a word", 200, `{"type":"error","code":"rate_limit_exceeded","message":"Rate limit reached"}`, fault.UpstreamRateLimited, fault.RateLimited, 429, "Rate limit reached", "|rate_limit_exceeded"},
		{"in a 200, of a tool", 200, `{"error":{"message":"Tool call validation failed","code":"tool_use_failed"}}`, fault.UpstreamError, fault.Caller, 400, "Tool call validation failed", "|tool_use_failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := dialect.ParseVendorError(tt.status, http.Header{}, []byte(tt.body))
			if f.Code != tt.code || f.Kind != tt.kind || f.Status != tt.to || f.Message != tt.message {
				t.Errorf("got %s %s %d %q", f.Code, f.Kind, f.Status, f.Message)
			}
			if got := f.Upstream.Type + "|" + f.Upstream.Code; got != tt.vendor {
				t.Errorf("vendor's words = %q, want %q", got, tt.vendor)
			}
			if string(f.Upstream.Body) != tt.body {
				t.Errorf("body = %q", f.Upstream.Body)
			}
		})
	}
}

func TestAnExceptionNameInAHeaderCounts(t *testing.T) {
	h := http.Header{"X-Amzn-Errortype": {"ThrottlingException:http://internal/"}}
	f := dialect.ParseVendorError(400, h, []byte(`{"message":"Too many tokens, please wait before trying again."}`))
	if f.Kind != fault.RateLimited || f.Upstream.Type != "ThrottlingException" {
		t.Errorf("got %s, %q", f.Kind, f.Upstream.Type)
	}
}

func TestAWaitIsReadOnlyWhereWaitingHelps(t *testing.T) {
	h := http.Header{"Retry-After": {"7"}, "X-Should-Retry": {"false"}}
	if f := dialect.ParseVendorError(400, h, nil); f.RetryAfter != 0 {
		t.Errorf("the caller's fault waits %v", f.RetryAfter)
	}
	f := dialect.ParseVendorError(429, h, nil)
	if f.RetryAfter != 7*time.Second || !f.NoRetry {
		t.Errorf("got %v, %v", f.RetryAfter, f.NoRetry)
	}
}

func TestCredentialsAreNotRepeated(t *testing.T) {
	f := dialect.ParseVendorError(401, nil, []byte(`{"error":{"message":"Incorrect API key provided: sk-abc123. Also \"gsk_x\" and not-a****key."}}`))
	for _, secret := range []string{"abc123", "gsk_x", "key."} {
		if strings.Contains(f.Message, secret) {
			t.Errorf("%q holds %q", f.Message, secret)
		}
	}
}

func TestMessagesAreBounded(t *testing.T) {
	f := dialect.ParseVendorError(500, nil, []byte(strings.Repeat("é", 100_000)))
	if len(f.Message) > 2100 || len(f.Upstream.Body) > 16<<10 {
		t.Errorf("message of %d, body of %d bytes", len(f.Message), len(f.Upstream.Body))
	}
}

func FuzzParseVendorErrorNeverFails(f *testing.F) {
	f.Add(400, []byte(`{"error":{"message":"x","details":[{}]}}`))
	f.Add(200, []byte(`[{"error":"x"}]`))
	f.Add(502, []byte(`<title>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if got := dialect.ParseVendorError(status, http.Header{}, body); got.Message == "" || got.Status < 400 {
			t.Errorf("%d %q: %+v", status, body, got)
		}
	})
}
