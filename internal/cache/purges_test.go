package cache_test

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func TestAPurgeNamesWhatHasAllOfWhatItSays(t *testing.T) {
	now := time.Now()
	a := cachetest.Answer(now.Add(-time.Hour), "body")
	a.Purged = 4
	key := cachetest.Key(1)
	for _, c := range []struct {
		name string
		p    cache.Purge
		want bool
	}{
		{"everything", cache.Purge{Seq: 5, At: now}, true},
		{"its key", cache.Purge{Seq: 5, At: now, Key: key.String()}, true},
		{"another key", cache.Purge{Seq: 5, At: now, Key: cachetest.Key(2).String()}, false},
		{"no key", cache.Purge{Seq: 5, At: now, Key: "nonsense"}, false},
		{"one of its tags", cache.Purge{Seq: 5, At: now, Tag: "v2"}, true},
		{"another tag", cache.Purge{Seq: 5, At: now, Tag: "v3"}, false},
		{"its gateway", cache.Purge{Seq: 5, At: now, Gateway: "main"}, true},
		{"another gateway", cache.Purge{Seq: 5, At: now, Gateway: "mai"}, false},
		{"its workspace", cache.Purge{Seq: 5, At: now, Workspace: "acme"}, true},
		{"another workspace", cache.Purge{Seq: 5, At: now, Workspace: "other"}, false},
		{"its provider", cache.Purge{Seq: 5, At: now, Provider: "p"}, true},
		{"another provider", cache.Purge{Seq: 5, At: now, Provider: "q"}, false},
		{"its model", cache.Purge{Seq: 5, At: now, Model: "m-1"}, true},
		{"another model", cache.Purge{Seq: 5, At: now, Model: "m-2"}, false},
		{"its route", cache.Purge{Seq: 5, At: now, Route: "cheap"}, true},
		{"another route", cache.Purge{Seq: 5, At: now, Route: "dear"}, false},
		{"all that is so", cache.Purge{Seq: 5, At: now, Gateway: "main", Workspace: "acme", Model: "m-1", Tag: "docs", Older: time.Minute}, true},
		{"one that is not so", cache.Purge{Seq: 5, At: now, Gateway: "main", Workspace: "acme", Model: "m-2", Tag: "docs"}, false},
		{"as old", cache.Purge{Seq: 5, At: now, Older: time.Hour}, true},
		{"not so old", cache.Purge{Seq: 5, At: now, Older: time.Hour + time.Second}, false},
		{"known as the vendor was asked", cache.Purge{Seq: 4, At: now}, false},
		{"made where the clock is behind", cache.Purge{Seq: 5, At: now.Add(-2 * time.Hour)}, true},
		{"known, and made where the clock runs ahead", cache.Purge{Seq: 4, At: now.Add(2 * time.Hour)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p cache.Purges
			later := cache.Purge{Seq: 6, At: now, Model: "another"}
			early := cache.Purge{Seq: 3, At: now.Add(-3 * time.Hour)}
			p.Set([]cache.Purge{early, c.p, later}, now)
			if got := p.Dead(&a.About, key); got != c.want {
				t.Errorf("%v", got)
			}
			if last := p.Last(); last != 6 {
				t.Errorf("the last one is %d", last)
			}
		})
	}
}

func TestPurgesTellWhetherTheyChangedAndForgetInTheEnd(t *testing.T) {
	now := time.Now()
	old, young := cache.Purge{Seq: 3, At: now.Add(-30 * 24 * time.Hour), Model: "a"}, cache.Purge{Seq: 5, At: now, Model: "b"}
	var p cache.Purges
	a := cachetest.Answer(now.Add(-40*24*time.Hour), "body")
	a.Model = "a"
	for _, step := range []struct {
		list          []cache.Purge
		at            time.Time
		changed, dead bool
	}{
		{nil, now, false, false},
		{[]cache.Purge{old, young}, now, true, true},
		{[]cache.Purge{young, old}, now, false, true}, // in another order
		{[]cache.Purge{young, old}, now.Add(2 * 24 * time.Hour), true, false},
		{[]cache.Purge{young}, now, false, false},
		{nil, now, true, false},
	} {
		if changed := p.Set(step.list, step.at); changed != step.changed || p.Dead(&a.About, cachetest.Key(1)) != step.dead {
			t.Errorf("%v: changed %v", step, changed)
		}
	}
}
