package provider

import "strings"

// LimitHeader reports whether a header of a vendor's error answer is worth passing on
// when the error itself is rendered anew: its rate limits and its request ids. name is
// canonical.
func LimitHeader(name string) bool {
	return strings.Contains(name, "Ratelimit") || strings.HasSuffix(name, "Request-Id") || strings.HasSuffix(name, "Requestid") ||
		name == "Retry-After-Ms" || name == "X-Generation-Id" || strings.HasSuffix(name, "Correlation-Id")
}

// CallerAccount reports whether a header says in which account of a vendor a caller's
// own credential acts. It holds no credential, and passes only beside one of the
// caller's own. name is canonical.
func CallerAccount(name string) bool {
	return name == "Openai-Organization" || name == "Openai-Project" || name == "X-Goog-User-Project"
}
