package semantic

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
)

// File is the Feed of a node that is alone: what it was told is there again after a
// restart. It is two files of which each is bounded: where one is full, the older one
// goes. A write that broke off is cut away. It is safe for concurrent use.
type File struct {
	path string
	most int64 // bytes of each file

	mu    sync.Mutex
	out   *os.File // nil = nothing was asked yet
	size  int64
	read  []*os.File // what is still to be given, the oldest first
	lines *bufio.Reader
}

const (
	// older is what the name of the older file ends with.
	older = ".old"
	// headSize is the length of a record that stands before it.
	headSize = 4
	// largest bounds a record in a file.
	largest = 4*maxDims + MaxText + 512
)

// NewFile makes a feed at a path. Nothing is opened before the first question. most bounds
// each of the two files, in bytes; 0 = 128 MiB.
func NewFile(path string, most int64) *File {
	if most <= 0 {
		most = 128 << 20
	}
	return &File{path: path, most: most}
}

// Publish implements Feed.
func (f *File) Publish(_ context.Context, r Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(); err != nil {
		return err
	}
	b := r.Encode()
	line := append(binary.LittleEndian.AppendUint32(make([]byte, 0, headSize+len(b)), uint32(len(b))), b...)
	if f.size > 0 && f.size+int64(len(line)) > f.most {
		if err := f.turn(); err != nil {
			return err
		}
	}
	n, err := f.out.WriteAt(line, f.size)
	if err != nil {
		return err // the next one is written over what came of it
	}
	f.size += int64(n)
	return nil
}

// turn makes the newer file the older one.
func (f *File) turn() error {
	err := errors.Join(f.out.Close(), os.Rename(f.path, f.path+older))
	f.out = nil
	if err != nil {
		return err
	}
	f.size = 0
	f.out, err = os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	return err
}

// Since implements Feed: it gives what was there at the first question, once, whatever the
// cursor.
func (f *File) Since(ctx context.Context, _ string) (records []Record, next string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(); err != nil {
		return nil, "", err
	}
	for len(f.read) > 0 && len(records) < page && ctx.Err() == nil {
		if f.lines == nil {
			f.lines = bufio.NewReaderSize(f.read[0], 1<<20)
		}
		r, _, err := nextRecord(f.lines)
		if err != nil { // the end, or what cannot be read
			_ = f.read[0].Close() // which was only read
			f.read, f.lines = f.read[1:], nil
			continue
		}
		records = append(records, r)
	}
	return records, "", nil
}

// nextRecord reads one record and gives how many bytes it takes.
func nextRecord(in *bufio.Reader) (r Record, size int64, err error) {
	var head [headSize]byte
	if _, err = io.ReadFull(in, head[:]); err != nil {
		return r, 0, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > largest {
		return r, 0, errRecord
	}
	b := make([]byte, n)
	if _, err = io.ReadFull(in, b); err != nil {
		return r, 0, err
	}
	r, err = Decode(b)
	return r, headSize + int64(n), err
}

// open finds what is there, and the end behind which is written.
func (f *File) open() error {
	if f.out != nil {
		return nil
	}
	out, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	end := wholeUpTo(out)
	if err := out.Truncate(end); err != nil {
		return errors.Join(err, out.Close())
	}
	for _, path := range []string{f.path + older, f.path} {
		if in, err := os.Open(path); err == nil {
			f.read = append(f.read, in)
		}
	}
	f.out, f.size = out, end
	return nil
}

// wholeUpTo gives the length of the records that can be read.
func wholeUpTo(in io.Reader) (end int64) {
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		_, n, err := nextRecord(lines)
		if err != nil {
			return end
		}
		end += n
	}
}

// Close closes the files. The feed is opened again by the next question.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, in := range f.read {
		errs = append(errs, in.Close())
	}
	if f.out != nil {
		errs = append(errs, f.out.Close())
	}
	f.out, f.read, f.lines = nil, nil, nil
	return errors.Join(errs...)
}
