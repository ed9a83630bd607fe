package app

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// followRaisesEvery is how often a node looks for raises that others made.
const followRaisesEvery = time.Second

// followRaises keeps the raises of budgets equal to the store's until ctx ends. One that
// has ended counts no longer even when the store is away.
func (p *process) followRaises(ctx context.Context) {
	tick := time.NewTicker(followRaisesEvery)
	defer tick.Stop()
	for {
		_ = p.refreshRaises(ctx) // what is known stays in force until the store is back
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// raisesKnown is which raises the data plane knows of.
type raisesKnown struct {
	mu      sync.Mutex // one change at a time, so that an older one never comes last
	version int64      // of the store's; -1 = none were read yet
}

// refreshRaises makes raises that were given or ended effective on this node before it
// returns; other nodes follow within a second.
func (p *process) refreshRaises(ctx context.Context) error {
	k := p.counters.raises
	k.mu.Lock()
	defer k.mu.Unlock()
	v, err := p.store.RaisesVersion(ctx)
	if err != nil || v == k.version {
		return err
	}
	all, err := p.store.ValidRaises(ctx, time.Now())
	if err != nil {
		return err
	}
	p.proxy.SetRaises(raises(all))
	k.version = v
	return nil
}

// raises sorts them by rule.
func raises(all []gateway.Raise) map[string][]limit.Raise {
	out := map[string][]limit.Raise{}
	for _, r := range all {
		one := limit.Raise{Amount: int64(r.Amount), Until: r.Until, Every: r.Counter == ""}
		if b, err := hex.DecodeString(r.Counter); err == nil && len(b) == len(one.Counter) {
			one.Counter = limit.ID(b)
		} else if !one.Every {
			continue
		}
		out[r.Rule] = append(out[r.Rule], one)
	}
	return out
}
