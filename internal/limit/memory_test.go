package limit_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
)

// clock is a clock that is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 3, 7, 11, 22, 33, 444_555_666, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestMemoryIsAnEngine(t *testing.T) {
	limittest.Run(t, func(*testing.T) limittest.Harness {
		c, ledger := newClock(), limittest.NewLedger()
		return limittest.Harness{
			Engine:  limit.NewMemory(limit.MemoryOptions{Clock: c.Now, Spent: ledger.Spent}),
			Now:     c.Now,
			Advance: c.Advance,
			Ledger:  ledger,
		}
	})
}

func TestMemoryIsAnEngineInAsManyPartsAsProcessorsAskFor(t *testing.T) {
	for _, processors := range []int{1, 3, 64} {
		limittest.Run(t, func(*testing.T) limittest.Harness {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			c, ledger := newClock(), limittest.NewLedger()
			m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now, Spent: ledger.Spent})
			return limittest.Harness{Engine: &spotted{Engine: m}, Now: c.Now, Advance: c.Advance, Ledger: ledger}
		})
	}
}

func TestMemoryIsAnEngineInRealTime(t *testing.T) {
	limittest.Run(t, func(*testing.T) limittest.Harness {
		return limittest.Harness{Engine: limit.NewMemory(limit.MemoryOptions{})}
	})
}
