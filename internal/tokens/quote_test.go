package tokens

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestTheFirstQuoteIsFoundWhereverItStands(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	letters := []byte("ab!#\"\x00\x01\x80\xa2\xff \\")
	for range 20_000 {
		b := make([]byte, rng.IntN(130))
		for i := range b {
			if b[i] = letters[rng.IntN(len(letters))]; b[i] == '"' && rng.IntN(20) > 0 {
				b[i] = '#'
			}
		}
		if got, want := quoteAt(b), bytes.IndexByte(b, '"'); got != want {
			t.Fatalf("%q: %d, want %d", b, got, want)
		}
	}
}
