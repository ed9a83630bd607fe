package store_test

import (
	"database/sql"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func entries(from, to int) []*gateway.Entry {
	var all []*gateway.Entry
	for i := from; i < to; i++ {
		all = append(all, storetest.Entry(i))
	}
	return all
}

// exclusive holds a SQLite file's exclusive lock, as another process would.
func exclusive(t *testing.T, path string) *sql.Tx {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return tx
}
