package store_test

import (
	"slices"
	"testing"

	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestSQLiteBackupsHaveEveryTable(t *testing.T) { testBackupTables(t, freshSQLite(t)) }

// testBackupTables fails when a migration makes a table of which nobody has said whether a
// backup has it.
func testBackupTables(t *testing.T, url string) {
	s := storetest.Open(t, url)
	if err := s.OpenSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
	there, backed, left, err := s.BackupTables(t.Context())
	if err != nil || len(there) < 20 {
		t.Fatal(there, err)
	}
	for _, name := range there {
		if _, out := left[name]; slices.Contains(backed, name) == out {
			t.Errorf("the table %s stands in neither or both of the lists in backup_tables.go: should a backup have it?", name)
		}
	}
	for _, name := range backed {
		if !slices.Contains(there, name) {
			t.Errorf("backup_tables.go names a table %s, which is not there", name)
		}
	}
	for name, why := range left {
		if why == "" {
			t.Errorf("why does no backup have the table %s?", name)
		}
	}
}
