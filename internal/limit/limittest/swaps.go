package limittest

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

var swaps = []scenario{
	{name: "a swap decides over what it gives back", run: swapGivesRoom},
	{name: "a swap that is refused has settled, and takes nothing", run: swapRefused},
	{name: "a swap of a hold that was settled, has expired or is none only reserves", sets: true, run: swapOfNothing},
	{name: "a swap that fails leaves a hold that can be settled", run: swapFails},
	{name: "what extend took is settled by a swap too", run: swapExtended},
	{name: "a swap begins a budget before it settles", asks: true, run: swapBegins},
	{name: "nobody takes what a swap gives back and takes again", run: swapKeepsItsRoom},
	{name: "of two who swap for one room one has it", run: swapForOneRoom},
	{name: "many who swap overrun nothing and lose nothing", run: crowdOfSwaps},
}

func (b *bench) swap(old *limit.Hold, used []int64, claims ...limit.Claim) limit.Verdict {
	b.Helper()
	v, err := b.Engine.Swap(context.Background(), old, used, claims, time.Minute)
	if err != nil {
		b.Fatalf("swap: %v", err)
	}
	b.check(v, len(claims))
	return v
}

func swapGivesRoom(b *bench) {
	w, two, month := &gateway.Window{Max: 100, Span: time.Hour}, &gateway.Window{Max: 2}, &gateway.Window{Max: 100, Period: gateway.Month}
	fixed := &gateway.Window{Max: 100, Span: time.Hour, Fixed: true}
	old := b.take(time.Minute, claim(1, w, 100), place(2, two), claim(3, month, 100), claim(5, fixed, 100))
	v := b.swap(old, []int64{30, 0, 40, 50}, claim(4, w, 7), claim(3, month, 60), place(2, two), claim(1, w, 70), claim(5, fixed, 50))
	if v.Hold == nil || v.States[1].Used != 100 || v.States[3].Used != 100 || v.Hold.Granted[3] != 70 {
		b.Fatalf("swapped: %+v", v)
	}
	b.wantUsed(place(2, two), 1)
	b.settle(old, 99, 0, 99, 99) // it is settled already
	b.wantUsed(claim(1, w, 0), 100)
	b.settle(v.Hold, 1, 2, 0, 3, 4)
	b.wantUsed(claim(1, w, 0), 33)
	b.wantUsed(place(2, two), 0)
	b.wantUsed(claim(3, month, 0), 42)
	b.wantUsed(claim(4, w, 0), 1)
	b.wantUsed(claim(5, fixed, 0), 54)
}

func swapRefused(b *bench) {
	w, one := &gateway.Window{Max: 100, Span: time.Hour}, &gateway.Window{Max: 1}
	b.take(time.Minute, place(2, one))
	old := b.take(time.Minute, claim(1, w, 60), place(3, one))
	v := b.swap(old, []int64{20, 0}, claim(1, w, 10), place(2, one))
	if v.Refused != 1 {
		b.Fatalf("refused = %d; %+v", v.Refused, v)
	}
	b.wantUsed(claim(1, w, 0), 20)
	b.wantUsed(place(3, one), 0)
	b.wantUsed(place(2, one), 1)
	b.settle(old, 60, 1)
	b.wantUsed(claim(1, w, 0), 20)
}

func swapOfNothing(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	settled := b.take(time.Minute, claim(1, w, 20))
	b.settle(settled, 5)
	lapsed := b.take(time.Second, claim(2, w, 20))
	b.pass(2 * time.Second)
	for i, old := range []*limit.Hold{nil, settled, lapsed} {
		var used []int64
		if old != nil {
			used = []int64{20}
		}
		if v := b.swap(old, used, claim(10+i, w, 3)); v.Hold == nil {
			b.Fatalf("%d: %+v", i, v)
		}
		b.wantUsed(claim(10+i, w, 0), 3)
	}
	b.wantUsed(claim(1, w, 0), 5)
	b.wantUsed(claim(2, w, 0), 20) // late, but told
	if v := b.swap(b.take(time.Minute, claim(3, w, 20)), []int64{1}); v.Hold == nil || v.Refused != -1 {
		b.Fatalf("for no claims: %+v", v)
	}
	b.wantUsed(claim(3, w, 0), 1)
}

func swapFails(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	nowhere := &gateway.Window{Max: 100, Period: gateway.Day, Zone: "No/Where"}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	fails := func(ctx context.Context, used []int64, c limit.Claim) {
		b.Helper()
		old := b.take(time.Minute, claim(1, w, 50))
		before := b.used(claim(1, w, 0)) - 50
		if v, err := b.Engine.Swap(ctx, old, used, []limit.Claim{claim(2, w, 9), c}, time.Minute); err == nil || v.Hold != nil {
			b.Fatalf("swapped: %+v, %v", v, err)
		}
		b.settle(old, 10)
		b.wantUsed(claim(1, w, 0), before+10)
		b.wantUsed(claim(2, w, 0), 0)
	}
	fails(gone, []int64{1}, claim(3, w, 1))
	fails(context.Background(), []int64{10}, claim(3, nowhere, 1))
	fails(context.Background(), []int64{1, 2}, claim(3, w, 1))
}

