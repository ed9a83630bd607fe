package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
)

// AuditPrunes gives what retention removed from the audit log last.
func (s *Store) AuditPrunes(ctx context.Context) ([]audit.Pruned, error) {
	page, err := s.Audit(ctx, AuditQuery{Action: audit.Prune, Outcome: audit.OK, Limit: 10})
	var all []audit.Pruned
	for i := range page.Events {
		if p, ok := audit.PrunedBy(&page.Events[i]); ok {
			all = append(all, p)
		}
	}
	return all, err
}

// PruneAudit removes the events at the beginning of the audit log that are older than a
// time, at most step of them and never the last one, leaves an event that stands for
// them, and says how many it removed.
func (s *Store) PruneAudit(ctx context.Context, before, now time.Time, step int) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		seq, hash, err := s.lockAudit(ctx, tx)
		if err != nil {
			return err
		}
		var through int64
		err = tx.QueryRowContext(ctx, s.rebind(`SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM audit WHERE seq <
			coalesce((SELECT min(seq) FROM audit WHERE time >= ?), ?) ORDER BY seq LIMIT ?) AS old`), micros(before), seq, step).Scan(&through)
		if err != nil || through == 0 {
			return err
		}
		var last []byte
		if err := tx.QueryRowContext(ctx, s.rebind("SELECT hash FROM audit WHERE seq = ?"), through).Scan(&last); err != nil {
			return err
		}
		if n, err = s.exec(ctx, tx, "DELETE FROM audit WHERE seq <= ?", through); err != nil {
			return err
		}
		var of audit.Hash
		copy(of[:], last)
		e := audit.Event{
			Time: now, Actor: audit.Actor{Kind: "sluice", Name: "retention"}, Action: audit.Prune, Outcome: audit.OK, Count: int64(n),
			Object: audit.Object{Kind: "audit", ID: strconv.FormatInt(through, 10), Name: of.String()},
		}
		e.Fit()
		e.Link(seq, hash)
		return s.insertAudit(ctx, tx, &e)
	})
	return n, s.failed("prune audit", err)
}
