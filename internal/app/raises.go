package app

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// followRaisesEvery is how often a node looks for raises that others made.
const followRaisesEvery = time.Second

// followRaises keeps the raises of budgets equal to the store's until ctx ends. One that
// has ended counts no longer even when the store is away.
func (p *process) followRaises(ctx context.Context) {
	known := int64(-1)
	tick := time.NewTicker(followRaisesEvery)
	defer tick.Stop()
	for {
		if v, err := p.store.RaisesVersion(ctx); err == nil && v != known {
			if all, err := p.store.ValidRaises(ctx, time.Now()); err == nil {
				p.proxy.SetRaises(raises(all))
				known = v
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
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
