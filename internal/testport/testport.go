// Package testport gives ports to servers that tests start as other processes, and that may
// stop and start again meanwhile.
package testport

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// Ports are below those that systems choose for callers and listeners who name none, of
// which one could take it while the server is stopped.
const (
	first = 12_000
	count = 20_000
)

// Free gives a port of 127.0.0.1 that nobody listens on, and that no other test of this
// machine is given by this package until this one has ended. It is safe for concurrent use.
func Free(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := first + rand.IntN(count)
		if !take(port) {
			continue
		}
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			give(port)
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { give(port) })
		return port
	}
	t.Fatal("no port is free")
	return 0
}

// Address is 127.0.0.1 with a port of Free.
func Address(t testing.TB) string {
	t.Helper()
	return address(Free(t))
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

var (
	mu    sync.Mutex
	taken = map[int]bool{} // by this process, of which locks say nothing to itself
)

// locks is a file of which byte n is locked by the process that has port n; nil where it
// cannot be had, as that of another user. It stays open: closing it ends all locks.
var locks = sync.OnceValue(func() *os.File {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "sluice-test-ports"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil
	}
	return f
})

func take(port int) bool {
	mu.Lock()
	defer mu.Unlock()
	if taken[port] || !lock(locks(), int64(port)) {
		return false
	}
	taken[port] = true
	return true
}

func give(port int) {
	mu.Lock()
	defer mu.Unlock()
	delete(taken, port)
	unlock(locks(), int64(port))
}
