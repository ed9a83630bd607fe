package whole_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/whole"
)

const victim = "SLUICE_TEST_WHOLE"

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		_ = whole.Write(path, whole.Private, func(w io.Writer) error {
			_, _ = w.Write(slices.Repeat([]byte("half of it "), 10_000))
			os.Exit(3) // in the middle
			return nil
		})
	}
	os.Exit(m.Run())
}

// killedAt leaves what a process leaves that is killed while it writes a file.
func killedAt(t *testing.T, path string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), victim+"="+path)
	if err := child.Run(); child.ProcessState.ExitCode() != 3 {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func want(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	info, failed := os.Stat(path)
	if err != nil || failed != nil || string(got) != text {
		t.Fatalf("%q %v %v", got, err, failed)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != mode {
		t.Errorf("mode %o, want %o", info.Mode().Perm(), mode)
	}
}

func put(t *testing.T, path string, mode fs.FileMode, text string) {
	t.Helper()
	if err := whole.Write(path, mode, whole.Text([]byte(text))); err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreWrittenWholeWithTheirModes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	put(t, path, whole.AsItWas, "one")
	want(t, path, "one", 0o600)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, path, whole.AsItWas, "two")
	want(t, path, "two", 0o644)
	put(t, path, whole.Private, "three")
	want(t, path, "three", 0o600)
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("beside it: %q", got)
	}
}

func TestWhatFailsChangesNothingAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path, why := filepath.Join(dir, "a"), errors.New("why")
	put(t, path, whole.Private, "as it was")
	for _, bad := range []string{path, filepath.Join(dir, "not", "there")} {
		err := whole.Write(bad, whole.Private, func(w io.Writer) error {
			_, _ = io.WriteString(w, "half")
			return why
		})
		if err == nil || bad == path && !errors.Is(err, why) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	full := filepath.Join(dir, "dir") // a directory with something in it cannot be replaced
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := whole.Write(full, whole.Private, whole.Text(nil)); err == nil {
		t.Error("a directory was replaced")
	}
	func() {
		defer func() { _ = recover() }()
		_ = whole.Write(path, whole.Private, func(io.Writer) error { panic("why") })
	}()
	want(t, path, "as it was", 0o600)
	if got := names(t, dir); !slices.Equal(got, []string{"a", "dir"}) {
		t.Errorf("there are %q", got)
	}
}

func TestWhatAKilledWriteLeavesIsSweptAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	path, near := filepath.Join(dir, "keys"), filepath.Join(dir, "keys.json")
	put(t, path, whole.Private, "as it was")
	killedAt(t, path)
	killedAt(t, path)
	killedAt(t, near)
	want(t, path, "as it was", 0o600)
	others := []string{".keys.part", ".keys.1.part.x", ".keys.x.part", "keys.1.part"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, dir); len(got) != 1+3+len(others) {
		t.Fatalf("there are %q", got)
	}
	if err := whole.Sweep(path); err != nil {
		t.Fatal(err)
	}
	got := names(t, dir)
	if len(got) != 1+1+len(others) || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, ".keys.json.") }) {
		t.Errorf("there are %q", got)
	}
	if err := whole.SweepAll(dir, func(name string) bool { return strings.HasPrefix(name, "keys") }); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 1+len(others) {
		t.Errorf("there are %q", got)
	}
	if err := whole.SweepAll(filepath.Join(dir, "none"), nil); err != nil {
		t.Error(err)
	}
}
