package store_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func openSQLite(tb testing.TB) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), "sqlite:"+filepath.Join(tb.TempDir(), "sluice.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}

// cpu is what this process has used of processor time, system calls included.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Making the entries is part of ns/op, not of cpu-µs/entry.
func BenchmarkPutEntries(b *testing.B) {
	for _, size := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := openSQLite(b)
			batch := make([]*gateway.Entry, size)
			n := 0
			var used time.Duration
			for b.Loop() {
				for i := range batch {
					batch[i] = storetest.Entry(n)
					n++
				}
				start := cpu()
				if err := s.PutEntries(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				used += cpu() - start
			}
			b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/entry")
		})
	}
}

// BenchmarkPutSettlements is BenchmarkPutEntries with two budgets.
func BenchmarkPutSettlements(b *testing.B) {
	s := openSQLite(b)
	n := 0
	var used time.Duration
	for b.Loop() {
		batch := entries(n, n+500)
		n += 500
		for _, e := range batch {
			for _, counter := range []string{"00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"} {
				e.Settlements = append(e.Settlements, gateway.Settlement{Rule: "gateway/default/budgets[0]", Counter: counter, Values: "workspace=default", Amount: e.Cost.USD, Time: e.Time})
			}
		}
		start := cpu()
		if err := s.PutEntries(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		used += cpu() - start
	}
	b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/entry")
}

func BenchmarkListEntries(b *testing.B) {
	s := openSQLite(b)
	for i := 0; i < 20_000; i += 500 {
		batch := make([]*gateway.Entry, 500)
		for j := range batch {
			batch[j] = storetest.Entry(i + j)
		}
		if err := s.PutEntries(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for name, q := range map[string]store.EntryQuery{
		"newest":      {},
		"by key":      {KeyID: "key_7"},
		"by error":    {ErrorCode: "rate_limited"},
		"not indexed": {Model: "m-3", StatusClass: 2},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.ListEntries(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpenAndMigrateAFreshStore(b *testing.B) {
	for b.Loop() {
		s, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "sluice.db"))
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Migrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAnalytics asks what the overview asks, of two days of calls of ten keys and five models.
func BenchmarkAnalytics(b *testing.B) {
	s := openSQLite(b)
	now := time.Now().Truncate(time.Minute)
	for i := 0; i < 20_000; i += 500 {
		batch := entries(i, i+500)
		for j, e := range batch {
			e.Time = now.Add(-48*time.Hour + time.Duration(i+j)*(48*time.Hour/20_000))
			e.ID = storetest.IDAt(e.Time, i+j)
		}
		if err := s.PutEntries(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	q := store.AnalyticsQuery{From: now.Add(-48 * time.Hour), To: now, Sketches: [analytics.Sketches]bool{true, true, true, true}}
	byModel, byKey := q, q
	byModel.By, byModel.Step = []analytics.Dimension{analytics.ByModel}, analytics.StepHour
	byKey.By = []analytics.Dimension{analytics.ByKey}
	for name, q := range map[string]store.AnalyticsQuery{"summary": q, "by model and hour": byModel, "by key": byKey} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Analytics(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
