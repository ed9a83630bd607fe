package health

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// Probe says how one provider is probed.
type Probe struct {
	Provider string
	Every    time.Duration // more than 0
	Timeout  time.Duration // of one probe; 0 = Every
	Model    string        // what a probe asks, "" when it asks for something else than a model's answer
	Always   bool          // also while nothing of the provider rests
}

// Prober asks providers on its own whether they answer, and tells a Board.
type Prober struct {
	board *Board
	ask   func(ctx context.Context, provider string) error

	mu      sync.Mutex
	running map[Probe]func() // what ends each probe
}

// NewProber makes a Prober that asks nobody yet. ask sends one request to a provider; its
// error is a *fault.Fault as for a call, anything else counts as an unreachable provider.
func NewProber(b *Board, ask func(ctx context.Context, provider string) error) *Prober {
	return &Prober{board: b, ask: ask, running: map[Probe]func(){}}
}

// Set says what is probed from now on. Probes that stay the same are not disturbed, and
// when Set returns those that are left out have ended.
func (p *Prober) Set(probes []Probe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	keep := map[Probe]func(){}
	for _, one := range probes {
		if stop, ok := p.running[one]; ok {
			keep[one] = stop
			delete(p.running, one)
		}
	}
	for _, stop := range p.running {
		stop()
	}
	for _, one := range probes {
		if keep[one] == nil {
			keep[one] = p.start(one)
		}
	}
	p.running = keep
}

// Close ends all probes.
func (p *Prober) Close() { p.Set(nil) }

// start probes until the function that it gives is called.
func (p *Prober) start(one Probe) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.run(ctx, one)
	}()
	return func() {
		cancel()
		<-done
		p.board.vendorWorks(one.Provider) // what nobody looks at any more is not held to be down
	}
}

// run probes at once and then at intervals, which differ a little so that nodes do not
// probe together.
func (p *Prober) run(ctx context.Context, one Probe) {
	if one.Timeout <= 0 {
		one.Timeout = one.Every
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if one.Always || p.board.rests(one.Provider) {
			f := p.probe(ctx, one)
			if ctx.Err() != nil {
				return
			}
			p.board.Probed(one.Provider, one.Model, f, 2*one.Every+one.Timeout)
		}
		timer.Reset(one.Every - rand.N(one.Every/10+1))
	}
}

func (p *Prober) probe(ctx context.Context, one Probe) *fault.Fault {
	ctx, cancel := context.WithTimeout(ctx, one.Timeout)
	defer cancel()
	err := p.ask(ctx, one.Provider)
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && f.Kind != fault.Gone:
		return f
	case ctx.Err() != nil:
		return fault.New(fault.UpstreamTimeout, "The provider did not answer to a probe in time.").With(err)
	}
	return fault.New(fault.UpstreamUnreachable, "The provider could not be probed.").With(err)
}
