package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectWorkspaces = "SELECT id, name, created, regions, retain_s FROM workspaces"

// CreateWorkspace adds a workspace; an id that is taken is ErrExists.
func (s *Store) CreateWorkspace(ctx context.Context, w gateway.Workspace) error {
	regions, err := list(w.Regions)
	if err != nil {
		return s.failed("create workspace "+w.ID, err)
	}
	return s.failed("create workspace "+w.ID, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "INSERT INTO workspaces (id, name, created, regions, retain_s) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			clean(w.ID), clean(w.Name), micros(w.Created), regions, w.RetainS)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
		return s.bump(ctx, tx, keysVersion)
	}))
}

// Workspace gives one workspace, or ErrNotFound.
func (s *Store) Workspace(ctx context.Context, id string) (gateway.Workspace, error) {
	w, err := single(ctx, s, selectWorkspaces+" WHERE id = ?", scanWorkspace, clean(id))
	return w, s.failed("workspace "+id, err)
}

// UpdateWorkspace changes what people call a workspace, where its calls may be served, and how long they are kept.
func (s *Store) UpdateWorkspace(ctx context.Context, w gateway.Workspace) error {
	regions, err := list(w.Regions)
	if err != nil {
		return s.failed("update workspace "+w.ID, err)
	}
	return s.failed("update workspace "+w.ID, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE workspaces SET name = ?, regions = ?, retain_s = ? WHERE id = ?", clean(w.Name), regions, w.RetainS, clean(w.ID))
		if err := noRow(n, err); err != nil {
			return err
		}
		return s.bump(ctx, tx, keysVersion)
	}))
}

// WorkspaceRegions gives where calls of workspaces may be served, of those that say so.
func (s *Store) WorkspaceRegions(ctx context.Context) (map[string][]string, error) {
	all, err := every(ctx, s, selectWorkspaces+" WHERE regions <> '[]'", scanWorkspace)
	out := make(map[string][]string, len(all))
	for i := range all {
		out[all[i].ID] = all[i].Regions
	}
	return out, s.failed("regions of workspaces", err)
}

// WorkspaceRetention gives how long calls are kept of workspaces that say so.
func (s *Store) WorkspaceRetention(ctx context.Context) (map[string]time.Duration, error) {
	all, err := every(ctx, s, selectWorkspaces+" WHERE retain_s > 0", scanWorkspace)
	out := make(map[string]time.Duration, len(all))
	for i := range all {
		out[all[i].ID] = time.Duration(all[i].RetainS) * time.Second
	}
	return out, s.failed("retention of workspaces", err)
}

// DeleteWorkspace deletes a workspace with its members, tokens, revoked keys, vendors'
// ids, alerts and raises, and the keys of its bodies. While it has keys that are not revoked, credentials or entries it is ErrNotEmpty,
// so that a later workspace of the same id inherits nothing; the default one always is.
func (s *Store) DeleteWorkspace(ctx context.Context, id string) error {
	return s.failed("delete workspace "+id, s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.needWorkspace(ctx, tx, id); err != nil {
			return err
		}
		if err := s.needEmpty(ctx, tx, id); err != nil {
			return err
		}
		for _, table := range []string{"members", "tokens", "keys", "objects", "alerts", "raises", "body_keys"} {
			if _, err := s.exec(ctx, tx, "DELETE FROM "+table+" WHERE workspace = ?", clean(id)); err != nil {
				return err
			}
		}
		if _, err := s.exec(ctx, tx, "DELETE FROM workspaces WHERE id = ?", clean(id)); err != nil {
			return err
		}
		for _, version := range []string{raisesVersion, bodyKeysVersion} {
			if err := s.bump(ctx, tx, version); err != nil {
				return err
			}
		}
		return s.bump(ctx, tx, keysVersion)
	}))
}

// needEmpty says what a workspace still has.
func (s *Store) needEmpty(ctx context.Context, tx *sql.Tx, id string) error {
	if id == gateway.DefaultWorkspace {
		return fmt.Errorf("the default workspace stays: %w", ErrNotEmpty)
	}
	for _, has := range []struct{ what, query string }{
		{"keys that are not revoked", "SELECT count(*) FROM keys WHERE workspace = ? AND revoked IS NULL"},
		{"credentials", "SELECT count(*) FROM credentials WHERE workspace = ?"},
		{"entries", "SELECT count(*) FROM (SELECT 1 FROM entries WHERE workspace = ? AND workspace <> 'default' LIMIT 1) AS any_entry"},
	} {
		var n int
		if err := tx.QueryRowContext(ctx, s.rebind(has.query), clean(id)).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("it has %s: %w", has.what, ErrNotEmpty)
		}
	}
	return nil
}

// WorkspacePage is one page of a list.
type WorkspacePage struct {
	Workspaces []gateway.Workspace // newest first
	Next       string              // the cursor of the next page, "" at the end
}

// Workspaces gives a page, newest first. limit 0 is 50, at most 500.
func (s *Store) Workspaces(ctx context.Context, cursor string, limit int) (WorkspacePage, error) {
	return s.WorkspacesWithin(ctx, nil, cursor, limit)
}

// WorkspacesWithin is Workspaces of some alone; nil = every one.
func (s *Store) WorkspacesWithin(ctx context.Context, ids []string, cursor string, limit int) (WorkspacePage, error) {
	l := lister[gateway.Workspace]{query: selectWorkspaces, cursor: cursor, limit: limit, scan: scanWorkspace,
		last: func(w *gateway.Workspace) (time.Time, string) { return w.Created, w.ID }}
	l.where.in("id", ids)
	var page WorkspacePage
	var err error
	page.Workspaces, page.Next, err = l.page(ctx, s)
	return page, s.failed("workspaces", err)
}

func scanWorkspace(rows *sql.Rows) (w gateway.Workspace, err error) {
	var created int64
	var regions []byte
	if err = rows.Scan(&w.ID, &w.Name, &created, &regions, &w.RetainS); err != nil {
		return w, err
	}
	w.Created = fromMicros(created)
	if err = json.Unmarshal(regions, &w.Regions); err == nil && w.Regions == nil {
		w.Regions = []string{}
	}
	return w, err
}
