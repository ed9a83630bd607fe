package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// keySize is that of AES-256, of master keys and data keys alike.
const keySize = 32

// Master is a master key. However it is printed, only its fingerprint is seen.
type Master struct {
	fingerprint string
	aead        cipher.AEAD
}

// Fingerprint tells master keys apart and gives nothing of them away.
func (m Master) Fingerprint() string { return m.fingerprint }

// Format prints the fingerprint whatever the verb.
func (m Master) Format(f fmt.State, _ rune) {
	io.WriteString(f, "master key "+m.fingerprint) //nolint:errcheck // fmt reports it
}

func newMaster(key []byte) (Master, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return Master{}, err
	}
	sum := sha256.Sum256(append([]byte("sluice master key\x00"), key...))
	return Master{fingerprint: hex.EncodeToString(sum[:6]), aead: aead}, nil
}

// newAEAD makes AES-GCM that draws a nonce of 96 random bits for each sealing and puts it
// in front; one key is good for 2^32 of them.
// https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf (8.3)
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) //nolint:errcheck // never fails
	return key
}

var errMaster = errors.New("a master key is 32 random bytes, written as 64 hexadecimal digits or in base64; make one with: openssl rand -base64 32")

// parseMasters reads one or several keys, each 32 bytes in hexadecimal or base64, parted
// by commas or white space: the first is the present one, the others still open what they
// wrapped. What is wrong is never quoted.
func parseMasters(text string) ([]Master, error) {
	keys := words(text)
	if len(keys) == 0 {
		return nil, errMaster
	}
	masters := make([]Master, 0, len(keys))
	for _, word := range keys {
		key, ok := decodeKey(word)
		if !ok {
			return nil, errMaster
		}
		m, err := newMaster(key)
		if err != nil {
			return nil, err
		}
		masters = append(masters, m)
	}
	return masters, nil
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

func decodeKey(word string) ([]byte, bool) {
	if len(word) == 2*keySize {
		key, err := hex.DecodeString(word)
		return key, err == nil
	}
	word = strings.TrimRight(word, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(word); err == nil && len(key) == keySize {
			return key, true
		}
	}
	return nil, false
}
