package limittest

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// subspan is how inexact a sliding window may be.
func subspan(w *gateway.Window) time.Duration { return w.Span/256 + time.Millisecond }

var windows = []scenario{
	{name: "a sliding window admits max and not one more", run: slidingAdmitsMax},
	{name: "a sliding window of a short real span opens again", run: slidingOpensAgain},
	{name: "a sliding window never holds more than max and gives back 99 per cent", sets: true, run: slidingIsExact},
	{name: "a burst may be taken at once and is repaid", sets: true, run: burstIsRepaid},
	{name: "a fixed window begins anew at each multiple of its span", sets: true, run: fixedBeginsAnew},
	{name: "a burst of a fixed window is taken off the next ones", sets: true, run: fixedBurstIsRepaid},
	{name: "retry is exact", sets: true, run: retryIsExact},
	{name: "retry is true of a short real span", run: retryIsTrue},
	{name: "a claim above max is never granted", run: aboveMaxNever},
	{name: "a want of nothing passes always", run: zeroPasses},
	{name: "a max of nothing admits nothing", run: zeroMax},
	{name: "when one claim is refused none is consumed", run: noneConsumed},
	{name: "of several refused claims the one that takes longest is named", run: longestNamed},
	{name: "claims on the same counter add up", run: duplicatesAddUp},
	{name: "a claim with a min takes what is left", run: minTakesWhatIsLeft},
	{name: "claims with a min on the same counter share what is left", run: minsShare},
	{name: "an observing claim is counted and never refuses", run: observeCounts},
	{name: "peek takes nothing and says what would be refused", run: peekTakesNothing},
	{name: "reset says when room begins to come back", sets: true, run: resetIsTrue},
	{name: "a raised max holds at once, and so does a lowered one", run: maxChanges},
	{name: "an ask over many counters counts on each, again and again", sets: true, run: manyCounters},
	{name: "a cancelled call is not decided", run: cancelledIsNot},
	{name: "no claims are granted", run: noClaims},
}

func slidingAdmitsMax(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	for range 100 {
		b.spend(claim(1, w, 1))
	}
	v := b.refuse(0, claim(1, w, 1))
	if s := v.States[0]; s.Max != 100 || s.Used != 100 || s.Left() != 0 {
		b.Fatalf("state = %+v", s)
	}
	b.spend(claim(2, w, 100))
	b.refuse(0, claim(2, w, 1))
}

func slidingOpensAgain(b *bench) {
	w := &gateway.Window{Max: 5, Span: 1500 * time.Millisecond} // long enough to be refused in, on a busy machine
	b.spend(claim(1, w, 5))
	b.refuse(0, claim(1, w, 1))
	b.pass(w.Span + 2*subspan(w) + 2*b.Grain)
	b.spend(claim(1, w, 5))
}

// slidingIsExact offers one each 100 ms for ten minutes to 100 per minute.
func slidingIsExact(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Minute}
	var taken []time.Time
	for range 6000 {
		if v := b.reserve(time.Second, claim(1, w, 1)); v.Hold != nil {
			b.settle(v.Hold, 1)
			taken = append(taken, b.now())
		}
		b.pass(100 * time.Millisecond)
	}
	for i := 100; i < len(taken); i++ {
		if d := taken[i].Sub(taken[i-100]); d < w.Span {
			b.Fatalf("101 within %v", d)
		}
	}
	if len(taken) < 990 {
		b.Fatalf("%d admitted in 10 minutes, want 990 at least", len(taken))
	}
}

