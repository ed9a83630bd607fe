package config

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// CacheStore is where answers are kept, for all gateways.
type CacheStore struct {
	Memory Size `yaml:"memory" default:"256MiB" min:"1MiB" max:"1TiB" help:"Memory that kept answers may take."`
	Disk   Size `yaml:"disk" default:"0" min:"0" max:"64TiB" help:"Largest size of the file cache.db in the data directory, in which answers survive a restart; at least 16MiB. 0: there is none."`
	Shared bool `yaml:"shared" default:"true" help:"Whether nodes share answers, where shared.url is given."`
}

// Cache is what a gateway keeps of answers; nil = nothing.
type Cache struct {
	TTL       time.Duration `yaml:"ttl" default:"off" off:"true" min:"1s" max:"30d" help:"How long an answer is fresh. off: answers are kept only where a rule, a route, a model or the caller (sluice-cache: max-age) says so."`
	Scope     string        `yaml:"scope" default:"workspace" enum:"gateway|workspace|key|user" help:"Who shares answers: all callers of the gateway, those of a workspace, those of a key, or one user of a workspace."`
	Vary      []string      `yaml:"vary" example:"[user, header.x-app, metadata.tenant]" single:"true" check:"vary" help:"What else must be equal: user, header.<name> or metadata.<name>."`
	Exclude   []string      `yaml:"exclude" example:"[user, metadata.trace]" single:"true" check:"member" help:"Members of request bodies that may differ, as paths with dots."`
	Normalize []string      `yaml:"normalize" example:"[whitespace, case]" single:"true" enum:"whitespace|case" help:"Differences of texts that do not count: runs of white space, upper and lower case."`
	Refresh   time.Duration `yaml:"stale_while_revalidate" default:"off" off:"true" min:"1s" max:"30d" help:"How long past its time an answer is served at once while one call fetches a new one."`
	IfError   time.Duration `yaml:"stale_if_error" default:"off" off:"true" min:"1s" max:"30d" help:"How long past its time an answer is served where no target gives one, or a limit says over: stale."`
	Coalesce  bool          `yaml:"coalesce" default:"true" help:"Whether identical calls at one time share one call to the vendor."`
	MaxEntry  Size          `yaml:"max_entry" default:"4MiB" min:"1KiB" max:"1GiB" help:"The largest answer that is kept."`
	Tags      []string      `yaml:"tags" example:"[docs, metadata.project]" single:"true" check:"tag" help:"By what answers can be purged together: words, or metadata.<name> or header.<name> for what the call says there."`
	Rules     []CacheRule   `yaml:"rules" one:"true" example:"[{when: operation == \"embeddings\", ttl: 30d}, {when: metadata.live == true, bypass: true}]" help:"What differs for some calls. The first one whose condition holds counts."`
	Semantic  *Semantic     `yaml:"semantic" single:"model" example:"{model: sandbox/embed, report: true}" help:"Also serves requests whose last message only means the same, where all else is equal. Off unless given. A model alone stands for model."`
}

// CacheRule is what differs for some calls.
type CacheRule struct {
	When   string        `yaml:"when" required:"true" example:"operation == \"embeddings\"" check:"condition" help:"For which calls (CEL)."`
	TTL    time.Duration `yaml:"ttl" example:"30d" min:"1s" max:"30d" help:"How long their answers are fresh."`
	Bypass bool          `yaml:"bypass" help:"They are neither served from the cache nor kept."`
	Tags   []string      `yaml:"tags" example:"[embeddings]" single:"true" check:"tag" help:"Tags beside the gateway's."`
}

// CacheTime is what a route or a model says of its answers; zero says nothing.
type CacheTime struct {
	TTL    time.Duration `yaml:"ttl" example:"1h" min:"1s" max:"30d" help:"How long answers are fresh, on gateways that have a cache."`
	Bypass bool          `yaml:"bypass" help:"Nothing is served from the cache or kept."`
}

// Semantic is when an answer serves a request that only means the same.
type Semantic struct {
	Model     string        `yaml:"model" required:"true" example:"sandbox/embed" check:"target" help:"The embedding model, as provider/model, by which requests are compared."`
	Threshold float64       `yaml:"threshold" default:"0.8" min:"0.01" max:"1" help:"Least cosine similarity of two requests that mean the same."`
	Report    bool          `yaml:"report" default:"false" help:"Serves nothing: the entry's metadata tells what would have been served."`
	Timeout   time.Duration `yaml:"timeout" default:"300ms" min:"1ms" max:"30s" help:"How long the embedding may delay a call; then the call goes on without."`
}

// GatewayCache gives the cache as the gateway knows it; nil = it keeps nothing.
func (g *Gateway) GatewayCache() *gateway.Cache {
	c := g.Cache
	if c == nil {
		return nil
	}
	out := &gateway.Cache{
		TTL: c.TTL, Scope: c.Scope, Vary: lowerHeaders(c.Vary), Exclude: c.Exclude, Normalize: c.Normalize, Refresh: c.Refresh, IfError: c.IfError,
		Alone: !c.Coalesce, MaxEntry: int64(c.MaxEntry), Tags: lowerHeaders(c.Tags),
	}
	for _, r := range c.Rules {
		out.Rules = append(out.Rules, gateway.CacheRule{When: r.When, TTL: r.TTL, Bypass: r.Bypass, Tags: lowerHeaders(r.Tags)})
	}
	if s := c.Semantic; s != nil {
		out.Semantic = &gateway.Semantic{Model: s.Model, Threshold: s.Threshold, Report: s.Report, Timeout: s.Timeout}
	}
	return out
}

// cacheTime gives nil for what says nothing.
func (t CacheTime) cacheTime() *gateway.CacheTime {
	if t == (CacheTime{}) {
		return nil
	}
	return &gateway.CacheTime{TTL: t.TTL, Bypass: t.Bypass}
}
