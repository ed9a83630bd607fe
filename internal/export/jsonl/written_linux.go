package jsonl

import (
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
