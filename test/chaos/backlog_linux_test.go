package chaos_test

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// deaf is the address of a host that answers to no one who wants to connect: its queue is
// full.
func deaf(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Skip(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Skip(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Skip(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	for range 8 {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("the queue never fills")
	return ""
}

func TestAHostThatTakesNoConnectionIsPassedOver(t *testing.T) {
	g := start(t, "providers:\n"+provide("deaf", "http://"+deaf(t), patience)+"  sandbox: {}\n")
	each(len(callers), func(i int) {
		caller := callers[i]
		h := ask(t, g, caller, "deaf-"+caller+"/m-"+caller, true, "sluice-fallback", "sandbox/echo")
		e := g.Entry(h.id())
		if want := "deaf-" + caller + " 0 timeout, sandbox 200 "; h.status != 200 || len(h.errors) > 0 || told(&e) != want || h.took > budget {
			t.Errorf("%d in %v: %s", h.status, h.took, told(&e))
		}
		if h := ask(t, g, caller, "deaf-"+caller+"/n", false); h.status != 504 || h.header.Get("sluice-error") != "upstream_timeout" || len(h.errors) != 1 {
			t.Errorf("alone: %d %s", h.status, h.raw)
		}
	})
}
