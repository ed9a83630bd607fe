package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/semantic"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/telemetry"
)

// cacheFile is where answers are kept on disk.
const cacheFile = "cache.db"

// promptsFile is where a node that is alone keeps what finds answers to prompts that only
// mean the same.
const promptsFile = "cache.prompts"

// openCache makes what keeps answers. A place that cannot be opened is left out: without
// it the gateway is slower, never wrong.
func (p *process) openCache(ctx context.Context, cfg *config.Config) {
	o := cache.Options{Memory: int64(cfg.Cache.Memory), Fault: p.cacheFault}
	if size := int64(cfg.Cache.Disk); size > 0 {
		disk, err := cache.OpenDisk(ctx, filepath.Join(p.opt.DataDir, cacheFile), size, time.Now)
		if err != nil {
			p.log.Warn("the cache on disk cannot be opened and is left out", "error", err)
		} else {
			o.Disk = disk
		}
	}
	if c := p.counters.client; c != nil && cfg.Cache.Shared {
		shared, err := cache.NewRedis(c, cache.RedisOptions{Prefix: cfg.Shared.Prefix + "cache:", Away: p.cacheAway})
		if err != nil {
			p.log.Warn("the shared cache cannot be used and is left out", "error", err)
		} else {
			o.Shared = shared
		}
	}
	p.cache, p.sensing = cache.New(o), make(chan struct{}, 1)
	p.prompts = semantic.NewFile(filepath.Join(p.opt.DataDir, promptsFile), 0)
	p.purges = follow.New(follow.Source{Name: "purges of the cache", Version: p.store.PurgesVersion, Read: p.readPurges}, p.log)
}

func (p *process) cacheFault(tier string, err error) {
	p.log.Warn("a place of the cache failed; what it has is not found meanwhile", "tier", tier, "error", err)
}

func (p *process) cacheAway(away bool, cause error) {
	if away {
		p.log.Warn("the shared cache cannot be reached; this node goes by what it has itself", "error", cause)
		return
	}
	p.log.Info("the shared cache can be reached again")
}

// followPurges follows what people purge, once the store is there.
func (p *process) followPurges(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.purges.Run(ctx)
}

// readPurges forgets the purges that are of no use any more, and takes the others.
func (p *process) readPurges(ctx context.Context) error {
	if _, err := p.store.DeletePurges(ctx, time.Now().Add(-cache.MaxKeep)); err != nil {
		return err
	}
	if err := p.takePurges(ctx); err != nil {
		return err
	}
	return p.forgetPrompts(ctx)
}

// forgetPrompts lets go of the prompts, here and where they are kept beside, of workspaces of
// which everything was purged since it was asked last.
func (p *process) forgetPrompts(ctx context.Context) error {
	p.forgetting.Lock()
	defer p.forgetting.Unlock()
	all, err := p.store.Purges(ctx)
	if err != nil {
		return err
	}
	last := map[string]int64{}
	for _, one := range all {
		if one.Seq > p.forgot && one.Workspace != "" && one.Key+one.Tag+one.Gateway+one.Provider+one.Model+one.Route == "" && one.Older == 0 {
			last[one.Workspace] = max(last[one.Workspace], one.Seq)
		}
	}
	for workspace, seq := range last {
		if err := p.forgetPromptsOf(ctx, workspace, seq); err != nil {
			return fmt.Errorf("forget prompts of the cache: %w", err)
		}
	}
	for _, seq := range last {
		p.forgot = max(p.forgot, seq)
	}
	return nil
}

// forgetPromptsOf does it for one workspace, also where the configuration keeps none any more.
func (p *process) forgetPromptsOf(ctx context.Context, workspace string, seq int64) error {
	err := p.prompts.Forget(ctx, workspace, seq)
	if senses := p.senses.Load(); senses != nil {
		return errors.Join(err, senses.Forget(ctx, workspace, seq))
	}
	if feed := p.promptsFeed(); feed != nil {
		err = errors.Join(err, feed.Forget(ctx, workspace, seq))
	}
	return err
}

// takePurges makes the store's purges effective. A start does it before anything is
// served, so that no answer that was purged meanwhile comes from the disk.
func (p *process) takePurges(ctx context.Context) error {
	all, err := p.store.Purges(ctx)
	if err != nil {
		return err
	}
	list := make([]cache.Purge, len(all))
	for i, one := range all {
		list[i] = cache.Purge{
			Seq: one.Seq, At: one.Time, Key: one.Key, Tag: one.Tag, Gateway: one.Gateway, Workspace: one.Workspace, Provider: one.Provider, Model: one.Model, Route: one.Route, Older: one.Older,
		}
	}
	p.cache.SetPurges(list)
	return nil
}

// proxyCache is the cache as calls want it.
type proxyCache struct{ p *process }

// Get implements proxy.Cache.
func (c proxyCache) Get(ctx context.Context, key cache.Key) *cache.Answer {
	a, _ := c.p.cache.Get(ctx, key)
	return a
}

// Peek implements proxy.Cache.
func (c proxyCache) Peek(key cache.Key) *cache.Answer { return c.p.cache.Peek(key) }

// Put implements proxy.Cache.
func (c proxyCache) Put(key cache.Key, a *cache.Answer) {
	c.p.cache.Put(context.Background(), key, a) // which waits for nothing
}

