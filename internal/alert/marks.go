package alert

import (
	"encoding/binary"
	"sync/atomic"
	"time"
)

// slots bounds what is remembered. Two counters that mean the same slot displace each
// other: then the store is asked again, which knows what was raised.
const slots = 1 << 13

// mark is what is known of a counter in one period. It is immutable.
type mark struct {
	counter    [16]byte
	start, end time.Time // the period
	done       int       // the highest threshold that was raised, 0 = none
	// Until quiet, notes that say no more than those before are not needed: the counter is
	// looked at anyway.
	quiet   time.Time
	seen    int  // the highest threshold that was noted
	refused bool // a refusal was noted
}

// marks remembers counters whose lowest threshold is reached.
type marks [slots]atomic.Pointer[mark]

// slot uses that counters are parts of hashes.
func (m *marks) slot(counter *[16]byte) *atomic.Pointer[mark] {
	return &m[binary.LittleEndian.Uint16(counter[:])%slots]
}

// of gives what is known of a counter at a time, nil when nothing is.
func (m *marks) of(counter *[16]byte, at time.Time) *mark {
	k := m.slot(counter).Load()
	if k == nil || k.counter != *counter || at.Before(k.start) || !at.Before(k.end) {
		return nil
	}
	return k
}

// needless reports whether a note by which a threshold is reached tells nothing new.
func (k *mark) needless(threshold int, refused bool) bool {
	if threshold <= k.done {
		return true
	}
	return !k.quiet.IsZero() && threshold <= k.seen && (k.refused || !refused) && time.Now().Before(k.quiet)
}

// put remembers, but for a period before the one that is known.
func (m *marks) put(k *mark) {
	slot := m.slot(&k.counter)
	if old := slot.Load(); old == nil || old.counter != k.counter || !k.start.Before(old.start) {
		slot.Store(k)
	}
}
