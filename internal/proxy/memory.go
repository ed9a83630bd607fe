package proxy

import (
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// memory says how much this process uses, without a look at the runtime for every
// call: a sample now and then, and since then what bodies have added.
type memory struct {
	held     atomic.Int64 // bytes of bodies held now
	sampled  atomic.Int64 // bytes of the process at the last sample, less the bodies held then
	sampleAt atomic.Int64 // Unix nanoseconds
}

// sampleEvery is how old a sample may be.
const sampleEvery = 100 * time.Millisecond

// add counts bytes of bodies, and gives the process's estimated use.
func (m *memory) add(n int64) int64 { return m.held.Add(n) + m.sampled.Load() }

// used estimates the process's use at now.
func (m *memory) used(now time.Time) int64 {
	last := m.sampleAt.Load()
	if now.UnixNano()-last > int64(sampleEvery) && m.sampleAt.CompareAndSwap(last, now.UnixNano()) {
		m.sampled.Store(max(0, residentBytes()-m.held.Load()))
	}
	return m.add(0)
}

// residentBytes is what the Go runtime has and has not given back to the system.
func residentBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64() - s[2].Value.Uint64())
}
