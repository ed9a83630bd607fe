package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/redact"
)

// patternNames are what own patterns may be called: it stands in texts and in metrics.
var patternNames = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// maxPatterns bounds how many there are, since each costs a pass over every body.
const maxPatterns = 50

// maxPattern bounds an expression, in bytes.
const maxPattern = 1000

func checkPattern(text string) string {
	if len(text) > maxPattern {
		return "is longer than 1,000 bytes"
	}
	if e, err := regexp.Compile(text); err == nil && e.MatchString("") {
		return "matches nothing at all, too: it must match one character at least"
	}
	return checkRedaction(redact.Options{Patterns: map[string]string{"it": text}})
}

// checkRedaction says what is wrong with rules, "" when nothing is.
func checkRedaction(o redact.Options) string {
	_, err := redact.New(o)
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "pattern it: ")
}

// redaction checks the names of own patterns.
func (l *loader) redaction(at string, log *Log) {
	if len(log.Patterns) > maxPatterns {
		l.bad(join(at, "patterns"), "are %d, at most %d may be there", len(log.Patterns), maxPatterns)
	}
	for _, name := range sortedKeys(log.Patterns) {
		switch {
		case !patternNames.MatchString(name):
			l.bad(join(at, "patterns", name), "is no name: expected lower-case letters, digits, _ and -, a letter first, 32 at most")
		case name == redact.Secret || slices.Contains(redact.RuleNames(), name):
			l.bad(join(at, "patterns", name), "is the name of a rule of redact: take another one")
		}
	}
}

// Redaction is what the log policy takes out.
func (l *Log) Redaction() redact.Options {
	return redact.Options{Rules: l.Redact, Patterns: l.Patterns, PhoneRegions: l.PhoneRegions}
}
