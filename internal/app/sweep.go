package app

import (
	"context"
	"time"
)

// What is kept for how long beside entries. The ledger must outlive any budget's period.
const (
	sweepEvery  = time.Hour
	keepLedger  = 400 * 24 * time.Hour
	keepAlerts  = 400 * 24 * time.Hour
	keepExpired = 30 * 24 * time.Hour // tokens and sessions that are no longer valid
	sweepStep   = 1000
	auditStep   = 10000 // an event stands for each step
)

// sweep deletes what nobody needs any more, in small steps, until ctx ends.
func (p *process) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if err := p.sweepOnce(ctx, now); err != nil && ctx.Err() == nil {
				p.log.Warn("old rows could not be deleted; they will be tried again", "error", err)
			}
		}
	}
}

func (p *process) sweepOnce(ctx context.Context, now time.Time) error {
	for {
		n, err := p.store.SweepLedger(ctx, now.Add(-keepLedger), sweepStep)
		if err != nil {
			return err
		}
		if n < sweepStep {
			break
		}
	}
	if _, err := p.store.DeleteAlerts(ctx, now.Add(-keepAlerts)); err != nil {
		return err
	}
	if err := p.pruneAudit(ctx, now); err != nil {
		return err
	}
	if _, err := p.store.ForgetNetworks(ctx, now, sweepStep); err != nil {
		return err
	}
	_, err := p.store.DeleteExpired(ctx, now.Add(-keepExpired))
	return err
}

// pruneAudit removes what audit.retain says from the audit log, which is kept for ever
// without it.
func (p *process) pruneAudit(ctx context.Context, now time.Time) error {
	retain := p.config.Load().Audit.Retain
	for retain > 0 {
		n, err := p.store.PruneAudit(ctx, now.Add(-retain), now, auditStep)
		if err != nil || n < auditStep {
			return err
		}
	}
	return nil
}
