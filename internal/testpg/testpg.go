// Package testpg runs a real PostgreSQL for tests: an own cluster in a temporary folder
// on a free loopback port, gone when the test ends. It installs nothing; where there is
// no PostgreSQL the test is skipped, and says so on standard error.
package testpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sluice-gateway/sluice/internal/testport"
)

// Required is the environment variable that makes a missing PostgreSQL a failure.
const Required = "SLUICE_REQUIRE_POSTGRES"

// patience bounds every step that waits for the server.
const patience = 90 * time.Second

// Server is one running, or stopped, PostgreSQL. Its methods are for one goroutine.
type Server struct {
	t    testing.TB
	bin  string // folder of the binaries
	dir  string
	port int
	as   *account
	cmd  *exec.Cmd // nil while stopped
	gone chan error

	databases int
}

// Start runs a server until the test ends, or skips the test with the reason. One server
// costs about a second; give its Databases to the tests that can share it.
func Start(t testing.TB) *Server {
	t.Helper()
	bin, err := findBinaries()
	if err != nil {
		if os.Getenv(Required) != "" {
			t.Fatalf("%s is set: %v", Required, err)
		}
		fmt.Fprintf(os.Stderr, "\n*** SKIPPED %s: %v ***\n\n", t.Name(), err)
		t.Skip(err)
	}
	s := &Server{t: t, bin: bin}
	if s.as, err = unprivileged(); err != nil {
		t.Fatal(err)
	}
	if s.dir, err = os.MkdirTemp("", "sluice-pg-"); err != nil {
		t.Fatal(err)
	}
	s.port = testport.Free(t)
	t.Cleanup(func() {
		s.Stop()
		if err := os.RemoveAll(s.dir); err != nil {
			t.Error(err)
		}
	})
	if err := s.initialise(); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	return s
}

// URL is where the server's database is reached.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

// Database gives the URL of what is to a program an empty database of its own: a new
// schema, which costs a hundredth of a new database.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	s.databases++
	name := "t" + strconv.Itoa(s.databases)
	if _, err := conn.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	return s.URL() + "&search_path=" + name
}

// Stop kills the server as a crash would; what was committed stays. Stopping twice is fine.
func (s *Server) Stop() {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	// Immediate shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	select {
	case <-s.gone:
	case <-time.After(patience):
		s.t.Error("PostgreSQL does not stop; killing it")
		_ = s.cmd.Process.Kill() // nothing more can be done about it
		<-s.gone
	}
	s.cmd = nil
}

// Restart stops the server if it runs and starts it on the same data and port; it
// returns when connections are accepted.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) initialise() error {
	if err := s.as.own(s.dir); err != nil {
		return err
	}
	cmd := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	s.as.run(cmd)
	return cmd
}

// start runs the server and reads its log until it says that it is ready. Durability is
// off but for a crash of the server alone, which is all that tests make.
func (s *Server) start() error {
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=60")
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready, said := make(chan struct{}), new(strings.Builder)
	s.cmd, s.gone = cmd, make(chan error, 1)
	gone := s.gone
	go func() { // ends with the process, which Stop waits for
		watch(log, ready, said)
		gone <- cmd.Wait()
	}()
	select {
	case <-ready:
		return nil
	case err := <-gone:
		s.cmd = nil
		return fmt.Errorf("postgres ended: %w\n%s", err, said)
	case <-time.After(patience):
		return errors.New("postgres is not ready in time")
	}
}

// watch reads a log to its end, and closes ready at the line that announces connections;
// until then it keeps what it reads.
func watch(log io.Reader, ready chan<- struct{}, said *strings.Builder) {
	lines := bufio.NewScanner(log)
	for announced := false; lines.Scan(); {
		if announced {
			continue
		}
		said.WriteString(lines.Text() + "\n")
		if announced = strings.Contains(lines.Text(), "ready to accept connections"); announced {
			close(ready)
		}
	}
}

// findBinaries looks in PATH, then where Debian and others keep versions side by side,
// the newest first.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb", "/usr/local/opt/postgresql@*/bin/initdb"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, some...)
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL here: initdb is neither in PATH nor in /usr/lib/postgresql/*/bin; install it (Debian: apt-get install postgresql) to run these tests")
	}
	return filepath.Dir(slices.Max(found)), nil
}

// account is whom the server runs as; nil is whoever runs the test.
type account struct{ uid, gid int }

// unprivileged gives another account when the test runs as root, which PostgreSQL refuses.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.Atoi(u.Uid)
		gid, errG := strconv.Atoi(u.Gid)
		return &account{uid, gid}, errors.Join(errU, errG)
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
}

func (a *account) own(dir string) error {
	if a == nil {
		return nil
	}
	return os.Chown(dir, a.uid, a.gid)
}

func (a *account) run(cmd *exec.Cmd) {
	cmd.SysProcAttr = dieWithParent()
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}
