package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

var ledgerColumns = [...]string{
	"entry_id", "counter", "rule", "rule_values", "amount_nusd", "time", "workspace", "key_id", "gateway", "provider", "model", `"user"`, "team",
}

// charge is one row of the ledger to be: a settlement with the entry that it came with.
type charge struct {
	gateway.Settlement
	entry *gateway.Entry
}

// chargesOf lists the settlements in the order of entries and counters, which keeps two
// writers from locking rows in opposite order. What an entry took from one counter in
// several settlements is added up.
func chargesOf(entries []*gateway.Entry) []charge {
	var all []charge
	for _, e := range entries {
		first := len(all)
		for _, s := range e.Settlements {
			i := slices.IndexFunc(all[first:], func(c charge) bool { return c.Counter == s.Counter })
			if i >= 0 {
				all[first+i].Amount += s.Amount
				continue
			}
			all = append(all, charge{s, e})
		}
		slices.SortFunc(all[first:], func(a, b charge) int { return cmp.Compare(a.Counter, b.Counter) })
	}
	return all
}

// insertCharges tells how many of the settlements were not there yet.
func insertCharges(ctx context.Context, tx *sql.Tx, insert preparedInserts, charges []charge) (inserted int, err error) {
	var args []any
	return insert.runCounted(ctx, tx, len(charges), func(from, to int) []any {
		args = args[:0]
		for i := range charges[from:to] {
			args = charges[from+i].appendRow(args)
		}
		return args
	})
}

// appendRow appends the values of ledgerColumns.
func (c *charge) appendRow(args []any) []any {
	e := c.entry
	return append(args, clean(e.ID), clean(c.Counter), textOrNull(c.Rule), textOrNull(c.Values), int64(c.Amount), micros(c.Time),
		textOrNull(e.Workspace), textOrNull(e.KeyID), textOrNull(e.Gateway), textOrNull(e.Provider), textOrNull(e.Model), textOrNull(e.User),
		textOrNull(teamOf(e.Metadata)))
}

const spentSQL = "SELECT CAST(COALESCE(SUM(amount_nusd), 0) AS BIGINT) FROM ledger WHERE counter = ? AND time >= ?"

// Spent is what a counter's settlements since then add up to.
func (s *Store) Spent(ctx context.Context, counter string, since time.Time) (gateway.USD, error) {
	var sum gateway.USD
	err := s.one(ctx, spentSQL, []any{clean(counter), micros(since)}, &sum)
	return sum, s.failed("spent", err)
}

// SpentBeside is Spent without the settlements of some entries, in one consistent look.
// Who adds up what a spool holds too asks the spool first and names its entries here:
// then nothing is missed and nothing counted twice, whatever moves meanwhile.
func (s *Store) SpentBeside(ctx context.Context, counter string, since time.Time, entryIDs map[string]bool) (gateway.USD, error) {
	if len(entryIDs) == 0 {
		return s.Spent(ctx, counter, since)
	}
	oldest := ""
	for id := range entryIDs {
		if oldest == "" || id < oldest {
			oldest = id
		}
	}
	var sum gateway.USD
	err := s.query(ctx, `SELECT MIN(entry_id), CAST(SUM(amount_nusd) AS BIGINT) FROM ledger WHERE counter = ? AND time >= ?
		GROUP BY CASE WHEN entry_id < ? THEN '' ELSE entry_id END`,
		[]any{clean(counter), micros(since), clean(oldest)}, func(rows *sql.Rows) error {
			var id string
			var amount gateway.USD
			err := rows.Scan(&id, &amount)
			if !entryIDs[id] {
				sum += amount
			}
			return err
		})
	return sum, s.failed("spent", err)
}

// Settlements gives what an entry took from counters, by rule.
func (s *Store) Settlements(ctx context.Context, entryID string) ([]gateway.Settlement, error) {
	var all []gateway.Settlement
	err := s.query(ctx, `SELECT COALESCE(rule, ''), counter, COALESCE(rule_values, ''), amount_nusd, time FROM ledger
		WHERE entry_id = ? ORDER BY rule, counter`, []any{clean(entryID)}, func(rows *sql.Rows) error {
		var one gateway.Settlement
		var at int64
		err := rows.Scan(&one.Rule, &one.Counter, &one.Values, &one.Amount, &at)
		one.Time = fromMicros(at)
		all = append(all, one)
		return err
	})
	return all, s.failed("settlements of entry "+entryID, err)
}

// SweepLedger deletes the oldest settlements of entries older than before, at most step
// (≤ 1000) in one transaction, and says how many; call it again until that is 0. before
// must lie further back than any budget's period. Sums go with the last of them.
func (s *Store) SweepLedger(ctx context.Context, before time.Time, step int) (int, error) {
	n := 0
	err := s.tx(ctx, func(tx *sql.Tx) (err error) {
		n, err = s.exec(ctx, tx, `DELETE FROM ledger WHERE (entry_id, counter) IN
			(SELECT entry_id, counter FROM ledger WHERE entry_id < ? ORDER BY entry_id LIMIT ?)`, idAt(before), steps(step))
		if err == nil && n < steps(step) {
			_, err = s.exec(ctx, tx, "DELETE FROM ledger_sums WHERE time < ?", micros(before))
		}
		return err
	})
	return n, s.failed("sweep ledger", err)
}
