package upstream

import (
	"net/textproto"
	"strings"
)

// HopByHop reports whether a canonical field name concerns one connection only and
// so must not be forwarded in either direction (RFC 9110 §7.6.1). Fields that a
// Connection field names are hop-by-hop too: see ConnectionTokens.
func HopByHop(canonicalName string) bool {
	switch canonicalName {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"Proxy-Authentication-Info", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings":
		return true
	}
	return false
}

// ConnectionTokens gives the canonical names of the further fields that these
// Connection values declare hop-by-hop. It is nil in the usual case: no value, or
// only close, keep-alive and upgrade.
func ConnectionTokens(values []string) []string {
	var names []string
	for _, v := range values {
		for token := range strings.SplitSeq(v, ",") {
			token = strings.Trim(token, " \t")
			if token == "" || strings.EqualFold(token, "close") ||
				strings.EqualFold(token, "keep-alive") || strings.EqualFold(token, "upgrade") {
				continue
			}
			names = append(names, textproto.CanonicalMIMEHeaderKey(token))
		}
	}
	return names
}

// hasToken reports whether a comma-separated list holds a token, in any case.
func hasToken(list, token string) bool {
	for len(list) > 0 {
		item, rest, _ := strings.Cut(list, ",")
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
		list = rest
	}
	return false
}
