// Package policy says whether a caller may do what it asks: gateway, operation,
// model, provider. It knows neither bodies nor limits.
package policy

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/glob"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Enter says whether the caller may use this gateway for this operation at all; it
// runs before any body is read.
func Enter(g *catalog.Gateway, p *gateway.Principal, op llm.Operation) error {
	if p.Key == nil {
		return nil
	}
	if !glob.Any(p.Key.Gateways, g.Name) {
		return refuse("This key may not use the gateway '" + g.Name + "'.")
	}
	if len(p.Key.Operations) > 0 && op != llm.OpSelf && op != llm.OpStreams && op != llm.OpFeedback && !slices.Contains(p.Key.Operations, string(op)) {
		return refuse("This key may not use the operation '" + string(op) + "'.")
	}
	return nil
}

// Target says whether the caller may use this model of this provider here for an
// operation. model is "" for operations without one. Who may use the route that led
// there, "" = none, may use its targets.
func Target(g *catalog.Gateway, p *gateway.Principal, op llm.Operation, route, provider, model string) error {
	if !glob.Any(g.Providers, provider) {
		return refuse("The gateway '" + g.Name + "' does not offer the provider '" + provider + "'.")
	}
	if model == "" {
		if slices.Contains(keeping, op) {
			return nil
		}
		return modelless(g, p, provider)
	}
	if !Allowed(g, p, route, provider, model) {
		return refuse("The model '" + provider + "/" + model + "' is not allowed for this key on this gateway.")
	}
	return nil
}

// Allowed reports whether both the gateway and the key allow the model, or the route
// that leads to it.
func Allowed(g *catalog.Gateway, p *gateway.Principal, route, provider, model string) bool {
	full := provider + "/" + model
	either := func(patterns []string) bool {
		return glob.Any(patterns, full) || route != "" && glob.Any(patterns, route)
	}
	return glob.Any(g.Providers, provider) && either(g.Models) && either(keyModels(p))
}

// Route reports whether both the gateway and the key allow the route by its name.
func Route(g *catalog.Gateway, p *gateway.Principal, name string) bool {
	return glob.Any(g.Models, name) && glob.Any(keyModels(p), name)
}

// keeping are operations that keep objects and run no model: the models that a batch
// will run are checked one by one where it is submitted.
var keeping = []llm.Operation{llm.OpFiles, llm.OpBatches, llm.OpResponses}

// modelless decides for calls that name no model: a caller restricted to some models
// may use a provider without one only if every model of it is allowed, since what the
// call does cannot be told.
func modelless(g *catalog.Gateway, p *gateway.Principal, provider string) error {
	whole := provider + "/*"
	for _, patterns := range [][]string{g.Models, keyModels(p)} {
		if len(patterns) > 0 && !slices.Contains(patterns, whole) && !slices.Contains(patterns, "*") {
			return refuse("This key is restricted to certain models, and this call names none; allow '" + whole + "' to permit it.")
		}
	}
	return nil
}

func keyModels(p *gateway.Principal) []string {
	if p == nil || p.Key == nil {
		return nil
	}
	return p.Key.Models
}

func refuse(message string) *fault.Fault {
	f := fault.New(fault.Forbidden, message)
	f.NoRetry = true
	return f
}
