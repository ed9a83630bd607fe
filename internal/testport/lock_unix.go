//go:build unix

package testport

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock reports whether no other process holds the byte; without a file it cannot know.
func lock(f *os.File, at int64) bool { return f == nil || set(f, unix.F_WRLCK, at) == nil }

func unlock(f *os.File, at int64) {
	if f != nil {
		_ = set(f, unix.F_UNLCK, at) // the process's end does it too
	}
}

func set(f *os.File, kind int16, at int64) error {
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: kind, Whence: 0, Start: at, Len: 1})
}
