package limittest

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

var places = []scenario{
	{name: "places are given back when holds are settled", run: placesComeBack},
	{name: "the amount that a place is settled with is ignored", run: placesIgnoreAmounts},
	{name: "retry tells when a place's hold expires", sets: true, run: placesRetry},
	{name: "places do not come back by time", sets: true, run: placesStay},
}

func placesComeBack(b *bench) {
	w := &gateway.Window{Max: 3}
	first := b.take(time.Minute, place(1, w))
	b.take(time.Minute, place(1, w))
	b.take(time.Minute, place(1, w))
	v := b.refuse(0, place(1, w))
	if s := v.States[0]; s.Max != 3 || s.Used != 3 || s.Reset <= 0 {
		b.Fatalf("state = %+v", s)
	}
	b.settle(first, 1)
	b.wantUsed(place(1, w), 2)
	b.take(time.Minute, place(1, w))
	b.refuse(0, place(1, w))
}

func placesIgnoreAmounts(b *bench) {
	w := &gateway.Window{Max: 3, Span: time.Minute}
	for _, n := range []int64{0, 1, 7} {
		b.settle(b.take(time.Minute, place(1, w)), n)
		b.wantUsed(place(1, w), 0)
	}
}

func placesRetry(b *bench) {
	w := &gateway.Window{Max: 2}
	b.take(20*time.Second, place(1, w))
	b.take(time.Minute, place(1, w))
	b.pass(5 * time.Second)
	v := b.refuse(0, place(1, w))
	if v.Retry < 15*time.Second || v.Retry > 15*time.Second+20*time.Second/256+b.Grain {
		b.Fatalf("retry = %v, want 15s", v.Retry)
	}
	b.pass(15*time.Second - max(time.Millisecond, b.Grain))
	b.refuse(0, place(1, w))
	b.pass(max(time.Millisecond, b.Grain))
	b.take(time.Minute, place(1, w))
}

func placesStay(b *bench) {
	w := &gateway.Window{Max: 1, Span: time.Second}
	h := b.take(24*time.Hour, place(1, w))
	b.pass(23 * time.Hour)
	b.refuse(0, place(1, w))
	b.settle(h, 1)
	b.take(time.Second, place(1, w))
}
