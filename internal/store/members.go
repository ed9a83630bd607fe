package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// A member's id is its user's, so that lists page as others do.
const selectMembers = `SELECT workspace, id, email, role, created FROM
	(SELECT m.workspace, m.user_id AS id, u.email, m.role, m.created FROM members m JOIN users u ON u.id = m.user_id) AS all_members`

// PutMember makes a user a member, or changes the role of one that is. An unknown
// workspace or user is ErrNotFound. The address is the user's and not looked at.
func (s *Store) PutMember(ctx context.Context, m gateway.Member) error {
	return s.failed("put member", s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.needWorkspace(ctx, tx, m.Workspace); err != nil {
			return err
		}
		if err := s.needUser(ctx, tx, m.User); err != nil {
			return err
		}
		_, err := s.exec(ctx, tx, "INSERT INTO members (workspace, user_id, role, created) VALUES (?, ?, ?, ?) ON CONFLICT (workspace, user_id) DO UPDATE SET role = excluded.role",
			clean(m.Workspace), clean(m.User), clean(string(m.Role)), micros(m.Created))
		return err
	}))
}

func (s *Store) needUser(ctx context.Context, tx *sql.Tx, id string) error {
	if err := s.needRow(ctx, tx, "users", id); err != nil {
		return fmt.Errorf("user %q: %w", id, err)
	}
	return nil
}

// RemoveMember ends a membership, or says ErrNotFound.
func (s *Store) RemoveMember(ctx context.Context, workspace, user string) error {
	return s.failed("remove member", s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "DELETE FROM members WHERE workspace = ? AND user_id = ?", clean(workspace), clean(user))
		return noRow(n, err)
	}))
}

// MemberPage is one page of a list.
type MemberPage struct {
	Members []gateway.Member // newest first
	Next    string           // the cursor of the next page, "" at the end
}

// Members gives a page of a workspace's members, newest first. limit 0 is 50, at most 500.
func (s *Store) Members(ctx context.Context, workspace, cursor string, limit int) (page MemberPage, err error) {
	l := lister[gateway.Member]{query: selectMembers, cursor: cursor, limit: limit, scan: scanMember,
		last: func(m *gateway.Member) (time.Time, string) { return m.Created, m.User }}
	l.where.add("workspace = ?", clean(workspace))
	page.Members, page.Next, err = l.page(ctx, s)
	return page, s.failed("members", err)
}

// MembershipsOf gives every membership of a user, by workspace.
func (s *Store) MembershipsOf(ctx context.Context, user string) ([]gateway.Member, error) {
	all, err := every(ctx, s, selectMembers+" WHERE id = ? ORDER BY workspace", scanMember, clean(user))
	return all, s.failed("memberships", err)
}

func scanMember(rows *sql.Rows) (m gateway.Member, err error) {
	var created int64
	err = rows.Scan(&m.Workspace, &m.User, &m.Email, &m.Role, &created)
	m.Created = fromMicros(created)
	return m, err
}
