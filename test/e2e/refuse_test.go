package e2e_test

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "modernc.org/sqlite"
)

// failsToStart runs a gateway that cannot work, and holds that it ends with an error
// that tells what is wrong.
func failsToStart(t *testing.T, p *process, words ...string) {
	t.Helper()
	code := p.wait(patience)
	said := p.Log.String() + p.Out.String()
	if code == 0 {
		t.Errorf("exit code 0:\n%s", said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not said:\n%s", w, said)
		}
	}
	if strings.Contains(said, "goroutine ") {
		t.Errorf("it panicked:\n%s", said)
	}
	if lines := strings.Count(strings.TrimSpace(said), "\n") + 1; lines > 8 {
		t.Errorf("%d lines for one problem:\n%s", lines, said)
	}
}

func TestAStartThatCannotWorkSaysWhyAndEndsWithAnError(t *testing.T) {
	t.Parallel()
	t.Run("a port that is taken", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		failsToStart(t, launch(t, options{env: []string{"SLUICE_LISTEN=" + l.Addr().String()}}), l.Addr().String(), "in use", "--listen")
		failsToStart(t, launch(t, options{env: []string{"SLUICE_ADMIN_LISTEN=" + l.Addr().String()}}), "in use", "--admin-listen")
	})
	t.Run("a data directory that is a file", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		writeFile(t, file, nil)
		failsToStart(t, launch(t, options{args: []string{"--data", file}}), file)
	})
	t.Run("a data directory that may not be written", func(t *testing.T) {
		t.Parallel()
		failsToStart(t, launchUnprivileged(t), "permission denied")
	})
	t.Run("a configuration file that is not there", func(t *testing.T) {
		t.Parallel()
		failsToStart(t, launch(t, options{args: []string{"--config", "nowhere.yaml"}}), "nowhere.yaml")
	})
	t.Run("a bad configuration", func(t *testing.T) {
		t.Parallel()
		failsToStart(t, launch(t, options{config: "gateways:\n  default: { lgo: {} }\nprovidders: {}\n"}), "sluice.yaml:2", "sluice.yaml:3", "providers")
	})
	t.Run("a data directory that another gateway uses", func(t *testing.T) {
		t.Parallel()
		first := start(t, options{})
		failsToStart(t, launch(t, options{dir: first.Dir}), first.Dir)
		first.awaitReady()
	})
	t.Run("a store with a newer schema", func(t *testing.T) {
		t.Parallel()
		failsToStart(t, launch(t, options{dir: newerSchema(t)}), "newer", "version")
	})
}

// launchUnprivileged starts a gateway in a directory that its account cannot write to.
func launchUnprivileged(t *testing.T) *process {
	t.Helper()
	dir, err := os.MkdirTemp("", "sluice-e2e-closed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return launch(t, options{dir: dir})
	}
	const nobody = 65534
	return launchAs(t, options{dir: dir}, &syscall.Credential{Uid: nobody, Gid: nobody})
}

// newerSchema gives a data directory whose store a later version has migrated.
func newerSchema(t *testing.T) string {
	t.Helper()
	p := start(t, options{})
	p.awaitReady()
	if code := p.terminate(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	db, err := sql.Open("sqlite", filepath.Join(p.Dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO sluice_migrations (version_id, is_applied) VALUES (999999, 1)"); err != nil {
		t.Fatal(err)
	}
	return p.Dir
}
