package app

import (
	"cmp"
	"net/http"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// adminHandler is what the admin listener serves.
func (p *process) adminHandler() http.Handler {
	return admin.New(admin.Config{
		Store: p.store, Spool: p.recorder, Verify: p.admin.Verify, RefreshKeys: p.follower.Refresh,
		Metrics: p.metrics.Handler(), Ready: p.ready, InFlight: p.proxy.InFlight,
		Document: func() any { return p.config.Load().Redacted() },
		Snapshot: func() *catalog.Snapshot { return p.snapshot.Load() },
		Facts:    p.facts, Validate: p.validate, Version: p.opt.Version, Log: p.log,
	})
}

// facts tells what is known of a provider's model; the configuration goes first.
func (p *process) facts(of *provider.Provider, model string) admin.Facts {
	given := of.Models[model]
	m, _ := p.models.Find(names(of.Spec), model)
	f := admin.Facts{Context: given.Context, MaxOutput: given.MaxOutput}
	if m != nil {
		f.Name, f.Deprecated = m.Name, m.Deprecated
		f.Context, f.MaxOutput = cmp.Or(f.Context, m.Context), cmp.Or(f.MaxOutput, m.MaxOutput)
	}
	_, f.Price = p.models.Price(m, given.Price, &llm.Usage{InputTokens: llm.Known(0), OutputTokens: llm.Known(0)}, time.Now(), "", false)
	return f
}

// validate checks a document as a reload would.
func (p *process) validate(document []byte) config.Problems {
	src := p.opt.source()
	src.Data = document
	_, problems := config.Load(src)
	return problems
}
