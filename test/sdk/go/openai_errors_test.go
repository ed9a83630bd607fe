package sdk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func openaiError(t *testing.T, err error) *openai.Error {
	t.Helper()
	var e *openai.Error
	if !errors.As(err, &e) {
		t.Fatalf("no error of the API: %v", err)
	}
	return e
}

func TestOpenAIErrorsAreTheSDKsOwn(t *testing.T) {
	s := start(t, noRetries)
	for name, tt := range map[string]struct {
		model, ask, key             string
		status                      int
		typ, code, message, gateway string
	}{
		"the caller's fault, as the vendor said it": {ask: "wrong temperature", status: 400, typ: "invalid_request_error", code: "decimal_above_max_value", message: "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 9 instead.", gateway: "upstream_error"},
		"a wrong key":               {ask: question, key: unknownKey, status: 401, typ: "invalid_request_error", code: "invalid_api_key", gateway: "unauthenticated"},
		"a model that is not there": {ask: question, model: "gpt-4o-mimi", status: 404, typ: "invalid_request_error", code: "model_not_found", message: "gpt-4o-mini", gateway: "model_not_found"},
		"the gateway's credential":  {ask: "refused credential", status: 502, typ: "server_error", code: "", gateway: "upstream_auth"},
		"over the limit":            {ask: "too fast", status: 429, typ: "rate_limit_error", code: "rate_limit_exceeded", gateway: "upstream_rate_limited"},
		"no money":                  {ask: "no money", status: 429, typ: "insufficient_quota", code: "insufficient_quota", gateway: "upstream_rate_limited"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.key == "" {
				tt.key = testgw.Key
			}
			p := openaiChat(tt.ask)
			if tt.model != "" {
				p.Model = tt.model
			}
			c := openaiAt(t, s.URL, tt.key, option.WithMaxRetries(0))
			_, err := c.Chat.Completions.New(deadline(t), p)
			e := openaiError(t, err)
			same(t, "status", e.StatusCode, tt.status)
			same(t, "type", e.Type, tt.typ)
			if tt.code != "" {
				same(t, "code", e.Code, tt.code)
			}
			holds(t, "message", e.Message, tt.message)
			same(t, "sluice-error", e.Response.Header.Get("Sluice-Error"), tt.gateway)
			if e.Response.Header.Get("Sluice-Request-Id") == "" {
				t.Error("no request id")
			}
			if strings.Contains(e.RawJSON()+e.Message, vendorKey) {
				t.Error("the vendor's key is in the error")
			}
		})
	}
}

func TestOpenAIRetriesWhatMayHelpAndNothingElse(t *testing.T) {
	for name, tt := range map[string]struct {
		retries, ask, exchange string
		calls                  int
	}{
		"the SDK tries again as the vendor asked":             {noRetries, "too fast", "openai/chat-429", 3},
		"the gateway tried, so the SDK does not":              {oneRetry, "too fast", "openai/chat-429", 2},
		"an empty purse stays empty":                          {noRetries, "no money", "openai/chat-quota", 1},
		"the caller's fault stays its fault":                  {noRetries, "wrong temperature", "openai/chat-400", 1},
		"a refused credential of the gateway is nobody's use": {noRetries, "refused credential", "openai/chat-401", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tt.retries)
			began := time.Now()
			c := openaiAt(t, s.URL, testgw.Key)
			_, err := c.Chat.Completions.New(deadline(t), openaiChat(tt.ask))
			e := openaiError(t, err)
			if n := len(s.up.Calls(tt.exchange)); n != tt.calls {
				t.Errorf("the vendor was asked %d times, want %d; status %d, x-should-retry %q", n, tt.calls, e.StatusCode, e.Response.Header.Get("X-Should-Retry"))
			}
			if e.StatusCode == 429 && (e.Response.Header.Get("Retry-After") == "" || time.Since(began) > 5*time.Second) {
				t.Errorf("retry-after %q, after %v", e.Response.Header.Get("Retry-After"), time.Since(began))
			}
		})
	}
}

func TestOpenAIHearsOfABrokenStream(t *testing.T) {
	s := start(t, noRetries)
	for ask, want := range map[string]string{"break half way": "The server had an error", "cut half way": "ended before it was complete"} {
		c := openaiAt(t, s.URL, testgw.Key)
		stream := c.Chat.Completions.NewStreaming(deadline(t), openaiChat("Please "+ask+"."))
		var text string
		for stream.Next() {
			if ch := stream.Current().Choices; len(ch) > 0 {
				text += ch[0].Delta.Content
			}
		}
		stream.Close()
		same(t, "text before it broke", text, "One")
		if stream.Err() == nil {
			t.Errorf("%s: no error", ask)
			continue
		}
		said := stream.Err().Error()
		var e *openai.Error
		if errors.As(stream.Err(), &e) {
			said += e.Message + e.RawJSON()
		}
		holds(t, ask, said, want)
	}
}
