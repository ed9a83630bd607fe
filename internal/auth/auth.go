// Package auth says who is calling: it turns the credentials of a request into a
// Principal. It does not say what the caller may do (policy does).
package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Keys is the set of keys known to this process: an immutable map behind one atomic
// pointer. It is safe for concurrent use; the zero value knows no key.
type Keys struct {
	byHash atomic.Pointer[map[gateway.KeyHash]*gateway.Key]
}

// Swap replaces the whole set. The keys must not be changed afterwards.
func (k *Keys) Swap(keys []*gateway.Key) {
	m := make(map[gateway.KeyHash]*gateway.Key, len(keys))
	for _, key := range keys {
		m[key.Hash] = key
	}
	k.byHash.Store(&m)
}

// Len gives the number of keys known.
func (k *Keys) Len() int {
	if m := k.byHash.Load(); m != nil {
		return len(*m)
	}
	return 0
}

// Find gives the key with this secret if it may be used now, else nil. Only the
// secret's SHA-256 is looked up, so that timing tells nothing about stored keys.
func (k *Keys) Find(secret string, now time.Time) *gateway.Key {
	m := k.byHash.Load()
	if m == nil {
		return nil
	}
	key := (*m)[gateway.HashKey(secret)]
	if key == nil || !key.Usable(now) {
		return nil
	}
	return key
}

// KeyHeader is the header that wins over all others.
const KeyHeader = "Sluice-Key"

// headers are where callers put keys, canonical, in the order they are tried.
var headers = [...]string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cf-Aig-Authorization"}

// maxSecret bounds what is hashed for an anonymous caller.
const maxSecret = 4096

// unauthenticated is one answer for every reason, so that it tells nothing about
// which keys exist, are expired or revoked.
func unauthenticated() *fault.Fault {
	f := fault.New(fault.Unauthenticated, "No valid Sluice key was given. Send it as 'Authorization: Bearer <key>' or in x-api-key, x-goog-api-key, api-key or sluice-key. It may be missing, misspelt, expired or revoked.")
	f.NoRetry = true
	return f
}

// Caller authenticates by key. query is the request's raw query, where Google's
// clients put ?key=.
func (k *Keys) Caller(h http.Header, query string, now time.Time) (*gateway.Principal, error) {
	if v := h[KeyHeader]; len(v) > 0 {
		if key := k.Find(bare(v[0]), now); key != nil && len(v) == 1 {
			return principal(key), nil
		}
		return nil, unauthenticated()
	}
	for _, name := range headers {
		for _, v := range h[name] {
			if key := k.Find(bare(v), now); key != nil {
				return principal(key), nil
			}
		}
	}
	if secret := QueryKey(query); secret != "" {
		if key := k.Find(secret, now); key != nil {
			return principal(key), nil
		}
	}
	if v := h["Authorization"]; len(v) > 0 && strings.HasPrefix(v[0], "AWS4-") {
		return nil, fault.New(fault.Unauthenticated, "SigV4 signatures are not accepted here, since Sluice cannot know your AWS secret. Use the bearer token of the AWS SDK (AWS_BEARER_TOKEN_BEDROCK) with a Sluice key.")
	}
	return nil, unauthenticated()
}

func principal(k *gateway.Key) *gateway.Principal {
	return &gateway.Principal{Workspace: k.Workspace, Key: k}
}

// bare strips the Bearer scheme, in any case, and surrounding spaces.
func bare(v string) string {
	v = strings.TrimSpace(v)
	if len(v) > 7 && v[6] == ' ' && strings.EqualFold(v[:6], "bearer") {
		v = strings.TrimSpace(v[7:])
	}
	if len(v) > maxSecret {
		return ""
	}
	return v
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

// Presented gives the credential that a caller brought for a vendor beside its Sluice
// key: the first of the usual headers (or ?key=) that is no Sluice key of ours.
func (k *Keys) Presented(h http.Header, query string) string {
	for _, name := range headers {
		for _, v := range h[name] {
			if s := bare(v); s != "" && !k.ours(s) {
				return s
			}
		}
	}
	if s := QueryKey(query); s != "" && !k.ours(s) {
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
			if strings.HasPrefix(bare(v), SecretPrefix) {
				return true
			}
		}
	}
	return query != "" && strings.HasPrefix(QueryKey(query), SecretPrefix)
}

// ours reports whether a secret is or, behind another scheme, ends in a key of this
// gateway, valid or not: such a secret must never reach a vendor.
func (k *Keys) ours(secret string) bool {
	if strings.Contains(secret, SecretPrefix) {
		return true
	}
	m := k.byHash.Load()
	if m == nil {
		return false
	}
	last := secret[strings.LastIndexByte(secret, ' ')+1:]
	return (*m)[gateway.HashKey(secret)] != nil || (*m)[gateway.HashKey(last)] != nil
}

// Source is where keys come from.
type Source interface {
	AllKeys(ctx context.Context) ([]*gateway.Key, error)
	// KeysVersion is a cheap number that changes whenever a key changes.
	KeysVersion(ctx context.Context) (int64, error)
}
