package sdk_test

import (
	"errors"
	"testing"

	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func geminiError(t *testing.T, err error) genai.APIError {
	t.Helper()
	var e genai.APIError
	if !errors.As(err, &e) {
		t.Fatalf("no error of the API: %v", err)
	}
	return e
}

func TestGeminiErrorsAreTheSDKsOwn(t *testing.T) {
	s := start(t, noRetries)
	for name, tt := range map[string]struct {
		ask, model, key string
		code            int
		status, message string
	}{
		"the caller's fault, as the vendor said it": {ask: "wrong temperature", code: 400, status: "INVALID_ARGUMENT", message: "temperature must be in the range [0.0, 2.0]."},
		"a wrong key":               {ask: question, key: unknownKey, code: 401, status: "UNAUTHENTICATED"},
		"a model that is not there": {ask: question, model: "gemini-2.5-flahs", code: 404, status: "NOT_FOUND", message: flash},
		"the gateway's credential":  {ask: "refused credential", code: 502, status: "UNAVAILABLE"},
		"over the limit":            {ask: "too fast", code: 429, status: "RESOURCE_EXHAUSTED", message: "exhausted"},
		"overloaded":                {ask: "overloaded", code: 503, status: "UNAVAILABLE", message: "overloaded"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.key == "" {
				tt.key = testgw.Key
			}
			if tt.model == "" {
				tt.model = flash
			}
			_, err := geminiAt(t, s.URL, tt.key).Models.GenerateContent(deadline(t), tt.model, genai.Text(tt.ask), nil)
			e := geminiError(t, err)
			same(t, "code", e.Code, tt.code)
			same(t, "status", e.Status, tt.status)
			holds(t, "message", e.Message, tt.message)
		})
	}
}

func TestGeminiHearsOfABrokenStream(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	var text string
	var last error
	for chunk, err := range c.Models.GenerateContentStream(deadline(t), flash, genai.Text("Please cut half way."), nil) {
		if last = err; err == nil {
			text += chunk.Text()
		}
	}
	same(t, "text before it broke", text, "One")
	if last == nil {
		t.Fatal("no error")
	}
	holds(t, "error", last.Error(), "ended before it was complete")
}
