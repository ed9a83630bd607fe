package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectErasures = "SELECT id, kind, created, finished, workspace, person, person_hash, requested_by, state, step, counts, error, hash, signature FROM erasures"

// CreateErasure notes that a user is to be erased, or the keys of a workspace; what these
// open is counted by then, and what is kept of a user as it goes.
func (s *Store) CreateErasure(ctx context.Context, e gateway.Erasure) error {
	defer s.late.forget()
	counts := []byte("{}")
	if e.Kind == gateway.ErasureOfKeys {
		counts, _ = json.Marshal(e.Counts) // numbers by name
	}
	return s.failed("create erasure", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO erasures (id, kind, created, workspace, person, person_hash, requested_by, state, step, counts, error, hash, signature, lease)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, '', '', '', 0)`, clean(e.ID), e.Kind, micros(e.Created), clean(e.Workspace), clean(e.User), e.UserHash, clean(e.By), e.State, string(counts))
		return err
	}))
}

// Erasure gives one, or ErrNotFound.
func (s *Store) Erasure(ctx context.Context, id string) (gateway.Erasure, error) {
	e, err := single(ctx, s, selectErasures+" WHERE id = ?", scanErasure, clean(id))
	return e, s.failed("erasure "+id, err)
}

// ErasurePage is one page of a list.
type ErasurePage struct {
	Erasures []gateway.Erasure // newest first
	Next     string            // the cursor of the next page, "" at the end
}

// Erasures gives a page of those within some workspaces, newest first; nil = every one.
func (s *Store) Erasures(ctx context.Context, within []string, cursor string, limit int) (ErasurePage, error) {
	l := lister[gateway.Erasure]{query: selectErasures, cursor: cursor, limit: limit, scan: scanErasure,
		last: func(e *gateway.Erasure) (time.Time, string) { return e.Created, e.ID }}
	l.where.in("workspace", within)
	var page ErasurePage
	var err error
	page.Erasures, page.Next, err = l.page(ctx, s)
	return page, s.failed("erasures", err)
}

// ClaimErasure gives the oldest that is not done and that nobody works at, which is the
// caller's until then; nil = there is none.
func (s *Store) ClaimErasure(ctx context.Context, now, until time.Time) (*gateway.Erasure, error) {
	var claimed *gateway.Erasure
	err := s.tx(ctx, func(tx *sql.Tx) error {
		ids, err := s.ids(ctx, tx, "SELECT id FROM erasures WHERE finished IS NULL AND lease < ? ORDER BY created, id LIMIT 1", micros(now))
		if err != nil || len(ids) == 0 {
			return err
		}
		n, err := s.exec(ctx, tx, "UPDATE erasures SET lease = ?, state = ? WHERE id = ? AND finished IS NULL AND lease < ?", micros(until), gateway.ErasureRunning, ids[0], micros(now))
		if err != nil || n == 0 {
			return err
		}
		rows, err := tx.QueryContext(ctx, s.rebind(selectErasures+" WHERE id = ?"), ids[0])
		if err != nil {
			return err
		}
		defer rows.Close()
		if rows.Next() {
			e, err := scanErasure(rows)
			claimed = &e
			return err
		}
		return rows.Err()
	})
	return claimed, s.failed("claim erasure", err)
}

// SaveErasure notes how far one is; it stays the caller's until then, unless it is done.
func (s *Store) SaveErasure(ctx context.Context, e *gateway.Erasure, until time.Time) error {
	return s.failed("save erasure "+e.ID, s.tx(ctx, func(tx *sql.Tx) error { return s.saveErasure(ctx, tx, e, until) }))
}

func (s *Store) saveErasure(ctx context.Context, tx *sql.Tx, e *gateway.Erasure, until time.Time) error {
	counts, err := json.Marshal(e.Counts)
	if err != nil {
		return err
	}
	var finished any
	if e.Finished != nil {
		finished = micros(*e.Finished)
	}
	return noRow(s.exec(ctx, tx, "UPDATE erasures SET finished = ?, person = ?, state = ?, step = ?, counts = ?, error = ?, hash = ?, signature = ?, lease = ? WHERE id = ? AND finished IS NULL",
		finished, clean(e.User), e.State, clean(e.Step), string(counts), clean(e.Error), e.Hash, e.Signature, micros(until), clean(e.ID)))
}

func scanErasure(rows *sql.Rows) (e gateway.Erasure, err error) {
	var created int64
	var finished sql.NullInt64
	var counts []byte
	if err = rows.Scan(&e.ID, &e.Kind, &created, &finished, &e.Workspace, &e.User, &e.UserHash, &e.By, &e.State, &e.Step, &counts, &e.Error, &e.Hash, &e.Signature); err != nil {
		return e, err
	}
	e.Created = fromMicros(created)
	if finished.Valid {
		at := fromMicros(finished.Int64)
		e.Finished = &at
	}
	return e, json.Unmarshal(counts, &e.Counts)
}