// Purged implements proxy.Cache.
func (c proxyCache) Purged(a *cache.About, key cache.Key) bool { return c.p.cache.Purged(a, key) }

// LastPurge implements proxy.Cache.
func (c proxyCache) LastPurge() int64 { return c.p.cache.LastPurge() }

// Missed implements proxy.Cache.
func (c proxyCache) Missed(gateway string, key cache.Key, loose func() cache.Key) {
	var l cache.Key
	if loose != nil {
		l = loose()
	}
	c.p.cache.Advice().Miss(gateway, key, l, time.Now())
}

// Count implements proxy.Cache.
func (c proxyCache) Count(call *cache.Call) { c.p.cacheStats.Count(call) }

// cacheTiers tells metrics how the places stand where answers are kept.
func (p *process) cacheTiers() (out []telemetry.CacheTier) {
	for _, t := range p.cache.Tiers() {
		if t.Name != cache.Shared { // whose size is not known here
			out = append(out, telemetry.CacheTier{Name: t.Name, Answers: float64(t.Answers), Bytes: float64(t.Bytes)})
		}
	}
	return out
}

// adminCache is the cache as the admin API wants it.
type adminCache struct{ p *process }

// Lookup implements admin.CacheView.
func (c adminCache) Lookup(ctx context.Context, key cache.Key) (*cache.Answer, string, error) {
	a, from := c.p.cache.Get(ctx, key)
	return a, tierName(from), nil
}

// Tiers implements admin.CacheView.
func (c adminCache) Tiers() []admin.CacheTier {
	var out []admin.CacheTier
	cfg := c.p.initial
	for _, t := range c.p.cache.Tiers() {
		one := admin.CacheTier{Name: tierName(t.Name), Away: t.Away, Hits: t.Hits, Misses: t.Misses, Stored: t.Stored, Evicted: t.Evicted, Dropped: t.Dropped, Errors: t.Faults}
		switch t.Name {
		case cache.InMemory:
			one.Answers, one.Bytes, one.MaxBytes = &t.Answers, &t.Bytes, (*int64)(&cfg.Cache.Memory)
		case cache.OnDisk:
			one.Answers, one.Bytes, one.MaxBytes = &t.Answers, &t.Bytes, (*int64)(&cfg.Cache.Disk)
		}
		out = append(out, one)
	}
	return out
}

// tierName gives the word of the admin API for a tier.
func tierName(name string) string {
	if name == cache.Shared {
		return "redis"
	}
	return name
}

// Advice implements admin.CacheView.
func (c adminCache) Advice() (out []admin.CacheAdvice) {
	for _, name := range slices.Sorted(maps.Keys(c.p.snapshot.Load().Gateways)) {
		for _, h := range c.p.cache.Advice().Advise(name) {
			one := admin.CacheAdvice{Gateway: name, Kind: h.Kind, Text: h.Text, Share: h.Share}
			if h.TTL > 0 {
				s := h.TTL.Seconds()
				one.TTLS = &s
			}
			out = append(out, one)
		}
	}
	return out
}

// openSenses makes what knows the prompts that were answered, once a gateway needs it.
func (p *process) openSenses(s *catalog.Snapshot) {
	needed := false
	for _, g := range s.Gateways {
		needed = needed || g.Cache != nil && g.Cache.Semantic != nil
	}
	if !needed || p.senses.Load() != nil {
		return
	}
	p.senses.Store(semantic.NewShared(semantic.New(semantic.Options{}), p.promptsFeed()))
	select {
	case p.sensing <- struct{}{}:
	default: // it has been said
	}
}

// promptsFeed is where prompts are kept beside this node's memory; nil = nowhere.
func (p *process) promptsFeed() semantic.Feed {
	if c := p.counters.client; c != nil && p.initial.Cache.Shared {
		return semantic.NewRedis(c, 0)
	}
	if p.initial.Cache.Disk > 0 { // where answers outlive a restart, what finds them does too
		return p.prompts
	}
	return nil
}

// runSenses shares what this node knows of prompts with others, once it knows any.
func (p *process) runSenses(ctx context.Context) {
	select {
	case <-p.sensing:
	case <-ctx.Done():
	}
	all := p.senses.Load()
	if all == nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for pause(ctx, time.Minute) {
			all.Sweep()
		}
	})
	all.Run(ctx) // also at the end: what was answered last is told
	if err := p.prompts.Close(); err != nil {
		p.log.Warn("the file of prompts was not closed", "error", err)
	}
}

// proxySenses are the prompts that were answered as calls want them.
type proxySenses struct{ p *process }

// Find implements proxy.Senses.
func (s proxySenses) Find(scope cache.Key, vector []float32, text string, threshold float64) (semantic.Match, bool, string) {
	all := s.p.senses.Load()
	if all == nil {
		return semantic.Match{}, false, semantic.WhyNothing
	}
	return all.Find(scope, vector, text, threshold)
}

// Keep implements proxy.Senses.
func (s proxySenses) Keep(r semantic.Record) bool {
	all := s.p.senses.Load()
	return all != nil && all.Keep(r)
}

// Remove implements proxy.Senses.
func (s proxySenses) Remove(key cache.Key) {
	if all := s.p.senses.Load(); all != nil {
		all.Remove(key)
	}
}
