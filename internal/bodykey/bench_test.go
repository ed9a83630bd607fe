package bodykey_test

import (
	"fmt"
	"testing"
)

func BenchmarkSeal(b *testing.B) {
	k := node(new(shelf), newRing(b), "")
	id := k.Key("acme")
	for _, size := range []int{1 << 10, 8 << 10, 128 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			text, dst := make([]byte, size), make([]byte, 0, size+64)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = k.Seal(dst[:0], id, "spool", text)
			}
		})
	}
}
