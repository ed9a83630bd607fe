package record

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/sluice-gateway/sluice/internal/whole"
)

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

// written notes that seg must be synced. Under mu.
func (s *spool) written(seg *segment) {
	if n := len(s.unsynced); s.syncs && (n == 0 || s.unsynced[n-1] != seg) {
		s.unsynced = append(s.unsynced, seg)
	}
}

// sync makes all committed records survive power loss.
func (s *spool) sync() error {
	s.mu.Lock()
	files := s.toSync()
	newFiles := s.newFiles
	s.unsynced, s.newFiles = nil, false
	s.mu.Unlock()
	var failed error
	for _, f := range files {
		if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // closed: the store has it
			failed = errors.Join(failed, fmt.Errorf("sync spool segment: %w", err))
		}
	}
	if newFiles {
		failed = errors.Join(failed, whole.SyncDir(s.dir))
	}
	return failed
}

// toSync lists what was written since the last sync, or everything when syncs is not
// set. Under mu.
func (s *spool) toSync() (files []file) {
	segs := s.unsynced
	if !s.syncs {
		segs = s.segs
	}
	for _, seg := range segs {
		if seg.file != nil && seg.next() > s.drained {
			files = append(files, seg.file)
		}
	}
	return files
}
