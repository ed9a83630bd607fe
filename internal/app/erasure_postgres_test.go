package app_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

// What docs/privacy.md says of PostgreSQL: no query finds an erased user, and his bytes are
// in no table's files once they were written anew.
func TestNothingOfAnErasedUserIsLeftInAnyTableOfPostgreSQL(t *testing.T) {
	db := testpg.Start(t)
	url := db.Database(t)
	g := testgw.StartWith(t, testgw.Options{Config: keepingAll, Env: map[string]string{"SLUICE_STORAGE_URL": url}})
	const user = "u-mallory-4711"
	texts := []string{user, "purpleelephant", "greengiraffe"}
	for i, text := range texts[1:] {
		talk(t, g, user, text, i == 1)
	}
	talk(t, g, "u-oscar-0815", "bluebadger", false)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	untilIndexed(t, conn, texts[1:])
	if len(inTables(t, conn, texts)) == 0 {
		t.Fatal("nothing is found before the erasure: the search is blind")
	}
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	run("ANALYZE")
	for _, text := range texts[:2] {
		if len(inStatistics(t, conn, text)) == 0 {
			t.Errorf("no statistics hold %s before the erasure: the search is blind", text)
		}
	}
	erase(t, g, user)
	for _, text := range texts {
		if found := inStatistics(t, conn, text); len(found) > 0 {
			t.Errorf("statistics of %v hold %s", found, text)
		}
	}
	if found := inTables(t, conn, texts); len(found) > 0 {
		t.Errorf("found in %v", found)
	}
	run("CHECKPOINT")
	t.Logf("behind VACUUM and CHECKPOINT, dead bytes are in %v", inFiles(t, conn, texts))
	var left []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		run("VACUUM FULL") // keeps what a transaction that has not ended may still see
		run("CHECKPOINT")
		left = slices.DeleteFunc(inFiles(t, conn, texts), func(file string) bool { return strings.HasPrefix(file, "pg_wal") })
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("behind VACUUM FULL it is in %v", left)
}

// inTables gives the tables of which a row holds one of the texts, in any column.
func inTables(t *testing.T, conn *pgx.Conn, texts []string) (found []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		for _, text := range texts {
			var n int
			sql := "SELECT count(*) FROM " + pgx.Identifier{table}.Sanitize() + " x WHERE position($1 IN lower(x::text)) > 0 OR position(encode($1::bytea, 'hex') IN x::text) > 0"
			if err := conn.QueryRow(t.Context(), sql, text).Scan(&n); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			if n > 0 {
				found = append(found, table+": "+text)
			}
		}
	}
	return found
}

// untilIndexed waits until the index of the search has all of the words.
func untilIndexed(t *testing.T, conn *pgx.Conn, words []string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		var n int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM unnest($1::text[]) AS w(word) WHERE EXISTS (SELECT 1 FROM search_docs WHERE position(word IN words::text) > 0)", words).Scan(&n)
		if n == len(words) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d words are indexed, %v", n, len(words), err)
		}
	}
}

// PostgreSQL keeps the statistics of a table that has become empty, whatever analyses it.
func TestStatisticsOfWhatAnErasureHasEmptiedAreForgotten(t *testing.T) {
	db := testpg.Start(t)
	url := db.Database(t)
	g := testgw.StartWith(t, testgw.Options{Config: keepingAll, Env: map[string]string{"SLUICE_STORAGE_URL": url}})
	const user, said = "u-mallory-4711", "purpleelephant"
	for range 3 {
		talk(t, g, user, said, false)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	untilIndexed(t, conn, []string{said})
	if _, err := conn.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	if len(inStatistics(t, conn, user)) == 0 || len(inStatistics(t, conn, said)) < 2 {
		t.Error("no statistics hold what is searched for: the search is blind")
	}
	erase(t, g, user)
	for _, text := range []string{user, said} {
		if found := inStatistics(t, conn, text); len(found) > 0 {
			t.Errorf("statistics of %v hold %s", found, text)
		}
	}
}

// inStatistics gives the columns of which the values that the planner knows name a text.
func inStatistics(t *testing.T, conn *pgx.Conn, text string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT tablename || '.' || attname FROM pg_stats s WHERE schemaname = current_schema() AND (position($1 IN s::text) > 0 OR position(encode($1::bytea, 'hex') IN s::text) > 0)", text)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// inFiles gives the server's files that hold one of the texts, by their folder below its data.
func inFiles(t *testing.T, conn *pgx.Conn, texts []string) (found []string) {
	t.Helper()
	var dir string
	if err := conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && !d.Type().IsRegular() {
			return nil // files come and go
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				name, _ := filepath.Rel(dir, path)
				found = append(found, name+": "+text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
