package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// RedactionQuery chooses calls out of which something was taken.
type RedactionQuery struct {
	Gateway, Workspace string    // "" = every one
	Within             []string  // workspaces; nil = every one
	From, To           time.Time // From ≤ time < To
}

// Redaction is how much of one kind was taken out of calls of a quarter of an hour.
type Redaction struct {
	Kind    string
	Quarter time.Time // when it begins
	Found   int64
	Calls   int64 // out of which it was taken
}

// quarterMicros is the length of what Redactions adds up: all zones' hours and days begin
// where one does.
const quarterMicros = int64(15 * time.Minute / time.Microsecond)

// Redactions adds up what was taken out, by kind and quarter of an hour. It reads the calls
// alone out of which something was taken.
func (s *Store) Redactions(ctx context.Context, q RedactionQuery) ([]Redaction, error) {
	var c conditions
	c.add("redacted IS NOT NULL")
	c.texts("gateway", q.Gateway, "workspace", q.Workspace)
	c.in("workspace", q.Within)
	c.since(q.From)
	c.before(q.To)
	all, err := every(ctx, s, "SELECT of.key, time - time % ?, CAST(sum(CAST(of.value AS BIGINT)) AS BIGINT), CAST(sum(count) AS BIGINT) FROM entries, "+s.eachCount("redacted", "of")+
		c.where()+" GROUP BY 1, 2 ORDER BY 1, 2", scanRedaction, append([]any{quarterMicros}, c.args...)...)
	return all, s.failed("redactions", err)
}

func scanRedaction(rows *sql.Rows) (Redaction, error) {
	var one Redaction
	var at int64
	err := rows.Scan(&one.Kind, &at, &one.Found, &one.Calls)
	one.Quarter = time.UnixMicro(at).UTC()
	return one, err
}

// countsOrNull gives counts by kind as a JSON object, NULL for none.
func countsOrNull(counts map[string]int) any {
	if len(counts) == 0 {
		return nil
	}
	kept := make(map[string]int, len(counts))
	for kind, n := range counts {
		if n > 0 {
			kept[clean(kind)] += n
		}
	}
	b, err := json.Marshal(kept)
	if err != nil || len(kept) == 0 {
		return nil
	}
	return string(b)
}
