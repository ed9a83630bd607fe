package config

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// addressed checks a URL of a few schemes; the message does not hold it, since it may
// carry a password.
func addressed(text, such string, schemes ...string) (*url.URL, string) {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) {
		return nil, "expected a URL such as " + such
	}
	return u, checkPort(u.Port())
}

// checkRedis: https://www.iana.org/assignments/uri-schemes/prov/redis
func checkRedis(text string) string {
	const such = "redis://redis.example.com:6379/0, or rediss:// with TLS"
	u, message := addressed(text, such, "redis", "rediss")
	if message != "" {
		return message
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if n, err := strconv.ParseUint(db, 10, 16); err != nil || n > 65535 {
			return "what stands behind the host is the number of a database, such as /0"
		}
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "expected a URL without a query or fragment, such as " + such
	}
	return ""
}

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9:._-]{1,64}$`)

func checkPrefix(text string) string {
	if !prefixForm.MatchString(text) {
		return "expected up to 64 letters, digits and : . _ -, found " + doctree.Quote(text)
	}
	return ""
}

// checkIssuer wants TLS, since whoever answers decides who is let in.
func checkIssuer(text string) string {
	const such = "https://login.example.com"
	u, message := addressed(text, such, "https", "http")
	switch {
	case message != "":
		return message
	case u.Scheme == "http" && !local(u.Hostname()):
		return "must begin with https://; http:// is for this machine alone"
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "expected a URL such as " + such + " without a user, query or fragment"
	}
	return ""
}

func checkURL(text string) string {
	u, message := addressed(text, "https://sluice.example.com", "https", "http")
	if message == "" && (u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return "expected a URL without a user, query or fragment"
	}
	return message
}

func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func checkWebhook(text string) string {
	_, message := addressed(text, "https://hooks.example.com/sluice", "https", "http")
	return message
}

func checkSMTP(text string) string {
	u, message := addressed(text, "smtp://mail.example.com:587, or smtps:// with TLS from the start", "smtp", "smtps")
	if message == "" && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "") {
		return "expected a URL without path, query or fragment"
	}
	return message
}

func checkEmail(text string) string {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text || strings.ContainsAny(text, "\r\n,") {
		return "expected an address such as ops@example.com, found " + doctree.Quote(text)
	}
	return ""
}
