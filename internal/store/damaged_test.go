package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// A body that cannot be unpacked is told as damaged: whoever reads many entries goes on.
func TestABodyThatCannotBeReadIsDamaged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.db")
	s := storetest.Open(t, "sqlite:"+file)
	e := storetest.Entry(1)
	e.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("hello"), Size: 5}}
	if err := s.PutEntries(t.Context(), []*gateway.Entry{e}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, change := range []string{"encoding = 1, bytes = x'00112233'"} {
		if _, err := db.Exec("UPDATE bodies SET " + change); err != nil {
			t.Fatal(err)
		}
		b, err := s.EntryBodies(t.Context(), e.ID)
		if err != nil || b == nil || b.Lost != gateway.BodiesDamaged || len(b.Request.Bytes) > 0 {
			t.Errorf("%s: %+v, %v", change, b, err)
		}
		if got, err := s.Entry(t.Context(), e.ID); err != nil || got.Bodies == nil || got.Bodies.Lost != gateway.BodiesDamaged {
			t.Errorf("%s: %+v, %v", change, got, err)
		}
	}
}
