package limit_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// patience is a timeout that a loaded machine does not reach.
const patience = time.Minute

// dial makes a client that ends with the test.
func dial(t testing.TB, url string, timeout time.Duration) *redis.Client {
	t.Helper()
	c, err := limit.DialRedis(url, timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// node makes an engine that ends with the test.
func node(t testing.TB, url string, o limit.RedisOptions) *limit.Redis {
	t.Helper()
	r := limit.NewRedis(dial(t, url, o.Timeout), o)
	t.Cleanup(func() { r.Close() }) // what it could not tell is its tests' matter
	return r
}

func TestRedisOnTheServersClockPassesTheSuite(t *testing.T) {
	s, n := testredis.Start(t, false), 0
	limittest.Run(t, func(t *testing.T) limittest.Harness {
		n++
		ledger := limittest.NewLedger()
		r := node(t, s.URL(), limit.RedisOptions{Prefix: strconv.Itoa(n) + ":", Spent: ledger.Spent, Timeout: patience})
		return limittest.Harness{Engine: r, Ledger: ledger, Grain: 2 * time.Millisecond}
	})
}

func TestRedisOnASetClockPassesTheSuite(t *testing.T) {
	s, n := testredis.Start(t, false), 0
	limittest.Run(t, func(t *testing.T) limittest.Harness {
		if strings.HasSuffix(t.Name(), "never_leak") {
			t.Skip("the clock does not matter, and the suite on the server's asks fewer times")
		}
		n++
		clock := newRedisClock(t, dial(t, s.URL(), patience), "clock:"+strconv.Itoa(n))
		ledger := limittest.NewLedger()
		r := node(t, s.URL(), limit.RedisOptions{Prefix: strconv.Itoa(n) + ":", Spent: ledger.Spent, Timeout: patience})
		r.SetClock(clock.key)
		return limittest.Harness{Engine: r, Ledger: ledger, Grain: 2 * time.Microsecond, Now: clock.now, Advance: clock.advance}
	})
}

// redisClock is a clock that stands in a key.
type redisClock struct {
	t      testing.TB
	client *redis.Client
	key    string
	at     atomic.Int64 // microseconds
}

func newRedisClock(t testing.TB, client *redis.Client, key string) *redisClock {
	c := &redisClock{t: t, client: client, key: key}
	c.at.Store(newClock().Now().UnixMicro()) // always the same: fixed windows and periods end when they end
	c.advance(0)
	return c
}

func (c *redisClock) now() time.Time { return time.UnixMicro(c.at.Load()) }

func (c *redisClock) advance(d time.Duration) {
	to := c.at.Add((d.Nanoseconds() + 999) / 1000)
	if err := c.client.Set(context.Background(), c.key, to, 0).Err(); err != nil {
		c.t.Error(err)
	}
}
