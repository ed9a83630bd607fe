package proxy

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/slug"
)

// The ways in which a slug may mean a provider, the best first.
const (
	byItsName = iota
	byItsKindsName
	byItsKind
	notAtAll
)

// bySlug says how a slug of Cloudflare's may mean a provider.
func bySlug(name, kind string, p *provider.Provider) int {
	switch {
	case p.Name == strings.TrimPrefix(name, slug.Custom):
		return byItsName
	case kind == "" || p.Spec.Name != kind:
		return notAtAll
	case p.Name == kind:
		return byItsKindsName
	}
	return byItsKind
}

// meant gives the provider that a slug means among those that fit. It is nil where none
// does; some tells whether any was meant at all.
func (v *view) meant(name string, fits func(p *provider.Provider) bool) (found *provider.Provider, some bool, err error) {
	kind, best := slug.Kind(name), notAtAll
	for _, n := range v.ProviderNames() {
		p := v.Providers[n]
		how := bySlug(name, kind, p)
		some = some || how < notAtAll
		switch {
		case how == notAtAll || !fits(p):
		case how < best:
			found, best, err = p, how, nil
		case how == best:
			err = fault.Newf(fault.InvalidRequest, "'%s' may mean the provider '%s' or '%s': write the provider's own name instead.", clip(name), found.Name, p.Name)
		}
	}
	return found, some, err
}

// atSlug gives the provider that a slug means, and the vendor's own path for what
// follows it. Of several alike, that path may say which.
func (v *view) atSlug(name, rest string) (p *provider.Provider, native string, err error) {
	p, some, err := v.meant(name, func(p *provider.Provider) bool { _, fits := slug.Native(p, rest); return fits })
	switch {
	case err != nil:
		return nil, "", err
	case p != nil:
		native, _ = slug.Native(p, rest)
		return p, native, nil
	case some:
		return nil, "", fault.Newf(fault.InvalidRequest, "The path behind '%s' names another region, project or resource than is configured for it here, or none.", clip(name))
	}
	return nil, "", fault.Newf(fault.NotFound, "There is no provider '%s' here, nor one of that kind; configured are %s.", clip(name), strings.Join(v.ProviderNames(), ", "))
}

// ofCompat gives the name by which a model of compat's is known here: its slugs are
// Cloudflare's, and routes are called dynamic/NAME. What it cannot tell stays as it is.
// https://developers.cloudflare.com/ai-gateway/usage/chat-completion/
func (v *view) ofCompat(model string) (string, error) {
	name, rest, ok := strings.Cut(model, "/")
	if !ok {
		return model, nil
	}
	if name == "dynamic" {
		if !v.routes.Has(rest) {
			return "", fault.Newf(fault.ModelNotFound, "There is no route '%s' here.", clip(rest)).Field("model")
		}
		return rest, nil
	}
	p, _, err := v.meant(name, func(*provider.Provider) bool { return true })
	if p == nil || err != nil {
		return model, err
	}
	return p.Name + "/" + rest, nil
}

// modelName gives the name by which the call's model is known here.
func (x *exchange) modelName() (string, error) {
	model := bareModel(x.ask.model)
	if x.cf != nil && x.cf.compat {
		return x.view.ofCompat(model)
	}
	return model, nil
}
