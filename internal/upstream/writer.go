package upstream

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"time"
)

// writer writes a large or streaming request while the answer is awaited. It belongs
// to one exchange, whose end waits for it (join).
type writer struct {
	c     *conn
	r     *Request
	head  *[]byte
	ctx   context.Context // nil when it cannot end
	endBy time.Duration

	last    atomic.Bool // the last piece is being written
	over    atomic.Bool // endedAt and err are set
	endedAt time.Duration
	err     error
	done    chan struct{}
}

func (w *writer) ended() bool { return w.over.Load() }

// hopeless reports, of an ended writer, that its failure leaves no answer to wait for:
// the source failed, or the host neither took the request nor answered meanwhile.
func (w *writer) hopeless() bool {
	var source *sourceError
	return w.err != nil && (isTimeout(w.err) || errors.As(w.err, &source))
}

// settle gives a writer that is at its last piece the moment it needs to return: the
// host may answer before this side's write has come back.
func (w *writer) settle() {
	if w == nil || w.ended() || !w.last.Load() {
		return
	}
	t := time.NewTimer(settleTime)
	defer t.Stop()
	select {
	case <-w.done:
	case <-t.C:
	}
}

// join ends the writer: the connection has been closed, or the writing is over.
func (w *writer) join() {
	if w == nil {
		return
	}
	if !w.ended() && w.r.StopStream != nil {
		w.r.StopStream()
	}
	<-w.done
}

func (w *writer) run() {
	defer close(w.done)
	err := w.write()
	w.c.owner.putHead(w.head)
	w.err, w.endedAt = err, w.c.owner.now()
	w.over.Store(true)
	if err == nil {
		return
	}
	// Wake the reader: nothing more may come.
	if w.hopeless() {
		w.c.nc.SetReadDeadline(past)
		return
	}
	w.c.nc.SetReadDeadline(w.c.owner.epoch.Add(w.endedAt + grace))
}

func (w *writer) write() error {
	if w.r.Stream == nil {
		return w.segments()
	}
	if err := w.piece(*w.head); err != nil {
		return err
	}
	return w.stream()
}

// piece writes p within the idle time.
func (w *writer) piece(p []byte) error {
	if err := w.c.armWrite(w.ctx, w.c.owner.now(), w.endBy); err != nil {
		return err
	}
	_, err := w.c.nc.Write(p)
	return err
}

// segments writes head and body, as much in one piece as may be.
func (w *writer) segments() error {
	parts := append([][]byte{*w.head}, w.r.Body...)
	for batch := [][]byte(nil); len(parts) > 0; {
		batch, parts = split(batch[:0], parts, writePiece)
		w.last.Store(len(parts) == 0)
		if err := w.batch(batch); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) batch(parts [][]byte) error {
	if w.c.gathers {
		if err := w.c.armWrite(w.ctx, w.c.owner.now(), w.endBy); err != nil {
			return err
		}
		return w.c.gatherWrite(parts[0], parts[1:])
	}
	for _, p := range parts {
		if err := w.piece(p); err != nil {
			return err
		}
	}
	return nil
}

// split moves the first n bytes of from to the end of to; it changes from's elements.
func split(to, from [][]byte, n int) (taken, left [][]byte) {
	for len(from) > 0 {
		p := from[0]
		if n == 0 && len(p) > 0 {
			break
		}
		if len(p) > n {
			from[0] = p[n:]
			return append(to, p[:n]), from
		}
		if len(p) > 0 {
			to = append(to, p)
		}
		n -= len(p)
		from = from[1:]
	}
	return to, from
}

// stream copies the source, each of its reads in one write.
func (w *writer) stream() error {
	buf := make([]byte, chunkPrefix+streamBuffer+2)
	for left := w.r.Length; left != 0; {
		room := buf[chunkPrefix : chunkPrefix+streamBuffer]
		if left > 0 {
			room = room[:min(left, streamBuffer)]
		}
		n, err := w.r.Stream.Read(room)
		if n > 0 {
			w.last.Store(left == int64(n))
			if werr := w.piece(framed(buf, n, left < 0)); werr != nil {
				return werr
			}
			if left > 0 {
				left -= int64(n)
			}
		}
		if left == 0 {
			return nil
		}
		switch {
		case err == io.EOF && left < 0:
			w.last.Store(true)
			return w.piece([]byte("0\r\n\r\n"))
		case err == io.EOF && left > 0:
			return &sourceError{io.ErrUnexpectedEOF}
		case err != nil && err != io.EOF:
			return &sourceError{err}
		}
	}
	return nil
}

// framed gives the n bytes behind the prefix, as a chunk if asked to: its size goes
// right before the data (RFC 9112 §7.1).
func framed(buf []byte, n int, chunk bool) []byte {
	if !chunk {
		return buf[chunkPrefix : chunkPrefix+n]
	}
	var size [chunkPrefix]byte
	line := append(strconv.AppendInt(size[:0], int64(n), 16), "\r\n"...)
	from := chunkPrefix - len(line)
	copy(buf[from:], line)
	end := chunkPrefix + n
	buf[end], buf[end+1] = '\r', '\n'
	return buf[from : end+2]
}
