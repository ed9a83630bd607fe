package dialect_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
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
		{"milliseconds under a cloud's name", []string{"x-ms-retry-after-ms", "1500", "retry-after", "9"}, "", 1500 * time.Millisecond},
		{"with a unit", []string{"retry-after", "1m30s"}, "", 90 * time.Second},
		{"RFC 3339", []string{"retry-after", "2026-01-01T00:00:40Z"}, "", 40 * time.Second},
		{"Unix time", []string{"retry-after", "1767225690"}, "", 90 * time.Second},
		{"date by the vendor's clock", []string{"retry-after", "Fri, 02 Jan 2026 00:00:30 GMT", "date", "Fri, 02 Jan 2026 00:00:00 GMT"}, "", 30 * time.Second},
		{"member in seconds", nil, `{"status":429,"retry_after": 3.5}`, 3500 * time.Millisecond},
		{"member in milliseconds", nil, `{"error":{"retry_after_ms":250}}`, 250 * time.Millisecond},
		{"member as text", nil, `{"retryAfter":"12"}`, 12 * time.Second},
		{"member that is null", nil, `{"retry_after":null}`, 0},
		{"member cut off", nil, `{"retry_after"`, 0},
		{"text of a vendor", nil, `{"error":{"message":"Quota exceeded\nPlease retry in 48.939935699s."}}`, 48939935699},
		{"text that is more exact", nil, `{"message":"Please retry in 48.94s.","details":[{"retryDelay":"48s"}]}`, 48940 * time.Millisecond},
		{"text that says otherwise", nil, `{"message":"Please retry in 5h.","details":[{"retryDelay":"48s"}]}`, 48 * time.Second},
		{"text of a forecast", nil, `Request was throttled. Expected available in 3 seconds.`, 3 * time.Second},
		{"text that is roughly", nil, `Please try again in about 2 minutes`, 2 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := dialect.RetryAfter(headers(tt.headers), []byte(tt.body), false, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func headers(pairs []string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestResetsOfLimitsCountForWhatIsUsedUp(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const s = time.Second
	for _, tt := range []struct {
		name    string
		headers []string
		body    string
		want    time.Duration
	}{
		{"RFC 3339", []string{"anthropic-ratelimit-input-tokens-remaining", "0", "anthropic-ratelimit-input-tokens-reset", "2026-01-01T00:00:17Z"}, "", 17 * s},
		{"not used up", []string{"anthropic-ratelimit-requests-remaining", "5", "anthropic-ratelimit-requests-reset", "2026-01-01T00:00:17Z"}, "", 0},
		{"the longest", []string{"x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "6m0s", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "12ms"}, "", 6 * time.Minute},
		{"only what is used up", []string{"x-ratelimit-remaining-requests", "9", "x-ratelimit-reset-requests", "6m0s", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "120ms"}, "", 120 * time.Millisecond},
		{"minutes with a fraction", []string{"x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "2m59.56s"}, "", 179560 * time.Millisecond},
		{"seconds", []string{"x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "7"}, "", 7 * s},
		{"seconds of a day", []string{"x-ratelimit-remaining-requests-day", "0", "x-ratelimit-reset-requests-day", "33011.382867"}, "", 33011382867 * time.Microsecond},
		{"other things than tokens", []string{"x-ratelimit-remaining-input-images", "0", "x-ratelimit-reset-input-images", "2s"}, "", 2 * s},
		{"Unix milliseconds", []string{"x-ratelimit-remaining", "0", "x-ratelimit-reset", "1767225605000"}, "", 5 * s},
		{"Unix seconds", []string{"x-ratelimit-remaining", "0", "x-ratelimit-reset", "1767225609"}, "", 9 * s},
		{"another prefix", []string{"ratelimitbysize-remaining", "0", "ratelimitbysize-reset", "44"}, "", 44 * s},
		{"of the draft", []string{"ratelimit-remaining", "0", "ratelimit-reset", "3"}, "", 3 * s},
		{"one field of the draft", []string{"ratelimit", `"burst";r=5;t=2, "day";r=0;t=31`}, "", 31 * s},
		{"one field of the draft, not used up", []string{"ratelimit", `"default";r=50;t=30`}, "", 0},
		{"the draft's former field", []string{"ratelimit", "limit=10, remaining=0, reset=6"}, "", 6 * s},
		{"what was rejected", []string{"anthropic-ratelimit-unified-status", "rejected", "anthropic-ratelimit-unified-reset", "1767226200",
			"anthropic-ratelimit-unified-7d-status", "allowed", "anthropic-ratelimit-unified-7d-reset", "1767826200"}, "", 10 * time.Minute},
		{"a day at most", []string{"anthropic-ratelimit-unified-status", "rejected", "anthropic-ratelimit-unified-reset", "1767826200"}, "", 24 * time.Hour},
		{"alone", []string{"x-ratelimit-reset-tokens", "5.289s"}, "", 5289 * time.Millisecond},
		{"fewer tokens than wanted", []string{"x-ratelimit-limit-tokens", "30000", "x-ratelimit-remaining-tokens", "15433", "x-ratelimit-reset-tokens", "18.642s",
			"x-ratelimit-limit-tokens-day", "900000", "x-ratelimit-remaining-tokens-day", "899999", "x-ratelimit-reset-tokens-day", "9h"}, "", 18642 * time.Millisecond},
		{"all tokens there", []string{"x-ratelimit-limit-tokens", "30000", "x-ratelimit-remaining-tokens", "30000", "x-ratelimit-reset-tokens", "18.642s"}, "", 0},
		{"in the body", nil, `{"error":{"code":429,"metadata":{"headers":{"X-RateLimit-Limit":"1","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1767225642000"}}}}`, 42 * s},
		{"in the body, not used up", nil, `{"error":{"metadata":{"headers":{"X-RateLimit-Remaining":"3","X-RateLimit-Reset":"1767225642000"}}}}`, 0},
		{"long ago", []string{"x-ratelimit-remaining", "0", "x-ratelimit-reset", "1667225605000"}, "", 0},
		{"after what was asked for", []string{"retry-after", "2", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "7"}, "", 2 * s},
		{"after what the text says", []string{"x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "7"}, "Please try again in 3s.", 3 * s},
		{"in place of a wait of none", []string{"retry-after", "0", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "7"}, "", 7 * s},
		{"nonsense", []string{"x-ratelimit-remaining", "0", "x-ratelimit-reset", "tomorrow"}, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := dialect.RetryAfter(headers(tt.headers), []byte(tt.body), true, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if got := dialect.RetryAfter(headers(tt.headers), []byte(tt.body), false, now); !strings.HasPrefix(tt.name, "after ") && got != 0 {
				t.Errorf("got %v for what is no rate limit", got)
			}
		})
	}
}

func TestHeadersOfAnAnswerThatBeganWellAskForNoWait(t *testing.T) {
	h := headers([]string{"retry-after", "53", "x-ratelimit-remaining", "0", "x-ratelimit-reset", "9"})
	body := []byte(`{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`)
	if f := dialect.ParseVendorError(200, h, body); f.RetryAfter != 0 || f.Kind != fault.RateLimited {
		t.Errorf("%v after %v", f, f.RetryAfter)
	}
	if f := dialect.ParseVendorError(429, h, body); f.RetryAfter != 53*time.Second {
		t.Errorf("after %v", f.RetryAfter)
	}
	h.Del("retry-after")
	if f := dialect.ParseVendorError(503, h, []byte(`{"error":{"message":"away"}}`)); f.RetryAfter != 0 {
		t.Errorf("the reset of a limit counts for %v: %v", f, f.RetryAfter)
	}
}
