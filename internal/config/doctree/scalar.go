package doctree

import (
	"regexp"
	"strings"
)

// The core schema of YAML 1.2: https://yaml.org/spec/1.2.2/#1032-tag-resolution
var (
	intForm   = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatForm = regexp.MustCompile(`^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// PlainKind gives the kind of an unquoted scalar.
func PlainKind(text string) Kind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	}
	if !strings.ContainsAny(text[:1], "+-.0123456789") {
		return Text
	}
	if intForm.MatchString(text) {
		return Int
	}
	if floatForm.MatchString(text) {
		return Float
	}
	return Text
}
