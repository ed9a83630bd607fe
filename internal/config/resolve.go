package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

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
}

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
		return Secret{}, "", "a secret kept in the store (secret:NAME)" + notBuilt + "; use env:NAME or file:PATH"
	}
	switch {
	case text == "":
		return Secret{}, "", "is empty; expected a secret reference: env:NAME or file:PATH"
	case plain:
		return NewSecret(text, ""), "", ""
	}
	return Secret{}, "", "expected a secret reference, found plain text; put the value into an environment variable or a file and write env:NAME or file:PATH"
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