func burstIsRepaid(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Minute, Burst: 50}
	b.spend(claim(1, w, 150))
	v := b.refuse(0, claim(1, w, 1))
	if v.States[0].Left() != 0 {
		b.Fatalf("left = %d after the burst", v.States[0].Left())
	}
	start, total := b.now(), 150
	var taken []time.Time
	for b.now().Sub(start) < 20*w.Span {
		b.pass(250 * time.Millisecond)
		if v := b.reserve(time.Second, claim(1, w, 1)); v.Hold != nil {
			b.settle(v.Hold, 1)
			total++
			taken = append(taken, b.now())
		}
	}
	for i := 150; i < len(taken); i++ {
		if taken[i].Sub(taken[i-150]) < w.Span {
			b.Fatal("more than max and burst within one span")
		}
	}
	if total > 150+20*100 || total < 20*99 {
		b.Fatalf("%d taken in 20 spans after a burst", total)
	}
	b.pass(2 * w.Span)
	b.pass(subspan(w))
	b.spend(claim(1, w, 150))
	b.refuse(0, claim(1, w, 1))
	b.pass(w.Span + 2*subspan(w))
	b.refuse(0, claim(1, w, 110))
	b.spend(claim(1, w, 95))
}

func fixedBeginsAnew(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Minute, Fixed: true}
	b.align(time.Minute)
	b.pass(50 * time.Second)
	b.spend(claim(1, w, 10))
	if v := b.refuse(0, claim(1, w, 1)); !near(v.Retry, 10*time.Second, b.Grain) {
		b.Fatalf("retry = %v, want 10s", v.Retry)
	}
	b.pass(10*time.Second - time.Millisecond)
	b.refuse(0, claim(1, w, 1))
	b.pass(time.Millisecond)
	b.spend(claim(1, w, 10))
	b.refuse(0, claim(1, w, 1))
}

func fixedBurstIsRepaid(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Minute, Fixed: true, Burst: 5}
	b.align(time.Minute)
	b.spend(claim(1, w, 15))
	b.refuse(0, claim(1, w, 1))
	total := 15
	for range 10 {
		b.pass(time.Minute)
		for v := b.reserve(time.Minute, claim(1, w, 1)); v.Hold != nil; v = b.reserve(time.Minute, claim(1, w, 1)) {
			b.settle(v.Hold, 1)
			total++
		}
	}
	if total > 15+100 || total < 100 {
		b.Fatalf("%d taken in 11 windows", total)
	}
	b.pass(3 * time.Minute)
	b.spend(claim(1, w, 15))
	b.refuse(0, claim(1, w, 1))
}

func near(got, want, by time.Duration) bool { return got >= want-by && got <= want+by }

func retryIsExact(b *bench) {
	for i, w := range []*gateway.Window{
		{Max: 10, Span: time.Minute},
		{Max: 10, Span: time.Minute, Fixed: true},
		{Max: 10, Span: time.Minute, Burst: 4},
		{Max: 10, Period: gateway.Day},
	} {
		b.align(time.Minute) // what is spent falls into one fixed window
		b.spend(claim(i, w, 3))
		b.pass(7 * time.Second)
		b.spend(claim(i, w, 2))
		b.pass(3 * time.Second)
		ask := claim(i, w, 9)
		if w.Burst > 0 {
			ask.Want = 13
		}
		retryHolds(b, ask)
	}
}

// retryHolds asks for what is refused, waits as it is told, and is granted; a little
// earlier it was not.
func retryHolds(b *bench, ask limit.Claim) {
	b.Helper()
	v := b.refuse(0, ask)
	if v.Retry <= 0 {
		b.Fatalf("window %+v: retry = %v", ask.Window, v.Retry)
	}
	early := max(time.Millisecond, b.Grain)
	if v.Retry > early {
		b.pass(v.Retry - early)
		b.refuse(0, ask)
		b.pass(early)
	} else {
		b.pass(v.Retry)
	}
	b.take(time.Second, ask)
}

func retryIsTrue(b *bench) {
	w := &gateway.Window{Max: 4, Span: 1500 * time.Millisecond}
	b.spend(claim(1, w, 4))
	v := b.refuse(0, claim(1, w, 2))
	if v.Retry <= 0 || v.Retry > w.Span+2*subspan(w)+b.Grain {
		b.Fatalf("retry = %v", v.Retry)
	}
	b.pass(v.Retry)
	b.spend(claim(1, w, 2))
}

