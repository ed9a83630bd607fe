// Package route makes the ordered plan of targets for one request. It is pure: no
// I/O, no clock. It sends nothing and checks no rights.
package route

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Direct gives the target that a name means which is no route.
func Direct(s *catalog.Snapshot, g *catalog.Gateway, a Ask) ([]Target, error) {
	t, err := direct(s, g, a.Model, a.Provider, a.Family)
	if err != nil {
		return nil, err
	}
	return []Target{t}, nil
}

func direct(s *catalog.Snapshot, g *catalog.Gateway, model, from, family string) (Target, error) {
	if model == "" {
		return withoutModel(s, g, from, family)
	}
	if from != "" {
		return pinned(s, model, from)
	}
	if prefix, id, ok := strings.Cut(model, "/"); ok && id != "" {
		if p := s.Providers[prefix]; p != nil {
			return Target{Provider: p, Model: id}, nil
		}
	}
	found := s.Resolve(model)
	switch {
	case len(found) == 1:
		return Target{Provider: found[0].Provider, Model: found[0].Model}, nil
	case len(found) > 1:
		return choose(g, model, family, found)
	}
	return Target{}, unknown(s, model)
}

func withoutModel(s *catalog.Snapshot, g *catalog.Gateway, name, family string) (Target, error) {
	if name == "" {
		name = g.Default[family]
	}
	if name == "" {
		name = g.Only[family]
	}
	if name == "" {
		return Target{}, fault.Newf(fault.InvalidRequest, "This operation names no model, so Sluice cannot tell which provider is meant. Send the header sluice-provider, or set default_provider.%s for the gateway '%s'.", family, g.Name)
	}
	p, err := named(s, name)
	return Target{Provider: p}, err
}

func pinned(s *catalog.Snapshot, model, from string) (Target, error) {
	p, err := named(s, from)
	if rest, ok := strings.CutPrefix(model, from); ok && strings.HasPrefix(rest, "/") {
		model = rest[1:]
	}
	return Target{Provider: p, Model: model}, err
}

func named(s *catalog.Snapshot, name string) (*provider.Provider, error) {
	if p := s.Providers[name]; p != nil {
		return p, nil
	}
	return nil, fault.Newf(fault.InvalidRequest, "There is no provider '%s'; configured are %s.", clip(name), strings.Join(s.ProviderNames(), ", ")).Field("sluice-provider")
}

// choose settles a bare id that several providers list by the gateway's default.
func choose(g *catalog.Gateway, model, family string, found []catalog.Named) (Target, error) {
	names := make([]string, len(found))
	for i, n := range found {
		if n.Provider.Name == g.Default[family] {
			return Target{Provider: n.Provider, Model: n.Model}, nil
		}
		names[i] = n.Provider.Name + "/" + n.Model
	}
	return Target{}, fault.Newf(fault.InvalidRequest, "The model '%s' is offered by several providers: write one of %s, or set default_provider.%s for the gateway.", clip(model), strings.Join(names, ", "), family).Field("model")
}

func unknown(s *catalog.Snapshot, model string) *fault.Fault {
	msg := "There is no model '" + clip(model) + "' here."
	if near := s.Nearest(model); len(near) > 0 {
		msg += " Did you mean " + strings.Join(near, ", ") + "?"
	}
	msg += " Models are named provider/model; a provider's newest models work under that form even if Sluice does not list them."
	f := fault.New(fault.ModelNotFound, msg).Field("model")
	f.NoRetry = true
	return f
}

// clip keeps a caller's text short enough to be repeated in an error.
func clip(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
