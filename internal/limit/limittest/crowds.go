package limittest

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

var crowds = []scenario{
	{name: "a thousand callers are granted max together and consume nothing when refused", run: crowdIsAtomic},
	{name: "a thousand callers on one dollar overspend nothing and use nearly all of it", run: crowdOnADollar},
	{name: "places are never exceeded and never leak", run: crowdOnPlaces},
}

// crowd runs n goroutines at once.
func crowd(n int, run func(i int)) {
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wait.Go(func() {
			<-start
			run(i)
		})
	}
	close(start)
	wait.Wait()
}

func crowdIsAtomic(b *bench) {
	shared, own := &gateway.Window{Max: 137, Span: time.Hour}, &gateway.Window{Max: 1, Span: time.Hour}
	var granted atomic.Int64
	crowd(1000, func(i int) {
		claims := []limit.Claim{claim(10+i%200, own, 1), claim(1, shared, 1)}
		v, err := b.Engine.Reserve(context.Background(), claims, time.Minute)
		if err != nil {
			b.Error(err)
		}
		if v.Hold != nil {
			granted.Add(1)
		}
	})
	if granted.Load() != 137 {
		b.Fatalf("%d granted, want 137", granted.Load())
	}
	b.wantUsed(claim(1, shared, 0), 137)
	var own200 int64
	for i := range 200 {
		own200 += b.used(claim(10+i, own, 0))
	}
	if own200 != 137 {
		b.Fatalf("%d counted on the callers' own limits, want 137", own200)
	}
}

const dollar = 1_000_000_000

// crowdOnADollar spends a budget by calls that hold more than they use, and take what is
// left when that is less.
func crowdOnADollar(b *bench) {
	w := &gateway.Window{Max: dollar, Period: gateway.Month}
	var spent, most atomic.Int64
	calls := func(i int) {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		for range 12 {
			c := claim(1, w, 1_000_000+rng.Int64N(20_000_000))
			c.Min = 100_000
			v, err := b.Engine.Reserve(context.Background(), []limit.Claim{c}, time.Hour)
			if err != nil {
				b.Error(err)
				return
			}
			if v.Hold == nil {
				continue
			}
			used := 1 + rng.Int64N(v.Hold.Granted[0])
			if err := b.Engine.Settle(context.Background(), v.Hold, []int64{used}); err != nil {
				b.Error(err)
			}
			for now := spent.Add(used); ; {
				if old := most.Load(); old >= now || most.CompareAndSwap(old, now) {
					break
				}
			}
		}
	}
	crowd(1000, calls)
	for i := 0; i < 20 && spent.Load() < dollar*95/100; i++ {
		calls(1000 + i) // some were refused for what others held just then
	}
	if most.Load() > dollar {
		b.Fatalf("overspent: %d billionths of a dollar", most.Load())
	}
	if spent.Load() < dollar*95/100 {
		b.Fatalf("only %d billionths of a dollar used", spent.Load())
	}
	b.wantUsed(claim(1, w, 0), spent.Load())
}

// crowdOnPlaces reserves and settles many times; some calls are cancelled before, some
// settle twice.
func crowdOnPlaces(b *bench) {
	calls := 100_000
	if b.Advance == nil {
		calls = 5_000 // over a network
	}
	const max, callers = 8, 50
	w := &gateway.Window{Max: max}
	rate := &gateway.Window{Max: 1 << 40, Span: time.Hour}
	var open, granted atomic.Int64
	crowd(callers, func(i int) {
		rng := rand.New(rand.NewPCG(2, uint64(i)))
		for range calls / callers {
			ctx, cancel := context.WithCancel(context.Background())
			if rng.IntN(10) == 0 {
				cancel()
			}
			v, err := b.Engine.Reserve(ctx, []limit.Claim{place(1, w), claim(2, rate, 3)}, time.Hour)
			cancel()
			if err != nil || v.Hold == nil {
				continue
			}
			granted.Add(1)
			if n := open.Add(1); n > max {
				b.Errorf("%d places taken at once", n)
			}
			open.Add(-1)
			for range 1 + rng.IntN(2) {
				if err := b.Engine.Settle(context.Background(), v.Hold, []int64{1, 1}); err != nil {
					b.Error(err)
				}
			}
		}
	})
	b.wantUsed(place(1, w), 0)
	b.wantUsed(claim(2, rate, 0), granted.Load())
	if granted.Load() == 0 {
		b.Fatal("nothing was granted")
	}
}
