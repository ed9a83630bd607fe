package store_test

import (
	"path/filepath"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// BenchmarkOutcomes reads 20,000 calls.
func BenchmarkOutcomes(b *testing.B) {
	s := storetest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "a.db"))
	for from := 0; from < 20_000; from += 1000 {
		if err := s.PutEntries(b.Context(), entries(from, from+1000)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := s.Outcomes(b.Context(), store.OutcomeQuery{Most: 200_000}, func(*gateway.Outcome) {}); err != nil {
			b.Fatal(err)
		}
	}
}
