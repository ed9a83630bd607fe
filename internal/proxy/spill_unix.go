//go:build unix

package proxy

import (
	"os"
	"syscall"
)

// newSpill makes a temporary file that has no name any more, so that no crash leaves
// a body behind.
func newSpill(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "sluice-body-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func mapFile(f *os.File, size int64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	return syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE)
}

func unmap(b []byte) { _ = syscall.Munmap(b) }

// spillWriter marks errors of the disk, to tell them from errors of the caller.
type spillWriter struct{ f *os.File }

type diskError struct{ error }

func (e *diskError) Unwrap() error { return e.error }

func (w spillWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		err = &diskError{err}
	}
	return n, err
}
