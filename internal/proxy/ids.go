package proxy

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// ids makes UUIDv7 request ids (RFC 9562 section 5.7): milliseconds, then 12 bits of a
// counter, then 62 random bits. Ids of one process rise within a millisecond too, so that
// their order is the order of arrival.
//
// On a gateway that asks nobody who calls, an id is all that leads to the rest of its
// stream: the random bits are those of the runtime's ChaCha8, which nobody can foresee
// from earlier ones (https://go.dev/blog/chacha8rand).
type ids struct {
	last atomic.Uint64 // milliseconds << 12 | counter
}

func (g *ids) seed() {
	var b [2]byte
	crand.Read(b[:])
	g.last.Store(uint64(binary.BigEndian.Uint16(b[:]) & 0x3ff))
}

// next makes the id of a request that began at t.
func (g *ids) next(t time.Time) string {
	now := uint64(t.UnixMilli()) << 12
	var stamp uint64
	for {
		last := g.last.Load()
		stamp = max(now, last+1)
		if g.last.CompareAndSwap(last, stamp) {
			break
		}
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	binary.BigEndian.PutUint64(b[8:], rand.Uint64()&(1<<62-1)|1<<63)
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	out[8] = '-'
	hex.Encode(out[9:13], b[4:6])
	out[13] = '-'
	hex.Encode(out[14:18], b[6:8])
	out[18] = '-'
	hex.Encode(out[19:23], b[8:10])
	out[23] = '-'
	hex.Encode(out[24:], b[10:])
	return string(out[:])
}
