package jsonl

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// release tells the kernel that a part of a file, which is on the disk, will not be read
// soon: its pages are better used for what is written next than kept in place of the store's.
// It is advice: whether it was taken is nobody's matter (posix_fadvise(2)).
func release(f *os.File, from, to int64) {
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _ = unix.Fadvise(int(fd), from, to-from, unix.FADV_DONTNEED) })
	}
}

// openDirect opens a file for writes past the page cache (O_DIRECT, open(2)); nil where the
// file system has none.
func openDirect(path string) *os.File {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_DIRECT, 0)
	if err != nil {
		return nil
	}
	return f
}

// notDirect reports whether a direct write failed for being one.
func notDirect(err error) bool { return errors.Is(err, unix.EINVAL) }
