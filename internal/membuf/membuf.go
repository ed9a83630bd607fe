// Package membuf lends byte buffers by size class, so that bodies cost no garbage. It
// keeps nothing larger than its largest class.
package membuf

import (
	"math/bits"
	"sync"
)

const (
	minBits = 12 // 4 KiB
	maxBits = 22 // 4 MiB
)

var classes [maxBits - minBits + 1]sync.Pool

// Max is the largest size that is pooled.
const Max = 1 << maxBits

// Buffer is a lent buffer. Bytes may be resliced within its capacity.
type Buffer struct {
	Bytes []byte
	class int8
}

// Get lends a buffer of length 0 and at least the given capacity. A capacity above Max
// is allocated and not pooled.
func Get(capacity int) *Buffer {
	class := max(bits.Len(uint(max(capacity, 1)-1)), minBits) - minBits
	if class >= len(classes) {
		return &Buffer{Bytes: make([]byte, 0, capacity), class: -1}
	}
	if b, ok := classes[class].Get().(*Buffer); ok {
		b.Bytes = b.Bytes[:0]
		return b
	}
	return &Buffer{Bytes: make([]byte, 0, 1<<(class+minBits)), class: int8(class)}
}

// Grow gives a buffer with the same content and room for at least n more bytes; the
// old one is taken back if it had to be replaced.
func (b *Buffer) Grow(n int) *Buffer {
	if cap(b.Bytes)-len(b.Bytes) >= n {
		return b
	}
	larger := Get(max(len(b.Bytes)+n, 2*cap(b.Bytes)))
	larger.Bytes = append(larger.Bytes, b.Bytes...)
	b.Release()
	return larger
}

// Release takes the buffer back; the caller must not touch it or its bytes again.
// Releasing nil does nothing.
func (b *Buffer) Release() {
	if b == nil || b.class < 0 {
		return
	}
	classes[b.class].Put(b)
}
