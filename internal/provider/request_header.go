package provider

import (
	"net/http"
	"slices"
	"strings"
)

// set is a constant set of canonical header names.
type set map[string]struct{}

func setOf(names ...string) set {
	s := make(set, len(names))
	for _, n := range names {
		s[n] = struct{}{}
	}
	return s
}

func (s set) has(name string) bool { _, ok := s[name]; return ok }

// hopByHop describe one connection and end with it.
// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
var hopByHop = setOf("Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade")

// callerIdentity says who the caller is to a vendor. It passes only together with the
// caller's own credential: beside one of the gateway's it would name a foreign account.
var callerIdentity = setOf("Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key",
	"Openai-Organization", "Openai-Project", "X-Goog-User-Project")

// neverForwarded are the caller's secrets and addresses, and what the transport sets itself.
var neverForwarded = setOf("Ocp-Apim-Subscription-Key", "Cookie", "Cookie2", "Host",
	"X-Amz-Security-Token", "X-Amz-Date", "X-Amz-Content-Sha256",
	"Forwarded", "Via", "X-Real-Ip", "True-Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip",
	"Fastly-Client-Ip", "Cdn-Loop", "Origin", "Referer", "Baggage",
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override",
	"X-Goog-Iap-Jwt-Assertion", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Accesstoken", "X-Amzn-Oidc-Identity",
	"Accept-Encoding", "Content-Length", "Expect", "Max-Forwards", "Http2-Settings")

var neverPrefixes = [...]string{"Sluice-", "X-Forwarded-", "Cf-", "Sec-", "Access-Control-"}

// everyFamily may pass to any vendor. Content-Encoding is not among them: who sends a
// body knows whether it is still encoded.
var everyFamily = setOf("Accept", "Content-Type", "User-Agent", "Idempotency-Key", "Range",
	"If-Match", "If-None-Match", "If-Modified-Since")

var familyHeaders = map[string]set{
	"openai":    setOf("Openai-Beta", "X-Client-Request-Id"),
	"anthropic": setOf("Anthropic-Version", "Anthropic-Beta", "Anthropic-Dangerous-Direct-Browser-Access"),
	"gemini":    setOf("X-Goog-Api-Client", "X-Goog-Fieldmask", "X-Server-Timeout"),
	"cohere":    setOf("X-Client-Name"),
}

var familyPrefixes = map[string]string{
	"gemini":  "X-Goog-Upload-",
	"bedrock": "X-Amzn-Bedrock-",
}

// ForwardRequestHeader reports whether a header of the caller goes on to the vendor on a
// data-plane path. family is the dialect's (see dialect.Dialect); name is canonical.
// Everything that no list names stays here.
func ForwardRequestHeader(family, name string, spec *Spec) bool {
	if everyFamily.has(name) || familyHeaders[family].has(name) || strings.HasPrefix(name, "X-Stainless-") {
		return true
	}
	if prefix := familyPrefixes[family]; prefix != "" && strings.HasPrefix(name, prefix) {
		return true
	}
	return slices.Contains(spec.Forward, name) && ForwardNativeHeader(name)
}

// ForwardNativeHeader reports whether a header of the caller goes on to the vendor on a
// vendor's own path (/providers/…): all but secrets, addresses, hop-by-hop headers and
// the gateway's own controls. name is canonical.
func ForwardNativeHeader(name string) bool {
	if hopByHop.has(name) || callerIdentity.has(name) || neverForwarded.has(name) {
		return false
	}
	for _, prefix := range neverPrefixes {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// CallerIdentity reports whether a header carries the caller's own credential or account
// at a vendor. It may be forwarded only where the gateway lets callers bring their own,
// and never when it held the caller's Sluice key. name is canonical.
func CallerIdentity(name string) bool { return callerIdentity.has(name) }

// Nominated reports whether h's Connection field names the header, which makes it
// hop-by-hop for this message. name is canonical.
// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
func Nominated(h http.Header, name string) bool {
	for _, line := range h["Connection"] {
		for token := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(token), name) {
				return true
			}
		}
	}
	return false
}