func aboveMaxNever(b *bench) {
	for i, w := range []*gateway.Window{
		{Max: 10, Span: time.Minute},
		{Max: 10, Span: time.Minute, Fixed: true},
		{Max: 6, Span: time.Minute, Burst: 4},
		{Max: 10, Period: gateway.Month},
	} {
		if v := b.refuse(0, claim(i, w, 11)); v.Retry >= 0 {
			b.Fatalf("window %+v: retry = %v for what is never granted", w, v.Retry)
		}
		b.wantUsed(claim(i, w, 0), 0)
		b.spend(claim(i, w, 10))
	}
	w := &gateway.Window{Max: 2}
	c := place(9, w)
	c.Want = 3
	if v := b.refuse(0, c); v.Retry >= 0 {
		b.Fatalf("retry = %v for more places than there are", v.Retry)
	}
}

func zeroPasses(b *bench) {
	w := &gateway.Window{Max: 1, Span: time.Hour}
	b.spend(claim(1, w, 0))
	b.wantUsed(claim(1, w, 0), 0)
	b.spend(claim(1, w, 1))
	h := b.take(time.Minute, claim(1, w, 0))
	b.settle(h, 5)
	b.wantUsed(claim(1, w, 0), 6)
	b.spend(claim(1, w, 0))
}

func zeroMax(b *bench) {
	for i, w := range []*gateway.Window{
		{Span: time.Minute}, {Span: time.Minute, Fixed: true}, {Period: gateway.Day},
	} {
		if v := b.refuse(0, claim(i, w, 1)); v.Retry >= 0 {
			b.Fatalf("retry = %v", v.Retry)
		}
	}
	b.refuse(0, place(9, &gateway.Window{}))
}

func noneConsumed(b *bench) {
	wide, tight := &gateway.Window{Max: 100, Span: time.Hour}, &gateway.Window{Max: 1, Span: time.Hour}
	month := &gateway.Window{Max: 1000, Period: gateway.Month}
	b.spend(claim(2, tight, 1))
	b.refuse(1, claim(1, wide, 7), claim(2, tight, 1), claim(3, month, 9), place(4, wide))
	b.wantUsed(claim(1, wide, 0), 0)
	b.wantUsed(claim(2, tight, 0), 1)
	b.wantUsed(claim(3, month, 0), 0)
	b.wantUsed(place(4, wide), 0)
}

func longestNamed(b *bench) {
	short, long := &gateway.Window{Max: 1, Span: time.Minute}, &gateway.Window{Max: 1, Span: time.Hour}
	b.spend(claim(1, short, 1), claim(2, long, 1))
	v := b.refuse(1, claim(1, short, 1), claim(2, long, 1))
	if v.Retry < 59*time.Minute {
		b.Fatalf("retry = %v", v.Retry)
	}
	if v = b.refuse(0, claim(1, short, 2), claim(2, long, 1)); v.Retry >= 0 {
		b.Fatalf("retry = %v, want never", v.Retry)
	}
}

func duplicatesAddUp(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Hour}
	v := b.reserve(time.Minute, claim(1, w, 6), claim(1, w, 5))
	if v.Hold != nil || v.Retry >= 0 {
		b.Fatalf("11 of 10 by two claims: hold %v, retry %v", v.Hold, v.Retry)
	}
	b.wantUsed(claim(1, w, 0), 0)
	h := b.take(time.Minute, claim(1, w, 6), claim(1, w, 4))
	b.refuse(0, claim(1, w, 1))
	b.settle(h, 1, 2)
	b.wantUsed(claim(1, w, 0), 3)
}

func minTakesWhatIsLeft(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	c := claim(1, w, 80)
	c.Min = 10
	for i, want := range []int64{80, 20} {
		if h := b.take(time.Minute, c); h.Granted[0] != want {
			b.Fatalf("hold %d: granted %d, want %d", i, h.Granted[0], want)
		}
	}
	b.refuse(0, c)
	small := claim(2, w, 5)
	small.Min = 10
	if h := b.take(time.Minute, small); h.Granted[0] != 5 {
		b.Fatalf("granted %d of a want below the min", h.Granted[0])
	}
	large := claim(3, w, 500)
	large.Min = 10
	h := b.take(time.Minute, large)
	if h.Granted[0] != 100 {
		b.Fatalf("granted %d of a want above max", h.Granted[0])
	}
	b.settle(h, 40)
	b.wantUsed(large, 40)
}

