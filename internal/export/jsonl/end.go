package jsonl

import (
	"errors"
	"os"
	"unsafe"
)

const (
	// block is what storage is written by: memory, place and length of what goes there directly
	// are multiples of it.
	block = 4096
	// atOnce is about how much is written at once: as much as a processor's own cache holds.
	atOnce = 1 << 20
	// worth is from how much on it goes to the storage directly.
	worth = 128 << 10
)

// end is where a file grows. Much at once goes to the storage past the kernel's page cache,
// where that is possible: nobody reads it soon, and copying it there would cost as much as all
// else that an export does. Such writes are whole blocks, in order, so that a crash leaves a
// file that is whole up to some place. It is not safe for concurrent use.
type end struct {
	file   *os.File
	direct *os.File // nil = all goes through the page cache
	buf    []byte   // from base on; it begins with what the file has of its last block
	base   int64    // a multiple of block
	n      int      // how much of buf is filled
	done   int      // how much of that the file has, less than a block
}

// openEnd goes on where a file of a size ends. The file is the end's now.
func openEnd(file *os.File, size int64) (*end, error) {
	e := &end{file: file, direct: openDirect(file), buf: aligned(block), base: size &^ (block - 1), n: int(size % block)}
	e.done = e.n
	if _, err := e.file.ReadAt(e.buf[:e.n], e.base); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *end) close() error {
	err := e.file.Close()
	if e.direct != nil {
		err = errors.Join(err, e.direct.Close())
	}
	return err
}

// expect makes room for that much; more is written in parts.
func (e *end) expect(size int64) {
	if need := min(roundUp(int64(e.n)+size), atOnce); need > int64(len(e.buf)) {
		buf := aligned(int(need))
		copy(buf, e.buf[:e.n])
		e.buf = buf
	}
}

// add appends some bytes; they are in the file after flush, on the disk after sync.
func (e *end) add(p []byte) error {
	for len(p) > 0 {
		if e.n == len(e.buf) {
			if err := e.flush(); err != nil {
				return err
			}
		}
		k := copy(e.buf[e.n:], p)
		e.n, p = e.n+k, p[k:]
	}
	return nil
}

// flush writes what was added. What the last block has stays known: the next write goes on
// there.
func (e *end) flush() error {
	whole := e.n &^ (block - 1)
	if e.direct != nil && whole >= worth {
		if err := e.past(e.buf[:whole]); err != nil {
			return err
		}
		e.done = whole
	}
	if _, err := e.file.WriteAt(e.buf[e.done:e.n], e.base+int64(e.done)); err != nil {
		return err
	}
	e.base, e.n = e.base+int64(whole), copy(e.buf, e.buf[whole:e.n])
	e.done = e.n
	return nil
}

// past writes whole blocks from base on directly, or as usual where the file system only
// says now that it cannot.
func (e *end) past(p []byte) error {
	_, err := e.direct.WriteAt(p, e.base)
	if !notDirect(err) {
		return err
	}
	_ = e.direct.Close() // nothing was written by it
	e.direct = nil
	_, err = e.file.WriteAt(p, e.base)
	return err
}

// aligned gives memory that begins at a multiple of block.
func aligned(size int) []byte {
	b := make([]byte, size+block)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (block - 1))
	return b[skip : skip+size : skip+size]
}

func roundUp(n int64) int64 { return (n + block - 1) &^ (block - 1) }
