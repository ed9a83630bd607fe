package storetest

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	_ "modernc.org/sqlite"             // registers "sqlite"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// raw runs a statement beside the store, as a stranger with another tool would.
func raw(t testing.TB, url, statement string) {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	db, err := sql.Open(driver, name)
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	must(t, err)
}

func testMigration(t *testing.T, fresh func(testing.TB) string) {
	t.Run("nothing works before it", func(t *testing.T) {
		s := openOnly(t, fresh(t))
		ctx := t.Context()
		for name, err := range map[string]error{
			"ping":    s.Ping(ctx),
			"put":     s.PutEntries(ctx, some(0, 1)),
			"list":    errOf(s.ListEntries(ctx, store.EntryQuery{})),
			"key":     s.CreateKey(ctx, key(1)),
			"version": errOf(s.KeysVersion(ctx)),
			"sweep":   errOf(s.SweepEntries(ctx, "default", Epoch(), 1)),
		} {
			if !errors.Is(err, store.ErrNotReady) {
				t.Errorf("%s: err = %v", name, err)
			}
		}
		must(t, s.Migrate(ctx))
		must(t, s.Ping(ctx))
	})
	t.Run("many processes at once", func(t *testing.T) {
		url := fresh(t)
		g, ctx := errgroup.WithContext(t.Context())
		for range 4 {
			s := openOnly(t, url)
			g.Go(func() error {
				return errors.Join(s.Migrate(ctx), errOf(s.Workspace(ctx, gateway.DefaultWorkspace)))
			})
		}
		must(t, g.Wait())
	})
	t.Run("again keeps everything", func(t *testing.T) {
		url := fresh(t)
		put(t, Open(t, url), Entry(1))
		need(Open(t, url).Entry(t.Context(), ID(1)))(t)
	})
	t.Run("a newer schema is refused", func(t *testing.T) {
		url := fresh(t)
		put(t, Open(t, url), Entry(1))
		raw(t, url, "INSERT INTO sluice_migrations (version_id, is_applied) VALUES (99, '1')")
		s := openOnly(t, url)
		err := s.Migrate(t.Context())
		if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "version 99") || !strings.Contains(err.Error(), "this binary knows versions up to ") {
			t.Errorf("err = %v", err)
		}
		if err := s.PutEntries(t.Context(), some(2, 3)); !errors.Is(err, store.ErrNotReady) {
			t.Errorf("a newer schema is written to: %v", err)
		}
	})
	t.Run("a foreign table in the way fails and leaves nothing behind", func(t *testing.T) {
		url := fresh(t)
		raw(t, url, "CREATE TABLE versions (mine INTEGER)")
		s := openOnly(t, url)
		if err := s.Migrate(t.Context()); err == nil {
			t.Fatal("migrated over a foreign table")
		}
		if err := s.Ping(t.Context()); !errors.Is(err, store.ErrNotReady) {
			t.Errorf("err = %v", err)
		}
		raw(t, url, "DROP TABLE versions")
		must(t, s.Migrate(t.Context()))
		put(t, s, Entry(1))
	})
	t.Run("an ended context stops it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := openOnly(t, fresh(t))
		if err := s.Migrate(ctx); err == nil {
			t.Error("migrated")
		}
		must(t, s.Migrate(t.Context()))
	})
}
