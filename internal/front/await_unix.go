//go:build unix

package front

import (
	"io"
	"syscall"
)

// awaiter waits for bytes on a socket and takes a buffer only when they are there.
type awaiter struct {
	c    *conn
	raw  syscall.RawConn
	try  func(fd uintptr) bool
	n    int
	errn error
}

// newAwaiter gives nil when the connection is no socket.
func newAwaiter(c *conn) *awaiter {
	sc, ok := c.nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	a := &awaiter{c: c, raw: raw}
	a.try = a.attempt
	return a
}

func (a *awaiter) attempt(fd uintptr) bool {
	a.c.takePage()
	for {
		a.n, a.errn = syscall.Read(int(fd), a.c.buf)
		if a.errn != syscall.EINTR {
			break
		}
	}
	if a.n <= 0 {
		a.c.dropBuffer()
	}
	return a.errn != syscall.EAGAIN
}

// read reads into the connection's buffer.
func (a *awaiter) read() (int, error) {
	if err := a.raw.Read(a.try); err != nil {
		return 0, err
	}
	switch {
	case a.errn != nil:
		return 0, a.errn
	case a.n == 0:
		return 0, io.EOF
	}
	a.c.w = a.n
	return a.n, nil
}
