package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys = 64   // of one issuer; the rest is left out
	minRSA  = 2048 // bits (RFC 7518, 3.3)
)

// keySet are the public keys of one issuer at one time. It is immutable.
type keySet struct {
	keys []jose.JSONWebKey
	sum  [sha256.Size]byte // equal sets have equal sums, in whatever order the keys came
}

// parseKeys reads a JWK set (RFC 7517, 5). Keys that are of no use here (secret, private,
// weak, for encryption, of unknown kinds) are left out; a set without any other is none.
func parseKeys(data []byte) (*keySet, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, errors.New("the answer is no JWK set")
	}
	set := &keySet{}
	var names []string
	for _, one := range raw.Keys {
		var key jose.JSONWebKey
		if len(names) == maxKeys || key.UnmarshalJSON(one) != nil || !useful(&key) {
			continue
		}
		if name := nameOf(&key); !slices.Contains(names, name) { // some issuers show one twice
			set.keys, names = append(set.keys, key), append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("the JWK set holds no key for signatures")
	}
	slices.Sort(names)
	set.sum = sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return set, nil
}

// nameOf tells keys apart by all that counts here.
func nameOf(k *jose.JSONWebKey) string {
	print, _ := k.Thumbprint(crypto.SHA256) // of a valid key there is one
	return k.KeyID + "\x00" + k.Algorithm + "\x00" + string(print)
}

func useful(k *jose.JSONWebKey) bool {
	if !k.Valid() || !k.IsPublic() || (k.Use != "" && k.Use != "sig") {
		return false
	}
	pub, ok := k.Key.(*rsa.PublicKey)
	return !ok || pub.N.BitLen() >= minRSA
}

// errUnknownKey says that the issuer may have newer keys.
var errUnknownKey = errors.New("it is signed by a key that the issuer does not show")

// verify checks a token's signature. Without a key id, exactly one key must fit (OpenID
// Connect Core, 10.1); when that fails, it may have been replaced.
func (s *keySet) verify(p *parsed) error {
	var fit []*jose.JSONWebKey
	for i := range s.keys {
		if k := &s.keys[i]; (p.keyID == "" || k.KeyID == p.keyID) && fits(k, p.algorithm) {
			fit = append(fit, k)
		}
	}
	if len(fit) == 0 || p.keyID == "" && len(fit) > 1 {
		return errUnknownKey
	}
	for _, k := range fit {
		if _, err := p.signed.Verify(k.Key); err == nil {
			return nil
		}
	}
	if p.keyID == "" {
		return errUnknownKey
	}
	return errors.New("its signature is wrong")
}

// fits reports whether a key is made for an algorithm (RFC 7518, 3.1; RFC 8037, 3.1).
func fits(k *jose.JSONWebKey, a jose.SignatureAlgorithm) bool {
	if k.Algorithm != "" && k.Algorithm != string(a) {
		return false
	}
	switch pub := k.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(string(a), "RS") || strings.HasPrefix(string(a), "PS")
	case ed25519.PublicKey:
		return a == jose.EdDSA
	case *ecdsa.PublicKey:
		switch a {
		case jose.ES256:
			return pub.Curve == elliptic.P256()
		case jose.ES384:
			return pub.Curve == elliptic.P384()
		case jose.ES512:
			return pub.Curve == elliptic.P521()
		}
	}
	return false
}
