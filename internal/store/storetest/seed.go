package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Seed writes to path what migrating an empty SQLite database leaves, for tests that are
// not about how a schema comes to be: it is made once in a process.
func Seed(t testing.TB, path string) {
	t.Helper()
	db, err := migrated()
	must(t, err)
	must(t, os.WriteFile(path, db, 0o600))
}

// migrated is a database without rows, as a file.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sluice-seed-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "a.db")
	s, err := store.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	err = s.Migrate(context.Background())
	if closed := s.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
