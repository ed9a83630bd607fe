// Package storetest is the suite that every engine of store passes: what a method
// promises is tested here once, never per engine.
package storetest

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Run runs the suite. fresh gives the URL of an empty database of its own to each call.
func Run(t *testing.T, fresh func(testing.TB) string) {
	suites := map[string]func(*testing.T, func(testing.TB) string){
		"entries":          testEntries,
		"lists":            testLists,
		"deletion":         testDeletion,
		"bodies":           testBodies,
		"body keys":        testBodyKeys,
		"sealed bodies":    testSealedBodies,
		"keys":             testKeys,
		"workspaces":       testWorkspaces,
		"key change":       testKeyChange,
		"users":            testUsers,
		"members":          testMembers,
		"tokens":           testTokens,
		"credentials":      testCredentials,
		"ledger":           testLedger,
		"leases":           testLeases,
		"forbidden calls":  testForbidden,
		"new networks":     testNewNetworks,
		"many networks":    testManyNewNetworks,
		"networks":         testNetworks,
		"spend":            testSpend,
		"alerts":           testAlerts,
		"raises":           testRaises,
		"drains":           testDrains,
		"canaries":         testCanaries,
		"revisions":        testRevisions,
		"audit":            testAudit,
		"purges":           testPurges,
		"cache":            testCache,
		"outcomes":         testOutcomes,
		"rollups":          testRollups,
		"objects":          testObjects,
		"settings":         testSettings,
		"migration":        testMigration,
		"hostile":          testHostile,
		"together":         testTogether,
		"in use":           testInUse,
		"search":           testSearch,
		"alert states":     testAlertStates,
		"alert mutes":      testAlertMutes,
		"exports":          testExports,
		"arrivals":         testArrivals,
		"arrivals of many": testArrivalsTogether,
		"arrivals at once": testArrivalsRecent,
	}
	for name, suite := range suites {
		made := fresh
		if name != "migration" {
			made = seeded(fresh)
		}
		t.Run(name, func(t *testing.T) { suite(t, made) })
	}
}

// seeded gives databases that have their schema already, where that saves time.
func seeded(fresh func(testing.TB) string) func(testing.TB) string {
	return func(t testing.TB) string {
		t.Helper()
		url := fresh(t)
		if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
			Seed(t, path)
		}
		return url
	}
}

// Open opens and migrates a store, which is closed when the test ends.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s := openOnly(t, url)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func openOnly(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// need gives the value of a call that must not fail: need(s.Key(ctx, id))(t).
func need[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}
