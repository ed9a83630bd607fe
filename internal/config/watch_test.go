package config_test

import (
	"context"
	"errors"
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
	known, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	go func() { done <- config.Watch(ctx, path, known, func() { changes <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return changes
}

// change makes a change, and waits until it is noticed.
func change(t *testing.T, changes <-chan struct{}, make func()) {
	t.Helper()
	make()
	await(t, changes)
}

func await(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	select {
	case <-changes:
	case <-time.After(time.Minute):
		t.Fatal("the change is not noticed")
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

func TestWatchNoticesWhatChangedBeforeItBegan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	put(t, path, "# as it is now")
	changes := make(chan struct{}, 100)
	for _, known := range []string{"# as it was read", "# as it is now"} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- config.Watch(ctx, path, []byte(known), func() { changes <- struct{}{} }) }()
		if known == "# as it was read" {
			await(t, changes)
		} else {
			replace(t, path, "# as it is next")
			await(t, changes)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(changes) != 0 {
		t.Error("what is known counts as a change")
	}
}

func TestWatchNoticesAFileThatIsWrittenOrReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	put(t, path, "# first")
	changes := watched(t, path)
	change(t, changes, func() { put(t, path, "# written") })
	change(t, changes, func() { replace(t, path, "# replaced") })
}

func TestWatchNoticesAFileThatComesLater(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	changes := watched(t, path)
	change(t, changes, func() { put(t, path, "# new") })
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
	change(t, changes, func() { link("..2", "..data") })
	current, err := filepath.EvalSymlinks(filepath.Join(dir, "sluice.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	change(t, changes, func() { put(t, current, "in place") })
}

func TestWatchIsSilentWhenNothingIsNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.yaml")
	put(t, path, "# first")
	changes := watched(t, path)
	change(t, changes, func() { replace(t, path, "# second") })
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
	change(t, changes, func() { put(t, path, "# back") })
}

func TestWatchSaysWhenTheDirectoryIsMissing(t *testing.T) {
	t.Parallel()
	err := config.Watch(t.Context(), filepath.Join(t.TempDir(), "none", "sluice.yaml"), nil, func() {})
	if err == nil {
		t.Error("no error")
	}
}
