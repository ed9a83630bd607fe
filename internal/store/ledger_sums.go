package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// sumSpan is how finely spending is added up, in microseconds: every time zone's days
// begin with one.
const sumSpan = int64(15 * time.Minute / time.Microsecond)

// ledgerSum is what a counter's settlements of one span add up to.
type ledgerSum struct {
	counter string
	span    int64 // when it begins
	amount  gateway.USD
}

// sumsOf adds settlements up, in the order of counters and spans.
func sumsOf(charges []charge) []ledgerSum {
	type key struct {
		counter string
		span    int64
	}
	found := map[key]gateway.USD{}
	for _, c := range charges {
		at := micros(c.Time)
		found[key{clean(c.Counter), at - at%sumSpan}] += c.Amount
	}
	all := make([]ledgerSum, 0, len(found))
	for k, amount := range found {
		all = append(all, ledgerSum{k.counter, k.span, amount})
	}
	slices.SortFunc(all, func(a, b ledgerSum) int {
		return cmp.Or(cmp.Compare(a.counter, b.counter), cmp.Compare(a.span, b.span))
	})
	return all
}

// sumUp adds settlements to the sums, in the transaction that stored them. Where some of
// them were there before, what they touch is added up anew.
func (s *Store) sumUp(ctx context.Context, tx *sql.Tx, insert preparedInserts, charges []charge, allNew bool) error {
	if len(charges) == 0 {
		return nil
	}
	if err := s.lockRollups(ctx, tx); err != nil { // it holds for these sums, too
		return err
	}
	sums := sumsOf(charges)
	for i := 0; i < len(sums) && !allNew; i++ {
		if err := s.sumAnew(ctx, tx, &sums[i]); err != nil {
			return err
		}
	}
	args := make([]any, 0, 3*len(sums))
	return insert.run(ctx, tx, len(sums), func(from, to int) []any {
		args = args[:0]
		for _, one := range sums[from:to] {
			args = append(args, one.counter, one.span, int64(one.amount))
		}
		return args
	})
}

// sumAnew gives what is to be added to a sum so that it is that of the ledger.
func (s *Store) sumAnew(ctx context.Context, tx *sql.Tx, one *ledgerSum) error {
	return tx.QueryRowContext(ctx, s.rebind(`SELECT
		(SELECT CAST(COALESCE(SUM(amount_nusd), 0) AS BIGINT) FROM ledger WHERE counter = ? AND time >= ? AND time < ?) -
		(SELECT CAST(COALESCE(SUM(amount_nusd), 0) AS BIGINT) FROM ledger_sums WHERE counter = ? AND time = ?)`),
		one.counter, one.span, one.span+sumSpan, one.counter, one.span).Scan(&one.amount)
}

// SpentByHour is what each counter's settlements of the hours from ≤ time < to add up to;
// both are full hours. A counter without any is left out.
func (s *Store) SpentByHour(ctx context.Context, counters []string, from, to time.Time) (map[string][]gateway.USD, error) {
	found := map[string][]gateway.USD{}
	hour := int64(time.Hour / time.Microsecond)
	for some := range slices.Chunk(counters, 200) {
		args := []any{hour, micros(from), micros(to)}
		for _, c := range some {
			args = append(args, clean(c))
		}
		err := s.query(ctx, "SELECT counter, time / ?, CAST(SUM(amount_nusd) AS BIGINT) FROM ledger_sums WHERE time >= ? AND time < ? AND counter IN ("+marks(len(some))+") GROUP BY 1, 2",
			args, func(rows *sql.Rows) error {
				var counter string
				var at int64
				var amount gateway.USD
				if err := rows.Scan(&counter, &at, &amount); err != nil {
					return err
				}
				if found[counter] == nil {
					found[counter] = make([]gateway.USD, (micros(to)-micros(from))/hour)
				}
				if i := at - micros(from)/hour; i >= 0 && i < int64(len(found[counter])) {
					found[counter][i] = amount
				}
				return nil
			})
		if err != nil {
			return nil, s.failed("spent by hour", err)
		}
	}
	return found, nil
}
