package limittest

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

var holds = []scenario{
	{name: "settling with less gives the rest back", run: settleLess},
	{name: "settling with more counts what is more", run: settleMore},
	{name: "settling twice counts once", run: settleTwice},
	{name: "settling by the hold's id works from a copy", run: settleCopy},
	{name: "what was used counts in the window in which it was taken", sets: true, run: settleCountsWhenTaken},
	{name: "what was used in a window that has gone counts no more", sets: true, run: settleLate},
	{name: "a hold that expires gives everything back", sets: true, run: holdExpires},
	{name: "a hold of a short real life expires", run: holdExpiresReally},
	{name: "a hold that expired may still be settled, once", sets: true, run: settleExpired},
	{name: "retry counts on holds that expire", sets: true, run: retryCountsOnExpiry},
	{name: "retry does not count on holds whose window ends first", sets: true, run: retryIgnoresOldHolds},
	{name: "extend takes more on an open hold", run: extendTakes},
	{name: "extend takes all or nothing", run: extendIsAtomic},
	{name: "what extend took expires with the hold", sets: true, run: extendExpires},
	{name: "a hold that is not open cannot be extended", sets: true, run: extendClosed},
}

func settleLess(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	month := &gateway.Window{Max: 100, Period: gateway.Month}
	h := b.take(time.Minute, claim(1, w, 100), claim(2, month, 90))
	if len(h.Granted) != 2 || h.Granted[0] != 100 || h.Granted[1] != 90 {
		b.Fatalf("granted = %v", h.Granted)
	}
	if d := h.Expires.Sub(h.Taken); d != time.Minute {
		b.Fatalf("the hold lives %v", d)
	}
	b.refuse(0, claim(1, w, 1))
	b.settle(h, 30, 0)
	b.wantUsed(claim(1, w, 0), 30)
	b.wantUsed(claim(2, month, 0), 0)
	b.take(time.Minute, claim(1, w, 70))
}

func settleMore(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	h := b.take(time.Minute, claim(1, w, 10))
	b.settle(h, 150)
	v := b.refuse(0, claim(1, w, 1))
	if v.States[0].Used != 150 || v.States[0].Left() != 0 {
		b.Fatalf("state = %+v", v.States[0])
	}
}

func settleTwice(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	h := b.take(time.Minute, claim(1, w, 50), place(2, w))
	other := b.take(time.Minute, claim(1, w, 50), place(2, w))
	for range 3 {
		b.settle(h, 20, 1)
	}
	b.wantUsed(claim(1, w, 0), 70)
	b.wantUsed(place(2, w), 1)
	b.settle(other, 50, 1)
	b.settle(h, 20, 1)
	b.wantUsed(claim(1, w, 0), 70)
	b.wantUsed(place(2, w), 0)
}

func settleCopy(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	h := b.take(time.Minute, claim(1, w, 50))
	again := *h
	again.Granted = append([]int64(nil), h.Granted...)
	again.Claims = append([]limit.Claim(nil), h.Claims...)
	b.settle(&again, 20)
	b.settle(h, 30)
	b.wantUsed(claim(1, w, 0), 20)
}

func settleCountsWhenTaken(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Minute}
	h := b.take(time.Hour, claim(1, w, 50))
	b.pass(50 * time.Second)
	b.settle(h, 60)
	b.wantUsed(claim(1, w, 0), 60)
	b.pass(10*time.Second + 2*subspan(w))
	b.wantUsed(claim(1, w, 0), 0)
}

func settleLate(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Minute}
	day := &gateway.Window{Max: 100, Period: gateway.Day}
	b.align(24 * time.Hour)
	b.pass(24*time.Hour - time.Second)
	h := b.take(time.Hour, claim(1, w, 50), claim(2, day, 50))
	b.pass(2 * time.Minute)
	b.wantUsed(claim(1, w, 0), 0)
	b.wantUsed(claim(2, day, 0), 0)
	other := b.take(time.Hour, claim(1, w, 10), claim(2, day, 10))
	b.settle(h, 90, 90)
	b.wantUsed(claim(1, w, 0), 10)
	b.wantUsed(claim(2, day, 0), 10)
	b.settle(other, 5, 5)
	b.wantUsed(claim(1, w, 0), 5)
	b.wantUsed(claim(2, day, 0), 5)
}

func holdExpires(b *bench) {
	w, month := &gateway.Window{Max: 10, Span: time.Hour}, &gateway.Window{Max: 10, Period: gateway.Month}
	calm(b)
	b.take(10*time.Second, claim(1, w, 10), claim(2, month, 10), place(3, w))
	b.pass(10*time.Second - max(time.Millisecond, b.Grain))
	b.refuse(0, claim(1, w, 1))
	b.refuse(0, claim(2, month, 1))
	b.wantUsed(place(3, w), 1)
	b.pass(max(time.Millisecond, b.Grain))
	b.wantUsed(claim(1, w, 0), 0)
	b.wantUsed(claim(2, month, 0), 0)
	b.wantUsed(place(3, w), 0)
	b.spend(claim(1, w, 10), claim(2, month, 10), place(3, w))
}

