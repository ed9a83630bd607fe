package app

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapFloor is the heap size below which no garbage is collected. A gateway's live
// heap is small, so that with Go's default it would collect many times a second; above
// the floor the default holds.
const heapFloor = 48 << 20

// tuneGC keeps the collector from running below heapFloor, and near the memory that
// there is from letting the heap grow. GOGC and GOMEMLIMIT, where set, win.
func tuneGC() {
	if os.Getenv("GOMEMLIMIT") == "" {
		if n := availableMemory(); n > 0 {
			debug.SetMemoryLimit(n / 10 * 9)
		}
	}
	if os.Getenv("GOGC") == "" {
		retune(nil)
	}
}

// cycle is garbage whose finalizer runs once after every collection.
type cycle struct{ _ [16]byte }

// retune sets the percentage at which the next collection begins at the floor or at
// twice the live heap, whichever is later, and asks to be called after it.
func retune(*cycle) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := 100.0
	if n := float64(live[0].Value.Uint64()); n < heapFloor/2 {
		percent = math.Min(heapFloor/math.Max(n, 1<<20)*100-100, 4800)
	}
	debug.SetGCPercent(int(percent))
	runtime.SetFinalizer(&cycle{}, retune)
}
