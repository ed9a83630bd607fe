package otlp

import (
	"regexp"
	"strconv"
	"strings"
)

// partial is what OpenTelemetry's libraries say of an answer that takes a part; they tell it
// in these words alone. https://opentelemetry.io/docs/specs/otlp/#partial-success
var partial = regexp.MustCompile(`(?s)^OTLP partial success: (.*) \(([0-9]+) [a-z ]+ rejected\)$`)

// rejected reads from an error how many things a destination took for wrong, of those that
// it was sent, and why; false = it is another error. 0 of them is a warning.
func rejected(err error) (n int, why string, ok bool) {
	m := partial.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, "", false
	}
	n, err = strconv.Atoi(m[2])
	return n, cut(m[1]), err == nil
}

// tooLarge reports whether a destination did not take a request for its size: those of HTTP
// say it by the status 413, gRPC's servers by RESOURCE_EXHAUSTED and in words of their own,
// packed or not ("received message larger than max", "received message after decompression
// larger than max", "gRPC message exceeds maximum size").
func tooLarge(err error) bool {
	text := err.Error()
	return strings.Contains(text, "larger than max") || strings.Contains(text, "exceeds maximum size") || tooLargeStatus.MatchString(text)
}

// tooLargeStatus is how OpenTelemetry's library tells the status, before the server's own
// name for it.
var tooLargeStatus = regexp.MustCompile(`failed to send to \S+: 413\b`)

// maxWords bounds what the log holds of a destination's words.
const maxWords = 300

func cut(text string) string {
	if len(text) <= maxWords {
		return text
	}
	return strings.ToValidUTF8(text[:maxWords], "") + "…"
}
