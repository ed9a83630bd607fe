//go:build unix

package proxy_test

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	vendor "github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// hot are three limits and a budget, none of which is ever reached: a million dollars, and
// as many calls and tokens as no machine makes in a minute.
func hot() []*gateway.Rule {
	minute := func(most int64) []gateway.Window { return []gateway.Window{{Max: most, Span: time.Minute}} }
	return []*gateway.Rule{
		{Name: "requests", Per: []gateway.Per{"key"}, Unit: gateway.UnitRequests, Windows: minute(10_000_000)},
		{Name: "tokens", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitTokens, Windows: minute(10_000_000_000)},
		{Name: "places", Per: []gateway.Per{"key"}, Unit: gateway.UnitConcurrent, Windows: []gateway.Window{{Max: 1000}}},
		{Name: "month", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitCost, Windows: []gateway.Window{{Max: 1_000_000 * int64(gateway.Dollar), Period: gateway.Month}}},
	}
}

func BenchmarkLimited1K(b *testing.B) {
	benchmarkCalls(b, 1<<10, func(up string) *proxy.Proxy { return bareWith(b, vendor.Spec, up+"/v1", 1, hot()) })
}

func BenchmarkLimited1KWith100000Keys(b *testing.B) {
	benchmarkCalls(b, 1<<10, func(up string) *proxy.Proxy { return bareWith(b, vendor.Spec, up+"/v1", 100_000, hot()) })
}

func BenchmarkPlain1KWith100000Keys(b *testing.B) {
	benchmarkCalls(b, 1<<10, func(up string) *proxy.Proxy { return bareWith(b, vendor.Spec, up+"/v1", 100_000, nil) })
}

// BenchmarkWhatLimitsAdd tells what limits cost in CPU: calls with and without them take
// turns, and what is told is the difference of the turns that nothing disturbed.
func BenchmarkWhatLimitsAdd(b *testing.B) {
	benchmarkAdded(b,
		func(up string) *proxy.Proxy { return bare(b, up) },
		func(up string) *proxy.Proxy { return bareWith(b, vendor.Spec, up+"/v1", 1, hot()) })
}

// BenchmarkWhat100000KeysAdd does the same for many keys.
func BenchmarkWhat100000KeysAdd(b *testing.B) {
	benchmarkAdded(b,
		func(up string) *proxy.Proxy { return bareWith(b, vendor.Spec, up+"/v1", 1, hot()) },
		func(up string) *proxy.Proxy { return bareWith(b, vendor.Spec, up+"/v1", 100_000, hot()) })
}

// turn is how many calls are made of one kind before it is the other's turn: they take about
// a millisecond, so that most turns are over before other work has the processor.
const turn = 25

func benchmarkAdded(b *testing.B, without, with func(up string) *proxy.Proxy) {
	heap := make([]byte, 64<<20) // as large as a gateway's, or what is measured is the collector
	defer runtime.KeepAlive(heap)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the time of threads elsewhere is told by the tick
	one, other := dialBench(b, 1<<10, without), dialBench(b, 1<<10, with)
	for range 40 {
		one.turn(b)
		other.turn(b)
	}
	var plain, more []float64
	for b.Loop() { // who follows whom changes, since who comes second finds a warmer machine
		plain = append(plain, one.turn(b))
		more = append(more, other.turn(b), other.turn(b))
		plain = append(plain, one.turn(b))
	}
	base := undisturbed(plain)
	b.ReportMetric(base, "cpu-ns/call")
	b.ReportMetric(undisturbed(more)-base, "added-ns/call")
}

// undisturbed gives what nine of ten turns took more than: other work of the machine, and
// the collector's, only ever adds to a turn.
func undisturbed(turns []float64) float64 {
	slices.Sort(turns)
	return turns[len(turns)/10]
}

// cpu is the CPU time of this process in nanoseconds.
func cpu() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// turn makes many calls and gives the CPU time of one.
func (c *benchCaller) turn(b *testing.B) float64 {
	began := cpu()
	for range turn {
		c.call(b)
	}
	return float64(cpu()-began) / turn
}
