package store

import (
	"context"
	"database/sql"
	"sync"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

const (
	// maxRollupValues is how many values of one dimension have rows of their own in an
	// hour and workspace; the others share one.
	maxRollupValues = 500
	// maxRemembered bounds the values that are remembered as having one.
	maxRemembered = 50_000
)

// admission remembers which values have rows of their own. Several nodes may each admit
// as many at once; sums do not depend on it.
type admission struct {
	most int

	mu    sync.Mutex
	known map[admissionHour]map[string]bool
	n     int // values in known
}

type admissionHour struct {
	dimension analytics.Dimension
	workspace string
	hour      int64
}

// admit says whether a value has a row of its own.
func (s *Store) admit(ctx context.Context, tx *sql.Tx, d analytics.Dimension, workspace string, hour int64, value string) (bool, error) {
	a := &s.rollups.admission
	a.mu.Lock()
	defer a.mu.Unlock()
	at := admissionHour{d, workspace, hour}
	values, ok := a.known[at]
	if !ok {
		var err error
		if values, err = s.admitted(ctx, tx, at); err != nil {
			return false, err
		}
		a.remember(at, values)
	}
	if values[value] {
		return true, nil
	}
	if len(values) >= a.most {
		return false, nil
	}
	values[value] = true
	a.n++
	return true, nil
}

func (a *admission) remember(at admissionHour, values map[string]bool) {
	if a.known == nil || a.n+len(values) > maxRemembered {
		a.known, a.n = map[admissionHour]map[string]bool{}, 0
	}
	a.known[at] = values
	a.n += len(values)
}

// admitted reads which values have rows already.
func (s *Store) admitted(ctx context.Context, tx *sql.Tx, at admissionHour) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, s.rebind("SELECT DISTINCT value FROM rollups WHERE kind = ? AND id >= ? AND id < ? AND workspace = ? AND value <> ''"),
		string(at.dimension), analytics.IDBefore(analytics.Hour, at.hour), analytics.IDBefore(analytics.Hour, at.hour+1), at.workspace)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string]bool{}
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values[value] = true
	}
	return values, rows.Err()
}
