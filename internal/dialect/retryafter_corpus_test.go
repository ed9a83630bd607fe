package dialect_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// recordedWaits are what recorded errors ask for, by the end of their folder's name; all
// others ask for nothing.
var recordedWaits = map[string]time.Duration{
	"openrouter/error-chat/langchaingo__TestOpenRouterStreaming--01":                                                               26 * time.Second, // its header Date is 26 seconds before the reset
	"gemini/error-generate/ruby_llm__chat_real_error_scenarios_gemini_gemini-2_5-flash_handles_context_length_exceeded_errors--00": 48939935699,
	"gemini/error-generate/429-quota-retryinfo":                                                                                    46 * time.Second,
	"groq/error-chat/429-tpm":                 6 * time.Second,
	"azure/error-chat/429-retry-after":        time.Minute,
	"openai/error-chat/429-tokens":            18642 * time.Millisecond,
	"anthropic/error-messages/429-rate-limit": 17 * time.Second,
}

func TestRecordedErrorsAskForTheWaitThatTheySay(t *testing.T) {
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	seen := 0
	for _, folder := range []string{root, root + "-transcribed"} {
		files, err := filepath.Glob(filepath.Join(folder, "*", "error-*", "*", "response.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			dir := filepath.Dir(file)
			name, err := filepath.Rel(folder, dir)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			if got := recordedWait(t, dir); got != recordedWaits[filepath.ToSlash(name)] {
				t.Errorf("%s asks for %v, want %v", name, got, recordedWaits[filepath.ToSlash(name)])
			}
		}
	}
	if seen == 0 {
		t.Skip("no corpus of recorded exchanges (set SLUICE_CORPUS to run this test)")
	}
}

// recordedWait is what the gateway reads out of the recorded error in a folder.
func recordedWait(t *testing.T, dir string) time.Duration {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "response.json"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(dir, "body.raw"))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Status  int         `json:"status"`
		Headers [][2]string `json:"headers"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	for _, pair := range answer.Headers {
		h.Add(pair[0], pair[1])
	}
	return dialect.ParseVendorError(answer.Status, h, body).RetryAfter
}
