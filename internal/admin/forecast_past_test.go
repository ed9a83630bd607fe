package admin

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ledgerOf counts what it is asked for.
type ledgerOf struct {
	asked []string
	fails bool
}

func (l *ledgerOf) SpentByHour(_ context.Context, counters []string, _, to time.Time) (map[string][]gateway.USD, error) {
	if l.fails {
		return nil, errors.New("away")
	}
	l.asked = append(l.asked, counters...)
	found := map[string][]gateway.USD{}
	for _, c := range counters {
		if c != "idle" {
			found[c] = []gateway.USD{gateway.USD(to.Unix())}
		}
	}
	return found, nil
}

func TestWhatCountersSpentIsAskedForOnceInAWhile(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 30, 0, 0, time.UTC)
	l := &ledgerOf{}
	p := &rememberedPast{of: l, now: func() time.Time { return now }}
	ask := func(asked int, counters ...string) map[string][]gateway.USD {
		t.Helper()
		to := now.Truncate(time.Hour)
		found, err := p.SpentByHour(t.Context(), counters, to.Add(-time.Hour), to)
		if err != nil || len(l.asked) != asked {
			t.Errorf("asked for %q, %v; want %d", l.asked, err, asked)
		}
		return found
	}
	ask(2, "a", "idle")
	if found := ask(3, "b", "a", "idle"); !slices.Equal(found["a"], []gateway.USD{gateway.USD(now.Truncate(time.Hour).Unix())}) || len(found["idle"]) != 0 || len(found["b"]) != 1 {
		t.Errorf("%v", found)
	}
	now = now.Add(6 * time.Minute) // it may have changed
	ask(4, "a")
	now = now.Add(25 * time.Minute) // another hour
	if found := ask(5, "a"); found["a"][0] != gateway.USD(now.Truncate(time.Hour).Unix()) {
		t.Errorf("that of the hour before: %v", found)
	}
	l.fails = true
	if _, err := p.SpentByHour(t.Context(), []string{"a", "c"}, now, now.Truncate(time.Hour)); err == nil {
		t.Error("no error of the store")
	}
}
