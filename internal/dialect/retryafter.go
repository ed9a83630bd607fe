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
// error answer in any of the forms that vendors use; 0 = it does not say. limited says
// that the error is about a rate limit: only then do the resets of limits count. h is nil
// for an error inside an answer that began well, whose headers say nothing about it. The
// result is at most 24 hours.
func RetryAfter(h http.Header, body []byte, limited bool, now time.Time) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // points in time are by the vendor's clock
	}
	wait := headerWait(h, now)
	if wait <= 0 {
		wait = bodyWait(body, now)
	}
	if wait <= 0 && limited {
		wait = resetWait(h, body, now)
	}
	return min(max(wait, 0), maxWait)
}

// headerWait reads retry-after-ms, which a cloud also spells with a prefix, and
// retry-after (RFC 9110 section 10.2.3, and fractions, which several vendors send).
func headerWait(h http.Header, now time.Time) time.Duration {
	for _, name := range [...]string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get(name)), 64); err == nil && ms > 0 {
			return seconds(ms / 1000)
		}
	}
	return waitUntil(h.Get("Retry-After"), now)
}

// waitUntil reads a point in time (of HTTP, RFC 3339, or a Unix time in seconds or
// milliseconds) or a duration ("6m0s", "12ms", or seconds alone).
func waitUntil(v string, now time.Time) time.Duration {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0
	}
	if t, err := http.ParseTime(v); err == nil {
		return t.Sub(now)
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t.Sub(now)
	}
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err != nil:
		return textDuration(strings.ToLower(v))
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

// waitMembers are members of error bodies that hold a time to wait, wherever they are
// nested: that of google.rpc.RetryInfo (https://cloud.google.com/apis/design/errors) and
// the header's name in other spellings. unit is that of a number, in seconds.
var waitMembers = [...]struct {
	name string
	unit float64
}{{"retryDelay", 1}, {"retry_after_ms", 0.001}, {"retry_after_seconds", 1}, {"retry_after", 1}, {"retryAfter", 1}}

// waitWords are what precedes a duration in the text of an error.
var waitWords = [...]string{"try again in ", "retry in ", "retry after ", "available in ", "please wait ", "wait for "}

// bodyWait reads a member for it, or a duration in the text. A member that was rounded
// down gives way to the text.
func bodyWait(body []byte, now time.Time) time.Duration {
	body = body[:min(len(body), maxErrorText)]
	member, text := memberWait(body, now), textWait(body)
	if member > 0 && (text < member || text-member >= time.Second) {
		return member
	}
	return text
}

func memberWait(body []byte, now time.Time) time.Duration {
	for _, m := range waitMembers {
		v := memberText(body, m.name)
		if n, err := strconv.ParseFloat(v, 64); err == nil && n < 1e9 {
			if n > 0 {
				return seconds(n * m.unit)
			}
		} else if d := waitUntil(v, now); d > 0 {
			return d
		}
	}
	return 0
}

func textWait(body []byte) time.Duration {
	text := strings.ToLower(string(body))
	for _, words := range waitWords {
		if _, after, ok := strings.Cut(text, words); ok {
			if d := textDuration(strings.TrimPrefix(after, "about ")); d > 0 {
				return d
			}
		}
	}
	return 0
}

// memberText gives the text or number of the first member of that name at any depth, ""
// when there is none.
func memberText(body []byte, name string) string {
	_, after, ok := bytes.Cut(body, []byte(`"`+name+`"`))
	after = bytes.TrimLeft(after, " \t\r\n")
	if !ok || len(after) == 0 || after[0] != ':' {
		return ""
	}
	after = bytes.TrimLeft(after[1:], " \t\r\n")
	if len(after) > 0 && after[0] == '"' {
		if end := bytes.IndexByte(after[1:], '"'); end >= 0 {
			v, _ := jsonscan.String(after[:end+2])
			return v
		}
		return ""
	}
	n := 0
	for n < len(after) && strings.IndexByte("+-.0123456789eE", after[n]) >= 0 {
		n++
	}
	return string(after[:n])
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
