package app

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/record"
)

// busySpool is how many entries wait in the spool of a store that has much to do.
const busySpool = 2000

// runSearch lets the index of what was said follow the store; where it is switched off,
// what there is of it goes.
func (p *process) runSearch(ctx context.Context, on bool) {
	for !p.migrated.Load() {
		if !pause(ctx, time.Second) {
			return
		}
	}
	if on {
		record.RunIndex(ctx, p.store, p.behind, p.log)
		return
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := p.store.DropSearch(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		p.log.Warn("the index of what was said cannot be deleted; it is tried again", "error", err)
		if !pause(ctx, wait) {
			return
		}
	}
}

// behind reports whether the store has more to do than it can: many entries wait for it.
func (p *process) behind() bool { return p.recorder.Depth() > busySpool }