// calm goes where no calendar period ends for a while.
func calm(b *bench) {
	b.align(24 * time.Hour)
	for b.now().UTC().Day() != 10 {
		b.pass(24 * time.Hour)
	}
}

func holdExpiresReally(b *bench) {
	w := &gateway.Window{Max: 1, Span: time.Hour}
	b.take(1500*time.Millisecond, claim(1, w, 1), place(2, w))
	b.refuse(0, claim(1, w, 1))
	b.pass(1510*time.Millisecond + b.Grain)
	b.spend(claim(1, w, 1), place(2, w))
}

func settleExpired(b *bench) {
	w, month := &gateway.Window{Max: 100, Span: time.Hour}, &gateway.Window{Max: 100, Period: gateway.Month}
	calm(b)
	h := b.take(time.Second, claim(1, w, 60), claim(2, month, 60), place(3, w))
	b.pass(2 * time.Second)
	b.wantUsed(claim(1, w, 0), 0)
	b.take(time.Minute, claim(1, w, 100), claim(2, month, 30), place(3, w))
	b.settle(h, 40, 40, 1)
	b.wantUsed(claim(1, w, 0), 140)
	b.wantUsed(claim(2, month, 0), 70)
	b.wantUsed(place(3, w), 1)
	b.settle(h, 40, 40, 1)
	b.wantUsed(claim(1, w, 0), 140)
}

func retryCountsOnExpiry(b *bench) {
	w, month := &gateway.Window{Max: 10, Span: time.Hour}, &gateway.Window{Max: 10, Period: gateway.Month}
	calm(b)
	b.take(30*time.Second, claim(1, w, 10), claim(2, month, 10))
	for i, c := range []limit.Claim{claim(1, w, 4), claim(2, month, 4)} {
		v := b.refuse(0, c)
		if v.Retry <= 0 {
			b.Fatalf("claim %d: retry = %v", i, v.Retry)
		}
	}
	b.pass(b.refuse(0, claim(1, w, 4)).Retry)
	b.take(time.Minute, claim(1, w, 4))
}

func retryIgnoresOldHolds(b *bench) {
	w := &gateway.Window{Max: 10, Span: time.Minute}
	b.take(90*time.Second, claim(1, w, 10))
	b.pass(70 * time.Second)
	b.take(time.Hour, claim(1, w, 10))
	v := b.refuse(0, claim(1, w, 5))
	if v.Retry < 59*time.Second || v.Retry > 60*time.Second+2*subspan(w) {
		b.Fatalf("retry = %v, want about a minute", v.Retry)
	}
	b.pass(v.Retry)
	b.take(time.Second, claim(1, w, 5))
}

func (b *bench) extend(h *limit.Hold, more ...int64) (limit.Verdict, error) {
	return b.Engine.Extend(context.Background(), h, more)
}

func extendTakes(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	h := b.take(time.Minute, claim(1, w, 20), claim(2, w, 5))
	v, err := b.extend(h, 30, 0)
	if err != nil || v.Hold == nil || v.Refused != -1 || h.Granted[0] != 50 || h.Granted[1] != 5 {
		b.Fatalf("extend = %+v, %v; granted %v", v, err, h.Granted)
	}
	b.wantUsed(claim(1, w, 0), 50)
	b.settle(h, 45, 1)
	b.wantUsed(claim(1, w, 0), 45)
	b.wantUsed(claim(2, w, 0), 1)
	over := b.take(time.Minute, claim(3, w, 10))
	if _, err := b.extend(over, 10); err != nil {
		b.Fatal(err)
	}
	b.settle(over, 33)
	b.wantUsed(claim(3, w, 0), 33)
}

func extendIsAtomic(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	h := b.take(time.Minute, claim(1, w, 20), claim(2, w, 90))
	v, err := b.extend(h, 30, 20)
	if err != nil || v.Hold != nil || v.Refused != 1 {
		b.Fatalf("extend = %+v, %v", v, err)
	}
	b.wantUsed(claim(1, w, 0), 20)
	b.wantUsed(claim(2, w, 0), 90)
	if h.Granted[0] != 20 || h.Granted[1] != 90 {
		b.Fatalf("granted = %v after a refused extension", h.Granted)
	}
	b.settle(h, 20, 90)
	b.wantUsed(claim(1, w, 0), 20)
}

func extendExpires(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	h := b.take(time.Minute, claim(1, w, 20))
	b.pass(30 * time.Second)
	if v, err := b.extend(h, 30); err != nil || v.Hold == nil {
		b.Fatalf("extend = %+v, %v", v, err)
	}
	b.pass(30 * time.Second)
	b.wantUsed(claim(1, w, 0), 0)
	b.settle(h, 35)
	b.wantUsed(claim(1, w, 0), 35)
}

func extendClosed(b *bench) {
	w := &gateway.Window{Max: 100, Span: time.Hour}
	settled := b.take(time.Minute, claim(1, w, 20))
	b.settle(settled, 20)
	expired := b.take(time.Second, claim(1, w, 20))
	b.pass(time.Second)
	for _, h := range []*limit.Hold{settled, expired} {
		if v, err := b.extend(h, 30); err == nil && v.Hold != nil {
			b.Fatalf("extended: %+v", v)
		}
	}
	b.wantUsed(claim(1, w, 0), 20)
}
