package dialect_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

func TestRetryAfterReadsEveryForm(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		headers []string
		body    string
		want    time.Duration
	}{
		{"nothing", nil, `{"error":{"message":"no"}}`, 0},
		{"milliseconds before seconds", []string{"retry-after", "19", "retry-after-ms", "18642"}, "", 18642 * time.Millisecond},
		{"seconds", []string{"retry-after", "60"}, "", time.Minute},
		{"fraction", []string{"retry-after", "0.5"}, "", 500 * time.Millisecond},
		{"date", []string{"retry-after", "Thu, 01 Jan 2026 00:00:30 GMT"}, "", 30 * time.Second},
		{"date in the past", []string{"retry-after", "Wed, 31 Dec 2025 00:00:30 GMT"}, "", 0},
		{"zero", []string{"retry-after", "0"}, "", 0},
		{"negative", []string{"retry-after", "-5"}, "", 0},
		{"nonsense", []string{"retry-after", "soon", "retry-after-ms", "NaN"}, "", 0},
		{"bounded", []string{"retry-after", "1e300"}, "", 24 * time.Hour},
		{"RetryInfo", nil, `{"error":{"details":[{"@type":"x/google.rpc.RetryInfo","retryDelay": "46s"}]}}`, 46 * time.Second},
		{"RetryInfo in an array", nil, `[{"error":{"details":[{"retryDelay":"1.5s"}]}}]`, 1500 * time.Millisecond},
		{"RetryInfo cut off", nil, `[{"error":{"details":[{"retryDelay":"`, 0},
		{"text", nil, `{"error":{"message":"Please try again in 18.642s. Visit x"}}`, 18642 * time.Millisecond},
		{"text with minutes", nil, `Please try again in 1m0.36s.`, 60360 * time.Millisecond},
		{"text in words", nil, `Try again in 2 hours 3 minutes`, 123 * time.Minute},
		{"text with and", nil, `retry after 1 minute and 5 seconds`, 65 * time.Second},
		{"text in milliseconds", nil, `try again in 20ms`, 20 * time.Millisecond},
		{"text without a number", nil, `Please retry after fixing it; try again in a while`, 0},
		{"exhausted RFC 3339", []string{"anthropic-ratelimit-input-tokens-remaining", "0", "anthropic-ratelimit-input-tokens-reset", "2026-01-01T00:00:17Z"}, "", 17 * time.Second},
		{"not exhausted", []string{"anthropic-ratelimit-tokens-remaining", "5", "anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:17Z"}, "", 0},
		{"longest exhausted", []string{"x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "6m0s", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "12ms"}, "", 6 * time.Minute},
		{"exhausted in seconds", []string{"x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "7"}, "", 7 * time.Second},
		{"exhausted Unix milliseconds", []string{"x-ratelimit-remaining", "0", "x-ratelimit-reset", "1767225605000"}, "", 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i < len(tt.headers); i += 2 {
				h.Set(tt.headers[i], tt.headers[i+1])
			}
			if got := dialect.RetryAfter(h, []byte(tt.body), now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
