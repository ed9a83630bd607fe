package app

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/health"
)

// openHealth makes the board of how targets stand: this node's alone, or together with
// those that share Redis.
func (p *process) openHealth(cfg *config.Config) {
	o := health.Options{Rules: p.healthRules, Log: p.log}
	if c := p.counters.client; c != nil {
		p.peers = health.NewRedis(c, health.RedisOptions{Prefix: cfg.Shared.Prefix + "health:", Away: p.peersAway})
		o.Peers = p.peers
	}
	p.health = health.New(o)
	p.drains = health.FollowDrains(p.health, p.store, p.log)
	p.prober = health.NewProber(p.health, func(ctx context.Context, provider string) error { return p.proxy.Probe(ctx, provider) })
}

// setProbes says whom to probe, by the configuration in force.
func (p *process) setProbes(s *catalog.Snapshot) {
	var all []health.Probe
	for name, pr := range s.Providers {
		if h := pr.Health.Probe; h.Every > 0 {
			all = append(all, health.Probe{Provider: name, Every: h.Every, Timeout: h.Timeout, Model: h.Model})
		}
	}
	p.prober.Set(all)
}

// healthRules gives the rules of a provider as it is configured now.
func (p *process) healthRules(provider string) health.Rules {
	s := p.snapshot.Load()
	if s == nil || s.Providers[provider] == nil {
		return health.DefaultRules()
	}
	h := s.Providers[provider].Health
	return health.Rules{Cooldown: h.Cooldown, MaxCooldown: h.MaxCooldown, Window: h.Window, Rate: h.FailureRate, Least: h.MinCalls, Ejects: h.Eject}
}

// followDrains follows what people take out of use, once the store is there.
func (p *process) followDrains(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.drains.Run(ctx)
}

func (p *process) closeHealth() {
	p.health.Close()
	if p.peers != nil {
		p.peers.Close()
	}
}

// peersAway is told when the other nodes' news of targets cannot be heard, and when they
// can again.
func (p *process) peersAway(away bool) {
	if away {
		p.log.Warn("the shared memory of targets' health cannot be reached; this node goes by what it sees itself")
		return
	}
	p.log.Info("the shared memory of targets' health can be reached again")
}
