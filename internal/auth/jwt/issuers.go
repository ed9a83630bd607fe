// Package jwt authenticates callers by signed tokens (RFC 7519) of configured issuers. It
// knows no key of this gateway.
package jwt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Issuers are those whose tokens count in one place. They are immutable but for a bounded
// memory of verified tokens, and safe for concurrent use.
type Issuers struct {
	ring     *Keyring
	byName   map[string]*issuer
	verified verified
}

// issuer is one issuer with the keys it has.
type issuer struct {
	Config
	keys *remote
}

// Issuers makes a set of issuers; nothing is fetched before the first token. Sets made
// later for the same issuers share the keys that are known by then.
func (r *Keyring) Issuers(configs ...Config) (*Issuers, error) {
	s := &Issuers{ring: r, byName: make(map[string]*issuer, len(configs))}
	for _, c := range configs {
		if err := c.check(); err != nil {
			return nil, err
		}
		if s.byName[c.Issuer] != nil {
			return nil, fmt.Errorf("issuer %s: it is configured twice", c.Issuer)
		}
		s.byName[c.Issuer] = &issuer{Config: c, keys: r.remote(c.Issuer, c.JWKS)}
	}
	return s, nil
}

// Caller authenticates by a token in any of the headers where keys may stand. It waits
// for the issuer's keys where they are not known yet, at most until ctx ends. The error is
// ErrAway when the issuer cannot be asked for its keys, which is not the caller's doing;
// else it never tells why, and the log does, at its lowest level.
func (s *Issuers) Caller(ctx context.Context, h http.Header, now time.Time) (*gateway.Principal, error) {
	refused := auth.Unauthenticated()
	for token := range auth.Tokens(h, maxToken) {
		if !shaped(token) {
			continue
		}
		who, err := s.caller(ctx, token, now)
		if err == nil {
			return who, nil
		}
		if away, ok := errors.AsType[*awayError](err); ok {
			refused = fault.New(fault.Overloaded, "Your token cannot be verified just now: its issuer does not tell its keys. Try again.").With(err).After(away.retry)
		}
	}
	return nil, refused
}

func (s *Issuers) caller(ctx context.Context, token string, now time.Time) (*gateway.Principal, error) {
	sum := sumOf(token)
	if known := s.verified.get(sum); known != nil && known.valid(now) {
		return known.who, nil
	}
	t, err := s.Verify(ctx, token, now)
	if err != nil {
		s.ring.log.DebugContext(ctx, "a token was refused", "reason", err)
		return nil, err
	}
	s.verified.put(sum, &known{who: &t.Principal, until: t.until, from: t.from, set: t.set})
	return &t.Principal, nil
}

// Verify verifies one token wholly. The error says why, without quoting the token, and is
// not for callers.
func (s *Issuers) Verify(ctx context.Context, token string, now time.Time) (*Token, error) {
	p, err := parse(token)
	if err != nil {
		return nil, err
	}
	from := s.byName[text(p.claims["iss"])]
	if from == nil {
		return nil, fmt.Errorf("its issuer is not configured")
	}
	if !slices.Contains(from.algorithms(), p.algorithm) {
		return nil, fmt.Errorf("%s signs by %s, which is not allowed", from.Issuer, p.algorithm)
	}
	t := &Token{Issuer: from.Issuer, Subject: text(p.claims["sub"]), Claims: p.claims, from: from.keys}
	if t.until, err = from.checkClaims(p.claims, now); err != nil {
		return nil, fmt.Errorf("%s: %w", from.Issuer, err)
	}
	if t.set, err = from.keys.verify(ctx, p, now); err != nil {
		return nil, fmt.Errorf("%s: %w", from.Issuer, err)
	}
	if t.Principal, err = from.principal(p.claims); err != nil {
		return nil, fmt.Errorf("%s: %w", from.Issuer, err)
	}
	return t, nil
}

// Ours reports whether a credential is, valid or not, a token of one of the issuers for
// one of our audiences: such a one must never reach a vendor.
func (s *Issuers) Ours(credential string) bool {
	if !shaped(credential) {
		return false
	}
	if known := s.verified.get(sumOf(credential)); known != nil {
		return true
	}
	p, err := parse(credential)
	if err != nil {
		return false
	}
	from := s.byName[text(p.claims["iss"])]
	return from != nil && from.isFor(p.claims["aud"])
}

// Shown reports whether a request shows a token that is Ours.
func (s *Issuers) Shown(h http.Header) bool {
	for token := range auth.Tokens(h, maxToken) {
		if s.Ours(token) {
			return true
		}
	}
	return false
}

// shaped reports whether a text has the three parts of a signed token.
func shaped(s string) bool { return strings.Count(s, ".") == 2 }

// sumOf hashes tokens of the usual length without a copy on the heap.
func sumOf(token string) [sha256.Size]byte {
	var buf [2048]byte
	if len(token) > len(buf) {
		return sha256.Sum256([]byte(token))
	}
	return sha256.Sum256(buf[:copy(buf[:], token)])
}
