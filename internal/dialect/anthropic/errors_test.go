package anthropic_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/fault"
)

func TestEveryFaultHasTheDialectsTypeAndStatus(t *testing.T) {
	want := map[fault.Code]struct {
		status int
		typ    string
	}{
		fault.Unauthenticated:      {401, "authentication_error"},
		fault.Forbidden:            {403, "permission_error"},
		fault.ModelNotFound:        {404, "not_found_error"},
		fault.NotFound:             {404, "not_found_error"},
		fault.MethodNotAllowed:     {405, "invalid_request_error"},
		fault.InvalidRequest:       {400, "invalid_request_error"},
		fault.UnsupportedParameter: {400, "invalid_request_error"},
		fault.UnsupportedOperation: {400, "invalid_request_error"},
		fault.BodyTooLarge:         {413, "request_too_large"},
		fault.RequestTimeout:       {408, "timeout_error"},
		fault.RateLimit:            {429, "rate_limit_error"},
		fault.BudgetExceeded:       {429, "rate_limit_error"},
		fault.Overloaded:           {529, "overloaded_error"},
		fault.BlockedByGuard:       {403, "permission_error"},
		fault.UpstreamRateLimited:  {429, "rate_limit_error"},
		fault.UpstreamError:        {502, "api_error"},
		fault.UpstreamTimeout:      {504, "timeout_error"},
		fault.UpstreamUnreachable:  {502, "api_error"},
		fault.UpstreamAuth:         {502, "api_error"},
		fault.NoHealthyTarget:      {529, "overloaded_error"},
		fault.ClientClosed:         {499, "invalid_request_error"},
		fault.InternalError:        {500, "api_error"},
		fault.NotCached:            {504, "timeout_error"},
	}
	for code := range fault.Codes() {
		status, body := anthropic.Dialect.FormatError(fault.New(code, `say "why" <b>`), "req-1")
		var got struct {
			Type      string
			Error     struct{ Type, Message string }
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		w := want[code]
		if status != w.status || got.Error.Type != w.typ || got.Type != "error" || got.Error.Message != `say "why" <b>` || got.RequestID != "req-1" {
			t.Errorf("%s: %d %s", code, status, body)
		}
	}
}

// A vendor of another dialect says 503 for what this dialect calls 529.
func TestAVendorsOverloadReachesTheCallerAs529(t *testing.T) {
	for _, status := range []int{503, 529} {
		f := anthropic.Dialect.ParseError(status, nil, []byte(`{"error":{"message":"high demand"}}`))
		if got, body := anthropic.Dialect.FormatError(f, ""); got != 529 || f.Upstream.Status != status {
			t.Errorf("%d became %d %s", status, got, body)
		}
	}
}

func TestAStreamErrorIsOneErrorEvent(t *testing.T) {
	got := string(anthropic.Dialect.FormatStreamError(fault.New(fault.UpstreamTimeout, "two\nlines"), "r"))
	want := "event: error\ndata: " + `{"type":"error","error":{"type":"timeout_error","message":"two\nlines"},"request_id":"r"}` + "\n\n"
	if got != want {
		t.Errorf("got %q", got)
	}
}

func TestVendorErrorsAreReadByTheirMeaning(t *testing.T) {
	for _, tt := range []struct {
		name    string
		status  int
		message string
		want    fault.Kind
	}{
		{"caller", 400, "messages: at least one message is required", fault.Caller},
		{"window", 400, "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000", fault.ContextWindow},
		{"filter", 400, "Output blocked by content filtering policy", fault.ContentPolicy},
		{"money", 400, "Your credit balance is too low to access the Anthropic API.", fault.Credential},
		{"spending limit", 400, "You have reached your specified API usage limits. You will regain access on 2030-01-01.", fault.Credential},
		{"disabled", 400, "This organization has been disabled.", fault.Credential},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, _ := json.Marshal(map[string]any{"type": "error", "error": map[string]string{"type": "invalid_request_error", "message": tt.message}})
			f := anthropic.Dialect.ParseError(tt.status, nil, body)
			if f.Kind != tt.want || f.Message != tt.message {
				t.Errorf("%s %q, want %s", f.Kind, f.Message, tt.want)
			}
			if status, _ := anthropic.Dialect.FormatError(f, ""); tt.want == fault.Credential && status == 400 {
				t.Error("the caller is blamed for the gateway's account")
			}
		})
	}
}

func TestTheWaitIsReadFromTheDialectsHeaders(t *testing.T) {
	reset := time.Now().Add(90 * time.Second).UTC().Format(time.RFC3339)
	for name, h := range map[string]http.Header{
		"retry-after": {"Retry-After": {"90"}},
		"reset":       {"Anthropic-Ratelimit-Input-Tokens-Remaining": {"0"}, "Anthropic-Ratelimit-Input-Tokens-Reset": {reset}},
	} {
		f := anthropic.Dialect.ParseError(429, h, []byte(`{"type":"error","error":{"type":"rate_limit_error","message":"m"}}`))
		if f.RetryAfter < 85*time.Second || f.RetryAfter > 91*time.Second {
			t.Errorf("%s: %s", name, f.RetryAfter)
		}
	}
}

func TestAnyBodyIsAnError(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{", `{"error":null}`, `{"error":{"type":5,"message":[]}}`, "<html>", strings.Repeat("[", 5000), "\xff\xfe"} {
		if f := anthropic.Dialect.ParseError(500, nil, []byte(body)); f == nil || f.Kind != fault.Upstream || f.Message == "" {
			t.Errorf("%q: %+v", body, f)
		}
	}
}
