package store

import (
	"context"
	"database/sql"
	"sort"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// burnSpan is how finely spending is told, in microseconds: every time zone's days begin
// with one.
const burnSpan = int64(15 * time.Minute / time.Microsecond)

// SpentBetween is what a counter's settlements add up to between neighbouring edges, which
// are in order and lie on quarters of an hour: one sum less than there are edges.
func (s *Store) SpentBetween(ctx context.Context, counter string, edges []time.Time) ([]gateway.USD, error) {
	if len(edges) < 2 {
		return nil, nil
	}
	sums := make([]gateway.USD, len(edges)-1)
	err := s.query(ctx, "SELECT time / ?, CAST(SUM(amount_nusd) AS BIGINT) FROM ledger WHERE counter = ? AND time >= ? AND time < ? GROUP BY 1",
		[]any{burnSpan, clean(counter), micros(edges[0]), micros(edges[len(edges)-1])}, func(rows *sql.Rows) error {
			var span int64
			var sum gateway.USD
			if err := rows.Scan(&span, &sum); err != nil {
				return err
			}
			at := fromMicros(span * burnSpan)
			i := sort.Search(len(edges), func(i int) bool { return edges[i].After(at) }) - 1
			sums[min(max(i, 0), len(sums)-1)] += sum
			return nil
		})
	return sums, s.failed("spent between", err)
}
