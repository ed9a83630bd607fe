package admin

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	// pastFor is how long what counters spent is remembered: a page asks every few seconds,
	// and full hours hardly change.
	pastFor  = 5 * time.Minute
	mostPast = 500 // counters
)

// rememberedPast is a SpendPast that remembers for a while. It is safe for concurrent use.
type rememberedPast struct {
	of  SpendPast
	now func() time.Time

	mu    sync.Mutex
	began time.Time
	to    time.Time
	spent map[string][]gateway.USD
}

// SpentByHour implements SpendPast; what it gives must not be changed.
func (p *rememberedPast) SpentByHour(ctx context.Context, counters []string, from, to time.Time) (map[string][]gateway.USD, error) {
	known, missing := p.known(counters, to)
	if len(missing) == 0 {
		return known, nil
	}
	found, err := p.of.SpentByHour(ctx, missing, from, to)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range missing {
		known[c] = found[c]
		if p.to.Equal(to) && len(p.spent) < mostPast {
			p.spent[c] = found[c]
		}
	}
	return known, nil
}

// known gives what is remembered, and of which counters nothing is.
func (p *rememberedPast) known(counters []string, to time.Time) (known map[string][]gateway.USD, missing []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.to.Equal(to) || p.now().Sub(p.began) > pastFor {
		p.began, p.to, p.spent = p.now(), to, map[string][]gateway.USD{}
	}
	known = map[string][]gateway.USD{}
	missing = slices.DeleteFunc(slices.Clone(counters), func(c string) bool {
		spent, there := p.spent[c]
		if there {
			known[c] = spent
		}
		return there
	})
	return known, missing
}
