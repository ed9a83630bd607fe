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

// openDirect opens a file once more, for writes past the page cache (O_DIRECT, open(2)); nil
// where the file system has none, or where its name is another file's by now.
func openDirect(file *os.File) *os.File {
	direct, err := os.OpenFile(file.Name(), os.O_WRONLY|unix.O_DIRECT, 0)
	if err != nil {
		return nil
	}
	have, err := file.Stat()
	if err == nil {
		if named, failed := direct.Stat(); failed == nil && os.SameFile(have, named) {
			return direct
		}
	}
	_ = direct.Close() // nothing was written by it
	return nil
}

// notDirect reports whether a direct write failed for being one.
func notDirect(err error) bool { return errors.Is(err, unix.EINVAL) }
