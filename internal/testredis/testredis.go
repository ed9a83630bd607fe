// Package testredis runs a real Redis or Valkey for tests: an own server in a temporary
// folder on a free loopback port, gone when the test ends. It installs nothing; where
// there is no server the test is skipped, and says so on standard error.
package testredis

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testport"
)

// Required is the environment variable that makes a missing server a failure.
const Required = "SLUICE_REQUIRE_REDIS"

// patience bounds every step that waits for the server.
const patience = time.Minute

// Server is one running, or stopped, server. Its methods are for one goroutine.
type Server struct {
	t    testing.TB
	bin  string
	dir  string
	port int
	cmd  *exec.Cmd // nil while stopped
	gone chan error
}

// Start runs a server until the test ends, or skips the test with the reason. It keeps
// what it is told over a Restart when durable, else it begins empty each time. It costs a
// few milliseconds.
func Start(t testing.TB, durable bool) *Server {
	t.Helper()
	bin, err := find()
	if err != nil {
		if os.Getenv(Required) != "" {
			t.Fatalf("%s is set: %v", Required, err)
		}
		fmt.Fprintf(os.Stderr, "\n*** SKIPPED %s: %v ***\n\n", t.Name(), err)
		t.Skip(err)
	}
	s := &Server{t: t, bin: bin}
	if s.dir, err = os.MkdirTemp("", "sluice-redis-"); err != nil {
		t.Fatal(err)
	}
	s.port = testport.Free(t)
	t.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(s.dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(s.dir+"/redis.conf", s.config(durable), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	return s
}

func (s *Server) config(durable bool) []byte {
	keep := "no"
	if durable {
		keep = "yes"
	}
	return fmt.Appendf(nil, "bind 127.0.0.1\nport %d\ndir %s\nsave \"\"\nappendonly %s\nappendfsync always\n", s.port, s.dir, keep)
}

// Addr is where the server listens: "127.0.0.1:port".
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is where the server is reached.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Kill ends the server at once. Killing twice is fine.
func (s *Server) Kill() {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	<-s.gone
	s.cmd = nil
}

// Freeze stops the server without closing anything, as a machine that hangs; Thaw lets it
// go on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.cmd == nil {
		s.t.Fatal("the server is not running")
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Restart kills the server if it runs and starts it on the same folder and port; it
// returns when it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	cmd := exec.Command(s.bin, s.dir+"/redis.conf")
	cmd.Dir, cmd.SysProcAttr = s.dir, dieWithParent()
	said := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.gone = cmd, make(chan error, 1)
	gone := s.gone
	go func() { gone <- cmd.Wait() }() // ends with the process, which Kill waits for
	if err := s.await(); err != nil {
		s.Kill()
		s.t.Fatalf("%s: %v\n%s", s.bin, err, said)
	}
}

// await asks until the server answers a ping; while it loads its data it does not.
func (s *Server) await() error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		if s.ping() {
			select {
			case err := <-s.gone: // another server has the port, and answers
				s.gone <- err
				return fmt.Errorf("it ended: %v", err)
			default:
				return nil
			}
		}
		select {
		case err := <-s.gone:
			s.gone <- err
			return fmt.Errorf("it ended: %v", err)
		case <-late:
			return errors.New("it is not ready in time")
		case <-tick.C:
		}
	}
}

func (s *Server) ping() bool {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(time.Second)) != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	var answer [5]byte
	_, err = conn.Read(answer[:])
	return err == nil && string(answer[:]) == "+PONG"
}

func find() (string, error) {
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Redis here: neither valkey-server nor redis-server is in PATH; install one (Debian: apt-get install redis-server) to run these tests")
}
