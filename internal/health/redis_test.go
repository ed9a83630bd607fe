package health_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// node is a gateway with a board of its own.
type node struct {
	*health.Board
	peers *health.Redis
	away  atomic.Int32
}

func newNode(t *testing.T, url string) *node {
	t.Helper()
	client, err := limit.DialRedis(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := new(node)
	n.peers = health.NewRedis(client, health.RedisOptions{Away: func(away bool) {
		if away {
			n.away.Add(1)
		} else {
			n.away.Add(-1)
		}
	}})
	n.Board = health.New(health.Options{Rules: func(string) health.Rules { return resting }, Peers: n.peers})
	t.Cleanup(func() {
		n.Board.Close()
		n.peers.Close()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// resting are rules by which what rests does so for longer than any test lasts.
var resting = func() health.Rules {
	r := rules
	r.Cooldown, r.MaxCooldown = time.Hour, time.Hour
	return r
}()

// patience is for what need not be quick.
const patience = time.Minute

// soon waits for something to become true, and fails when that takes longer than it may.
func soon(t *testing.T, what string, within time.Duration, is func() bool) {
	t.Helper()
	end, tick := time.NewTimer(within), time.NewTicker(2*time.Millisecond)
	defer end.Stop()
	defer tick.Stop()
	for !is() {
		select {
		case <-end.C:
			t.Fatalf("not %s within %v", what, within)
		case <-tick.C:
		}
	}
}

func (n *node) is(id health.ID, l health.Level) func() bool {
	return func() bool { return n.Level(id) == l }
}

func TestARestIsKnownToAllNodesWithinASecondAndSoIsItsEnd(t *testing.T) {
	s := testredis.Start(t, false)
	a, b := newNode(t, s.URL()), newNode(t, s.URL())
	f := upstream(fault.UpstreamRateLimited, time.Minute)
	f.Upstream = &fault.Answer{Status: 429}
	call(a.Board, gpt, f)
	soon(t, "known to the other", 20*time.Second, b.is(gpt, health.Cooling))
	c := newNode(t, s.URL())
	soon(t, "known to a new node", patience, c.is(gpt, health.Cooling))
	st := b.List()[0]
	if left := time.Until(st.Until); st.ID != gpt || st.Why != fault.RateLimited || st.Status != 429 || !st.Peer || left < 20*time.Second || left > time.Minute {
		t.Errorf("%+v", st)
	}
	call(b.Board, gpt, nil) // a last resort
	want(t, b.Board, gpt, health.Healthy)
	soon(t, "healed at the one that told", patience, a.is(gpt, health.Healthy))
	soon(t, "healed at the third", patience, c.is(gpt, health.Healthy))
	call(c.Board, gpt, upstream(fault.UpstreamAuth, 0))
	soon(t, "rests again", patience, a.is(gpt, health.Cooling))
	want(t, a.Board, other, health.Healthy)
}

func TestOfTwoRestsTheLongerOneIsKept(t *testing.T) {
	s := testredis.Start(t, false)
	a, b := newNode(t, s.URL()), newNode(t, s.URL())
	call(a.Board, gpt, upstream(fault.UpstreamRateLimited, time.Minute))
	soon(t, "known", patience, b.is(gpt, health.Cooling))
	b.peers.Tell(health.News{ID: gpt, Rest: time.Second, Token: 1, Why: fault.RateLimited})
	b.peers.Tell(health.News{ID: other, Rest: time.Minute, Token: 2, Why: fault.RateLimited})
	soon(t, "told", patience, a.is(other, health.Cooling))
	c := newNode(t, s.URL())
	soon(t, "known to a new node", patience, c.is(gpt, health.Cooling))
	if left := time.Until(c.List()[0].Until); left < 30*time.Second {
		t.Errorf("it rests for %v", left)
	}
}

func TestThatAVendorCannotBeReachedEachNodeFindsOutWithOneCall(t *testing.T) {
	s := testredis.Start(t, false)
	a, b := newNode(t, s.URL()), newNode(t, s.URL())
	for range 3 {
		call(a.Board, gpt, upstream(fault.UpstreamUnreachable, 0))
	}
	soon(t, "half open at the other", patience, b.is(gpt, health.Probing))
	p := b.Begin(gpt)
	want(t, b.Board, gpt, health.Cooling)
	b.Done(&p, health.Outcome{})
	want(t, b.Board, gpt, health.Healthy)
	call(b.Board, other, upstream(fault.UpstreamAuth, 0))
	soon(t, "told of something later", patience, a.is(other, health.Cooling))
	want(t, a.Board, gpt, health.Cooling)
	call(a.Board, health.ID{Provider: "q"}, upstream(fault.UpstreamAuth, 0))
	soon(t, "told of more", patience, b.is(health.ID{Provider: "q"}, health.Cooling))
	want(t, b.Board, gpt, health.Healthy) // old news is no news
}

func TestWithoutTheServerEachNodeGoesOnAloneAndTellsLater(t *testing.T) {
	s := testredis.Start(t, false)
	a, b := newNode(t, s.URL()), newNode(t, s.URL())
	call(a.Board, other, upstream(fault.UpstreamRateLimited, time.Minute))
	soon(t, "known", patience, b.is(other, health.Cooling))
	for _, how := range []struct {
		name       string
		away, back func()
		id         health.ID
	}{
		{"gone", s.Kill, s.Restart, gpt},
		{"hanging", s.Freeze, s.Thaw, health.ID{Provider: "p", Model: "m2"}},
	} {
		t.Run(how.name, func(t *testing.T) {
			how.away()
			began := time.Now()
			for i := range 5000 {
				call(a.Board, health.ID{Provider: "p", Model: fmt.Sprint("refused-", i%100)}, upstream(fault.UpstreamAuth, 0))
			}
			call(a.Board, how.id, upstream(fault.UpstreamRateLimited, time.Minute))
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("the calls took %v", took)
			}
			want(t, a.Board, how.id, health.Cooling)
			want(t, b.Board, how.id, health.Healthy)
			soon(t, "noticed", patience, func() bool { return a.away.Load() == 1 })
			how.back()
			soon(t, "told when it is back", patience, b.is(how.id, health.Cooling))
			want(t, b.Board, other, health.Cooling) // a server that forgot heals nobody
			soon(t, "back", patience, func() bool { return a.away.Load() == 0 && b.away.Load() == 0 })
		})
	}
}

func TestWhatIsNotOursDoesNotDisturb(t *testing.T) {
	s := testredis.Start(t, false)
	o, err := redis.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	defer client.Close()
	for i, junk := range []string{"", "x y z {}", "99999999999999999 00000000000000ff n {}", "1 zz n {}", "9 1 n [", "0 1 n {}"} {
		if err := client.HSet(t.Context(), "sluice:health:rests", fmt.Sprint(i), junk).Err(); err != nil {
			t.Fatal(err)
		}
	}
	name := gpt.Provider + "\x00" + gpt.Model + "\x00" + gpt.Credential
	if err := client.HSet(t.Context(), "sluice:health:rests", name, "mine").Err(); err != nil {
		t.Fatal(err)
	}
	a, b := newNode(t, s.URL()), newNode(t, s.URL())
	call(a.Board, gpt, upstream(fault.UpstreamAuth, 0))
	soon(t, "known", patience, b.is(gpt, health.Cooling))
	if n := len(b.List()); n != 1 {
		t.Errorf("%d are known", n)
	}
	keys, err := client.Keys(t.Context(), "sluice:health:*").Result()
	if err != nil || len(keys) != 3 {
		t.Errorf("%v, %v", keys, err)
	}
	for _, k := range keys {
		if ttl := client.PTTL(t.Context(), k).Val(); ttl <= 0 {
			t.Errorf("%s stays for ever", k)
		}
	}
}
