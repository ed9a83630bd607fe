package cache_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

// asked tells an Advice of a miss and of the answer that it brought.
func asked(a *cache.Advice, n, loose int, ttl time.Duration, now time.Time) {
	a.Miss("main", cachetest.Key(n), cachetest.Key(-loose), now)
	a.Kept("main", cachetest.Key(n), ttl, now)
}

func TestAdviceSaysWhatWouldMakeMissesHits(t *testing.T) {
	for _, c := range []struct {
		name string
		ask  func(a *cache.Advice, i int, now time.Time)
		kind string // "" = nothing is said
		low  float64
		high float64
		ttl  time.Duration
		text string
	}{
		{"all is new", func(a *cache.Advice, i int, now time.Time) { asked(a, i, i, time.Minute, now) }, "", 0, 0, 0, ""},
		{"answers expire", func(a *cache.Advice, i int, now time.Time) {
			asked(a, i%40, i%40, time.Minute, now) // the same again after 40 minutes
		}, cache.HintTTL, 0.9, 1, time.Hour, "ttl: 1h"},
		{"some expire", func(a *cache.Advice, i int, now time.Time) {
			if i%4 == 0 {
				asked(a, 1_000_000, 1_000_000, time.Minute, now) // the same again after 4 minutes
			} else {
				asked(a, i, i, time.Minute, now)
			}
		}, cache.HintTTL, 0.2, 0.25, 5 * time.Minute, "ttl: 5m"},
		{"requests differ in form", func(a *cache.Advice, i int, now time.Time) {
			asked(a, i, i/10, time.Hour, now)
		}, cache.HintForm, 0.85, 0.9, 0, "normalize"},
		{"answers are let go of early", func(a *cache.Advice, i int, now time.Time) {
			asked(a, i%40, i%40, 30*24*time.Hour, now)
		}, cache.HintSpace, 0.9, 1, 0, "cache.memory"},
		{"answers are asked for only long afterwards", func(a *cache.Advice, i int, now time.Time) {
			asked(a, i, i/500, time.Minute, now)
		}, "", 0, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a cache.Advice
			now := time.Unix(1_790_000_000, 0)
			for i := range 1000 {
				if c.ask(&a, i, now); i == 20 && a.Advise("main") != nil {
					t.Error("it speaks too early")
				}
				now = now.Add(time.Minute)
			}
			got := a.Advise("main")
			if c.kind == "" {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Kind != c.kind || got[0].Share < c.low || got[0].Share > c.high || got[0].TTL != c.ttl || !strings.Contains(got[0].Text, c.text) {
				t.Errorf("%+v", got)
			}
			if a.Advise("another") != nil {
				t.Error("another gateway is advised")
			}
		})
	}
}

func TestTheMostWorthwhileHintComesFirst(t *testing.T) {
	var a cache.Advice
	now := time.Unix(1_790_000_000, 0)
	for i := range 2000 {
		switch {
		case i%5 == 0:
			asked(&a, i%100, 1_000_000+i, time.Minute, now)
		default:
			asked(&a, 1_000_000+i, i/10%3, 30*time.Minute, now)
		}
		now = now.Add(time.Minute)
	}
	got := a.Advise("main")
	if len(got) != 2 || got[0].Kind != cache.HintForm || got[1].Kind != cache.HintTTL || got[0].Share < got[1].Share {
		t.Errorf("%+v", got)
	}
}

func TestAdviceForgetsWhatIsLongAgo(t *testing.T) {
	var a cache.Advice
	now := time.Unix(1_790_000_000, 0)
	for i := range 3000 {
		asked(&a, i%40, i%40, time.Minute, now)
		now = now.Add(time.Minute)
	}
	if len(a.Advise("main")) != 1 {
		t.Fatal("there is nothing to forget")
	}
	for i := range 60_000 {
		asked(&a, 1000+i, 1000+i, time.Minute, now)
	}
	if got := a.Advise("main"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAdviceIsBounded(t *testing.T) {
	var a cache.Advice
	now := time.Unix(1_790_000_000, 0)
	for i := range 1000 {
		for n := range 60 {
			a.Miss(fmt.Sprint("gateway ", i), cachetest.Key(n), cache.Key{}, now)
		}
	}
	for i := range 1000 {
		_ = a.Advise(fmt.Sprint("gateway ", i))
	}
	if n := a.GatewaysForTest(); n > 64 {
		t.Errorf("%d gateways are remembered", n)
	}
}
