package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// LastUse gives when each of the keys made its newest call that is still kept; a key
// without one is not in there.
func (s *Store) LastUse(ctx context.Context, ids []string) (map[string]time.Time, error) {
	last := make(map[string]time.Time, len(ids))
	if len(ids) == 0 {
		return last, nil
	}
	const one = "SELECT key_id, time FROM (SELECT key_id, time FROM entries WHERE key_id = ? ORDER BY id DESC LIMIT 1) AS newest"
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = clean(id)
	}
	query := strings.TrimSuffix(strings.Repeat(one+" UNION ALL ", len(ids)), " UNION ALL ")
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		var id string
		var at int64
		err := rows.Scan(&id, &at)
		last[id] = fromMicros(at)
		return err
	})
	return last, s.failed("last use of keys", err)
}
