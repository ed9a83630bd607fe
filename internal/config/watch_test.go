package config_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

// watched runs Watch and gives a signal for each change; it is ended and waited for with the test.
func watched(t *testing.T, path string) <-chan struct{} {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	changes, done := make(chan struct{}, 100), make(chan error, 1)
	go func() { done <- config.Watch(ctx, path, func() { changes <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return changes
}

// change writes contents, each another one, until the first is noticed, since when
// watching begins is not to be seen from outside.
func change(t *testing.T, changes <-chan struct{}, write func(n int)) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		write(n)
		select {
		case <-changes:
			return
		case <-tick.C:
		case <-deadline:
			t.Fatal("the change is not noticed")
		}
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func replace(t *testing.T, path, content string) {
	t.Helper()
	put(t, path+".new", content)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func digits(n int) string { return "# " + string(rune('a'+n)) }

func TestWatchNoticesAFileThatIsWrittenOrReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	put(t, path, "# first")
	changes := watched(t, path)
	change(t, changes, func(n int) { put(t, path, "# written"+digits(n)) })
	change(t, changes, func(n int) { replace(t, path, "# replaced"+digits(n)) })
}

func TestWatchNoticesAFileThatComesLater(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	changes := watched(t, path)
	change(t, changes, func(n int) { put(t, path, digits(n)) })
}

func TestWatchNoticesALinkThatIsExchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"..1", "..2"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name, "sluice.yaml"), name)
	}
	link := func(target, name string) {
		tmp := filepath.Join(dir, "..tmp")
		if err := os.Symlink(target, tmp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("..1", "..data")
	link(filepath.Join("..data", "sluice.yaml"), "sluice.yaml")
	changes := watched(t, filepath.Join(dir, "sluice.yaml"))
	change(t, changes, func(n int) { link([]string{"..2", "..1"}[n%2], "..data") })
	current, err := filepath.EvalSymlinks(filepath.Join(dir, "sluice.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	change(t, changes, func(n int) { put(t, current, "in place"+digits(n)) })
}

func TestWatchIsSilentWhenNothingIsNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.yaml")
	put(t, path, "# first")
	changes := watched(t, path)
	change(t, changes, func(n int) { put(t, path, digits(n)) })
	same, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, path, string(same))
	put(t, filepath.Join(dir, "sluice.db-wal"), "other")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changes:
		t.Error("a file of the same content, another file, or a removal counts as a change")
	case <-time.After(400 * time.Millisecond):
	}
	change(t, changes, func(n int) { put(t, path, "# back"+digits(n)) })
}

func TestWatchSaysWhenTheDirectoryIsMissing(t *testing.T) {
	t.Parallel()
	err := config.Watch(t.Context(), filepath.Join(t.TempDir(), "none", "sluice.yaml"), func() {})
	if err == nil {
		t.Error("no error")
	}
}
