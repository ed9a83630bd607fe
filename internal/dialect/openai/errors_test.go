package openai_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/fault"
)

func TestErrorsSpeakTheFamilysWords(t *testing.T) {
	upstream := func(status int, body string) *fault.Fault { return openai.ParseError(status, nil, []byte(body)) }
	for _, tt := range []struct {
		name   string
		f      *fault.Fault
		status int
		typ    string
		code   string
	}{
		{"no key", fault.New(fault.Unauthenticated, "x"), 401, "invalid_request_error", "invalid_api_key"},
		{"forbidden", fault.New(fault.Forbidden, "x"), 403, "invalid_request_error", "forbidden"},
		{"model", fault.New(fault.ModelNotFound, "x"), 404, "invalid_request_error", "model_not_found"},
		{"rate", fault.New(fault.RateLimit, "x"), 429, "rate_limit_error", "rate_limited"},
		{"budget", fault.New(fault.BudgetExceeded, "x"), 429, "insufficient_quota", "budget_exceeded"},
		{"overload", fault.New(fault.Overloaded, "x"), 503, "server_error", "overloaded"},
		{"bug", fault.New(fault.InternalError, "x"), 500, "server_error", "internal"},
		{"vendor's code", upstream(400, `{"error":{"message":"m","code":"unsupported_parameter"}}`), 400, "invalid_request_error", "unsupported_parameter"},
		{"context in another vendor's words", upstream(400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}`), 400, "invalid_request_error", "context_length_exceeded"},
		{"filter without a code", upstream(400, `{"error":"blocked by content policy"}`), 400, "invalid_request_error", "content_filter"},
		{"no money", upstream(402, `{"error":{"message":"Insufficient Balance"}}`), 429, "insufficient_quota", "insufficient_quota"},
		{"overload has no 529 here", upstream(529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), 503, "server_error", "upstream_error"},
		{"refused credential", upstream(401, `{"error":{"message":"m"}}`), 502, "server_error", "upstream_auth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := openai.FormatError(tt.f, "id")
			var got struct{ Error map[string]any }
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if status != tt.status || got.Error["type"] != tt.typ || got.Error["code"] != tt.code {
				t.Errorf("got %d %s", status, body)
			}
			if _, there := got.Error["param"]; !there || len(got.Error) != 4 {
				t.Errorf("not the four members of an error: %s", body)
			}
		})
	}
}
