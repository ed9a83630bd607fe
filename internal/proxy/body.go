package proxy

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/membuf"
)

// body is a request body held whole: in a lent buffer, or, when large, in an unlinked
// temporary file mapped into memory. The zero body is empty.
type body struct {
	buf    *membuf.Buffer
	mapped []byte
	part   []byte        // of it that counts now; nil = all
	size   int64         // as counted against the process's memory
	users  *atomic.Int32 // exchanges that hold it; nil = one does
}

// whole are all of the body's bytes, whatever part of them counts.
func (b *body) whole() []byte {
	switch {
	case b.mapped != nil:
		return b.mapped
	case b.buf != nil:
		return b.buf.Bytes
	}
	return b.part
}

// lend gives the body to one more exchange. The last one that releases it gives it back.
func (b *body) lend() body {
	if b.users == nil {
		b.users = new(atomic.Int32)
		b.users.Store(1)
	}
	b.users.Add(1)
	lent := *b
	lent.part = b.bytes()
	return lent
}

// bytes are the body's bytes; they belong to the body and end with release.
func (b *body) bytes() []byte {
	switch {
	case b.part != nil:
		return b.part
	case b.mapped != nil:
		return b.mapped
	case b.buf != nil:
		return b.buf.Bytes
	}
	return nil
}

// firstRead is what a body gets before any of it has come: a declared length is a claim.
const firstRead = 64 << 10

// spillAbove is the size from which a body is kept on disk instead of the heap.
const spillAbove = membuf.Max

// readBody reads the whole body within the operation's limit, if the operation has one
// that must be known before it is sent.
func (x *exchange) readBody() error {
	limit := x.view.Limits.JSONBody
	switch x.ep.Body {
	case dialect.NoBody:
		return nil
	case dialect.Opaque:
		if x.pinned == nil || !x.pinned.Spec.SignsBody {
			return nil
		}
	case dialect.Multipart:
		limit = x.view.Limits.MultipartBody
	}
	n := x.r.ContentLength
	switch {
	case n == 0:
		return nil
	case n > limit:
		return tooLarge(limit)
	}
	x.boundBody()
	if err := x.fillBody(n, limit); err != nil {
		return err
	}
	x.bodyRead()
	return nil
}

func (x *exchange) fillBody(n, limit int64) error {
	if n > spillAbove {
		return x.spill(nil, limit)
	}
	buf := membuf.Get(int(min(max(n, 0), firstRead)) + 1) // one more, so that the end is seen without growing
	if err := x.hold(int64(cap(buf.Bytes))); err != nil {
		buf.Release()
		return err
	}
	for {
		m, err := bounded{x}.Read(buf.Bytes[len(buf.Bytes):cap(buf.Bytes)])
		buf.Bytes = buf.Bytes[:len(buf.Bytes)+m]
		switch {
		case int64(len(buf.Bytes)) > limit:
			buf.Release()
			return tooLarge(limit)
		case err == io.EOF || (err == nil && int64(len(buf.Bytes)) == n):
			x.body.buf = buf
			return nil
		case err != nil:
			buf.Release()
			return x.readFailed(err)
		case len(buf.Bytes) > spillAbove:
			defer buf.Release()
			return x.spill(buf.Bytes, limit)
		}
		if len(buf.Bytes) == cap(buf.Bytes) {
			if err := x.hold(int64(cap(buf.Bytes))); err != nil {
				buf.Release()
				return err
			}
			buf = buf.Grow(1)
		}
	}
}

// hold counts bytes against the process's memory; finish gives them back.
func (x *exchange) hold(n int64) error {
	x.body.size += n
	if x.p.memory.add(n) > x.view.Limits.Memory {
		return overloaded("its memory is used up")
	}
	return nil
}

func (x *exchange) releaseBody() {
	b := x.body
	x.body = body{}
	if b.users != nil && b.users.Add(-1) > 0 {
		return
	}
	if b.size != 0 {
		x.p.memory.add(-b.size)
	}
	if b.mapped != nil {
		unmap(b.mapped)
	}
	b.buf.Release()
}

// spill keeps the body in an unlinked temporary file.
func (x *exchange) spill(head []byte, limit int64) error {
	f, err := newSpill(x.p.spillDir)
	if err != nil {
		return fault.New(fault.Overloaded, "Sluice cannot keep the body: no room for temporary files.").With(err).After(5 * time.Second)
	}
	defer f.Close()
	if _, err = f.Write(head); err != nil {
		return noRoom(err)
	}
	size, err := io.Copy(spillWriter{f}, io.LimitReader(bounded{x}, limit-int64(len(head))+1))
	var disk *diskError
	switch {
	case errors.As(err, &disk):
		return noRoom(err)
	case err != nil:
		return x.readFailed(err)
	case size+int64(len(head)) > limit:
		return tooLarge(limit)
	}
	x.body.mapped, err = mapFile(f, size+int64(len(head)))
	if err != nil {
		return noRoom(err)
	}
	return nil
}

func noRoom(err error) error {
	return fault.New(fault.Overloaded, "Sluice cannot keep the body on disk.").With(err).After(5 * time.Second)
}

func tooLarge(limit int64) error {
	f := fault.Newf(fault.BodyTooLarge, "The body is larger than the %d bytes that this gateway takes for this operation.", limit)
	f.NoRetry = true
	return f
}

// readFailed says what broke off the reading of a body.
func (x *exchange) readFailed(err error) error {
	x.closeAfter = true
	return bodyFault(err)
}

// bodyFault tells a caller who left from one who was too slow or spoke badly.
func bodyFault(err error) error {
	switch {
	case isTimeout(err):
		return fault.New(fault.RequestTimeout, "The body did not arrive in time.").With(err)
	case strings.Contains(err.Error(), "malformed"), strings.Contains(err.Error(), "invalid"):
		return fault.New(fault.InvalidRequest, "The body's transfer encoding is malformed.").With(err)
	}
	return fault.New(fault.ClientClosed, "The caller left before the body was read.").With(err)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
