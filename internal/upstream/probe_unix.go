//go:build unix

package upstream

import (
	"io"
	"net"
	"syscall"
)

// prober reads from a socket without waiting and without regard to deadlines. Its
// closure is made once per connection, so that a probe allocates nothing. One
// goroutine uses it at a time.
type prober struct {
	raw  syscall.RawConn
	call func(fd uintptr)
	p    []byte
	n    int
	err  error
}

// newProber gives nil for connections that are not plainly a socket: what wraps one
// may hold bytes of its own.
func newProber(nc net.Conn) *prober {
	var raw syscall.RawConn
	var err error
	switch s := nc.(type) {
	case *net.TCPConn:
		raw, err = s.SyscallConn()
	case *net.UnixConn:
		raw, err = s.SyscallConn()
	}
	if raw == nil || err != nil {
		return nil
	}
	b := &prober{raw: raw}
	b.call = func(fd uintptr) {
		for {
			if b.n, b.err = syscall.Read(int(fd), b.p); b.err != syscall.EINTR {
				return
			}
		}
	}
	return b
}

// read gives what is there; errWouldBlock when nothing is, io.EOF at the end.
func (b *prober) read(p []byte) (int, error) {
	b.p = p
	err := b.raw.Control(b.call)
	b.p = nil
	switch {
	case err != nil:
		return 0, err
	case b.err == syscall.EAGAIN:
		return 0, errWouldBlock
	case b.err != nil:
		return 0, b.err
	case b.n == 0:
		return 0, io.EOF
	}
	return b.n, nil
}
