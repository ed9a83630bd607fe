package limit

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheClockTellsTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newClock()
		for _, pause := range []time.Duration{0, 1, time.Millisecond, 99 * time.Millisecond, time.Second, time.Hour, time.Millisecond} {
			time.Sleep(pause)
			if got, want := clock(), time.Now(); !got.Equal(want) {
				t.Errorf("it is %v, want %v", got, want)
			}
		}
	})
}

func BenchmarkClock(b *testing.B) {
	clock := newClock()
	for b.Loop() {
		clock()
	}
}
