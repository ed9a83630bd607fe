package cache_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func TestTextsAreCompressedAndCompressedBodiesAreNot(t *testing.T) {
	body := strings.Repeat(`data: {"choices":[{"delta":{"content":"word"}}]}`+"\n\n", 1000)
	size := func(encoding string) int {
		a := cachetest.Answer(time.Now(), body)
		a.Encoding = encoding
		b, err := cache.EncodeForTest(cachetest.Key(1), a)
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	if plain, packed := size("gzip"), size(""); plain < len(body) || packed > len(body)/20 {
		t.Errorf("%d and %d of %d bytes", plain, packed, len(body))
	}
}

func TestABodyThatIsTooLongIsNotWrittenDown(t *testing.T) {
	a := &cache.Answer{Body: make([]byte, cache.MaxBody+1), Encoding: "gzip"}
	if _, err := cache.EncodeForTest(cachetest.Key(1), a); err == nil {
		t.Error("it is")
	}
}

// Whatever the bytes are, decoding ends without harm; what it takes for an answer can be
// written down and read again.
func FuzzDecode(f *testing.F) {
	key := cachetest.Key(1)
	stream := cachetest.Answer(time.Unix(1_790_000_000, 5), strings.Repeat("data: x\n\n", 100))
	stream.Stream, stream.Marks = true, []cache.Mark{{Bytes: 450}, {Bytes: 450, After: 70}}
	for _, a := range []*cache.Answer{stream, {}, cachetest.Answer(time.Unix(0, 1), "{}")} {
		b, err := cache.EncodeForTest(key, a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = bytes.Clone(b)
		if len(b) >= 9 {
			copy(b, "SLC\x01")
			cache.SealForTest(key, b)
		}
		a, err := cache.DecodeForTest(key, b)
		if err != nil {
			return
		}
		again, err := cache.EncodeForTest(key, a)
		if err != nil {
			t.Fatal(err)
		}
		same, err := cache.DecodeForTest(key, again)
		if d := cachetest.Diff(a, same); err != nil || d != "" {
			t.Fatalf("%v: -first +second:\n%s", err, d)
		}
	})
}
