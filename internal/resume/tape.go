package resume

import (
	"container/list"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// About is what is known of a stream beside its bytes. It is not changed after Open.
type About struct {
	Owner string      // who may have the rest
	Head  [][2]string // header fields that hold for the rest, too
}

// ErrNoRoom is given by Append when nothing more can be kept of the stream.
var ErrNoRoom = errors.New("there is no room for more of the stream")

// ErrLost is given to readers when what follows was not kept.
var ErrLost = errors.New("the rest of the stream was not kept")

// ErrCut is given to readers at the end of a stream that did not end properly.
var ErrCut = errors.New("the stream was cut")

// Pieces of a tape in memory: small streams take little, large ones few pieces.
const (
	firstPiece = 4 << 10
	largest    = 64 << 10
)

// Tape is one stream as it was sent so far. One goroutine writes; any number read.
type Tape struct {
	About

	store *Store
	id    string

	// The store's.
	users     int // the writer and those who have found it
	memory    int64
	disk      int64
	until     time.Time
	place     *list.Element // among those that have ended
	forgotten bool

	mu       sync.Mutex // guards what follows
	pieces   [][]byte   // the beginning
	inMemory int64
	file     *os.File // what follows; nil = nothing does
	size     int64
	grown    chan struct{} // closed when more is there or the end has come; nil = nobody waits
	over     error         // what stands at the end; nil = more may come
	trailer  [][2]string
}

// Append takes the next bytes of the stream, and keeps no reference to p. When it fails
// nothing of p was kept, and the tape must be given up.
func (t *Tape) Append(p []byte) error {
	if t.size+int64(len(p)) > t.store.o.Most { // only this goroutine changes size
		return ErrNoRoom
	}
	n, err := t.grow(len(p))
	if err != nil {
		return err
	}
	onDisk := p[n:]
	if len(onDisk) > 0 {
		if _, err := t.file.WriteAt(onDisk, t.size-t.inMemory); err != nil {
			return errors.Join(ErrNoRoom, err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n > 0 {
		last := len(t.pieces) - 1
		t.pieces[last] = append(t.pieces[last], p[:n]...)
		t.inMemory += int64(n)
	}
	t.size += int64(len(p))
	t.wake()
	return nil
}

// grow makes room for n bytes and says how many of them go into memory: all or none, so
// that no event is written in two places.
func (t *Tape) grow(n int) (inMemory int, err error) {
	if t.file == nil {
		last := t.pieces[len(t.pieces)-1]
		if len(last)+n <= cap(last) {
			return n, nil
		}
		piece := max(min(2*cap(last), largest), n)
		if t.inMemory+int64(n) <= t.store.o.Head && t.store.take(t, int64(piece), false) {
			t.mu.Lock()
			t.pieces = append(t.pieces, make([]byte, 0, piece))
			t.mu.Unlock()
			return n, nil
		}
	}
	if !t.store.take(t, int64(n), true) {
		return 0, ErrNoRoom
	}
	return 0, t.spill()
}

// spill makes the temporary file, once.
func (t *Tape) spill() error {
	if t.file != nil {
		return nil
	}
	f, err := newFile(t.store.o.Dir)
	if err != nil {
		return errors.Join(ErrNoRoom, err)
	}
	t.mu.Lock()
	t.file = f
	t.mu.Unlock()
	return nil
}

// End says that the stream is over, and ends the writer's use of the tape. trailer are
// fields that stand behind it; cut says that it did not end properly.
func (t *Tape) End(trailer [][2]string, cut bool) {
	over := io.EOF
	if cut {
		over = ErrCut
	}
	t.mu.Lock()
	t.over, t.trailer = over, trailer
	t.wake()
	t.mu.Unlock()
	t.store.end(t)
	t.store.release(t)
}

// GiveUp says that no more is kept, and ends the writer's use of the tape. Nobody finds
// it any more; readers get what there is, and then ErrLost.
func (t *Tape) GiveUp() {
	t.mu.Lock()
	t.over = ErrLost
	t.wake()
	t.mu.Unlock()
	t.store.mu.Lock()
	t.store.forget(t)
	t.store.mu.Unlock()
	t.store.release(t)
}

// wake wakes those who wait; t.mu is held.
func (t *Tape) wake() {
	if t.grown != nil {
		close(t.grown)
		t.grown = nil
	}
}

// Use makes one more user of a tape that the caller uses already.
func (t *Tape) Use() {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	t.users++
}

// Release ends the use of a tape that was found. It must not be read afterwards.
func (t *Tape) Release() { t.store.release(t) }

// ReadAt gives what stands at an offset. It waits while nothing does and the stream goes
// on. At the end it gives io.EOF, ErrCut or ErrLost; when ctx ends, its error.
func (t *Tape) ReadAt(ctx context.Context, p []byte, at int64) (int, error) {
	for {
		n, grown, err := t.look(p, at)
		if n > 0 || err != nil {
			return n, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// look gives what is there, or what is closed when there may be more.
func (t *Tape) look(p []byte, at int64) (n int, grown <-chan struct{}, err error) {
	t.mu.Lock()
	file, inMemory, size := t.file, t.inMemory, t.size
	switch {
	case at < inMemory:
		defer t.mu.Unlock()
		return t.copyOf(p, at), nil, nil
	case at < size:
		t.mu.Unlock()
		n, err = file.ReadAt(p[:min(int64(len(p)), size-at)], at-inMemory)
		if n > 0 {
			err = nil
		}
		return n, nil, err
	}
	defer t.mu.Unlock()
	if t.over == nil && t.grown == nil {
		t.grown = make(chan struct{})
	}
	return 0, t.grown, t.over
}

// copyOf copies from one piece in memory; t.mu is held.
func (t *Tape) copyOf(p []byte, at int64) int {
	for _, piece := range t.pieces {
		if at < int64(len(piece)) {
			return copy(p, piece[at:])
		}
		at -= int64(len(piece))
	}
	return 0
}

// Trailer gives the fields that stand behind a stream that is over.
func (t *Tape) Trailer() [][2]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.trailer
}

// free gives back what the tape holds; nobody uses it.
func (t *Tape) free() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pieces = nil
	if t.file != nil {
		_ = t.file.Close()
		t.file = nil
	}
}

// newFile makes a temporary file that has no name any more, so that no crash leaves it
// behind.
func newFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "sluice-stream-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
