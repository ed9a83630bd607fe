package testpg_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/testpg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatWasCommittedOutlivesARestart(t *testing.T) {
	s := testpg.Start(t)
	url := s.Database(t)
	run := func(sql string) (n int, err error) {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			return 0, err
		}
		defer conn.Close(t.Context())
		err = conn.QueryRow(t.Context(), sql).Scan(&n)
		return n, err
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 42 AS n"); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if conn.Ping(t.Context()) == nil {
		t.Error("a stopped server answers")
	}
	if _, err := run("SELECT 1"); err == nil {
		t.Error("a stopped server takes connections")
	}
	s.Restart()
	if n, err := run("SELECT n FROM kept"); err != nil || n != 42 {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestDatabasesDoNotSeeEachOther(t *testing.T) {
	s := testpg.Start(t)
	for range 2 {
		conn, err := pgx.Connect(t.Context(), s.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE same (n int)"); err != nil {
			t.Error(err)
		}
		conn.Close(t.Context())
	}
}
