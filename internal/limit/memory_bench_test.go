package limit_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

func counterID(n int) (id limit.ID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(id[8:], uint64(n)*0xc2b2ae3d27d4eb4f)
	return id
}

var benchWindows = [4]*gateway.Window{
	{Max: 1 << 50, Span: time.Minute},
	{Max: 1 << 50, Span: time.Hour},
	{Max: 1 << 20},
	{Max: 1 << 50, Period: gateway.Month, Zone: "Europe/Berlin"},
}

// claimsOf are three limits and a budget of caller n.
func claimsOf(n int) []limit.Claim {
	claims := make([]limit.Claim, 4)
	for i := range claims {
		claims[i] = limit.Claim{Counter: counterID(4*n + i), Window: benchWindows[i], Want: 5, Open: i == 2}
	}
	return claims
}

// BenchmarkReserveSettle is a call's whole way: three limits and a budget, reserved and
// settled. Each goroutine is one caller, or goes through all of them. The heap is as
// large as a gateway's, or what is measured is the collector.
func BenchmarkReserveSettle(b *testing.B) {
	heap := make([]byte, 64<<20)
	defer runtime.KeepAlive(heap)
	for _, c := range []struct {
		name           string
		alive, callers int
	}{
		{"10 counters", 10, 2},
		{"100000 counters", 100_000, 2},
		{"one caller", 10, 1},
		{"100000 counters in turn", 100_000, 25_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, ctx := limit.NewMemory(limit.MemoryOptions{}), context.Background()
			all := make([][]limit.Claim, max(c.alive/4, c.callers))
			for i := range all {
				all[i] = claimsOf(i)
				v, err := m.Reserve(ctx, all[i], time.Hour)
				if err != nil || m.Settle(ctx, v.Hold, []int64{1, 1, 1, 1}) != nil {
					b.Fatal(v, err)
				}
			}
			var goroutine atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				n := int(goroutine.Add(1)) % c.callers
				used := []int64{1, 3, 0, 2}
				rng := rand.New(rand.NewPCG(1, uint64(n)))
				for pb.Next() {
					if c.callers > 2 {
						n = rng.IntN(c.callers)
					}
					v, err := m.Reserve(ctx, all[n], time.Minute)
					if err != nil || v.Hold == nil {
						b.Error(v, err)
						return
					}
					if err := m.Settle(ctx, v.Hold, used); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkPeek(b *testing.B) {
	m, ctx, claims := limit.NewMemory(limit.MemoryOptions{}), context.Background(), claimsOf(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Peek(ctx, claims); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSnapshot is what Keep does each second.
func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(n, " counters"), func(b *testing.B) {
			m, ctx := limit.NewMemory(limit.MemoryOptions{}), context.Background()
			for i := range n / 4 {
				if _, err := m.Reserve(ctx, claimsOf(i), time.Hour); err != nil {
					b.Fatal(err)
				}
			}
			var size counting
			b.ReportAllocs()
			for b.Loop() {
				size = 0
				if err := m.Snapshot(&size); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

type counting int

func (c *counting) Write(p []byte) (int, error) {
	*c += counting(len(p))
	return len(p), nil
}
