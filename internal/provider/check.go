package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// kindName is what a kind or alias may be called: it stands in configuration, paths and metrics.
var kindName = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)

// Check reports everything that is wrong with a Spec, nil when nothing is. It is for
// tests of the vendor lists: a Spec never comes from configuration.
func (s *Spec) Check() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{s.Name}, args...)...))
	}
	for _, name := range append([]string{s.Name}, s.Aliases...) {
		if !kindName.MatchString(name) {
			bad("%q is no name for a kind", name)
		}
	}
	if s.Title == "" {
		bad("no title")
	}
	if u, err := url.Parse(s.Page); err != nil || u.Scheme != "https" || u.Host == "" {
		bad("page %q is no https link", s.Page)
	}
	if _, err := time.Parse(time.DateOnly, s.AsOf); err != nil {
		bad("as of %q is no date", s.AsOf)
	}
	if s.BaseURL != "" {
		if err := CheckBaseURL(s.BaseURL); err != nil {
			bad("%w", err)
		} else if strings.HasPrefix(s.BaseURL, "http:") && !s.KeyFree {
			bad("base URL %q would send a key in clear", s.BaseURL)
		}
	}
	if s.Base != nil && CheckBaseURL(s.Base("eu-1")) != nil {
		bad("base URL %q of a region is none", s.Base("eu-1"))
	}
	s.checkAuth(bad)
	s.checkFields(bad)
	s.checkAbilities(bad)
	s.checkHeaders(bad)
	return errors.Join(errs...)
}

func (s *Spec) checkAuth(bad func(string, ...any)) {
	if s.Auth.Header != "" && s.Auth.Query != "" {
		bad("a key goes into a header or a query, not both")
	}
	if s.Auth == (Auth{}) && !s.KeyFree {
		bad("no place for a key")
	}
	if s.Auth.Header != http.CanonicalHeaderKey(s.Auth.Header) {
		bad("auth header %q is not canonical", s.Auth.Header)
	}
	if len(s.Env) == 0 && !s.KeyFree && len(s.Quirks) == 0 {
		bad("no environment variable, and no word on why")
	}
}

// fieldName is what the configuration may call a part of a credential.
var fieldName = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

func (s *Spec) checkFields(bad func(string, ...any)) {
	known := []string{"api_key"}
	for _, f := range s.Fields {
		known = append(known, f.Name)
	}
	for _, f := range s.Fields {
		if !fieldName.MatchString(f.Name) {
			bad("%q is no name for a part of a credential", f.Name)
		}
		for _, other := range append(slices.Clone(f.With), f.Not...) {
			if other == f.Name || !slices.Contains(known, other) {
				bad("%s: %q is no other part of a credential", f.Name, other)
			}
		}
	}
	if (len(s.Fields) > 0 || s.Ambient) && s.NewSigner == nil {
		bad("nothing is made of its credentials")
	}
}

func (s *Spec) checkAbilities(bad func(string, ...any)) {
	if len(s.Operations) == 0 {
		bad("no operation")
	}
	seen := map[any]bool{}
	for _, op := range s.Operations {
		if seen[op] {
			bad("operation %s twice", op)
		}
		seen[op] = true
	}
	known := []dialect.Name{dialect.Chat, dialect.Responses, dialect.Messages, dialect.Gemini, dialect.Converse, dialect.Cohere}
	for _, d := range s.Speaks {
		if !slices.Contains(known, d) {
			bad("%q is no conversation dialect", d)
		}
		if seen[d] {
			bad("dialect %s twice", d)
		}
		seen[d] = true
	}
	for _, q := range s.Quirks {
		if !strings.HasSuffix(q, ".") {
			bad("quirk %q is no sentence", q)
		}
	}
}

func (s *Spec) checkHeaders(bad func(string, ...any)) {
	for _, h := range s.Headers {
		if h.Name == "" || h.Name != http.CanonicalHeaderKey(h.Name) {
			bad("header %q is not canonical", h.Name)
		}
	}
	for _, name := range s.Forward {
		if name != http.CanonicalHeaderKey(name) {
			bad("forwarded header %q is not canonical", name)
		}
		if !ForwardNativeHeader(name) {
			bad("header %q may never be forwarded", name)
		}
	}
}

// CheckBaseURL reports why a base URL cannot be used, nil when it can: absolute, http
// or https, with a host, and without credentials, query, fragment or trailing slash.
// The text never repeats a credential.
func CheckBaseURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("base URL cannot be read: write it as https://host/path")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("base URL needs http:// or https:// in front, not %q", u.Scheme)
	case u.Host == "":
		return errors.New("base URL has no host")
	case u.User != nil:
		return errors.New("base URL holds a credential: give it as api_key instead")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("base URL may have no query and no fragment")
	case strings.HasSuffix(raw, "/"):
		return errors.New("base URL ends with a slash: leave it out")
	}
	return nil
}

// Local reports whether a base URL points at this machine.
func Local(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	if u.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}