func swapExtended(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	old := b.take(time.Minute, claim(1, w, 20))
	if v, err := b.extend(old, 80); err != nil || v.Hold == nil {
		b.Fatalf("extend = %+v, %v", v, err)
	}
	if v := b.swap(old, []int64{45}, claim(1, w, 55)); v.Hold == nil {
		b.Fatalf("swapped: %+v", v)
	}
	b.wantUsed(claim(1, w, 0), 100)
}

func swapBegins(b *bench) {
	w, month := &gateway.Window{Max: 100, Span: time.Hour}, &gateway.Window{Max: 100, Period: gateway.Month}
	b.Ledger.Set(id(2), 95)
	old := b.take(time.Minute, claim(1, w, 100))
	if v := b.swap(old, []int64{40}, claim(1, w, 60), claim(2, month, 6)); v.Refused != 1 {
		b.Fatalf("refused = %d", v.Refused)
	}
	b.wantUsed(claim(1, w, 0), 40)
	b.wantUsed(claim(2, month, 0), 95)
}

func swapKeepsItsRoom(b *bench) {
	one, rate := &gateway.Window{Max: 1}, &gateway.Window{Max: 10, Span: time.Hour}
	claims := []limit.Claim{place(1, one), claim(2, rate, 10)}
	h := b.take(time.Hour, claims...)
	var over atomic.Bool
	crowd(4, func(i int) {
		if i > 0 {
			for !over.Load() {
				for _, c := range claims {
					if v, err := b.Engine.Reserve(context.Background(), []limit.Claim{c}, time.Hour); err != nil || v.Hold != nil {
						b.Errorf("somebody has taken it: %+v, %v", v, err)
						return
					}
				}
			}
			return
		}
		defer over.Store(true)
		for range b.times(1000) {
			v, err := b.Engine.Swap(context.Background(), h, []int64{0, 0}, append([]limit.Claim(nil), claims...), time.Hour)
			if err != nil || v.Hold == nil {
				b.Errorf("it has lost its room: %+v, %v", v, err)
				return
			}
			h = v.Hold
		}
	})
	b.settle(h, 0, 0)
	b.wantUsed(claims[0], 0)
	b.wantUsed(claims[1], 0)
}

// times is how often something is done that over a network is done less often.
func (b *bench) times(n int) int {
	if b.Advance == nil {
		return n / 10
	}
	return n
}

func swapForOneRoom(b *bench) {
	w, one := &gateway.Window{Max: 10, Span: time.Hour}, &gateway.Window{Max: 1}
	for n := range b.times(200) {
		room := place(1000+n, one)
		var all [2]limit.Verdict
		holds := [2]*limit.Hold{b.take(time.Hour, claim(3*n, w, 10)), b.take(time.Hour, claim(3*n+1, w, 10))}
		crowd(2, func(i int) {
			var err error
			if all[i], err = b.Engine.Swap(context.Background(), holds[i], []int64{1}, []limit.Claim{room}, time.Hour); err != nil {
				b.Error(err)
			}
		})
		if (all[0].Hold == nil) == (all[1].Hold == nil) {
			b.Fatalf("%+v and %+v", all[0], all[1])
		}
		b.wantUsed(room, 1)
		b.wantUsed(claim(3*n, w, 0), 1)
		b.wantUsed(claim(3*n+1, w, 0), 1)
	}
}

// crowdOfSwaps goes from counter to counter, each to any others and in any order.
func crowdOfSwaps(b *bench) {
	const counters, callers = 6, 16
	few, rate := &gateway.Window{Max: 5}, &gateway.Window{Max: 1 << 40, Span: time.Hour}
	var used [counters]atomic.Int64
	crowd(callers, func(i int) {
		rng := rand.New(rand.NewPCG(3, uint64(i)))
		var h *limit.Hold
		var at, took int64
		settled := func() []int64 {
			if h == nil {
				return nil
			}
			took = rng.Int64N(10)
			used[at].Add(took)
			return []int64{0, took}
		}
		for range b.times(500) {
			next := rng.Int64N(counters)
			v, err := b.Engine.Swap(context.Background(), h, settled(), []limit.Claim{place(int(next), few), claim(100+int(next), rate, 5)}, time.Hour)
			if err != nil {
				b.Error(err)
				return
			}
			if h, at = v.Hold, next; v.States[0].Used > few.Max {
				b.Errorf("%d places are taken", v.States[0].Used)
			}
		}
		if h != nil {
			if err := b.Engine.Settle(context.Background(), h, settled()); err != nil {
				b.Error(err)
			}
		}
	})
	for n := range counters {
		b.wantUsed(place(n, few), 0)
		b.wantUsed(claim(100+n, rate, 0), used[n].Load())
	}
}
