package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// SeeNode notes that a node is alive now; those that were not seen since forget are
// forgotten.
func (s *Store) SeeNode(ctx context.Context, node string, now, forget time.Time) error {
	return s.failed("see node", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "INSERT INTO nodes (node, seen) VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET seen = excluded.seen", clean(node), micros(now))
		if err == nil {
			_, err = s.exec(ctx, tx, "DELETE FROM nodes WHERE seen < ?", micros(forget))
		}
		return err
	}))
}

// LeaveNode notes that a node has ended and keeps nothing any more.
func (s *Store) LeaveNode(ctx context.Context, node string) error {
	return s.failed("leave node", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "DELETE FROM nodes WHERE node = ?", clean(node))
		return err
	}))
}

// AskedOf gives the erasures that wait for a node to do its part of one of some steps. What
// this store takes up from then on is held against them.
func (s *Store) AskedOf(ctx context.Context, node string, steps ...string) ([]gateway.Erasure, error) {
	args := make([]any, 0, len(steps)+1)
	for _, step := range steps {
		args = append(args, step)
	}
	all, err := every(ctx, s, selectErasures+" WHERE finished IS NULL AND step IN ("+marks(len(steps))+`) AND NOT EXISTS
		(SELECT 1 FROM erasure_answers a WHERE a.erasure = erasures.id AND a.step = erasures.step AND a.node = ?) ORDER BY created, id`, scanErasure, append(args, clean(node))...)
	if len(all) > 0 {
		s.late.forget()
	}
	return all, s.failed("erasures that wait for a node", err)
}

// AnswerErasure notes that a node has done its part of a step.
func (s *Store) AnswerErasure(ctx context.Context, id, step, node string) error {
	return s.failed("answer erasure "+id, s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "INSERT INTO erasure_answers (erasure, step, node) VALUES (?, ?, ?) ON CONFLICT (erasure, step, node) DO NOTHING", clean(id), clean(step), clean(node))
		return err
	}))
}

// SilentNodes gives the nodes that have not done their part of a step: those that were seen
// since a time, and those that were not and are away.
func (s *Store) SilentNodes(ctx context.Context, id, step string, since time.Time) (here, away []string, err error) {
	err = s.query(ctx, `SELECT node, seen FROM nodes WHERE node NOT IN (SELECT node FROM erasure_answers WHERE erasure = ? AND step = ?) ORDER BY node`,
		[]any{clean(id), clean(step)}, func(rows *sql.Rows) error {
			var node string
			var seen int64
			if err := rows.Scan(&node, &seen); err != nil {
				return err
			}
			if seen < micros(since) {
				away = append(away, node)
			} else {
				here = append(here, node)
			}
			return nil
		})
	return here, away, s.failed("nodes that an erasure waits for", err)
}
