package config

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// GatewayRoutes gives the routes as the gateway knows them, by name; nil when there are none.
func (c *Config) GatewayRoutes() map[string]*gateway.Route {
	if len(c.Routes) == 0 {
		return nil
	}
	out := make(map[string]*gateway.Route, len(c.Routes))
	for name, r := range c.Routes {
		out[name] = r.route(name)
	}
	return out
}

func (r *Route) route(name string) *gateway.Route {
	h := r.Handling.handling()
	out := &gateway.Route{
		Name: name, Operations: r.Operations, Timeout: r.Timeout, MaxOutput: int64(r.MaxOutput), Intent: r.Intent.intent(), Cache: r.Cache.cacheTime(),
		Fallback: h.Fallback, ContextWindow: h.ContextWindow, ContentPolicy: h.ContentPolicy, ContinueOn: h.ContinueOn,
		Sticky: h.Sticky, Hedge: h.Hedge, Shadow: h.Shadow, Override: h.Override, Limits: h.Limits,
	}
	for i := range r.Steps {
		out.Steps = append(out.Steps, r.Steps[i].step())
	}
	return out
}

func (s *Step) step() gateway.Step {
	out := s.Handling.handling()
	out.Name, out.When, out.Use, out.Split, out.Canary = s.Name, s.When, s.Use, s.Split.shares(), s.Canary.canary()
	if s.Balance != "" {
		out.Balance = &gateway.Balance{By: s.Balance, Targets: s.Targets.shares()}
	}
	return out
}

func (h *Handling) handling() gateway.Step {
	out := gateway.Step{
		Fallback: h.Fallback, ContextWindow: h.ContextWindow, ContentPolicy: h.ContentPolicy, ContinueOn: h.ContinueOn,
		Sticky: h.Sticky, Hedge: h.Hedge.hedge(), Override: h.Override.override(),
	}
	for _, s := range h.Shadow {
		out.Shadow = append(out.Shadow, gateway.Shadow{To: s.To, Share: s.Share})
	}
	out.Limits = rules(h.Limits, nil, "gateway")
	return out
}

func (x Shares) shares() []gateway.Share {
	var out []gateway.Share
	for _, s := range x {
		out = append(out, gateway.Share(s))
	}
	return out
}

func (c *Canary) canary() *gateway.Canary {
	if c.From == "" {
		return nil
	}
	out := &gateway.Canary{From: c.From, To: c.To, Rollback: gateway.Rollback(c.Rollback)}
	for _, s := range c.Stages {
		out.Stages = append(out.Stages, gateway.Stage(s))
	}
	return out
}

// ownP95 is a target's own 95th percentile, in the place of a duration.
const ownP95 = "p95"

func (h *Hedge) hedge() *gateway.Hedge {
	if *h == (Hedge{}) {
		return nil
	}
	after, _ := ParseDuration(h.After) // p95 is 0
	return &gateway.Hedge{After: after, To: h.To}
}

func (o *Override) override() *gateway.Override {
	if empty(reflect.ValueOf(o).Elem()) {
		return nil
	}
	out := &gateway.Override{System: o.System, MaxOutput: wide(o.MaxOutput), Temperature: o.Temperature, TopP: o.TopP, Seed: wide(o.Seed), Stop: o.Stop, Effort: o.Effort}
	for name, v := range o.Set {
		if out.Set == nil {
			out.Set = map[string]json.RawMessage{}
		}
		out.Set[name] = v.Bytes()
	}
	return out
}

func wide(n *int) *int64 {
	if n == nil {
		return nil
	}
	w := int64(*n)
	return &w
}

// What an intent has that says nothing of it.
const (
	defaultThreshold  = 0.5
	defaultIntentWait = 300 * time.Millisecond
)

func (i *Intent) intent() *gateway.Intent {
	if i.Embedder == "" {
		return nil
	}
	return &gateway.Intent{Embedder: i.Embedder, Examples: i.Examples, Threshold: orDefault(i.Threshold, defaultThreshold), Wait: orDefault(i.Wait, defaultIntentWait)}
}
