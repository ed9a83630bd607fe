package cache_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func newCodec(t testing.TB) cache.CodecForTest {
	c, err := cache.NewCodecForTest()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextsAreCompressedAndCompressedBodiesAreNot(t *testing.T) {
	body := strings.Repeat(`data: {"choices":[{"delta":{"content":"word"}}]}`+"\n\n", 1000)
	codec := newCodec(t)
	size := func(encoding string) int {
		a := cachetest.Answer(time.Now(), body)
		a.Encoding = encoding
		b, err := codec.Encode(cachetest.Key(1), a)
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	if plain, packed := size("gzip"), size(""); plain < len(body) || packed > len(body)/20 {
		t.Errorf("%d and %d of %d bytes", plain, packed, len(body))
	}
}

func TestNumbersAreCompressed(t *testing.T) { // as those of embeddings
	a := cachetest.Answer(time.Now(), randomText(1, 100_000))
	if b, err := newCodec(t).Encode(cachetest.Key(1), a); err != nil || len(b) > 60_000 {
		t.Errorf("%d of %d bytes: %v", len(b), len(a.Body), err)
	}
}

func TestABodyThatIsTooLongIsNotWrittenDown(t *testing.T) {
	codec := newCodec(t)
	a := &cache.Answer{Body: make([]byte, cache.MaxBody+1), Encoding: "gzip"}
	if _, err := codec.Encode(cachetest.Key(1), a); err == nil {
		t.Error("it is")
	}
}

// Whatever the bytes are, decoding ends without harm; what it takes for an answer can be
// written down and read again.
func FuzzDecode(f *testing.F) {
	codec, key := newCodec(f), cachetest.Key(1)
	stream := cachetest.Answer(time.Unix(1_790_000_000, 5), strings.Repeat("data: x\n\n", 100))
	stream.Stream, stream.Marks = true, []cache.Mark{{Bytes: 450}, {Bytes: 450, After: 70}}
	for _, a := range []*cache.Answer{stream, {}, cachetest.Answer(time.Unix(0, 1), "{}")} {
		b, err := codec.Encode(key, a)
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
		a, err := codec.Decode(key, b)
		if err != nil {
			return
		}
		again, err := codec.Encode(key, a)
		if err != nil {
			t.Fatal(err)
		}
		same, err := codec.Decode(key, again)
		if d := cachetest.Diff(a, same); err != nil || d != "" {
			t.Fatalf("%v: -first +second:\n%s", err, d)
		}
	})
}
