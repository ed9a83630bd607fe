package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unsafe"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxArrivals bounds one read of the database.
const maxArrivals = 1000

// arrive numbers entries for exports, where there are any. It must be the last thing of a
// transaction: its lock, held until the commit, makes the numbers' order that of commits.
// It gives what exports may have of the entries once they are committed, as far as their
// documents are known.
func (s *Store) arrive(ctx context.Context, tx *sql.Tx, p *entryInserts, fresh []counted) (recentBatch, error) {
	if len(fresh) == 0 {
		return recentBatch{}, nil
	}
	last, changed, wanted, err := raiseHead(ctx, tx, p.raise, len(fresh))
	if err != nil || !wanted {
		return recentBatch{}, err
	}
	var b strings.Builder
	b.Grow(37 * len(fresh))
	for i := range fresh {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(clean(fresh[i].entry.ID))
	}
	ids := b.String()
	_, err = tx.StmtContext(ctx, p.arrive).ExecContext(ctx, last, len(fresh), micros(time.Now()), ids)
	return recentBatch{all: arrivalsOf(fresh, ids, last), changed: changed}, err
}

// raiseHead takes numbers; wanted says whether anybody numbers at all.
func raiseHead(ctx context.Context, tx *sql.Tx, raise *sql.Stmt, by int) (last, changed int64, wanted bool, err error) {
	rows, err := tx.StmtContext(ctx, raise).QueryContext(ctx, by)
	if err != nil {
		return 0, 0, false, err
	}
	defer rows.Close()
	if rows.Next() {
		wanted = true
		err = rows.Scan(&last, &changed)
	}
	if err == nil {
		err = rows.Err()
	}
	return last, changed, wanted, err
}

// arrivalsOf gives entries, whose ids stand in lines and whose last one has a number, as
// arrivals; nil where a document is not known.
func arrivalsOf(fresh []counted, ids string, last int64) []gateway.Arrival {
	all := make([]gateway.Arrival, len(fresh))
	for i := range fresh {
		f := &fresh[i]
		if f.doc == "" {
			return nil
		}
		var id string
		id, ids, _ = strings.Cut(ids, "\n")
		all[i] = gateway.Arrival{Number: last - int64(len(fresh)-1-i), ID: id, Time: f.entry.Time.UTC().Round(0), Doc: unsafe.Slice(unsafe.StringData(f.doc), len(f.doc))}
	}
	return all
}

// changed notes that entries were deleted or changed: what processes keep of those that
// they stored counts no longer. It goes before export_set_aside and behind everything else
// of a transaction, whose locks are taken in this order.
func (s *Store) changed(ctx context.Context, tx *sql.Tx) error {
	_, err := s.exec(ctx, tx, "UPDATE arrival_head SET changed = changed + 1 WHERE id = 1 AND wanted = 1")
	return err
}

// Arrivals gives up to limit entries that came after the one of a number, in the
// order in which they were committed. One that is counted up while it waits is given more
// than once, as it is then or now. Deleted ones have no document. Documents are read-only.
func (s *Store) Arrivals(ctx context.Context, after int64, limit int) ([]gateway.Arrival, error) {
	all, err := s.recentArrivals(ctx, after, max(1, limit))
	if len(all) > 0 || err != nil {
		return all, s.failed("arrivals", err)
	}
	limit = max(1, min(limit, maxArrivals))
	err = s.query(ctx, "SELECT last, count, ids FROM arrivals WHERE last > ? ORDER BY last LIMIT ?", []any{after, limit}, func(rows *sql.Rows) error {
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

// recentArrivals gives those whose documents this process has still; none = the store has
// to be asked.
func (s *Store) recentArrivals(ctx context.Context, after int64, limit int) ([]gateway.Arrival, error) {
	if !s.recent.look(after + 1) {
		return nil, nil
	}
	var changed int64
	err := s.queryOften(ctx, &s.exports.changed, nil, func(rows *sql.Rows) error { return rows.Scan(&changed) })
	if err != nil {
		return nil, err
	}
	return s.recent.take(after, limit, changed), nil
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
