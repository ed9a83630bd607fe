package export

import (
	"context"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// How often it is looked at how exports stand, and for how long that is remembered.
const (
	standEvery = 10 * time.Second
	standKept  = 360 // an hour
)

// Lag is how far an export was behind at a time.
type Lag struct {
	Time    time.Time
	Entries int64
	Seconds float64 // age of the oldest entry that it has not passed, by its arrival
}

// LagOf tells it of a state.
func LagOf(st *gateway.ExportState, now time.Time) Lag {
	l := Lag{Time: now, Entries: st.Lag()}
	if !st.Oldest.IsZero() {
		l.Seconds = max(now.Sub(st.Oldest).Seconds(), 0)
	}
	return l
}

// stand is what this node saw last, and before.
type stand struct {
	states []gateway.ExportState
	past   map[string][]Lag
}

// watch looks at how exports stand, until ctx ends.
func (x *Exports) watch(ctx context.Context) {
	tick := time.NewTicker(standEvery)
	defer tick.Stop()
	for {
		x.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (x *Exports) look(ctx context.Context) {
	names := x.Names()
	if len(names) == 0 {
		x.mu.Lock()
		x.stand = stand{}
		x.mu.Unlock()
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	states, err := x.o.Store.Exports(ctx)
	if err != nil {
		return // the workers tell of a store that is away
	}
	states = slices.DeleteFunc(states, func(st gateway.ExportState) bool { return !slices.Contains(names, st.Name) })
	now := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	past := map[string][]Lag{}
	for i := range states {
		lags := append(slices.Clone(x.stand.past[states[i].Name]), LagOf(&states[i], now))
		past[states[i].Name] = lags[max(len(lags)-standKept, 0):]
	}
	x.stand = stand{states, past}
}

// States gives how the exports that are configured here stood some seconds ago. It waits
// for nothing.
func (x *Exports) States() []gateway.ExportState {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stand.states
}

// Past gives how far an export was behind in the last hour, as this node saw it, the
// oldest first.
func (x *Exports) Past(name string) []Lag {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stand.past[name]
}
