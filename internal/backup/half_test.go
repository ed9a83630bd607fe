package backup_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/store"
)

// A child process restores until it is killed.
const (
	childArchive = "SLUICE_TEST_ARCHIVE"
	childStore   = "SLUICE_TEST_STORE"
)

// restoreHalf restores a part, says so, and waits for its end.
func restoreHalf(ctx context.Context, file, url string) {
	f, err := os.Open(file)
	if err == nil {
		var s *store.Store
		if s, err = store.Open(ctx, url); err == nil {
			_, _, err = backup.Restore(ctx, s, f, nil, quiet, func(done, of int64) {
				if done > of/2 {
					fmt.Println("half")
					<-ctx.Done() // never
				}
			})
		}
	}
	fmt.Println("through", err)
	os.Exit(1)
}

// testHalf kills a restore in the middle: the store says so, is not used, and can be
// restored anew.
func testHalf(t *testing.T, file []byte, url string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.tar.zst")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childArchive+"="+path, childStore+"="+url)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_ = child.Process.Kill()
	_ = child.Wait() // it was killed
	if line != "half\n" {
		t.Fatalf("the child said %q", line)
	}
	s := open(t, url)
	if err := s.Migrate(t.Context()); !errors.Is(err, store.ErrHalfRestored) {
		t.Fatalf("a half restored store: %v", err)
	}
	if err := s.PutSetting(t.Context(), "a", nil); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("it is written to: %v", err)
	}
	again := open(t, url)
	if err := restore(t.Context(), again, file); err != nil {
		t.Fatal(err)
	}
	sound := open(t, freshSQLite(t))
	if err := restore(t.Context(), sound, file); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contents(t, sound), contents(t, again)); diff != "" {
		t.Error(diff)
	}
}
