package record

import "context"

// Roll brings everything appended so far to the store and lets no file of the spool keep it:
// what waits is written by then, and the segment that is being written ends here. The
// error says that the store did not take everything before ctx ended.
func (r *Recorder) Roll(ctx context.Context) error {
	r.flush()
	r.flushMu.Lock()
	r.spool.seal()
	r.flushMu.Unlock()
	if err := r.Flush(ctx); err != nil {
		return err
	}
	r.flushMu.Lock()
	defer r.flushMu.Unlock()
	for _, seg := range r.spool.dropSealed() {
		discard(seg)
	}
	return nil
}

// seal ends the newest segment.
func (s *spool) seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.segs); n > 0 && len(s.segs[n-1].refs) > 0 {
		s.segs[n-1].sealed = true
	}
}

// dropSealed takes finished segments off the list that were drained before they were sealed.
func (s *spool) dropSealed() []*segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropDrained()
}
