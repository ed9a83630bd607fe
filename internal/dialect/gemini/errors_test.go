package gemini_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/fault"
)

func TestEveryFaultHasGooglesWordAndStatus(t *testing.T) {
	want := map[fault.Code]struct {
		status int
		word   string
	}{
		fault.Unauthenticated:      {401, "UNAUTHENTICATED"},
		fault.Forbidden:            {403, "PERMISSION_DENIED"},
		fault.ModelNotFound:        {404, "NOT_FOUND"},
		fault.NotFound:             {404, "NOT_FOUND"},
		fault.MethodNotAllowed:     {405, "INVALID_ARGUMENT"},
		fault.InvalidRequest:       {400, "INVALID_ARGUMENT"},
		fault.UnsupportedParameter: {400, "INVALID_ARGUMENT"},
		fault.UnsupportedOperation: {400, "INVALID_ARGUMENT"},
		fault.BodyTooLarge:         {413, "INVALID_ARGUMENT"},
		fault.RequestTimeout:       {408, "DEADLINE_EXCEEDED"},
		fault.RateLimit:            {429, "RESOURCE_EXHAUSTED"},
		fault.BudgetExceeded:       {429, "RESOURCE_EXHAUSTED"},
		fault.Overloaded:           {503, "UNAVAILABLE"},
		fault.BlockedByGuard:       {403, "PERMISSION_DENIED"},
		fault.UpstreamRateLimited:  {429, "RESOURCE_EXHAUSTED"},
		fault.UpstreamError:        {502, "UNAVAILABLE"},
		fault.UpstreamTimeout:      {504, "DEADLINE_EXCEEDED"},
		fault.UpstreamUnreachable:  {502, "UNAVAILABLE"},
		fault.UpstreamAuth:         {502, "UNAVAILABLE"},
		fault.NoHealthyTarget:      {503, "UNAVAILABLE"},
		fault.ClientClosed:         {499, "CANCELLED"},
		fault.InternalError:        {500, "INTERNAL"},
		fault.NotCached:            {504, "DEADLINE_EXCEEDED"},
	}
	for code := range fault.Codes() {
		status, body := gemini.Dialect.FormatError(fault.New(code, `say "why" <b>`), "req-1")
		got := decode(t, body)
		w := want[code]
		if status != w.status || got.Error.Code != w.status || got.Error.Status != w.word || got.Error.Message != `say "why" <b>` {
			t.Errorf("%s: %d %s", code, status, body)
		}
		if d := got.Error.Details; d[0]["reason"] != strings.ToUpper(string(code)) || d[1]["requestId"] != "req-1" {
			t.Errorf("%s: details %v", code, d)
		}
	}
}

type wire struct {
	Error struct {
		Code            int
		Message, Status string
		Details         []map[string]any
	}
}

func decode(t *testing.T, body []byte) (w wire) {
	t.Helper()
	if err := json.Unmarshal(body, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDetailsCarryTheWaitAndTheField(t *testing.T) {
	_, body := gemini.Dialect.FormatError(fault.New(fault.RateLimit, "slow down").After(46500*time.Millisecond).Field("contents"), "")
	d := decode(t, body).Error.Details
	if len(d) != 3 || d[1]["@type"] != "type.googleapis.com/google.rpc.RetryInfo" || d[1]["retryDelay"] != "46.5s" ||
		d[2]["@type"] != "type.googleapis.com/google.rpc.BadRequest" {
		t.Errorf("details %v", d)
	}
	// What we write, we read: the wait survives a chain of gateways.
	if f := gemini.Dialect.ParseError(429, nil, body); f.RetryAfter != 46500*time.Millisecond || f.Kind != fault.RateLimited {
		t.Errorf("read back as %s after %s", f.Kind, f.RetryAfter)
	}
}

func TestAStreamErrorIsOneMoreEventWithTheVendorsLineEnds(t *testing.T) {
	got := string(gemini.Dialect.FormatStreamError(fault.New(fault.UpstreamTimeout, "two\nlines"), "r"))
	data, ok := strings.CutPrefix(got, "data: ")
	data, end := strings.CutSuffix(data, "\r\n\r\n")
	if !ok || !end || strings.ContainsAny(data, "\r\n") || decode(t, []byte(data)).Error.Message != "two\nlines" {
		t.Errorf("got %q", got)
	}
}

func TestVendorErrorsAreReadByTheirMeaning(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   fault.Kind
		to     int
	}{
		{"caller", 400, `{"error":{"code":400,"message":"Please use a valid role: user, model.","status":"INVALID_ARGUMENT"}}`, fault.Caller, 400},
		{"key in a 400", 400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}`, fault.Credential, 502},
		{"in an array", 400, `[{"error":{"code":400,"message":"API key expired.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]`, fault.Credential, 502},
		{"no right", 403, `{"error":{"code":403,"message":"Method doesn't allow unregistered callers","status":"PERMISSION_DENIED"}}`, fault.Credential, 502},
		{"a cache that is not there", 403, `{"error":{"code":403,"message":"CachedContent not found (or permission denied)","status":"PERMISSION_DENIED"}}`, fault.Caller, 403},
		{"a file that is not there", 403, `{"error":{"code":403,"message":"You do not have permission to access the File abc or it may not exist.","status":"PERMISSION_DENIED"}}`, fault.Caller, 403},
		{"region", 400, `{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`, fault.Credential, 502},
		{"a precondition of the caller's", 400, `{"error":{"code":400,"message":"The file is not in an ACTIVE state","status":"FAILED_PRECONDITION"}}`, fault.Caller, 400},
		{"window", 400, `{"error":{"code":400,"message":"The input token count (12) exceeds the maximum number of tokens allowed (10).","status":"INVALID_ARGUMENT"}}`, fault.ContextWindow, 400},
		{"model", 404, `{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}`, fault.Caller, 404},
		{"quota", 429, `{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}`, fault.RateLimited, 429},
		{"overload", 503, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`, fault.Upstream, 503},
		{"bug", 500, `{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}`, fault.Upstream, 502},
		{"deadline", 504, `{"error":{"code":504,"message":"Deadline expired","status":"DEADLINE_EXCEEDED"}}`, fault.Timeout, 504},
		{"cancelled by itself", 499, `{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}}`, fault.Upstream, 502},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := gemini.Dialect.ParseError(tt.status, nil, []byte(tt.body))
			if f.Kind != tt.want || f.Status != tt.to || f.Upstream.Status != tt.status {
				t.Errorf("%s %d, want %s %d", f.Kind, f.Status, tt.want, tt.to)
			}
		})
	}
}

func TestAnyBodyIsAnError(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "[[[", "{", `{"error":null}`, `{"error":{"code":"x","details":5}}`, "<html>", strings.Repeat("[", 5000), "\xff\xfe"} {
		if f := gemini.Dialect.ParseError(500, nil, []byte(body)); f == nil || f.Kind != fault.Upstream || f.Message == "" {
			t.Errorf("%q: %+v", body, f)
		}
	}
}
