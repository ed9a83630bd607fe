package semantic

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"
)

// The first byte of a record: which form it has. The first one tells neither workspace nor
// purge; it is read, and not written any more.
const (
	formerForm = 1
	form       = 2
)

// maxDims bounds vectors that come from elsewhere.
const maxDims = 16 << 10

var errRecord = errors.New("this is no record of a prompt")

// maxWorkspace bounds a workspace's name.
const maxWorkspace = 255

// Encode writes a record: form, scope, key, purge, workspace with its length, time, length of
// the vector, vector, text, and the checksum of all that.
func (r Record) Encode() []byte {
	workspace := r.Workspace
	if len(workspace) > maxWorkspace {
		workspace = "" // which any purge names
	}
	b := make([]byte, 0, 1+32+32+8+1+len(workspace)+8+4+4*len(r.Vector)+len(r.Text)+4)
	b = append(b, form)
	b = append(b, r.Scope[:]...)
	b = append(b, r.Key[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Purged))
	b = append(append(b, byte(len(workspace))), workspace...)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Until.UnixMilli()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Vector)))
	for _, x := range r.Vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	b = append(b, r.Text...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// Decode reads what Encode wrote; anything else is an error. It keeps nothing of b.
func Decode(b []byte) (r Record, err error) {
	const head = 1 + 32 + 32 + 8 + 4
	if len(b) < head+4 || b[0] != form && b[0] != formerForm {
		return r, errRecord
	}
	whence := b[0] == form
	end := len(b) - 4
	if crc32.ChecksumIEEE(b[:end]) != binary.LittleEndian.Uint32(b[end:]) {
		return r, errRecord
	}
	b = b[1:end]
	b = b[copy(r.Scope[:], b):]
	b = b[copy(r.Key[:], b):]
	if whence {
		if b, err = r.whence(b); err != nil {
			return Record{}, err
		}
	}
	r.Until = time.UnixMilli(int64(binary.LittleEndian.Uint64(b)))
	dims := int(binary.LittleEndian.Uint32(b[8:]))
	b = b[12:]
	if dims > maxDims || 4*dims > len(b) {
		return Record{}, errRecord
	}
	r.Vector = make([]float32, dims)
	for i := range r.Vector {
		r.Vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	r.Text = string(b[4*dims:])
	return r, nil
}

// whence reads where and when a prompt was asked, and gives what follows; there is room for
// the rest behind it.
func (r *Record) whence(b []byte) (rest []byte, err error) {
	const behind = 8 + 4
	if len(b) < 8+1+behind {
		return nil, errRecord
	}
	r.Purged = int64(binary.LittleEndian.Uint64(b))
	n := int(b[8])
	if b = b[9:]; len(b) < n+behind {
		return nil, errRecord
	}
	r.Workspace = string(b[:n])
	return b[n:], nil
}

// dead reports whether a purge of everything of a workspace names a record: one that was
// asked for there before it, or nobody knows where.
func (r *Record) dead(workspace string, purge int64) bool {
	return r.Purged < purge && (r.Workspace == workspace || r.Workspace == "")
}
