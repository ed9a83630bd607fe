package record

import "time"

// Stats is how the spool stands. Counts are since Open.
type Stats struct {
	Depth         int64     // entries not yet in the store
	Bytes         int64     // of these, as they stand in the spool
	BadBytes      int64     // in bad/, of earlier processes too
	Oldest        time.Time // the time of the entry that waits longest; zero when none waits
	StoreAway     bool      // the last PutEntries failed
	DiskFailing   bool      // the disk refuses records; those that came since are in memory
	DroppedBodies int64     // entries whose bodies were dropped because the spool was nearly full
	LockedBodies  int64     // entries stored without bodies whose key does not open
	PutErrors     int64     // failed PutEntries
	Bad           int64     // records set aside
	Collapsed     int64     // refused calls that are counted in another's entry
	CutBytes      int64     // torn bytes that Open cut off
	Late          int64     // entries that came after Close, lost
}

// Stats gives the present figures.
func (r *Recorder) Stats() Stats {
	_, waiting := r.shards.count()
	bytes := r.spool.level()
	return Stats{
		Depth:         r.Depth(),
		Bytes:         waiting + bytes,
		BadBytes:      r.counters.badBytes.Load(),
		Oldest:        r.spool.oldest(),
		StoreAway:     r.away.Load(),
		DiskFailing:   r.sick.Load(),
		DroppedBodies: r.counters.droppedBodies.Load(),
		LockedBodies:  r.counters.locked.Load(),
		PutErrors:     r.counters.putErrors.Load(),
		Bad:           r.counters.bad.Load(),
		Collapsed:     r.counters.collapsed.Load(),
		CutBytes:      r.counters.cut.Load(),
		Late:          r.counters.late.Load(),
	}
}

// oldest is the time of the first entry not in the store; zero when there is none or
// it cannot be read.
func (s *spool) oldest() time.Time {
	s.mu.Lock()
	if s.drained == s.nextSeq {
		s.mu.Unlock()
		return time.Time{}
	}
	seg := *s.at(s.drained)
	first := int(s.drained - seg.first)
	s.mu.Unlock()
	e, err := seg.summary(first)
	if err != nil {
		return time.Time{}
	}
	return e.Time
}
