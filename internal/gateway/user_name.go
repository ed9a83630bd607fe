package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	// maxUser bounds the name of a user as it is kept, in bytes.
	maxUser = 120
	// userHead is how much stays of a longer one, before its hash.
	userHead = 96
)

// UserName gives the form in which a user is kept, counted and found whom a caller names:
// valid UTF-8 without NUL, and of what is longer than 120 bytes the beginning and a hash, so
// that no two become one. It leaves what it has given as it is.
func UserName(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= maxUser {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:userHead], "") + "…" + hex.EncodeToString(sum[:8])
}
