package store

import (
	"context"
	"database/sql"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// CreateWorkspace adds a workspace; an id that is taken is ErrExists.
func (s *Store) CreateWorkspace(ctx context.Context, w gateway.Workspace) error {
	return s.failed("create workspace "+w.ID, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "INSERT INTO workspaces (id, name, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			clean(w.ID), clean(w.Name), micros(w.Created))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
		return s.bump(ctx, tx)
	}))
}

// Workspace gives one workspace, or ErrNotFound.
func (s *Store) Workspace(ctx context.Context, id string) (gateway.Workspace, error) {
	var w gateway.Workspace
	var created int64
	err := s.one(ctx, "SELECT id, name, created FROM workspaces WHERE id = ?", []any{clean(id)}, &w.ID, &w.Name, &created)
	if err != nil {
		return gateway.Workspace{}, s.failed("workspace "+id, err)
	}
	w.Created = fromMicros(created)
	return w, nil
}

// WorkspacePage is one page of a list.
type WorkspacePage struct {
	Workspaces []gateway.Workspace // newest first
	Next       string              // the cursor of the next page, "" at the end
}

// Workspaces gives a page, newest first. limit 0 is 50, at most 500.
func (s *Store) Workspaces(ctx context.Context, cursor string, limit int) (WorkspacePage, error) {
	var c conditions
	if err := c.after(cursor); err != nil {
		return WorkspacePage{}, err
	}
	size := pageSize(limit)
	var page WorkspacePage
	err := s.query(ctx, "SELECT id, name, created FROM workspaces"+c.where()+" ORDER BY created DESC, id DESC LIMIT ?", append(c.args, size+1), func(rows *sql.Rows) error {
		if n := len(page.Workspaces); n == size {
			last := page.Workspaces[n-1]
			page.Next = createdCursor(last.Created, last.ID)
			return nil
		}
		var w gateway.Workspace
		var created int64
		err := rows.Scan(&w.ID, &w.Name, &created)
		w.Created = fromMicros(created)
		page.Workspaces = append(page.Workspaces, w)
		return err
	})
	return page, s.failed("workspaces", err)
}
