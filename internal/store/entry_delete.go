package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// maxStep bounds the rows of one deleting transaction.
const maxStep = 1000

// DeleteEntry deletes one entry and its bodies, or says ErrNotFound.
func (s *Store) DeleteEntry(ctx context.Context, id string) error {
	return s.failed("delete entry "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.deleteRows(ctx, tx, []any{clean(id)})
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	}))
}

// DeleteEntries deletes every entry that matches q (its Limit and Cursor do not count)
// and is there when it starts, at most step (≤ 1000) in a transaction, newest first. It
// tells how many, also when it ends early.
func (s *Store) DeleteEntries(ctx context.Context, q EntryQuery, step int) (int, error) {
	total, below := 0, ""
	for {
		c := s.conditionsOf(&q)
		if below != "" {
			c.add("id < ?", below)
		}
		ids, err := s.deleteStep(ctx, c, "DESC", step)
		total += len(ids)
		if err != nil || len(ids) == 0 {
			return total, s.failed("delete entries", err)
		}
		below = ids[len(ids)-1].(string)
	}
}

// SweepEntries deletes a gateway's oldest entries that are older than before, at most
// step (≤ 1000), in one transaction, and says how many; call it again until that is 0.
func (s *Store) SweepEntries(ctx context.Context, gatewayName string, before time.Time, step int) (int, error) {
	q := EntryQuery{Gateway: gatewayName, To: before}
	c := s.conditionsOf(&q)
	if floor := s.swept.floor(gatewayName); floor != "" {
		c.add("id >= ?", floor)
	}
	ids, err := s.deleteStep(ctx, c, "ASC", step)
	if err == nil && len(ids) < steps(step) {
		s.swept.upTo(gatewayName, idAt(before.Add(-idSlack)))
	}
	return len(ids), s.failed("sweep entries", err)
}

// SweepWorkspace is SweepEntries for a workspace's entries, whatever their gateway.
func (s *Store) SweepWorkspace(ctx context.Context, workspace string, before time.Time, step int) (int, error) {
	q := EntryQuery{Workspace: workspace, To: before}
	ids, err := s.deleteStep(ctx, s.conditionsOf(&q), "ASC", step)
	return len(ids), s.failed("sweep entries of a workspace", err)
}

// sweepFloors remembers per gateway below which id a sweep left nothing, so that the next
// one need not wade through what other gateways keep for longer. It is forgotten with
// the process, and when an entry arrives that is older.
type sweepFloors struct {
	mu     sync.Mutex
	floors map[string]string
}

func (f *sweepFloors) floor(gatewayName string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.floors[gatewayName]
}

func (f *sweepFloors) upTo(gatewayName, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.floors == nil {
		f.floors = map[string]string{}
	}
	f.floors[gatewayName] = id
}

// arrived is told the smallest id of every batch.
func (f *sweepFloors) arrived(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, floor := range f.floors {
		if id < floor {
			delete(f.floors, name)
		}
	}
}

// SweepBodies is SweepEntries for the bodies alone: the entries stay. step counts the
// entries whose bodies go.
func (s *Store) SweepBodies(ctx context.Context, gatewayName string, before time.Time, step int) (int, error) {
	var ids []any
	err := s.tx(ctx, func(tx *sql.Tx) (err error) {
		ids, err = s.ids(ctx, tx, "SELECT DISTINCT entry_id FROM bodies WHERE gateway = ? AND entry_id < ? ORDER BY entry_id LIMIT ?",
			clean(gatewayName), idAt(before), steps(step))
		if err != nil || len(ids) == 0 {
			return err
		}
		return s.deleteBodies(ctx, tx, ids)
	})
	return len(ids), s.failed("sweep bodies", err)
}

func steps(n int) int {
	if n <= 0 {
		return maxStep
	}
	return min(n, maxStep)
}

// deleteStep deletes the first rows that match, in order of id, and gives their ids.
func (s *Store) deleteStep(ctx context.Context, c conditions, order string, step int) (ids []any, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) (err error) {
		ids, err = s.ids(ctx, tx, "SELECT id FROM entries"+c.where()+" ORDER BY id "+order+" LIMIT ?", append(c.args, steps(step))...)
		if err != nil || len(ids) == 0 {
			return err
		}
		_, err = s.deleteRows(ctx, tx, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

func (s *Store) deleteRows(ctx context.Context, tx *sql.Tx, ids []any) (int, error) {
	if err := s.deleteBodies(ctx, tx, ids); err != nil {
		return 0, err
	}
	if _, err := s.exec(ctx, tx, "DELETE FROM feedback WHERE entry_id IN ("+marks(len(ids))+")", ids...); err != nil {
		return 0, err
	}
	n, err := s.exec(ctx, tx, "DELETE FROM entries WHERE id IN ("+marks(len(ids))+")", ids...)
	if err == nil && n > 0 {
		err = s.changed(ctx, tx)
	}
	if err != nil {
		return 0, err
	}
	_, err = s.exec(ctx, tx, "DELETE FROM export_set_aside WHERE entry_id IN ("+marks(len(ids))+")", ids...)
	return n, err
}

func (s *Store) deleteBodies(ctx context.Context, tx *sql.Tx, ids []any) error {
	if err := s.dequeue(ctx, tx, ids); err != nil {
		return err
	}
	_, err := s.exec(ctx, tx, "DELETE FROM bodies WHERE entry_id IN ("+marks(len(ids))+")", ids...)
	return err
}

func (s *Store) ids(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]any, error) {
	rows, err := tx.QueryContext(ctx, s.rebind(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []any
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
