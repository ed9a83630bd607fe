package record

import (
	"context"
	"time"
)

// runFlusher writes what waits in the shards, flushEvery after the first of it came.
// It sleeps without a timer while there is nothing.
func (r *Recorder) runFlusher(ctx context.Context) {
	for r.waitForFlush(ctx) {
		r.flush()
	}
}

func (r *Recorder) waitForFlush(ctx context.Context) bool {
	var again <-chan time.Time
	if r.sick.Load() {
		timer := time.NewTimer(time.Until(r.nextCure()))
		defer timer.Stop()
		again = timer.C
	}
	select {
	case <-r.wake:
		return sleep(ctx, flushEvery, r.urgent)
	case <-again:
		return true
	case <-ctx.Done():
		return false
	}
}

// flush moves everything from the shards to the spool.
func (r *Recorder) flush() {
	r.flushMu.Lock()
	defer r.flushMu.Unlock()
	r.dirty.Store(false) // before the shards are looked at: who comes later wakes us again
	if r.sick.Load() {
		r.cure()
	}
	for i := range r.shards.all {
		r.flushShard(&r.shards.all[i])
	}
	r.assess()
	signal(r.work)
	if r.opt.Sync > 0 {
		signal(r.synced)
	}
}

// nextCure tells when the disk will be tried again.
func (r *Recorder) nextCure() time.Time {
	r.flushMu.Lock()
	defer r.flushMu.Unlock()
	return r.cureAt
}

// cure brings what the disk had refused to it, when it is time to try. Under flushMu.
func (r *Recorder) cure() {
	if time.Now().Before(r.cureAt) {
		return
	}
	err := r.spool.rescue()
	if err == nil {
		err = r.spool.probe()
	}
	if err != nil {
		r.cureAt = time.Now().Add(r.cures.next())
		return
	}
	r.cures = backoff{}
	r.sick.Store(false)
	r.log.Info("the spool can be written again", "dir", r.opt.Dir)
}

// flushShard moves one shard. Under flushMu.
func (r *Recorder) flushShard(sh *shard) {
	full := sh.swap(r.spare)
	if full == nil {
		return
	}
	keep := !r.paused.Load() && !r.away.Load()
	if r.sick.Load() {
		r.spool.hold(full, keep)
	} else if err := r.spool.put(full, keep); err != nil {
		r.sick.Store(true)
		r.cureAt = time.Now().Add(r.cures.next())
		r.log.Error("the spool cannot be written: entries are kept in memory and new calls are refused", "dir", r.opt.Dir, "error", err)
	}
	full.reset()
	r.spare = full
}

// sleep waits for d, or less when hurry speaks; false when ctx ended.
func sleep(ctx context.Context, d time.Duration, hurry <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hurry:
	case <-ctx.Done():
		return false
	}
	return ctx.Err() == nil
}
