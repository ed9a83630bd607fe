package admin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
)

// cookieSeal seals what a browser keeps for us for a while. Its key comes from a secret
// that all nodes have, so that each opens what another has sealed.
type cookieSeal struct{ aead cipher.AEAD }

func newCookieSeal(secret string) cookieSeal {
	key := sha256.Sum256([]byte("sluice cookies\x00" + secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("BUG: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return cookieSeal{aead}
}

func (s cookieSeal) seal(name string, plain []byte) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(name))
}

func (s cookieSeal) open(name string, sealed []byte) ([]byte, error) {
	return s.aead.Open(nil, nil, sealed, []byte(name))
}
