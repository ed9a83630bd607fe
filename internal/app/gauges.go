package app

import (
	"context"
	"sync"
	"time"
)

// oldest is how many seconds the oldest entry of the spool has been waiting.
func (p *process) oldest() float64 {
	at := p.recorder.Stats().Oldest
	if at.IsZero() {
		return 0
	}
	return max(time.Since(at).Seconds(), 0)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// fullest is what metrics tell of budgets. It is asked for at each scrape and looked up now
// and then, since that reads the store.
type fullest struct {
	mu    sync.Mutex
	at    time.Time
	share float64
}

// How old a share may be that is told, and how long looking one up may take.
const (
	shareFor  = 30 * time.Second
	shareWait = 2 * time.Second
)

// read gives what looks a share up; the last one stands while the store is away.
func (f *fullest) read(p *process) func() float64 {
	return func() float64 {
		f.mu.Lock()
		defer f.mu.Unlock()
		if now := time.Now(); now.Sub(f.at) > shareFor && p.snapshot.Load() != nil {
			f.at = now
			ctx, cancel := context.WithTimeout(context.Background(), shareWait)
			defer cancel()
			if share, _, err := (alertSource{p: p}).budgetShare(ctx); err == nil {
				f.share = share
			}
		}
		return f.share
	}
}
