package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// SecretPrefix begins every key made here, so that scanners can tell what leaked.
const SecretPrefix = "sk-sluice-"

// AdminPrefix begins every admin token made here.
const AdminPrefix = "sluice-admin-"

// MinSecret is the least length of a secret that somebody brings along.
const MinSecret = 16

// ErrShortSecret says that a brought secret is too short to be safe.
var ErrShortSecret = errors.New("a key or token needs at least 16 characters")

// NewSecret makes a secret of 256 random bits behind a prefix.
func NewSecret(prefix string) string {
	var b [32]byte
	rand.Read(b[:])
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// Hint gives the beginning of a secret by which people tell keys apart: at most a
// quarter of it.
func Hint(secret string) string {
	n := len(SecretPrefix) + 4
	if len(secret) < 4*n {
		n = min(n, len(secret)/4)
	}
	return secret[:n] + "…"
}

// AdminToken is the verifier of the admin token: its SHA-256.
type AdminToken [sha256.Size]byte

// NewAdminToken makes the verifier of a token.
func NewAdminToken(token string) AdminToken { return sha256.Sum256([]byte(token)) }

// Verify compares in constant time.
func (t AdminToken) Verify(token string) bool {
	h := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(t[:], h[:]) == 1
}

// hashOf is gateway.HashKey without a copy on the heap for secrets of the usual length.
func hashOf(secret string) gateway.KeyHash {
	var buf [128]byte
	if len(secret) > len(buf) {
		return gateway.HashKey(secret)
	}
	return sha256.Sum256(buf[:copy(buf[:], secret)])
}
