package sdk_test

import (
	"errors"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func anthropicError(t *testing.T, err error) *anthropic.Error {
	t.Helper()
	var e *anthropic.Error
	if !errors.As(err, &e) {
		t.Fatalf("no error of the API: %v", err)
	}
	return e
}

func TestAnthropicErrorsAreTheSDKsOwn(t *testing.T) {
	s := start(t, noRetries)
	for name, tt := range map[string]struct {
		ask, model, key string
		status          int
		typ, message    string
		gateway         string
	}{
		"the caller's fault, as the vendor said it": {ask: "wrong temperature", status: 400, typ: "invalid_request_error", message: "temperature: range: 0..1", gateway: "upstream_error"},
		"a wrong key":               {ask: question, key: unknownKey, status: 401, typ: "authentication_error", gateway: "unauthenticated"},
		"a model that is not there": {ask: question, model: "claude-sonet-5", status: 404, typ: "not_found_error", message: "claude-sonnet-5", gateway: "model_not_found"},
		"the gateway's credential":  {ask: "refused credential", status: 502, typ: "api_error", gateway: "upstream_auth"},
		"over the limit":            {ask: "too fast", status: 429, typ: "rate_limit_error", message: "rate limit", gateway: "upstream_rate_limited"},
		"overloaded":                {ask: "overloaded", status: 529, typ: "overloaded_error", gateway: "upstream_error"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.key == "" {
				tt.key = testgw.Key
			}
			p := anthropicMessage(tt.ask)
			if tt.model != "" {
				p.Model = tt.model
			}
			c := anthropicAt(t, s.URL, tt.key, option.WithMaxRetries(0))
			_, err := c.Messages.New(deadline(t), p)
			e := anthropicError(t, err)
			same(t, "status", e.StatusCode, tt.status)
			same(t, "type", string(e.Type()), tt.typ)
			holds(t, "body", e.RawJSON(), tt.message)
			same(t, "sluice-error", e.Response.Header.Get("Sluice-Error"), tt.gateway)
			if e.RequestID == "" && tt.key == testgw.Key && tt.model == "" {
				t.Error("the SDK sees no request id of the vendor")
			}
		})
	}
}

func TestAnthropicRetriesWhatMayHelpAndNothingElse(t *testing.T) {
	for name, tt := range map[string]struct {
		retries, ask, exchange string
		calls                  int
	}{
		"the SDK tries again when overloaded":     {noRetries, "overloaded", "anthropic/message-529", 3},
		"the SDK tries again as the vendor asked": {noRetries, "too fast", "anthropic/message-429", 3},
		"the gateway tried, so the SDK does not":  {oneRetry, "overloaded", "anthropic/message-529", 2},
		"the caller's fault stays its fault":      {noRetries, "wrong temperature", "anthropic/message-400", 1},
		"a refused credential of the gateway":     {noRetries, "refused credential", "anthropic/message-401", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tt.retries)
			c := anthropicAt(t, s.URL, testgw.Key)
			_, err := c.Messages.New(deadline(t), anthropicMessage(tt.ask))
			e := anthropicError(t, err)
			if n := len(s.up.Calls(tt.exchange)); n != tt.calls {
				t.Errorf("the vendor was asked %d times, want %d; status %d, x-should-retry %q", n, tt.calls, e.StatusCode, e.Response.Header.Get("X-Should-Retry"))
			}
		})
	}
}

func TestAnthropicHearsOfABrokenStream(t *testing.T) {
	s := start(t, noRetries)
	for ask, want := range map[string]string{"break half way": "overloaded_error", "cut half way": "ended before it was complete"} {
		c := anthropicAt(t, s.URL, testgw.Key)
		stream := c.Messages.NewStreaming(deadline(t), anthropicMessage("Please "+ask+"."))
		var text string
		for stream.Next() {
			text += stream.Current().Delta.Text
		}
		stream.Close()
		same(t, "text before it broke", text, "One")
		if stream.Err() == nil {
			t.Errorf("%s: no error", ask)
			continue
		}
		said := stream.Err().Error()
		var e *anthropic.Error
		if errors.As(stream.Err(), &e) {
			said += e.RawJSON()
		}
		holds(t, ask, said, want)
	}
}
