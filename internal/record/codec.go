package record

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	headSize   = 8 // length and checksum before each payload
	minPayload = 6 // version, id's length, JSON's length

	// A payload's version: with settlements or without.
	plainVersion   = 1
	settledVersion = 2
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errTorn    = errors.New("record is torn or damaged")
	errVersion = errors.New("record was written by a newer version")
)

// What stands before bodies.
const (
	absentBodies = iota
	clearBodies
	sealedBodies // their key, and all of them sealed
	lostBodies   // why there are none
)

// appendRecord appends e as one framed record, with its bodies sealed as they are given, or
// as it has them where that is nil.
func appendRecord(dst []byte, e *gateway.Entry, sealed []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, headSize)...)
	dst = appendPayload(dst, e, sealed)
	payload := dst[start+headSize:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(payload, castagnoli))
	return dst
}

func appendPayload(dst []byte, e *gateway.Entry, sealed []byte) []byte {
	if len(e.Settlements) == 0 {
		dst = appendString(append(dst, plainVersion), e.ID)
	} else {
		dst = appendString(append(dst, settledVersion), e.ID)
		dst = appendSettlements(dst, e.Settlements)
	}
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = e.AppendJSON(dst)
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	dst = appendObjects(dst, e.Objects)
	if sealed != nil {
		dst = append(append(dst, sealedBodies), e.Bodies.Key[:]...)
		return appendBytes(dst, sealed)
	}
	return appendBodies(dst, e.Bodies)
}

func appendObjects(dst []byte, objects []gateway.Object) []byte {
	if len(objects) == 0 {
		return append(dst, 0)
	}
	text, err := json.Marshal(objects)
	if err != nil { // only a year beyond 9999 can do this
		return append(dst, 0)
	}
	return appendBytes(dst, text)
}

func appendBodies(dst []byte, b *gateway.Bodies) []byte {
	switch {
	case b == nil:
		return append(dst, absentBodies)
	case b.Lost != "":
		return appendString(append(dst, lostBodies), b.Lost)
	}
	dst = append(dst, clearBodies)
	dst = appendBody(dst, &b.Request)
	dst = appendBody(dst, &b.Answer)
	dst = binary.AppendUvarint(dst, uint64(len(b.Attempts)))
	for i := range b.Attempts {
		s := &b.Attempts[i]
		dst = binary.AppendUvarint(dst, uint64(s.Attempt))
		dst = appendOptionalBody(dst, s.Request)
		dst = appendOptionalBody(dst, s.Answer)
		dst = appendString(dst, s.DumpNote)
	}
	return dst
}

func appendOptionalBody(dst []byte, b *gateway.Body) []byte {
	if b == nil {
		return append(dst, 0)
	}
	return appendBody(append(dst, 1), b)
}

func appendBody(dst []byte, b *gateway.Body) []byte {
	dst = appendString(dst, b.ContentType)
	dst = appendBytes(dst, b.Bytes)
	dst = binary.AppendUvarint(dst, uint64(max(b.Size, 0)))
	if b.Truncated {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// checkRecord verifies the frame of one whole record and gives its payload.
func checkRecord(rec []byte) ([]byte, error) {
	if len(rec) < headSize+minPayload {
		return nil, errTorn
	}
	payload := rec[headSize:]
	if int(binary.LittleEndian.Uint32(rec)) != len(payload) {
		return nil, errTorn
	}
	if binary.LittleEndian.Uint32(rec[4:]) != crc32.Checksum(payload, castagnoli) {
		return nil, errTorn
	}
	return payload, nil
}

// decodePayload reads what appendPayload wrote. The entry's bodies alias payload.
func decodePayload(payload []byte) (*gateway.Entry, error) {
	r := reader{b: payload}
	e, err := r.entry()
	if err != nil {
		return nil, err
	}
	if text := r.bytes(); len(text) > 0 {
		if err := json.Unmarshal(text, &e.Objects); err != nil {
			return nil, fmt.Errorf("objects of %s: %w", e.ID, err)
		}
	}
	e.Bodies = r.anyBodies()
	if r.bad {
		return nil, errTorn
	}
	return e, nil
}

// reader takes a payload apart; after the first damage every value is zero and bad is true.
type reader struct {
	b   []byte
	bad bool
}

// entry reads the part of a payload that a list shows, and the settlements before it.
func (r *reader) entry() (*gateway.Entry, error) {
	version := r.byte()
	if version != plainVersion && version != settledVersion {
		return nil, errVersion
	}
	r.bytes()
	var settlements []gateway.Settlement
	if version == settledVersion {
		settlements = r.settlements()
	}
	text := r.take(int(r.fixed32()))
	if r.bad {
		return nil, errTorn
	}
	e := new(gateway.Entry)
	if err := json.Unmarshal(text, e); err != nil {
		return nil, err
	}
	e.Settlements = settlements
	return e, nil
}

// anyBodies reads bodies as they stand there; those that are sealed stay so.
func (r *reader) anyBodies() *gateway.Bodies {
	switch r.byte() {
	case clearBodies:
		return r.bodies()
	case sealedBodies:
		b := &gateway.Bodies{Encrypt: true}
		copy(b.Key[:], r.take(len(b.Key)))
		b.Sealed = r.bytes()
		return b
	case lostBodies:
		return &gateway.Bodies{Encrypt: true, Lost: string(r.bytes())}
	}
	return nil
}

func (r *reader) bodies() *gateway.Bodies {
	b := &gateway.Bodies{Request: r.body(), Answer: r.body()}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		s := gateway.Sent{Attempt: int(r.uvarint())}
		s.Request, s.Answer = r.optionalBody(), r.optionalBody()
		s.DumpNote = string(r.bytes())
		b.Attempts = append(b.Attempts, s)
	}
	return b
}

func (r *reader) optionalBody() *gateway.Body {
	if r.byte() == 0 {
		return nil
	}
	b := r.body()
	return &b
}

func (r *reader) body() gateway.Body {
	return gateway.Body{ContentType: string(r.bytes()), Bytes: r.bytes(), Size: int64(r.uvarint()), Truncated: r.byte() == 1}
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) fixed32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.b)
	r.skip(size)
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.b)
	r.skip(size)
	return n
}

// skip goes past a varint of a size that is not positive where there was none.
func (r *reader) skip(size int) {
	if size <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[size:]
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	return r.take(int(min(n, 1<<40)))
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}
