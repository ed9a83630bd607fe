package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

func TestPostgres(t *testing.T) {
	server := testpg.Start(t)
	t.Cleanup(store.SmallWindows())
	if !raceEnabled { // the store runs the same code over SQLite, which is watched there
		storetest.Run(t, server.Database)
	}
	t.Run("finds by index", func(t *testing.T) {
		url := server.Database(t) + "&enable_seqscan=off&enable_bitmapscan=off" // the planner's choice for many rows
		s := storetest.Open(t, url)
		testPlans(t, s, "EXPLAIN", "using ")
		testSpentPlan(t, s, "EXPLAIN", "index only scan using ")
	})
	t.Run("a backup has every table", func(t *testing.T) { testBackupTables(t, server.Database(t)) })
	t.Run("answers from bounded reads", func(t *testing.T) {
		testScale(t, storetest.Open(t, server.Database(t)+"&enable_seqscan=off&enable_bitmapscan=off"), "EXPLAIN")
	})
	t.Run("upgrades what older versions made", func(t *testing.T) { testUpgrade(t, server.Database(t)) })
	t.Run("keeps the figures of older versions", func(t *testing.T) {
		testFiguresKept(t, server.Database(t), func(hex string) string { return `'\x` + hex + `'::bytea` })
	})
	t.Run("keeps the models of older versions", func(t *testing.T) {
		testModelsKept(t, server.Database(t), func(hex string) string { return `'\x` + hex + `'::bytea` })
	})
	t.Run("adds up the ledger of older versions", func(t *testing.T) { testLedgerAddedUp(t, server.Database(t)) })
	t.Run("a server that is away at boot", func(t *testing.T) {
		url := server.Database(t)
		server.Stop()
		s, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Migrate(t.Context()); !store.Away(err) {
			t.Errorf("err = %v", err)
		}
		if err := s.PutEntries(t.Context(), entries(0, 1)); !store.Away(err) {
			t.Errorf("err = %v", err)
		}
		server.Restart()
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.PutEntries(t.Context(), entries(0, 1)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a server that restarts loses nothing and is found again", func(t *testing.T) { testRestart(t, server) })
}

// testRestart puts batches, each until it is taken, while the server is killed and started.
func testRestart(t *testing.T, server *testpg.Server) {
	s := storetest.Open(t, server.Database(t))
	const batches, size = 60, 20
	half, done := make(chan struct{}), make(chan int)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		failed := 0
		for b := range batches {
			if b == batches/2 {
				close(half)
				<-half
			}
			for ctx.Err() == nil {
				err := s.PutEntries(ctx, entries(b*size, (b+1)*size))
				if err == nil {
					break
				}
				failed++
				if !store.Away(err) {
					t.Errorf("not seen as away: %v", err)
				}
				retry(ctx, 20*time.Millisecond)
			}
		}
		done <- failed
	}()
	<-half
	server.Stop()
	if err := s.Ping(t.Context()); !store.Away(err) {
		t.Errorf("ping: %v", err)
	}
	server.Restart()
	failed := <-done
	t.Logf("%d attempts failed meanwhile", failed)
	n, err := s.CountEntries(t.Context(), store.EntryQuery{})
	if err != nil || n != batches*size {
		t.Errorf("%d entries, %v", n, err)
	}
	if _, err := s.KeysVersion(t.Context()); err != nil {
		t.Error(err)
	}
}

// retry waits a little, or until ctx ends.
func retry(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func TestErrorsOfPostgresNeverHoldThePassword(t *testing.T) {
	for _, url := range []string{"postgres://u:s3cret@127.0.0.1:1/x?sslmode=disable", "postgres://u:s3cret@127.0.0.1:port/x", "postgres://u:s3cret@/x?sslmode=nonsense"} {
		s, err := store.Open(t.Context(), url)
		if err == nil {
			err = s.Migrate(t.Context())
			defer s.Close()
		}
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func BenchmarkPostgresPutEntries(b *testing.B) {
	s := storetest.Open(b, testpg.Start(b).URL())
	n := 0
	var batch []*gateway.Entry
	var used time.Duration
	for b.Loop() {
		batch = entries(n, n+500)
		n += 500
		start := cpu()
		if err := s.PutEntries(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		used += cpu() - start
	}
	b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/entry")
}
