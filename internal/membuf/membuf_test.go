package membuf_test

import (
	"bytes"
	"testing"

	"github.com/sluice-gateway/sluice/internal/membuf"
)

func TestBuffersHaveRoomAndStartEmpty(t *testing.T) {
	for _, n := range []int{0, 1, 4095, 4096, 4097, 1 << 20, membuf.Max, membuf.Max + 1} {
		b := membuf.Get(n)
		if len(b.Bytes) != 0 || cap(b.Bytes) < n {
			t.Fatalf("Get(%d): len %d cap %d", n, len(b.Bytes), cap(b.Bytes))
		}
		b.Release()
	}
}

func TestGrowKeepsContent(t *testing.T) {
	b := membuf.Get(10)
	for i := 0; i < 100_000; i++ {
		b = b.Grow(1)
		b.Bytes = append(b.Bytes, byte(i))
	}
	for i, c := range b.Bytes {
		if c != byte(i) {
			t.Fatalf("byte %d is %d", i, c)
		}
	}
	if !bytes.Equal(b.Bytes[:3], []byte{0, 1, 2}) {
		t.Fatal("start lost")
	}
	b.Release()
	(*membuf.Buffer)(nil).Release()
}
