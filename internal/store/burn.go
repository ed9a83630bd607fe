package store

import (
	"context"
	"database/sql"
	"sort"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// SpentBetween is what a counter's settlements add up to between neighbouring edges, which
// are in order and lie on quarters of an hour: one sum less than there are edges.
func (s *Store) SpentBetween(ctx context.Context, counter string, edges []time.Time) ([]gateway.USD, error) {
	if len(edges) < 2 {
		return nil, nil
	}
	sums := make([]gateway.USD, len(edges)-1)
	err := s.query(ctx, "SELECT time / ?, amount_nusd FROM ledger_sums WHERE counter = ? AND time >= ? AND time < ?",
		[]any{sumSpan, clean(counter), micros(edges[0]), micros(edges[len(edges)-1])}, func(rows *sql.Rows) error {
			var span int64
			var sum gateway.USD
			if err := rows.Scan(&span, &sum); err != nil {
				return err
			}
			at := fromMicros(span * sumSpan)
			i := sort.Search(len(edges), func(i int) bool { return edges[i].After(at) }) - 1
			sums[min(max(i, 0), len(sums)-1)] += sum
			return nil
		})
	return sums, s.failed("spent between", err)
}
