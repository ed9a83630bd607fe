package record

import (
	"context"
	"time"
)

// runFlusher writes what waits in the shards, flushEvery after the first of it came.
// It sleeps without a timer while there is nothing.
func (r *Recorder) runFlusher(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	retry := backoff{}
	for {
		timer.Stop()
		wait := flushEvery
		if r.sick.Load() {
			wait = retry.next()
		} else {
			retry = backoff{}
			select {
			case <-r.wake:
			case <-ctx.Done():
				return
			}
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-r.urgent:
		case <-ctx.Done():
			return
		}
		r.flush()
	}
}

// flush moves everything from the shards to the spool.
func (r *Recorder) flush() {
	r.flushMu.Lock()
	defer r.flushMu.Unlock()
	r.dirty.Store(false) // before the shards are looked at: who comes later wakes us again
	var failed error
	if r.sick.Load() {
		failed = r.cure()
	}
	for i := range r.shards.all {
		if err := r.flushShard(&r.shards.all[i]); err != nil {
			failed = err
		}
	}
	r.noteDisk(failed)
	r.assess()
	signal(r.work)
	if r.opt.Sync > 0 {
		signal(r.synced)
	}
}

// cure brings what the disk had refused to it. Under flushMu.
func (r *Recorder) cure() error {
	if err := r.spool.rescue(); err != nil {
		return err
	}
	return r.spool.probe()
}

func (r *Recorder) flushShard(sh *shard) error {
	full := sh.swap(r.spare)
	if full == nil {
		return nil
	}
	keep := !r.paused.Load() && !r.away.Load()
	err := r.spool.put(full, keep)
	full.reset()
	r.spare = full
	return err
}

// noteDisk tells once that the disk fails, and once that it works again. Under flushMu.
func (r *Recorder) noteDisk(err error) {
	switch {
	case err != nil && !r.sick.Load():
		r.sick.Store(true)
		r.log.Error("the spool cannot be written: entries are kept in memory and new calls are refused", "dir", r.opt.Dir, "error", err)
	case err == nil && r.sick.Load():
		r.sick.Store(false)
		r.log.Info("the spool can be written again", "dir", r.opt.Dir)
	}
}

// runSyncer makes written records survive power loss, at most Options.Sync after they
// were appended.
func (r *Recorder) runSyncer(ctx context.Context) {
	failing := false
	for {
		select {
		case <-r.synced:
		case <-ctx.Done():
			return
		}
		if !sleep(ctx, max(r.opt.Sync-flushEvery, 0), nil) {
			return
		}
		err := r.spool.sync()
		if err != nil && !failing {
			r.log.Error("the spool cannot be synced: entries may not survive a loss of power", "dir", r.opt.Dir, "error", err)
		}
		failing = err != nil
	}
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
