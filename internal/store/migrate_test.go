package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// Rows as the first version wrote them.
const (
	oldKey = `INSERT INTO keys (id, workspace, name, hint, hash, created, expires, revoked, gateways, models, operations, metadata)
		VALUES ('key_old', 'default', 'n', 'sk', 'abc', 1000000, NULL, NULL, '["default"]', '[]', '["chat"]', '{"a":1}')`
	oldEntry = `INSERT INTO entries (id, time, gateway, workspace, key_id, cost_nusd, count, doc)
		VALUES ('01930000-abcd-7000-8000-000000000001', 1772366400000000, 'default', 'default', 'key_old', 7, 1,
			'{"id":"01930000-abcd-7000-8000-000000000001","gateway":"default","count":1}')`
)

func TestSQLiteUpgradesWhatOlderVersionsMade(t *testing.T) { testUpgrade(t, freshSQLite(t)) }

func testUpgrade(t *testing.T, url string) {
	makeOld(t, url)
	s := storetest.Open(t, url)
	k, err := s.Key(t.Context(), "key_old")
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.Key{ID: "key_old", Workspace: "default", Name: "n", Hint: "sk", Hash: gateway.KeyHash{'a', 'b', 'c'}, Created: time.Unix(1, 0).UTC(),
		Tags: []string{}, Gateways: []string{"default"}, Models: []string{}, Operations: []string{"chat"}, Networks: []string{}, Regions: []string{}, Limits: []gateway.Rule{},
		Metadata: json.RawMessage(`{"a":1}`)}
	if diff := cmp.Diff(want, k); diff != "" {
		t.Error(diff)
	}
	k.Owner = "somebody"
	if err := s.UpdateKey(t.Context(), k); err != nil {
		t.Error(err)
	}
	if e, err := s.Entry(t.Context(), "01930000-abcd-7000-8000-000000000001"); err != nil || e.Gateway != "default" {
		t.Errorf("%+v, %v", e, err)
	}
	rows, err := s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByKey, store.ByTeam}})
	if diff := cmp.Diff([]store.SpendRow{{Values: []string{"key_old", ""}, Cost: 7, Calls: 1}}, rows); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if v, err := s.CredentialsVersion(t.Context()); err != nil || v != 1 {
		t.Errorf("version %d, %v", v, err)
	}
}

// oldRollup is a row of analytics as version 10 wrote it: an hour of 2026 with seven calls.
const oldRollup = `INSERT INTO rollups (id, grain, kind, time, workspace, gateway, value, value2, rest, numbers, sketches)
	SELECT %s, 3600000000, '', 1772366400000000, 'default', 'default', '', '', 0, %s, %s`

func TestSQLiteKeepsTheFiguresOfOlderVersions(t *testing.T) {
	testFiguresKept(t, freshSQLite(t), func(hex string) string { return "X'" + hex + "'" })
}

func testFiguresKept(t *testing.T, url string, bytes func(hex string) string) {
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := (&analytics.Row{Grain: analytics.Hour, Spot: analytics.Spot{Time: 1772366400000000, Workspace: "default", Gateway: "default"}}).ID()
	numbers := analytics.Numbers{analytics.Requests: 7}
	if err := s.MigrateTo(t.Context(), 18); err != nil {
		t.Fatal(err)
	}
	if err := s.Exec(t.Context(), fmt.Sprintf(oldRollup, bytes(fmt.Sprintf("%x", id)), bytes(fmt.Sprintf("%x", numbers.Append(nil))), bytes("00000000"))); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // from the hour, then from its day
		from := time.UnixMicro(1772366400000000).Add(-24 * time.Hour)
		got, err := s.Analytics(t.Context(), store.AnalyticsQuery{From: from, To: from.Add(72 * time.Hour)})
		if err != nil || len(got.Series) != 1 || got.Series[0].Total.Numbers != numbers {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.BuildDay(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLiteAddsUpTheLedgerOfOlderVersions(t *testing.T) { testLedgerAddedUp(t, freshSQLite(t)) }

func testLedgerAddedUp(t *testing.T, url string) {
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.MigrateTo(t.Context(), 25); err != nil {
		t.Fatal(err)
	}
	hour := time.UnixMicro(1772366400000000).UTC()
	for i, after := range []time.Duration{0, time.Minute, 20 * time.Minute, 70 * time.Minute, -time.Second} {
		row := fmt.Sprintf("INSERT INTO ledger (entry_id, counter, amount_nusd, time) VALUES ('e%d', 'c', %d, %d)", i, 1<<i, hour.Add(after).UnixMicro())
		if err := s.Exec(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := s.SpentByHour(t.Context(), []string{"c"}, hour.Add(-time.Hour), hour.Add(2*time.Hour))
	if diff := cmp.Diff(map[string][]gateway.USD{"c": {16, 7, 8}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// makeOld makes a database of the first version with a few rows.
func makeOld(t *testing.T, url string) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.MigrateTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{oldKey, oldEntry} {
		if err := s.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLiteKeepsTheModelsOfOlderVersions(t *testing.T) {
	testModelsKept(t, freshSQLite(t), func(hex string) string { return "X'" + hex + "'" })
}

// testModelsKept holds that rows that know no providers yet keep their models, and are not
// asked for providers.
func testModelsKept(t *testing.T, url string, bytes func(hex string) string) {
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.MigrateTo(t.Context(), 30); err != nil {
		t.Fatal(err)
	}
	at := time.UnixMicro(1772366400000000)
	spot := analytics.Spot{Kind: "key", Time: at.UnixMicro(), Workspace: "default", Gateway: "default", Values: [2]string{"key_1", "meta/llama"}}
	id := (&analytics.Row{Grain: analytics.Hour, Spot: spot}).ID()
	numbers := analytics.Numbers{analytics.Requests: 7}
	row := fmt.Sprintf("INSERT INTO rollups (kind, id, time, workspace, gateway, value, value2, rest, numbers, sketches) VALUES ('key', %s, %d, 'default', 'default', 'key_1', 'meta/llama', 0, %s, %s)",
		bytes(fmt.Sprintf("%x", id)), spot.Time, bytes(fmt.Sprintf("%x", numbers.Append(nil))), bytes("00000000"))
	if err := s.Exec(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := func(from time.Time, by ...analytics.Dimension) *store.Analytics {
		got, err := s.Analytics(t.Context(), store.AnalyticsQuery{From: from, To: from.Add(24 * time.Hour), By: by, Where: []store.AnalyticsFilter{{Dimension: analytics.ByKey, Value: "key_1"}}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := ask(at.Add(-time.Hour), analytics.ByModel)
	if got.Entries || len(got.Series) != 1 || got.Series[0].Values[0] != "meta/llama" || got.Series[0].Total.Numbers != numbers {
		t.Errorf("%+v", got)
	}
	if got := ask(at.Add(-time.Hour), analytics.ByProvider); !got.Entries || got.Missing != 7 {
		t.Errorf("old rows are asked for what they do not know: %+v", got)
	}
	if got, err := s.Analytics(t.Context(), store.AnalyticsQuery{From: at.Add(-time.Hour), To: at, By: []analytics.Dimension{analytics.ByProvider, analytics.ByModel}}); err != nil || got.Entries {
		t.Error("rows by model have always known providers", err)
	}
	if got := ask(at.Add(time.Hour), analytics.ByProvider); got.Entries {
		t.Error("rows from then on know providers")
	}
}
