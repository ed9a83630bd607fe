package limit_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// fourClaims are what a usual call asks for: three limits and a budget.
func fourClaims() []limit.Claim {
	minute := &gateway.Window{Max: 1 << 40, Span: time.Minute}
	return []limit.Claim{
		{Counter: limit.ID{1}, Window: minute, Want: 1},
		{Counter: limit.ID{2}, Window: minute, Want: 1000},
		{Counter: limit.ID{3}, Window: &gateway.Window{Max: 1 << 20}, Open: true, Want: 1},
		{Counter: limit.ID{4}, Window: &gateway.Window{Max: 1 << 50, Period: gateway.Month}, Want: 1_000_000},
	}
}

func benchRedis(b *testing.B, parallel bool) {
	s := testredis.Start(b, false)
	client := dial(b, s.URL(), patience)
	r := limit.NewRedis(client, limit.RedisOptions{Timeout: patience})
	defer r.Close()
	ctx := context.Background()
	call := func(claims []limit.Claim) {
		v, err := r.Reserve(ctx, claims, time.Minute)
		if err != nil || v.Hold == nil {
			b.Errorf("%+v, %v", v, err)
			return
		}
		if err := r.Settle(ctx, v.Hold, []int64{1, 400, 1, 300_000}); err != nil {
			b.Error(err)
		}
	}
	for range 3 {
		call(fourClaims()) // the first ones send the scripts
	}
	callsBefore, busyBefore := serverStats(b, client)
	b.ReportAllocs()
	b.ResetTimer()
	if parallel {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for claims := fourClaims(); pb.Next(); {
				call(claims)
			}
		})
	} else {
		for claims := fourClaims(); b.Loop(); {
			call(claims)
		}
	}
	b.StopTimer()
	calls, busy := serverStats(b, client)
	b.ReportMetric((calls-callsBefore)/float64(b.N), "round-trips/op")
	b.ReportMetric((busy-busyBefore)/float64(b.N), "server-cpu-µs/op")
}

// serverStats tells how many scripts the server has run, and for how many microseconds
// its processor was busy.
func serverStats(b *testing.B, client *redis.Client) (calls, micros float64) {
	all, err := client.InfoMap(context.Background(), "commandstats", "cpu").Result()
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(all["Commandstats"]["cmdstat_evalsha"], "calls=")
	text, _, _ := strings.Cut(after, ",")
	for _, name := range []string{"used_cpu_sys", "used_cpu_user"} {
		micros += 1e6 * number(b, all["CPU"][name])
	}
	return number(b, text), micros
}

func number(b *testing.B, text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func BenchmarkRedisReserveAndSettle(b *testing.B)           { benchRedis(b, false) }
func BenchmarkRedisReserveAndSettleInParallel(b *testing.B) { benchRedis(b, true) }
