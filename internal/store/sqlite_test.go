package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func freshSQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "sluice.db") }

func TestSQLite(t *testing.T) { storetest.Run(t, freshSQLite) }

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	for _, url := range []string{"", "sqlite:", "sluice.db", "mysql://localhost/x", "postgres://%zz"} {
		if s, err := store.Open(t.Context(), url); err == nil {
			t.Errorf("%q was opened: %v", url, s.Close())
		}
	}
}

func TestOpenTouchesNoFile(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestSQLiteFilesAreTheirOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	s := storetest.Open(t, "sqlite:"+filepath.Join(dir, "sluice.db"))
	if err := s.PutEntries(t.Context(), entries(0, 3)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sluice.db", "sluice.db-wal", "sluice.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestSQLitePathsMayHoldAnything(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"plain.db", "a b.db", "q?x=1.db", "h#h.db", "100%.db", "é.db", "a:b.db", "./sub.db"} {
		storetest.Open(t, "sqlite:"+name)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestAFolderThatIsMissingIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "sluice.db")
	s, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("err = %v", err)
	}
}

func TestAFileThatIsNoDatabaseIsNamedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sluice.db")
	text := []byte(strings.Repeat("my shopping list\n", 1000))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), path) || store.Away(err) {
		t.Errorf("err = %v", err)
	}
	if kept, err := os.ReadFile(path); err != nil || string(kept) != string(text) {
		t.Errorf("the file was changed: %v", err)
	}
}

func TestWaitingForAnotherMigrationEndsWithTheContext(t *testing.T) {
	url := freshSQLite(t)
	path := strings.TrimPrefix(url, "sqlite:")
	holder := exclusive(t, path+".lock")
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Migrate(ctx); err == nil {
		t.Fatal("two migrations at once")
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s, err := store.Open(t.Context(), freshSQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Migrate(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.PutEntries(t.Context(), entries(0, 1)); err == nil {
		t.Error("a closed store took an entry")
	}
}
