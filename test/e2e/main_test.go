// Package e2e_test runs the built binary from outside, as its users do: started as a
// process, called over the network, killed, stopped, and started again on what it left.
// What can be tested inside one process is tested elsewhere.
package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// binary is the path of the program under test; TestMain alone writes it.
var binary string

// long reports whether the outages take as long as in earnest.
var long = os.Getenv("SLUICE_E2E_LONG") != ""

// strict reports whether things must be as fast as is promised.
var strict = os.Getenv("SLUICE_E2E_STRICT") != ""

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sluice-e2e-")
	if err != nil {
		return broken(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // one test runs the binary as somebody else
		return broken(err)
	}
	binary = filepath.Join(dir, "sluice")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "../../cmd/sluice")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return broken(fmt.Errorf("build: %w\n%s", err, out))
	}
	raiseFileLimit()
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			return broken(err)
		}
	}
	return code
}

func broken(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// enoughFiles is what the tests with thousands of connections need, the processes that
// they start included, which inherit the limit.
const enoughFiles = 40_000

// raiseFileLimit raises the limit of open files as far as this account may.
func raiseFileLimit() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return
	}
	if l.Cur < enoughFiles && syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: enoughFiles, Max: max(l.Max, enoughFiles)}) == nil {
		return
	}
	// Set even when it changes nothing: otherwise Go gives children the limit it found.
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: l.Max, Max: l.Max})
}

// needFiles skips a test that cannot have so many open files, loudly.
func needFiles(t *testing.T, n uint64) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur < n {
		skipLoudly(t, fmt.Sprintf("it needs %d open files and may have %d: raise ulimit -n", n, l.Cur))
	}
}

func skipLoudly(t *testing.T, why string) {
	t.Helper()
	fmt.Fprintf(os.Stderr, "\n*** SKIPPED %s: %s ***\n\n", t.Name(), why)
	t.Skip(why)
}
