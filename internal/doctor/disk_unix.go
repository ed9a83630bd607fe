//go:build unix

package doctor

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes and leaves a lock of the whole file, of the kind that SQLite uses.
func lock(f *os.File) error {
	l := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &l); err != nil {
		return err
	}
	l.Type = unix.F_UNLCK
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &l)
}

// openFiles gives how many files this process may have open.
func openFiles() (uint64, bool) {
	var l unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l)
	return uint64(l.Cur), err == nil //nolint:unconvert // other systems have signed numbers
}
