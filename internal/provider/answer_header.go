package provider

import "strings"

// withheld are headers of a vendor's answer that do not reach the caller: accounts of
// the gateway's owner, what the server sets for its own connection, and policies that
// bind browsers to the vendor's origin and would bind them to the gateway's.
var withheld = setOf("Content-Length", "Set-Cookie", "Set-Cookie2", "Www-Authenticate",
	"Openai-Organization", "Openai-Project", "Anthropic-Organization-Id",
	"Strict-Transport-Security", "Alt-Svc", "Age", "Expect-Ct", "Nel", "Report-To",
	"Reporting-Endpoints", "Clear-Site-Data", "Public-Key-Pins", "Server-Timing",
	"Content-Security-Policy", "Content-Security-Policy-Report-Only")

var withheldPrefixes = [...]string{"Sluice-", "Cf-", "Access-Control-"}

// ForwardAnswerHeader reports whether a header of the vendor's answer reaches the
// caller. Request ids, rate limits and content-encoding do, under their own names.
// name is canonical.
func ForwardAnswerHeader(name string) bool {
	if hopByHop.has(name) || withheld.has(name) {
		return false
	}
	for _, prefix := range withheldPrefixes {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}
