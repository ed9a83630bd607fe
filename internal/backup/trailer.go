package backup

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
)

// The compressed archive ends with the SHA-256 of all its bytes, in a frame that tools for
// zstd skip. So a changed byte is found also where it would not change what is read.
// https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2
const trailerHead = "\x50\x2a\x4d\x18" + "\x20\x00\x00\x00"

const trailerSize = len(trailerHead) + sha256.Size

// summingWriter writes the trailer when it is closed.
type summingWriter struct {
	to  io.Writer
	sum hash.Hash
}

func (w *summingWriter) Write(b []byte) (int, error) {
	w.sum.Write(b)
	return w.to.Write(b)
}

// Close leaves what it writes to open.
func (w *summingWriter) Close() error {
	_, err := w.to.Write(w.sum.Sum([]byte(trailerHead)))
	return err
}

// summedReader gives what stands before the trailer; its end is io.EOF when the trailer is
// right, else ErrBroken.
type summedReader struct {
	from io.Reader
	sum  hash.Hash
	held []byte // what may be the trailer, behind what may be given
	buf  [32 << 10]byte
	err  error
}

func (r *summedReader) Read(b []byte) (int, error) {
	for len(r.held) <= trailerSize && r.err == nil {
		var n int
		n, r.err = r.from.Read(r.buf[:])
		r.held = append(r.held, r.buf[:n]...)
	}
	if n := len(r.held) - trailerSize; n > 0 {
		n = copy(b, r.held[:n])
		r.sum.Write(b[:n])
		r.held = append(r.held[:0], r.held[n:]...)
		return n, nil
	}
	if r.err == io.EOF && !bytes.Equal(r.held, r.sum.Sum([]byte(trailerHead))) {
		r.err = broken("it was cut or changed: its sum is wrong")
	}
	return 0, r.err
}
