package proxy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fetch"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/redact"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// view is a snapshot with what the proxy works out of it once, so that requests need
// not.
type view struct {
	*catalog.Snapshot
	lanes    map[string]*lane
	routes   *route.Table
	redact   func([]byte) []byte         // takes secrets out of what is kept
	rulesets map[string]*redact.Redactor // what gateways take out besides; none = nothing
	fetchers map[string]*fetch.Fetcher   // of media, by gateway; none = nothing is fetched
	rules    map[string]*rules.Set       // of gateways that have some
	held     map[string]*rules.Set       // of providers that have some
	waiting  map[string]waiting          // who waits how, by gateway
	issuers  map[string]*jwt.Issuers     // of gateways that take tokens
	caches   map[string]*cachePolicy     // of gateways that have one
	tellers  map[string]*teller          // of intents, by route
}

// lane is the way to one provider: its connections and what is sent on each call.
type lane struct {
	provider  *provider.Provider
	client    *upstream.Client
	signer    provider.Signer // nil = a key in a header does
	host      string
	basePath  string
	dialect   *dialect.Dialect // the one it prefers; nil when it has no conversation
	tongue    *dialect.Dialect // the first of its conversations that can be translated to; nil = none
	tongues   map[dialect.Name]*dialect.Dialect
	own       *router // of paths that only the vendor has; nil = none
	families  []string
	catalogue []string
	fixed     []upstream.Field // sent unless the caller sends the same
	forced    []upstream.Field // from configuration; they win
	paths     map[*dialect.Endpoint]string
	priced    map[string]*account.Model // models whose price the configuration gives
	models    knownModels
}

func (p *Proxy) newLane(pr *provider.Provider, client *upstream.Client) (*lane, error) {
	base, err := url.Parse(pr.BaseURL)
	if err != nil {
		return nil, err
	}
	l := &lane{provider: pr, client: client, host: base.Host, basePath: strings.TrimRight(base.EscapedPath(), "/"), catalogue: pr.Spec.Catalogue}
	if len(l.catalogue) == 0 {
		l.catalogue = []string{pr.Spec.Name}
	}
	l.tongues = map[dialect.Name]*dialect.Dialect{}
	if len(pr.Spec.Native) > 0 {
		l.own = newRouter(pr.Spec.Native)
	}
	for _, name := range pr.Speaks {
		d := p.byName[name]
		if d == nil {
			continue
		}
		l.tongues[name] = d
		if l.dialect == nil {
			l.dialect = d
		}
		if l.tongue == nil && d.Codec != nil {
			l.tongue = d
		}
		if !slices.Contains(l.families, d.Family) {
			l.families = append(l.families, d.Family)
		}
	}
	if len(pr.Speaks) == 0 && pr.Spec.Shape == provider.OpenAIShape {
		l.families, l.dialect = []string{p.fallback.Family}, p.fallback
	}
	l.fixed, l.forced = fields(pr.Spec.Headers), fields(pr.Headers)
	if pr.Spec.NewSigner != nil {
		if l.signer, err = pr.Spec.NewSigner(pr); err != nil {
			return nil, err
		}
	}
	l.precomputePaths(p.router)
	return l, l.precomputePrices(p.catalogue)
}

func fields(headers []provider.Header) []upstream.Field {
	out := make([]upstream.Field, len(headers))
	for i, h := range headers {
		out[i] = upstream.Field{Name: h.Name, Value: h.Value}
	}
	return out
}

// precomputePrices puts the configured prices in place of the catalogue's.
func (l *lane) precomputePrices(c *account.Catalogue) error {
	l.priced = map[string]*account.Model{}
	for id, facts := range l.provider.Models {
		if len(facts.Price) == 0 {
			continue
		}
		m, _ := c.Find(l.catalogue, id)
		m, err := c.Override(m, facts.Price)
		if err != nil {
			return fmt.Errorf("model %s: %w", id, err)
		}
		l.priced[id] = m
	}
	return nil
}

// precomputePaths works out the paths that depend on nothing in the request.
func (l *lane) precomputePaths(r *router) {
	l.paths = map[*dialect.Endpoint]string{}
	if l.provider.Spec.Path != nil {
		return
	}
	for path, all := range r.static {
		for _, m := range all {
			l.paths[m.ep.Endpoint] = l.provider.URLPath(provider.PathRequest{Op: m.ep.Op, Path: path})
		}
	}
}

// serves reports whether the provider takes this endpoint in the endpoint's own
// dialect.
func (l *lane) serves(ep *endpoint) bool {
	spec := l.provider.Spec
	switch ep.Op {
	case llm.OpChat:
		return slices.Contains(l.provider.Speaks, ep.dialect.Name)
	case llm.OpResponses:
		return slices.Contains(l.provider.Speaks, dialect.Responses)
	}
	return slices.Contains(l.families, ep.dialect.Family) && slices.Contains(spec.Operations, ep.Op)
}

// takes reports whether the provider takes this endpoint for a model in the endpoint's
// own dialect.
func (l *lane) takes(ep *endpoint, model string) bool {
	if !l.serves(ep) {
		return false
	}
	only := l.only(model)
	return only == nil || only == ep.dialect || ep.Op != llm.OpChat && only.Family == ep.dialect.Family
}

// only gives the one dialect that is spoken with a model; nil where any will do.
func (l *lane) only(model string) *dialect.Dialect {
	if l.provider.Spec.Tongue == nil || model == "" {
		return nil
	}
	return l.tongues[l.provider.Spec.Tongue(bareModel(model))]
}

// target gives the conversation dialect to translate to for a model; nil = none.
func (l *lane) target(model string) *dialect.Dialect {
	if only := l.only(model); only != nil && only.Codec != nil {
		return only
	}
	return l.tongue
}

// facts gives what is known of a model, configured facts before the catalogue's.
func (l *lane) facts(c *account.Catalogue, model string) (f dialect.Facts) {
	own := l.provider.Models[model]
	if m, ok := c.Find(l.catalogue, model); ok {
		f.MaxOutput = m.MaxOutput
		if a := m.Abilities; a != nil {
			f.Known, f.Reasoning, f.Temperature = true, a.Reasoning, a.Temperature
		}
	}
	if own.MaxOutput > 0 {
		f.MaxOutput = own.MaxOutput
	}
	return f
}

// window gives how many tokens a model takes, 0 when that is unknown.
func (l *lane) window(c *account.Catalogue, model string) int {
	if own := l.provider.Models[model].Context; own > 0 {
		return own
	}
	if m, ok := c.Find(l.catalogue, model); ok {
		return m.Context
	}
	return 0
}

// fetchers makes the fetchers of media of all gateways that have one.
func fetchers(s *catalog.Snapshot) map[string]*fetch.Fetcher {
	all := map[string]*fetch.Fetcher{}
	for name, g := range s.Gateways {
		if g.Media != nil {
			all[name] = fetch.New(fetch.Options{MaxBytes: g.Media.MaxBytes, Networks: g.Media.Networks})
		}
	}
	return all
}
