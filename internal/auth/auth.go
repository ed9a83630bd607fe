// Package auth says who is calling: it turns the credentials of a request into a
// Principal. It does not say what the caller may do (policy does).
package auth

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// KeyHeader is the header that wins over all others.
const KeyHeader = "Sluice-Key"

// headers are where callers put keys, canonical, in the order they are tried.
var headers = [...]string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cf-Aig-Authorization"}

// maxSecret bounds what is hashed for an anonymous caller.
const maxSecret = 4096

// Unauthenticated is one answer for every reason, so that it tells nothing about
// which keys exist, are expired or revoked.
func Unauthenticated() *fault.Fault {
	f := fault.New(fault.Unauthenticated, "No valid Sluice key was given. Send it as 'Authorization: Bearer <key>' or in x-api-key, x-goog-api-key, api-key or sluice-key. It may be missing, misspelt, expired or revoked.")
	f.NoRetry = true
	return f
}

// Caller authenticates by key. query is the request's raw query, where Google's
// clients put ?key=.
func (k *Keys) Caller(h http.Header, query string, now time.Time) (*gateway.Principal, error) {
	if v := h[KeyHeader]; len(v) > 0 {
		if who := k.find(bare(v[0], maxSecret), now); who != nil && len(v) == 1 {
			return who, nil
		}
		return nil, Unauthenticated()
	}
	for _, name := range headers {
		for _, v := range h[name] {
			if who := k.find(bare(v, maxSecret), now); who != nil {
				return who, nil
			}
		}
	}
	if secret := QueryKey(query); secret != "" {
		if who := k.find(secret, now); who != nil {
			return who, nil
		}
	}
	if v := h["Authorization"]; len(v) > 0 && strings.HasPrefix(v[0], "AWS4-") {
		return nil, fault.New(fault.Unauthenticated, "SigV4 signatures are not accepted here, since Sluice cannot know your AWS secret. Use the bearer token of the AWS SDK (AWS_BEARER_TOKEN_BEDROCK) with a Sluice key.")
	}
	return nil, Unauthenticated()
}

// bare strips the Bearer scheme, in any case, and surrounding spaces; what is then longer
// than most is "".
func bare(v string, most int) string {
	v = strings.TrimSpace(v)
	if len(v) > 7 && v[6] == ' ' && strings.EqualFold(v[:6], "bearer") {
		v = strings.TrimSpace(v[7:])
	}
	if len(v) > most {
		return ""
	}
	return v
}

// Tokens gives what may be a token of at most so many bytes, from the headers where
// callers put keys, in the same order: KeyHeader, where it is set, stands alone.
func Tokens(h http.Header, most int) iter.Seq[string] {
	return func(yield func(string) bool) {
		if v := h[KeyHeader]; len(v) > 0 {
			if len(v) == 1 {
				yield(bare(v[0], most))
			}
			return
		}
		for _, name := range headers {
			for _, v := range h[name] {
				if !yield(bare(v, most)) {
					return
				}
			}
		}
	}
}

// QueryKey gives the value of ?key=, "" when there is none.
func QueryKey(query string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if v, ok := strings.CutPrefix(pair, "key="); ok {
			if s, err := url.QueryUnescape(v); err == nil && len(s) <= maxSecret {
				return s
			}
			return ""
		}
	}
	return ""
}

// Presented gives the credential that a caller brought for a vendor beside its own: the
// first of the usual headers (or ?key=) that is no Sluice key of ours and for which none
// of mine (which know other credentials of ours, such as tokens) reports true.
func (k *Keys) Presented(h http.Header, query string, mine ...func(secret string) bool) string {
	theirs := func(s string) bool {
		return s != "" && !k.ours(s) && !slices.ContainsFunc(mine, func(of func(string) bool) bool { return of(s) })
	}
	for _, name := range headers {
		for _, v := range h[name] {
			if s := bare(v, maxSecret); theirs(s) {
				return s
			}
		}
	}
	if s := QueryKey(query); theirs(s) {
		return s
	}
	return ""
}

// ShowsKey reports whether a request shows what can only be meant as a Sluice key: the
// header for it, or a secret with the prefix of ours.
func ShowsKey(h http.Header, query string) bool {
	if h[KeyHeader] != nil {
		return true
	}
	for _, name := range headers {
		for _, v := range h[name] {
			if strings.HasPrefix(bare(v, maxSecret), SecretPrefix) {
				return true
			}
		}
	}
	return query != "" && strings.HasPrefix(QueryKey(query), SecretPrefix)
}
