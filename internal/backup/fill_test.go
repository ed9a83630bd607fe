package backup_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	_ "modernc.org/sqlite"             // registers "sqlite"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

var everything = store.Calls{Entries: true}

func freshSQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "sluice.db") }

// open opens a store and touches nothing.
func open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// raw gives the database itself.
func raw(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// filled gives a store that has rows in every table, with values that are hard to carry.
func filled(t testing.TB, url string, rows int) *store.Store {
	t.Helper()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		storetest.Seed(t, path)
	}
	s := storetest.Open(t, url)
	db := raw(t, url)
	for _, table := range tables(t, s) {
		if table.Name == "audit_head" { // which has one row
			continue
		}
		for n := 1; n <= rows; n++ {
			insert(t, db, &table, n)
		}
	}
	return s
}

func insert(t testing.TB, db *sql.DB, table *store.Table, n int) {
	t.Helper()
	var names, values []string
	var args []any
	for _, c := range table.Columns {
		names = append(names, `"`+c.Name+`"`)
		args = append(args, value(table.Name, c, n))
		values = append(values, fmt.Sprintf("$%d", len(args)))
	}
	query := "INSERT INTO " + table.Name + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func value(table string, c store.Column, n int) any {
	switch {
	case c.Name == "workspace":
		return "default"
	case c.Name == "user_id":
		return fmt.Sprintf("users id %d \"é\"\n\\", n)
	case table == "settings" && c.Name == "value" && n == 2:
		return []byte{}
	case table == "feedback" && c.Kind == store.KindReal:
		return []any{0.1, 1e300, nil}[n%3]
	case table == "entries" && n == 3 && c.Name != "id":
		return nil
	}
	switch c.Kind {
	case store.KindInteger:
		if strings.HasSuffix(c.Name, "_nusd") {
			return int64(n)<<55 + 1
		}
		return int64(n)
	case store.KindReal:
		return float64(n) / 3
	case store.KindBytes:
		return []byte(table + "\x00\xff" + c.Name + fmt.Sprint(n))
	}
	return fmt.Sprintf("%s %s %d \"é\"\n\\", table, c.Name, n)
}

func tables(t testing.TB, s *store.Store) (all []store.Table) {
	t.Helper()
	err := s.Snapshot(t.Context(), func(x *store.Snapshot) (err error) {
		all, err = x.Tables(t.Context(), everything)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// contents gives the rows of every table, in an order of their own.
func contents(t testing.TB, s *store.Store) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := s.Snapshot(t.Context(), func(x *store.Snapshot) error {
		list, err := x.Tables(t.Context(), everything)
		for i := range list {
			all[list[i].Name] = []string{}
			if err == nil {
				err = x.Rows(t.Context(), &list[i], func(row []any) error {
					line, err := json.Marshal(row)
					all[list[i].Name] = append(all[list[i].Name], string(line))
					return err
				})
			}
			slices.Sort(all[list[i].Name])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// archive backs a store up.
func archive(t testing.TB, s *store.Store, o backup.Options) []byte {
	t.Helper()
	o.Created, o.Version = time.Now(), "test"
	var b bytes.Buffer
	if _, err := backup.Write(t.Context(), s, &b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func quiet(int64, int64) {}

func said(passphrase string) func() (string, error) {
	return func() (string, error) { return passphrase, nil }
}

func restore(ctx context.Context, s *store.Store, file []byte) error {
	_, _, err := backup.Restore(ctx, s, bytes.NewReader(file), nil, quiet, quiet)
	return err
}
