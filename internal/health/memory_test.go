package health_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
)

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestNamesThatCallersMakeUpDoNotFillTheMemory(t *testing.T) {
	b, c := board()
	call(b, gpt, nil)
	call(b, gpt, upstream(fault.UpstreamAuth, time.Hour))
	before := heap()
	const many = 5_000
	for i := range many {
		call(b, health.ID{Provider: "p", Model: fmt.Sprint("model-", i)}, fault.New(fault.ModelNotFound, "x"))
		call(b, health.ID{Provider: "p", Model: fmt.Sprint("refused-", i), Credential: "a"}, upstream(fault.UpstreamAuth, 0))
		c.pass(time.Millisecond)
	}
	if grown := heap() - before; grown > 12<<20 {
		t.Errorf("%d MB after %d names", grown>>20, many)
	}
	if n := len(b.List()); n > 4096 {
		t.Errorf("%d are remembered", n)
	}
	want(t, b, gpt, health.Cooling) // what is worth more is kept
	runtime.KeepAlive(b)
}

func TestTheFullestBoardTakesFewMegabytes(t *testing.T) {
	before := heap()
	b, _ := board()
	for i := range 6_000 {
		call(b, health.ID{Provider: "p", Model: fmt.Sprint("model-", i)}, nil)
	}
	if grown := heap() - before; grown > 12<<20 {
		t.Errorf("%d MB", grown>>20)
	}
	runtime.KeepAlive(b)
}

func TestEndlessNamesAreNotRemembered(t *testing.T) {
	b, _ := board()
	for _, id := range []health.ID{{Provider: "p", Model: strings.Repeat("m", 1<<20)}, {Provider: "p", Model: "m", Credential: strings.Repeat("c", 1<<20)}} {
		call(b, id, upstream(fault.UpstreamAuth, 0))
		want(t, b, id, health.Healthy)
	}
	if l := b.List(); len(l) != 0 {
		t.Errorf("%d are remembered", len(l))
	}
}

func TestCallsInFlightAreCountedEvenWhenTheBoardIsFull(t *testing.T) {
	b, _ := board()
	var all []health.Pass
	for i := range 6_000 {
		all = append(all, b.Begin(health.ID{Provider: "p", Model: fmt.Sprint("model-", i)}))
	}
	if busy := b.Stats(health.Target{Provider: "p", Model: "model-0"}).Busy; busy != 1 {
		t.Errorf("%d are busy", busy)
	}
	for i := range all {
		b.Done(&all[i], health.Outcome{})
	}
	for _, s := range b.List() {
		if s.Stats.Busy != 0 {
			t.Fatalf("%+v", s)
		}
	}
}

func TestAKnownIDCostsNoMemory(t *testing.T) {
	b, _ := board()
	call(b, gpt, nil)
	ts := []health.Target{target(gpt), {Provider: "p", Model: "x"}}
	call(b, health.ID{Provider: "p", Model: "x"}, nil)
	if n := testing.AllocsPerRun(1000, func() {
		b.Level(gpt)
		call(b, gpt, nil)
		b.Stats(ts[0])
		b.Outliers(ts)
		b.Repeat(ts[0], 0.1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestManyAtOnceKeepTheCount(t *testing.T) {
	b := health.New(health.Options{})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 2000 {
				id := health.ID{Provider: "p", Model: fmt.Sprint(i % 300), Credential: fmt.Sprint(n % 3)}
				p := b.Begin(id)
				b.Level(id)
				o := health.Outcome{First: time.Millisecond}
				if i%7 == 0 {
					o.Fault = upstream(fault.UpstreamRateLimited, time.Millisecond)
				}
				b.Answered(&p)
				b.Done(&p, o)
				b.Stats(target(id))
				if i%500 == 0 {
					fmt.Fprint(io.Discard, b.List(), b.Outliers([]health.Target{target(id), {Provider: "p", Model: "1"}}))
				}
			}
		})
	}
	all.Wait()
	for _, s := range b.List() {
		if s.Stats.Busy != 0 {
			t.Fatalf("%+v", s)
		}
	}
}

func BenchmarkLevelBeginDone(b *testing.B) {
	board := health.New(health.Options{})
	call(board, gpt, nil)
	call(board, other, nil)
	b.ReportAllocs()
	for b.Loop() {
		board.Level(gpt)
		p := board.Begin(gpt)
		board.Done(&p, health.Outcome{First: 10 * time.Millisecond, Latency: 20 * time.Millisecond, Output: 10})
	}
}

func BenchmarkLevelBeginDoneManyTargets(b *testing.B) {
	board := health.New(health.Options{})
	var ids []health.ID
	for i := range 2000 {
		ids = append(ids, health.ID{Provider: "p", Model: fmt.Sprint("some-model-name-", i), Credential: "a"})
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			id := ids[i%len(ids)]
			board.Level(id)
			p := board.Begin(id)
			board.Done(&p, health.Outcome{First: 10 * time.Millisecond, Latency: 20 * time.Millisecond})
		}
	})
}

func BenchmarkOutliersOfFour(b *testing.B) {
	board := health.New(health.Options{})
	var ts []health.Target
	for i := range 4 {
		id := health.ID{Provider: "p", Model: fmt.Sprint(i)}
		for range 30 {
			call(board, id, nil)
		}
		ts = append(ts, target(id))
	}
	b.ReportAllocs()
	for b.Loop() {
		board.Outliers(ts)
	}
}

func BenchmarkStats(b *testing.B) {
	board := health.New(health.Options{})
	call(board, gpt, nil)
	for b.Loop() {
		board.Stats(target(gpt))
	}
}
