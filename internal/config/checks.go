package config

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/redact"
)

var (
	nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
	hostForm = regexp.MustCompile(`^(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63})*$`)
	// https://cloud.google.com/resource-manager/docs/creating-managing-projects
	projectForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,62}$`)
	routeForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$`)
	placeForm   = regexp.MustCompile(`^[a-z0-9*?\[][a-z0-9*?\[\]-]{0,39}$`)
	stickyForm  = regexp.MustCompile(`^(?:key|user|session|header\.[A-Za-z0-9-]{1,64}|metadata\.[A-Za-z0-9_-]{1,64})$`)
	varyForm    = regexp.MustCompile(`^(?:user|header\.[A-Za-z0-9-]{1,64}|metadata\.[A-Za-z0-9_-]{1,64})$`)
	memberForm  = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$-]*(?:\.(?:[A-Za-z0-9_$-]+|\*))*$`)
	tagForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$`)
	wordForm    = regexp.MustCompile(`^[a-z][a-z_-]{0,31}$`)
	regionForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	headerForm  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
)

// PriceKinds are the kinds of price in the document.
func PriceKinds() []string {
	return []string{
		"input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning",
		"input_audio", "output_audio", "cached_audio", "input_image", "output_image", "character",
		"request", "image", "second", "page", "search", "search_unit",
	}
}

// checkText applies a named rule to a value and says what is wrong, or "". No message
// holds the value unless the rule's values cannot be secret.
func checkText(check, text string) string {
	if text == "" && check != "shared" {
		return "must not be empty"
	}
	switch check {
	case "name":
		return checkName(text)
	case "baseurl":
		return checkBaseURL(text)
	case "proxy":
		return checkProxy(text)
	case "storage":
		return checkStorage(text)
	case "address":
		return checkAddress(text)
	case "network":
		return checkNetwork(text)
	case "host":
		return checkHost(text)
	case "origin":
		return checkOrigin(text)
	case "glob":
		return checkGlob(text)
	case "header":
		return checkHeaderValue(text)
	case "headername":
		return checkHeaderName(text)
	case "identity":
		return checkIdentity(text)
	case "json":
		return checkJSON(text)
	case "region":
		return checkForm(regionForm, text, "eu-central-1")
	case "place", "sticky", "hedge", "word", "urlpath":
		return checkRouting(check, text)
	case "vary", "member", "tag":
		return checkCache(check, text)
	case "project":
		return checkForm(projectForm, text, "my-project")
	case "shared":
		return checkRedis(text)
	case "prefix":
		return checkPrefix(text)
	case "issuer":
		return checkIssuer(text)
	case "url", "otlp", "metadatakey":
		return map[string]func(string) string{"url": checkURL, "otlp": checkOTLP, "metadatakey": checkMetadataKey}[check](text)
	case "webhook":
		return checkWebhook(text)
	case "smtp":
		return checkSMTP(text)
	case "email":
		return checkEmail(text)
	case "pattern":
		return checkPattern(text)
	case "phoneregion":
		return checkRedaction(redact.Options{Rules: []string{redact.Phone}, PhoneRegions: []string{text}})
	}
	return checkRule(check, text)
}

func checkForm(form *regexp.Regexp, text, such string) string {
	if form.MatchString(text) {
		return ""
	}
	return "expected lower-case letters, digits and hyphens, such as " + such + ", found " + doctree.Quote(text)
}

// checkKey applies a named rule to a key of a mapping.
func checkKey(check, key string) string {
	switch {
	case key == "":
		return "a name must not be empty"
	case check == "name":
		return checkName(key)
	case check == "header":
		return checkSentHeader(key)
	case check == "route":
		return checkRouteName(key)
	case check == "attribute":
		return checkAttribute(key)
	case check == "price" && !slices.Contains(PriceKinds(), key):
		return "unknown kind of price" + didYouMeanOr(key, PriceKinds())
	}
	return ""
}

// didYouMeanOr is didYouMean that lists long lists too.
func didYouMeanOr(word string, known []string) string {
	if hint := didYouMean(word, known); hint != "" {
		return hint
	}
	return "; expected " + orList(known)
}

