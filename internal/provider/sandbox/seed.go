package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// epoch is when everything here was made, since answers depend on nothing but their
// request: 2025-01-01T00:00:00Z.
const (
	epoch     = 1735689600
	epochText = "2025-01-01T00:00:00Z"
	laterText = "2025-01-02T00:00:00Z"
	day       = 24 * 60 * 60
)

// seed is the hash of a request, from which everything in its answer that looks random
// is made.
type seed [sha256.Size]byte

// newSeed hashes a request: its method, its path with the query, and its body.
func newSeed(method, target string, body []byte) seed {
	h := sha256.New()
	h.Write([]byte(method + " " + target + "\n"))
	h.Write(body)
	var s seed
	h.Sum(s[:0])
	return s
}

// child is the seed of the nth thing of a kind within a request.
func (s seed) child(kind string, n int) seed {
	b := append(s[:], kind...)
	return sha256.Sum256(strconv.AppendInt(b, int64(n), 10))
}

// id is the identifier of the nth thing of a kind: its prefix and 24 hexadecimal digits.
func (s seed) id(prefix string, n int) string {
	c := s.child(prefix, n)
	return prefix + hex.EncodeToString(c[:12])
}

// share maps a request to a number from 0 up to 1.
func (s seed) share() float64 {
	return float64(binary.BigEndian.Uint64(s[:8])>>11) / (1 << 53)
}
