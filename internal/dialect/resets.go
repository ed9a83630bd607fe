package dialect

import (
	"net/http"
	"strings"
	"time"
)

// resetWait reads when the limit is full again that was hit. A limit that says how much
// is left counts when that is nothing; one that does not, when it says that it refused,
// or when it says nothing else. Where no limit is used up, the call may have wanted more
// tokens than are left: then the soonest counts of those of which some are used.
func resetWait(h http.Header, body []byte, now time.Time) (longest time.Duration) {
	longest = namedWait(h.Values("Ratelimit"), now)
	short := time.Duration(0)
	for name := range h {
		at := strings.Index(name, "Reset")
		if at < 0 || !strings.Contains(name, "Ratelimit") {
			continue
		}
		wait := waitUntil(h.Get(name), now)
		sibling := func(word string) string { return strings.TrimSpace(h.Get(name[:at] + word + name[at+len("Reset"):])) }
		left, status := sibling("Remaining"), sibling("Status")
		switch {
		case isZero(left), left == "" && (status == "" || status == "rejected"):
			longest = max(longest, wait)
		case left != "" && strings.Contains(name, "Tokens") && left != sibling("Limit"):
			if wait > 0 && (short == 0 || wait < short) {
				short = wait
			}
		}
	}
	if longest > 0 {
		return longest
	}
	if short > 0 {
		return short
	}
	// One vendor repeats the headers in the body, where another's answer has none.
	// https://openrouter.ai/docs/api-reference/limits
	if isZero(memberText(body, "X-RateLimit-Remaining")) {
		return waitUntil(memberText(body, "X-RateLimit-Reset"), now)
	}
	return 0
}

// isZero reports whether nothing is left of a limit.
func isZero(left string) bool {
	return left != "" && strings.Trim(left, "0.") == ""
}

// namedWait reads the RateLimit field of the IETF draft, in its present form
// ("default";r=0;t=30) and its former (limit=10, remaining=0, reset=30): the longest time
// of what is used up.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
func namedWait(fields []string, now time.Time) (longest time.Duration) {
	for _, field := range fields {
		left, reset := "", ""
		for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
			switch {
			case !ok: // the name of the next limit
				left, reset = "", ""
			case name == "r" || name == "remaining":
				left = value
			case name == "t" || name == "reset":
				reset = value
			}
			if isZero(left) {
				longest = max(longest, waitUntil(reset, now))
			}
		}
	}
	return longest
}