func checkName(name string) string {
	if nameForm.MatchString(name) {
		return ""
	}
	message := "a name has 1 to 63 lower-case letters, digits, '.', '_' and '-', and begins with a letter or digit"
	if fixed := strings.ReplaceAll(strings.ToLower(name), " ", "-"); nameForm.MatchString(fixed) {
		message += "; did you mean " + strconv.Quote(fixed) + "?"
	}
	return message
}

func checkBaseURL(text string) string {
	const such = "expected a URL such as https://llm.example.com/v1"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return such + "; it begins with http:// or https:// and names a host"
	case u.Scheme != "http" && u.Scheme != "https":
		return such + "; it must begin with http:// or https://"
	case u.User != nil:
		return such + " without a user name or password; credentials go to api_key"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return such + " without a query or fragment"
	}
	return checkPort(u.Port())
}

func checkProxy(text string) string {
	if text == "none" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return "expected none or a URL such as http://proxy.example.com:3128 (http, https or socks5)"
	}
	return checkPort(u.Port())
}

func checkStorage(text string) string {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return "expected a path after sqlite:, such as sqlite:sluice.db"
		}
		return ""
	case "postgres", "postgresql":
		if u, err := url.Parse(text); err == nil && strings.HasPrefix(rest, "//") && u.Opaque == "" {
			return ""
		}
	}
	return "expected sqlite:PATH or a URL such as postgres://user@host:5432/database"
}

func checkAddress(text string) string {
	_, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return "expected an address such as :8080 or 127.0.0.1:8080, found " + doctree.Quote(text)
	}
	return checkPort(port)
}

func checkPort(port string) string {
	if port == "" {
		return ""
	}
	if n, err := strconv.ParseUint(port, 10, 32); err != nil || n > 65535 {
		return "expected a port from 0 to 65535, found " + doctree.Quote(port)
	}
	return ""
}

func checkHost(text string) string {
	if net.ParseIP(strings.Trim(text, "[]")) != nil || hostForm.MatchString(text) {
		return ""
	}
	message := "expected a host name such as ai.example.com or *.example.com, without scheme, port or path, found " + doctree.Quote(text)
	if lower := strings.ToLower(text); lower != text && hostForm.MatchString(lower) {
		message += "; did you mean " + strconv.Quote(lower) + "?"
	}
	return message
}

func checkOrigin(text string) string {
	if text == "*" {
		return ""
	}
	scheme, host, ok := strings.Cut(text, "://")
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
	}
	if !ok || scheme == "" || checkHost(name) != "" || checkPort(port) != "" || host != name && port == "" {
		return "expected an origin such as https://app.example.com, https://*.example.com or *, found " + doctree.Quote(text)
	}
	return ""
}

func checkGlob(text string) string {
	if _, err := path.Match(text, ""); err != nil {
		return "not a valid glob: " + doctree.Quote(text) + "; * stands for any text, ? for one character, [ab] for one of these"
	}
	return ""
}

func checkHeaderName(name string) string {
	if !headerForm.MatchString(name) {
		return "not a valid header name"
	}
	return ""
}

// checkSentHeader refuses headers that belong to the connection and not to policy.
func checkSentHeader(name string) string {
	switch strings.ToLower(name) {
	case "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
		"proxy-connection", "proxy-authorization", "content-encoding", "accept-encoding", "expect":
		return "this header belongs to the connection and cannot be configured"
	}
	return checkHeaderName(name)
}

// checkHeaderValue refuses what no header can carry; the value is not shown.
func checkHeaderValue(text string) string {
	for i := range len(text) {
		if (text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f {
			return "the value holds a line break or another control character, which no header can carry"
		}
	}
	return ""
}

func checkNetwork(text string) string {
	p, err := netip.ParsePrefix(text)
	if a, wrong := netip.ParseAddr(text); err != nil && wrong == nil && a.Zone() == "" {
		return "is no network such as 10.1.0.0/16; for one address write " + a.String() + "/" + strconv.Itoa(a.BitLen())
	}
	switch {
	case err != nil:
		return "is no network such as 10.1.0.0/16"
	case p.Addr().Is4In6():
		return "write it as IPv4, such as 10.1.0.0/16"
	}
	return ""
}
