package app

import (
	"context"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/alert/rules"
	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/store"
)

const (
	networkStep = 15 * time.Minute
	topNetworks = 1000            // of each step that are kept, those with the most calls
	settledStep = time.Hour       // how long after its end a step has no more calls to come
	freshStep   = 5 * time.Minute // how long one that may have is good
	unusedStep  = 2 * time.Hour   // until what nobody asks for is forgotten
)

// networkSums are the calls of networks by steps of time. Entries are read for them, so each
// step is read once, and kept while rules compare with it.
type networkSums struct {
	read func(context.Context, store.NetworkQuery) (map[string]*analytics.Figures, error)
	now  func() time.Time

	mu   sync.Mutex
	kept map[store.NetworkQuery]*networkStepSums
}

type networkStepSums struct {
	of         map[string]*analytics.Figures
	read, used time.Time
}

// calls adds up steps between two times, both on their edges.
func (s *networkSums) calls(ctx context.Context, q rules.Question) ([]rules.Series, error) {
	s.mu.Lock() // one goroutine looks at rules
	defer s.mu.Unlock()
	s.forget()
	all := map[string]*analytics.Figures{}
	for from := q.From; from.Before(q.To); from = from.Add(networkStep) {
		step, err := s.step(ctx, store.NetworkQuery{
			From: from.UTC(), To: from.Add(networkStep).UTC(), Gateway: q.Filter["gateway"], Workspace: q.Filter["workspace"], Key: q.Filter["key"], Top: topNetworks,
		})
		if err != nil {
			return nil, err
		}
		for network, f := range step {
			if all[network] == nil {
				all[network] = new(analytics.Figures)
			}
			all[network].Numbers.Add(&f.Numbers)
		}
	}
	out := make([]rules.Series, 0, len(all))
	for network, f := range all {
		out = append(out, rules.Series{Value: network, Total: f})
	}
	return out, nil
}

// step gives the sums of one step. Under mu.
func (s *networkSums) step(ctx context.Context, q store.NetworkQuery) (map[string]*analytics.Figures, error) {
	now := s.now()
	if k := s.kept[q]; k != nil && (k.read.Sub(q.To) >= settledStep || now.Sub(k.read) < freshStep) {
		k.used = now
		return k.of, nil
	}
	of, err := s.read(ctx, q)
	if err != nil {
		return nil, err
	}
	if s.kept == nil {
		s.kept = map[store.NetworkQuery]*networkStepSums{}
	}
	s.kept[q] = &networkStepSums{of, now, now}
	return of, nil
}

// forget lets go of steps that nobody asks for any more. Under mu.
func (s *networkSums) forget() {
	now := s.now()
	for q, k := range s.kept {
		if now.Sub(k.used) > unusedStep {
			delete(s.kept, q)
		}
	}
}
