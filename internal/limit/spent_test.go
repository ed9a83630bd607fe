package limit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/limit"
)

func TestAPeriodThatBeginsWhileTheLedgerIsAwayIsCountedByWhoSawItBegin(t *testing.T) {
	c, away := newClock(), error(nil)
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now, Spent: func(context.Context, limit.ID, time.Time) (int64, error) {
		return 40, away
	}})
	mustReserve(t, m, time.Minute, monthly(60))
	away = errors.New("the store is away")
	c.Advance(32 * 24 * time.Hour)
	mustReserve(t, m, time.Minute, monthly(100))
	if v, err := m.Reserve(t.Context(), []limit.Claim{monthly(1)}, time.Minute); err != nil || v.Hold != nil {
		t.Errorf("granted beyond the budget: %+v, %v", v, err)
	}
	c.Advance(-32 * 24 * time.Hour) // a clock that steps back into the period before knows nothing of it
	if _, err := m.Reserve(t.Context(), []limit.Claim{monthly(1)}, time.Minute); !errors.Is(err, away) {
		t.Errorf("error = %v", err)
	}
	other := monthly(1)
	other.Counter = counterID(2)
	if _, err := m.Reserve(t.Context(), []limit.Claim{other}, time.Minute); !errors.Is(err, away) {
		t.Errorf("a budget that nobody knows: error = %v", err)
	}
}
