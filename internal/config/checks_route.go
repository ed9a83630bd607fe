package config

import (
	"path"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// checkRouting applies the named rules of routes and regions.
func checkRouting(check, text string) string {
	switch check {
	case "place":
		if _, err := path.Match(text, ""); err != nil || !placeForm.MatchString(text) {
			return "expected a region such as eu or eu-central-1, or a glob such as *-eu, in lower-case letters, digits and hyphens, found " + doctree.Quote(text)
		}
	case "sticky":
		if !stickyForm.MatchString(text) {
			return "unknown value " + doctree.Quote(text) + "; expected key, user, session, header.<name> or metadata.<name>"
		}
	case "hedge":
		return checkHedge(text)
	case "word":
		if !wordForm.MatchString(text) {
			return "expected a word such as low, found " + doctree.Quote(text)
		}
	case "urlpath":
		if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, " #\r\n\t") {
			return "expected a path such as /models, found " + doctree.Quote(text)
		}
	}
	return ""
}

func checkHedge(text string) string {
	if text == ownP95 {
		return ""
	}
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		return "expected p95 or a duration such as 800ms, found " + doctree.Quote(text)
	case d < 1e6:
		return "must be at least 1ms"
	case d > 600e9:
		return "must be at most 10m"
	}
	return ""
}

func checkRouteName(name string) string {
	switch {
	case strings.Contains(name, "/"):
		return "the name of a route holds no '/', since a name with one means provider/model"
	case !routeForm.MatchString(name):
		return "the name of a route has 1 to 128 letters, digits, '.', '_', ':', '@', '+' and '-', and begins with a letter or digit"
	}
	return ""
}
