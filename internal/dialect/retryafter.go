package dialect

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// maxWait bounds what a vendor may ask for; a longer wait is as good as none.
const maxWait = 24 * time.Hour

// RetryAfter reads how long a vendor asks to wait, from the headers and body of an
// error answer in any of the forms that vendors use; 0 = it does not say. The result
// is at most 24 hours.
func RetryAfter(h http.Header, body []byte, now time.Time) time.Duration {
	wait := headerWait(h, now)
	if wait <= 0 {
		wait = bodyWait(body)
	}
	if wait <= 0 {
		wait = exhaustedWait(h, now)
	}
	return min(max(wait, 0), maxWait)
}

// headerWait reads retry-after-ms and retry-after (RFC 9110 section 10.2.3, and
// fractions, which several vendors send).
func headerWait(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil && ms > 0 {
		return seconds(ms / 1000)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if t, err := http.ParseTime(v); err == nil {
		return t.Sub(now)
	}
	return waitUntil(v, now)
}

// resets pairs what is left of a limit with when it is full again.
var resets = [...][2]string{
	{"Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	{"Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset"},
	{"Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset"},
	{"Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset"},
	{"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
	{"X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
	{"X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
	{"Ratelimit-Remaining", "Ratelimit-Reset"},
}

// exhaustedWait is the longest reset among the limits of which nothing is left.
func exhaustedWait(h http.Header, now time.Time) (longest time.Duration) {
	for _, pair := range resets {
		if strings.TrimSpace(h.Get(pair[0])) == "0" {
			longest = max(longest, waitUntil(strings.TrimSpace(h.Get(pair[1])), now))
		}
	}
	return longest
}

// waitUntil reads a point in time (RFC 3339, or a Unix time in seconds or
// milliseconds) or a duration ("6m0s", "12ms", or seconds alone).
func waitUntil(v string, now time.Time) time.Duration {
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t.Sub(now)
	}
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err != nil:
		return textDuration(v)
	case n > 1e12:
		return time.UnixMilli(int64(min(n, 1e15))).Sub(now)
	case n > 1e9:
		return time.Unix(int64(n), 0).Sub(now)
	}
	return seconds(n)
}

// seconds converts with a bound, so that no number overflows.
func seconds(n float64) time.Duration {
	if !(n > 0) {
		return 0
	}
	return time.Duration(min(n, maxWait.Seconds()) * float64(time.Second))
}

// maxErrorText is how much of an error body is searched.
const maxErrorText = 16 << 10

// waitWords are what precedes a duration in the text of an error.
var waitWords = [...]string{"try again in ", "retry in ", "retry after ", "available in ", "please wait "}

// bodyWait reads google.rpc.RetryInfo (https://cloud.google.com/apis/design/errors),
// wherever it is nested, or a duration in the text.
func bodyWait(body []byte) time.Duration {
	body = body[:min(len(body), maxErrorText)]
	if _, after, ok := bytes.Cut(body, []byte(`"retryDelay"`)); ok {
		after = bytes.TrimLeft(after, ": \t\r\n")
		if end := bytes.IndexByte(after[min(1, len(after)):], '"'); end >= 0 {
			if v, ok := jsonscan.String(after[:end+2]); ok {
				return textDuration(v)
			}
		}
	}
	text := strings.ToLower(string(body))
	for _, words := range waitWords {
		if _, after, ok := strings.Cut(text, words); ok {
			if d := textDuration(after); d > 0 {
				return d
			}
		}
	}
	return 0
}

// textDuration sums the numbers with units at the start of s: "1m0.36s",
// "2 hours 3 minutes", "18.642s. Visit …". A number without a unit ends it.
func textDuration(s string) (sum time.Duration) {
	for {
		s = strings.TrimLeft(s, " ,")
		s = strings.TrimPrefix(s, "and ")
		digits := leading(s, func(c byte) bool { return c >= '0' && c <= '9' || c == '.' })
		n, err := strconv.ParseFloat(s[:digits], 64)
		if err != nil {
			return sum
		}
		s = strings.TrimLeft(s[digits:], " ")
		letters := leading(s, func(c byte) bool { return c >= 'a' && c <= 'z' })
		size := unitSeconds(s[:letters])
		if size == 0 {
			return sum
		}
		sum = min(sum+seconds(n*size), maxWait)
		s = s[letters:]
	}
}

func leading(s string, is func(byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

func unitSeconds(unit string) float64 {
	switch unit {
	case "ms", "millisecond", "milliseconds":
		return 0.001
	case "s", "sec", "secs", "second", "seconds":
		return 1
	case "m", "min", "mins", "minute", "minutes":
		return 60
	case "h", "hr", "hrs", "hour", "hours":
		return 3600
	case "d", "day", "days":
		return 86400
	}
	return 0
}
