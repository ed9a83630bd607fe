package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// hidden is what every rendering of a secret shows.
const hidden = "[secret]"

// Secret is a value that no rendering shows: not String, not fmt with any verb, not
// JSON, YAML or slog. Only Reveal gives it. The zero Secret is unset.
type Secret struct {
	value *string // a pointer, so that printers which bypass methods show an address
	ref   string  // env:NAME, file:PATH or secret:NAME, "" when written in plain
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

// Files reads the files that a configuration names. The zero Source uses the
// operating system's.
type Files interface {
	Stat(path string) (fs.FileInfo, error)
	ReadFile(path string) ([]byte, error)
}

type osFiles struct{}

func (osFiles) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }
func (osFiles) ReadFile(path string) ([]byte, error)  { return os.ReadFile(path) }

// maxSecretBytes is more than any key, and little enough to read without thought.
const maxSecretBytes = 64 << 10

// resolver turns references into secrets.
type resolver struct {
	env   func(string) (string, bool)
	files Files
	dir   string
	asked map[string]bool // variables that references named
	// stored reads the secrets kept in the store; nil = the store is not at hand, and what
	// is there is taken for good.
	stored func(name string) (value string, known bool, err error)
	named  map[string]bool // stored secrets that references named
}

// references is what a secret may be written as.
const references = "env:NAME, file:PATH or secret:NAME"

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// resolve gives the secret that text refers to, or what is wrong. It never puts text
// into a message unless text is a reference, which may be shown.
func (r resolver) resolve(text string, plain bool) (s Secret, warning, problem string) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "env":
		s, problem = r.fromEnv(rest)
		return s, "", problem
	case "file":
		return r.fromFile(rest)
	case "secret":
		s, problem = r.fromStore(rest)
		return s, "", problem
	case concealed:
		return Secret{}, "", "stands for a value that was written in plain in a file and is not kept; write it as a reference: " + references
	}
	switch {
	case text == "":
		return Secret{}, "", "is empty; expected a secret reference: " + references
	case plain:
		return NewSecret(text, ""), "", ""
	}
	return Secret{}, "", "expected a secret reference, found plain text; put the value into an environment variable, a file or the store (sluice secrets set NAME) and write " + references
}

func (r resolver) fromEnv(name string) (Secret, string) {
	if !envName.MatchString(name) {
		return Secret{}, "env: must be followed by the name of an environment variable: letters, digits and _"
	}
	r.asked[name] = true
	value, ok := r.env(name)
	switch {
	case !ok:
		return Secret{}, "environment variable " + name + " is not set"
	case value == "":
		return Secret{}, "environment variable " + name + " is empty"
	}
	return NewSecret(value, "env:"+name), ""
}

// fromStore gives a secret that the store keeps. Its name is shown only where there is
// one of that name, or it looks like a name and not like a secret.
func (r resolver) fromStore(name string) (Secret, string) {
	if !nameForm.MatchString(name) {
		return Secret{}, "secret: must be followed by the name of a secret in the store: 1 to 63 lower-case letters, digits, '.', '_' and '-'"
	}
	r.named[name] = true
	if r.stored == nil {
		return Secret{value: new(string), ref: "secret:" + name}, ""
	}
	value, known, err := r.stored(name)
	switch {
	case err != nil:
		return Secret{}, "secret " + name + " cannot be read: " + err.Error()
	case !known:
		return Secret{}, "no secret " + name + " is in the store; put it there with: sluice secrets set " + name
	}
	return NewSecret(value, "secret:"+name), ""
}

// unread reports a secret of the store while that is not at hand.
func (r resolver) unread(s Secret) bool {
	return r.stored == nil && s.IsSet() && strings.HasPrefix(s.ref, "secret:")
}

func (r resolver) fromFile(name string) (s Secret, warning, problem string) {
	if name == "" {
		return Secret{}, "", "file: must be followed by a path"
	}
	path := r.path(name)
	info, problem := r.regular(path)
	if problem != "" {
		return Secret{}, "", problem
	}
	if info.Size() > maxSecretBytes {
		return Secret{}, "", fmt.Sprintf("file %s is larger than %d bytes, too large for a secret", path, maxSecretBytes)
	}
	data, err := r.files.ReadFile(path)
	if err != nil {
		return Secret{}, "", "file " + path + ": " + reason(err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	switch {
	case len(data) > maxSecretBytes:
		return Secret{}, "", fmt.Sprintf("file %s is larger than %d bytes, too large for a secret", path, maxSecretBytes)
	case value == "":
		return Secret{}, "", "file " + path + " is empty"
	}
	if info.Mode().Perm()&0o004 != 0 {
		warning = "everybody on this machine can read " + path + "; chmod 600 it"
	}
	return NewSecret(value, "file:"+name), warning, ""
}

// regular gives the facts of a file that can be read without waiting, or what is wrong.
func (r resolver) regular(path string) (fs.FileInfo, string) {
	info, err := r.files.Stat(path)
	switch {
	case err != nil:
		return nil, "file " + path + ": " + reason(err)
	case !info.Mode().IsRegular():
		return nil, path + " is not a regular file"
	}
	return info, ""
}

// path resolves against the data directory.
func (r resolver) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// reason gives the cause of a file error without repeating the path.
func reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}