func minsShare(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Hour}
	fit := claim(1, w, 10)
	fit.Min = 1
	h := b.take(time.Minute, fit, claim(1, w, 5))
	if h.Granted[0] != 5 || h.Granted[1] != 5 {
		b.Fatalf("granted %v, want [5 5]", h.Granted)
	}
	b.refuse(0, claim(1, w, 1))
}

func observeCounts(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Hour}
	c := claim(1, w, 25)
	c.Observe = true
	b.spend(c)
	b.spend(c)
	b.wantUsed(c, 50)
	b.refuse(0, claim(1, w, 1))
	v := b.reserve(time.Minute, c)
	if v.Hold == nil || v.States[0].Left() != 0 || v.Hold.Granted[0] != 25 {
		b.Fatalf("an observing claim: %+v", v)
	}
}

func peekTakesNothing(b *bench) {
	w := &gateway.Window{Max: 2, Span: time.Hour}
	ctx, free, full := context.Background(), claim(1, w, 1), claim(2, w, 1)
	b.spend(claim(2, w, 2))
	for range 5 {
		v, err := b.Engine.Peek(ctx, []limit.Claim{free, full})
		if err != nil || v.Hold != nil || v.Refused != 1 || v.Retry <= 0 || v.States[0].Used != 0 {
			b.Fatalf("peek = %+v, %v", v, err)
		}
	}
	v, err := b.Engine.Peek(ctx, []limit.Claim{free})
	if err != nil || v.Refused != -1 || v.States[0].Left() != 2 {
		b.Fatalf("peek = %+v, %v", v, err)
	}
	b.spend(claim(1, w, 2))
}

func resetIsTrue(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Minute}
	b.align(time.Minute)
	if v := b.reserve(time.Second, claim(1, w, 0)); v.States[0].Reset != 0 {
		b.Fatalf("reset = %v of an empty window", v.States[0].Reset)
	}
	b.spend(claim(1, w, 1))
	b.pass(20 * time.Second)
	b.spend(claim(1, w, 1))
	v := b.reserve(time.Second, claim(1, w, 0))
	if !near(v.States[0].Reset, 40*time.Second, 2*subspan(w)+b.Grain) {
		b.Fatalf("reset = %v, want about 40s", v.States[0].Reset)
	}
	day := &gateway.Window{Max: 10, Period: gateway.Day}
	b.align(24 * time.Hour)
	b.pass(6 * time.Hour)
	b.spend(claim(2, day, 1))
	v = b.reserve(time.Second, claim(2, day, 0))
	if !near(v.States[0].Reset, 18*time.Hour, b.Grain) {
		b.Fatalf("reset = %v, want 18h", v.States[0].Reset)
	}
}

func maxChanges(b *bench) {
	small, large := &gateway.Window{Max: 2, Span: time.Hour}, &gateway.Window{Max: 4, Span: time.Hour}
	b.spend(claim(1, small, 2))
	b.refuse(0, claim(1, small, 1))
	b.spend(claim(1, large, 2))
	v := b.refuse(0, claim(1, small, 1))
	if s := v.States[0]; s.Max != 2 || s.Used != 4 || s.Left() != 0 {
		b.Fatalf("state = %+v", s)
	}
}

func manyCounters(b *bench) {
	w := &gateway.Window{Max: 2, Span: time.Minute}
	for round := range 4 {
		var claims []limit.Claim
		for i := range 150 {
			claims = append(claims, claim(i+20*round, w, 2))
		}
		b.spend(claims...)
		for _, c := range claims {
			b.wantUsed(c, 2)
		}
		b.pass(3 * time.Minute)
	}
}

func cancelledIsNot(b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := &gateway.Window{Max: 2, Span: time.Hour}
	if v, err := b.Engine.Reserve(ctx, []limit.Claim{claim(1, w, 1)}, time.Minute); err == nil {
		b.Fatalf("reserve with a cancelled context = %+v", v)
	}
	b.wantUsed(claim(1, w, 0), 0)
}

func noClaims(b *bench) {
	h := b.take(time.Minute)
	b.settle(h)
}
