package jwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxToken bounds what is parsed for an anonymous caller.
const maxToken = 16 << 10

// Token is a verified one.
type Token struct {
	Issuer, Subject string
	Claims          map[string]any // numbers are json.Number; not to be changed
	Principal       gateway.Principal

	until time.Time // when it stops to count
	from  *remote
	set   *keySet // whose key verified it
}

// Claim gives a claim by name or path, nil when there is none.
func (t *Token) Claim(path string) any { return lookup(t.Claims, path) }

// parsed is a token whose signature nobody has looked at.
type parsed struct {
	signed    *jose.JSONWebSignature
	algorithm jose.SignatureAlgorithm
	keyID     string
	claims    map[string]any
}

// parse takes a token apart and refuses what no key could make good.
func parse(token string) (*parsed, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("it is longer than %d bytes", maxToken)
	}
	signed, err := jose.ParseSignedCompact(token, asymmetric[:])
	if err != nil || len(signed.Signatures) != 1 {
		return nil, errors.New("it is malformed or signed by an algorithm that is never accepted")
	}
	header := signed.Signatures[0].Protected
	if err := checkHeader(header.ExtraHeaders); err != nil {
		return nil, err
	}
	p := &parsed{signed: signed, algorithm: jose.SignatureAlgorithm(header.Algorithm), keyID: header.KeyID}
	in := json.NewDecoder(bytes.NewReader(signed.UnsafePayloadWithoutVerification()))
	in.UseNumber()
	if err := in.Decode(&p.claims); err != nil || p.claims == nil {
		return nil, errors.New("its claims are no JSON object")
	}
	if _, err := in.Token(); err != io.EOF {
		return nil, errors.New("something follows its claims")
	}
	return p, nil
}

// checkHeader refuses what changes a token's meaning: extensions that must be understood
// (RFC 7515, 4.1.11), nested tokens (RFC 7519, 5.2), and types made for other uses, such
// as logout or event tokens (RFC 8725, 3.11).
func checkHeader(h map[jose.HeaderKey]any) error {
	for _, name := range [...]jose.HeaderKey{"crit", "b64", "cty"} {
		if _, ok := h[name]; ok {
			return fmt.Errorf("it has the header %q", name)
		}
	}
	typ, ok := h["typ"]
	if !ok {
		return nil
	}
	name, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(name), "application/") {
	case "jwt", "at+jwt": // RFC 7519, 5.1; RFC 9068, 2.1
		return nil
	}
	return errors.New("its type is not JWT or at+jwt")
}

// isFor reports whether the audience, a text or a list (RFC 7519, 4.1.3), is one of ours.
func (i *issuer) isFor(aud any) bool {
	for _, a := range texts(aud) {
		for _, ours := range i.Audiences {
			if a == ours {
				return true
			}
		}
	}
	return false
}

// checkClaims checks for whom and when the token is, and gives the time until which.
func (i *issuer) checkClaims(claims map[string]any, now time.Time) (time.Time, error) {
	if !i.isFor(claims["aud"]) {
		return time.Time{}, errors.New("it is for another audience")
	}
	exp, ok := moment(claims["exp"])
	if !ok {
		return time.Time{}, errors.New("it does not say until when it counts")
	}
	until := exp.Add(i.Leeway)
	if !now.Before(until) {
		return time.Time{}, errors.New("it has expired")
	}
	for _, name := range [...]string{"nbf", "iat"} {
		v, said := claims[name]
		if !said {
			continue
		}
		from, ok := moment(v)
		if !ok || now.Before(from.Add(-i.Leeway)) {
			return time.Time{}, fmt.Errorf("it does not count yet (%s)", name)
		}
	}
	return until, nil
}

// moment reads a NumericDate (RFC 7519, 2): seconds since 1970, maybe with a fraction.
func moment(v any) (time.Time, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Float64()
	const year10000 = 253402300800
	if err != nil || seconds < 0 || seconds >= year10000 {
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), true
}
