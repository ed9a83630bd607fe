package store

import (
	"context"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// MostCounted is where counts of what a workspace holds end: it stands for as many or more.
const MostCounted = 1000

// WorkspaceContents is what a workspace holds, each at most MostCounted.
type WorkspaceContents struct {
	Keys, RevokedKeys, Credentials, Entries, Members, Tokens, Raises, Alerts int
}

// Contents says what a workspace holds; of one that does not exist it is nothing.
func (s *Store) Contents(ctx context.Context, id string) (c WorkspaceContents, err error) {
	entries := "entries WHERE workspace = ?"
	if id != gateway.DefaultWorkspace {
		entries += " AND workspace <> 'default'" // the index says so
	}
	for _, part := range []struct {
		n    *int
		from string
	}{
		{&c.Keys, "keys WHERE workspace = ? AND revoked IS NULL"}, {&c.RevokedKeys, "keys WHERE workspace = ? AND revoked IS NOT NULL"},
		{&c.Credentials, "credentials WHERE workspace = ?"}, {&c.Entries, entries}, {&c.Members, "members WHERE workspace = ?"},
		{&c.Tokens, "tokens WHERE workspace = ?"}, {&c.Raises, "raises WHERE workspace = ?"}, {&c.Alerts, "alerts WHERE workspace = ?"},
	} {
		query := "SELECT count(*) FROM (SELECT 1 FROM " + part.from + " LIMIT " + strconv.Itoa(MostCounted) + ") AS part"
		if err = s.one(ctx, query, []any{clean(id)}, part.n); err != nil {
			return c, s.failed("contents of workspace "+id, err)
		}
	}
	return c, nil
}
