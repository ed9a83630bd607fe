package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxArrivals bounds one read.
const maxArrivals = 1000

// arrive numbers entries for exports, where there are any. It must be the last thing of a
// transaction: its lock, held until the commit, makes the numbers' order that of commits.
func (s *Store) arrive(ctx context.Context, tx *sql.Tx, fresh []counted) error {
	if len(fresh) == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, s.rebind("UPDATE arrival_head SET last = last + ? WHERE id = 1 AND wanted = 1 RETURNING last"), len(fresh))
	if err != nil {
		return err
	}
	last, wanted, err := oneNumber(rows)
	if err != nil || !wanted {
		return err
	}
	ids := make([]byte, 0, 37*len(fresh))
	for i := range fresh {
		if i > 0 {
			ids = append(ids, '\n')
		}
		ids = append(ids, clean(fresh[i].entry.ID)...)
	}
	_, err = s.exec(ctx, tx, "INSERT INTO arrivals (last, count, time, ids) VALUES (?, ?, ?, ?)", last, len(fresh), micros(time.Now()), string(ids))
	return err
}

func oneNumber(rows *sql.Rows) (n int64, found bool, err error) {
	defer rows.Close()
	if rows.Next() {
		found = true
		err = rows.Scan(&n)
	}
	if err == nil {
		err = rows.Err()
	}
	return n, found, err
}

// Arrivals gives up to limit (≤ 1000) entries that came after the one of a number, in the
// order in which they were committed. One that is counted up while it waits is given more
// than once, as it is now. Deleted ones have no document.
func (s *Store) Arrivals(ctx context.Context, after int64, limit int) ([]gateway.Arrival, error) {
	limit = max(1, min(limit, maxArrivals))
	var all []gateway.Arrival
	err := s.query(ctx, "SELECT last, count, ids FROM arrivals WHERE last > ? ORDER BY last LIMIT ?", []any{after, limit}, func(rows *sql.Rows) error {
		var last, count int64
		var ids string
		if len(all) >= limit {
			return errEnough
		}
		if err := rows.Scan(&last, &count, &ids); err != nil {
			return err
		}
		number := last - count
		for id := range strings.SplitSeq(ids, "\n") {
			if number++; number > after && len(all) < limit {
				all = append(all, gateway.Arrival{Number: number, ID: id})
			}
		}
		return nil
	})
	if err == nil || errors.Is(err, errEnough) {
		err = s.arrivalDocs(ctx, all)
	}
	return all, s.failed("arrivals", err)
}

// arrivalDocs fills in the documents.
func (s *Store) arrivalDocs(ctx context.Context, all []gateway.Arrival) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]any, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	docs := make(map[string][]byte, len(all))
	err := s.query(ctx, "SELECT id, doc FROM entries WHERE id IN ("+marks(len(ids))+")", ids, func(rows *sql.Rows) error {
		var id string
		var doc []byte
		if err := rows.Scan(&id, &doc); err != nil {
			return err
		}
		docs[id] = doc
		return nil
	})
	for i := range all {
		all[i].Doc = docs[all[i].ID]
	}
	return err
}

// EntryBodies gives an entry's bodies, nil when it has none.
func (s *Store) EntryBodies(ctx context.Context, id string) (*gateway.Bodies, error) {
	b, err := s.bodies(ctx, id)
	return b, s.failed("bodies of entry "+id, err)
}

// ForgetArrivals deletes what every export has passed, at most step rows, and says how
// many they were.
func (s *Store) ForgetArrivals(ctx context.Context, step int) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, `DELETE FROM arrivals WHERE last IN (SELECT last FROM arrivals
			WHERE last <= COALESCE((SELECT MIN(passed) FROM exports), (SELECT last FROM arrival_head)) ORDER BY last LIMIT ?)`, steps(step))
		return err
	})
	return n, s.failed("forget arrivals", err)
}
