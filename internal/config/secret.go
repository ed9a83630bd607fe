package config

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what every rendering of a secret shows.
const hidden = "[secret]"

// Secret is a value that no rendering shows: not String, not fmt with any verb, not
// JSON, YAML or slog. Only Reveal gives it. The zero Secret is unset.
type Secret struct {
	value *string // a pointer, so that printers which bypass methods show an address
	ref   string  // env:NAME or file:PATH, "" when written in plain
}

// NewSecret makes a secret from a value and the reference it came from ("" = none).
func NewSecret(value, ref string) Secret { return Secret{value: &value, ref: ref} }

// Reveal gives the value, "" when unset.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Ref gives the reference that the value came from, which may be shown to anyone; ""
// when the value was written in plain or is unset.
func (s Secret) Ref() string { return s.ref }

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// String hides the value.
func (s Secret) String() string {
	switch {
	case s.value == nil:
		return ""
	case s.ref != "":
		return s.ref
	}
	return hidden
}

// GoString hides the value.
func (s Secret) GoString() string { return s.String() }

// Format hides the value under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the value in JSON, YAML and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the value in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
