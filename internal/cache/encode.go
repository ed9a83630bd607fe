package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// An encoded answer, all numbers in the ways of encoding/binary:
//
//	4 bytes  "SLC" and the version
//	4 bytes  CRC-32C over the key and all that follows, big endian
//	1 byte   flags
//	uvarint  length of the head, and the head: see appendHead
//	uvarint  length of the body as it came
//	rest     the body, as it came or as one zstd frame
//
// The key is in the sum, so that an answer under another's key is foreign.
const (
	format    = 2
	sumAt     = 4
	flagsAt   = 8
	headAt    = 9
	magic     = "SLC"
	isStream  = 1 << 0
	isPacked  = 1 << 1
	costKnown = 1 << 2
	allFlags  = isStream | isPacked | costKnown
)

// MaxBody is the length of the largest body that is encoded, in bytes.
const MaxBody = 256 << 20

// errForeign says that bytes are not an answer under their key.
var errForeign = errors.New("what is kept there is damaged or was written by something else")

// encode writes an answer down for its key. Bodies that shrink are compressed. It fails
// for a body longer than MaxBody only. It is safe for concurrent use, as is decode.
func (c *codec) encode(key Key, a *Answer) ([]byte, error) {
	if len(a.Body) > MaxBody {
		return nil, fmt.Errorf("an answer of %d bytes is longer than %d", len(a.Body), MaxBody)
	}
	flags := byte(0)
	if a.Stream {
		flags |= isStream
	}
	if a.Cost.Known {
		flags |= costKnown
	}
	body := c.pack(a)
	if len(body) < len(a.Body) {
		flags |= isPacked
	} else {
		body = a.Body
	}
	head := appendHead(make([]byte, 0, 512), a)
	b := make([]byte, headAt, headAt+2*binary.MaxVarintLen64+len(head)+len(body))
	copy(b, magic)
	b[len(magic)], b[flagsAt] = format, flags
	b = appendText(b, head)
	b = binary.AppendUvarint(b, uint64(len(a.Body)))
	b = append(b, body...)
	putSum(key, b)
	return b, nil
}

func putSum(key Key, b []byte) { binary.BigEndian.PutUint32(b[sumAt:], sum(key, b)) }

// decode reads what encode wrote for the key. The answer keeps b. Anything else is an
// error.
func (c *codec) decode(key Key, b []byte) (*Answer, error) {
	if len(b) < headAt || string(b[:len(magic)]) != magic || b[len(magic)] != format ||
		b[flagsAt]&^allFlags != 0 || binary.BigEndian.Uint32(b[sumAt:]) != sum(key, b) {
		return nil, errForeign
	}
	r := reader{rest: b[headAt:], ok: true}
	head := reader{rest: r.bytes(), ok: true}
	length := r.uint()
	if !r.ok || length > MaxBody {
		return nil, errForeign
	}
	a := head.answer()
	if !head.ok || len(head.rest) > 0 {
		return nil, errForeign
	}
	a.Stream, a.Cost.Known = b[flagsAt]&isStream != 0, b[flagsAt]&costKnown != 0
	a.Body, a.Told = r.rest, new(Told)
	if b[flagsAt]&isPacked != 0 {
		if a.Body = c.unpack(r.rest, int(length)); a.Body == nil {
			return nil, errForeign
		}
	}
	if uint64(len(a.Body)) != length {
		return nil, errForeign
	}
	return a, nil
}

// sum is over the key and all behind the sum itself.
func sum(key Key, b []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once, by the package itself
	return crc32.Update(crc32.Checksum(key[:], table), table, b[flagsAt:])
}

// texts gives all texts of an answer but its tags, in the order in which they are written.
func (a *Answer) texts() [13]*string {
	return [...]*string{
		&a.Gateway, &a.Workspace, &a.KeyID, &a.Route, &a.Operation, &a.CallerDialect,
		&a.Provider, &a.Model, &a.Region, &a.Dialect, &a.RequestID, &a.ContentType, &a.Encoding,
	}
}

// noTime is how the zero time is written, which no number of nanoseconds is.
const noTime = math.MinInt64

// appendHead writes all but the body: texts, tags, times in nanoseconds, cost, the last purge, marks.
func appendHead(b []byte, a *Answer) []byte {
	for _, t := range a.texts() {
		b = appendText(b, *t)
	}
	b = binary.AppendUvarint(b, uint64(len(a.Tags)))
	for _, t := range a.Tags {
		b = appendText(b, t)
	}
	stored := int64(noTime)
	if !a.Stored.IsZero() {
		stored = a.Stored.UnixNano()
	}
	for _, n := range [...]int64{stored, int64(a.TTL), int64(a.Keep), int64(a.Took), int64(a.Cost.USD), a.Purged} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(a.Marks)))
	for _, m := range a.Marks {
		b = binary.AppendVarint(b, int64(m.Bytes))
		b = binary.AppendVarint(b, int64(m.After))
	}
	return b
}

func appendText[T string | []byte](b []byte, t T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(t))), t...)
}

// reader reads what was written; once something is wrong, all it gives is empty.
type reader struct {
	rest []byte
	ok   bool
}

func (r *reader) answer() *Answer {
	a := new(Answer)
	for _, t := range a.texts() {
		*t = string(r.bytes())
	}
	a.Tags = some(r, 1, func() string { return string(r.bytes()) })
	if stored := r.int(); stored != noTime {
		a.Stored = time.Unix(0, stored)
	}
	a.TTL, a.Keep, a.Took = time.Duration(r.int()), time.Duration(r.int()), time.Duration(r.int())
	a.Cost.USD, a.Purged = gateway.USD(r.int()), r.int()
	a.Marks = some(r, 2, func() Mark { return Mark{Bytes: r.int32(), After: r.int32()} })
	return a
}

// some reads a list whose members take a number of bytes at least; nil = it is empty.
func some[T any](r *reader, least int, one func() T) []T {
	n := r.uint()
	if n > uint64(len(r.rest)/least) {
		r.ok = false
	}
	if !r.ok || n == 0 {
		return nil
	}
	list := make([]T, n)
	for i := range list {
		list[i] = one()
	}
	return list
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if !r.ok || n > uint64(len(r.rest)) {
		r.ok = false
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uint() uint64 {
	n, length := binary.Uvarint(r.rest)
	if length <= 0 {
		r.ok = false
		return 0
	}
	r.rest = r.rest[length:]
	return n
}

func (r *reader) int() int64 {
	n, length := binary.Varint(r.rest)
	if length <= 0 {
		r.ok = false
		return 0
	}
	r.rest = r.rest[length:]
	return n
}

func (r *reader) int32() int32 {
	n := r.int()
	if n != int64(int32(n)) {
		r.ok = false
		return 0
	}
	return int32(n)
}
