package config

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// routeCheck checks one route and notes which routes it leads to.
type routeCheck struct {
	*loader
	name  string
	leads []lead
	// uses says that a condition speaks of the intent.
	uses bool
}

// lead is a place in a route that names another route.
type lead struct{ to, at string }

func (l *loader) routes() {
	checks := map[string]*routeCheck{}
	for _, name := range sortedKeys(l.cfg.Routes) {
		r := l.cfg.Routes[name]
		checks[name] = &routeCheck{loader: l, name: name}
		checks[name].route(join("routes", name), &r)
	}
	l.nesting(checks)
	l.intents(checks)
}

func (c *routeCheck) route(at string, r *Route) {
	c.routeName(at, r)
	if len(r.Steps) == 0 && !c.faulty(at) && !c.faulty(join(at, "steps")) {
		c.bad(join(at, "steps"), "has no step, so that nothing can be tried")
	}
	c.operations(at, r.Operations)
	c.handling(at, &r.Handling)
	c.cacheTime(join(at, "cache"), r.Cache)
	ends, names := -1, map[string]bool{}
	for i := range r.Steps {
		here := doctree.Index(join(at, "steps"), i)
		c.step(here, &r.Steps[i], i == len(r.Steps)-1)
		if name := r.Steps[i].Name; name != "" && names[name] {
			c.bad(join(here, "name"), "the name %q is taken by another step of this route", name)
		} else {
			names[name] = true
		}
		switch {
		case ends >= 0:
			c.bad(here, "is never reached, since steps[%d] has targets and no condition", ends)
			ends = -2
		case ends == -1 && r.Steps[i].When == "" && c.targeted(here) && !c.given(join(here, "when")):
			ends = i
		}
	}
	c.intent(join(at, "intent"), &r.Intent)
}

// routeName refuses names that mean something else, and warns where a model is hidden.
func (c *routeCheck) routeName(at string, r *Route) {
	if _, taken := c.cfg.Providers[c.name]; taken {
		c.bad(at, "is the name of a provider too; give the route another one")
	}
	for _, p := range c.offering(c.name) {
		if kind, ok := c.vendors.find(c.cfg.Providers[p].Kind); ok && kind.BuiltIn && c.cfg.Providers[p].Discovered {
			continue // nobody asked for it
		}
		if !slices.Contains(r.targets(), p+"/"+c.name) {
			c.warn(c.at(at), "hides the model of provider %q with this name; callers reach that as %s/%s", p, p, c.name)
		}
	}
}

// targets lists the targets of the steps.
func (r *Route) targets() (out []string) {
	for i := range r.Steps {
		s := &r.Steps[i]
		out = append(append(out, s.Use, s.Canary.From, s.Canary.To), s.Fallback...)
		for _, x := range slices.Concat(s.Split, s.Targets) {
			out = append(out, x.Target)
		}
	}
	return append(out, r.Fallback...)
}

func (c *routeCheck) operations(at string, names []string) {
	for i, name := range names {
		if name != "" && len(c.vendors.Operations) > 0 && !slices.Contains(c.vendors.Operations, name) {
			c.bad(doctree.Index(join(at, "operations"), i), "unknown operation %s%s", doctree.Quote(name), didYouMeanOr(name, c.vendors.Operations))
		}
	}
}

// targeted reports whether a step says which targets, be it right or wrong.
func (c *routeCheck) targeted(at string) bool {
	return c.givenAny(at, "use", "split", "balance", "targets", "canary")
}

func (c *routeCheck) step(at string, s *Step, last bool) {
	c.condition(s.When)
	kinds := slices.DeleteFunc([]string{"use", "split", "balance", "canary"}, func(k string) bool { return !c.given(join(at, k)) })
	switch {
	case len(kinds) > 1:
		c.bad(at, "has %s; keep one of them, or make further steps", strings.Join(kinds, " and "))
	case c.targeted(at) || c.faulty(at):
	case !c.says(at):
		c.bad(at, "says nothing; write use, split, balance or canary")
	case last:
		c.bad(at, "has no targets, and no step follows to which the rest of it could go; write use, split, balance or canary")
	}
	c.target(join(at, "use"), s.Use)
	c.shares(join(at, "split"), s.Split)
	c.balance(at, s)
	c.canary(join(at, "canary"), &s.Canary)
	c.handling(at, &s.Handling)
	c.twice(join(at, "fallback"), s)
}

// twice refuses fallbacks that are tried already.
func (c *routeCheck) twice(at string, s *Step) {
	for i, t := range s.Fallback {
		if t != "" && (t == s.Use || slices.ContainsFunc(s.Targets, func(x Share) bool { return x.Target == t })) {
			c.bad(doctree.Index(at, i), "is a target of this step already")
		}
	}
}

// says reports whether a step says anything but its name and condition.
func (c *routeCheck) says(at string) bool {
	return c.givenAny(at, "fallback", "on_context_window", "on_content_policy", "continue_on", "sticky", "hedge", "shadow", "override", "limits")
}

func (c *routeCheck) condition(text string) {
	if p, err := expr.Compile(text, expr.Bool); text != "" && err == nil && p.Uses("intent") {
		c.uses = true
	}
}

// shares checks the targets of a split or balance.
func (c *routeCheck) shares(at string, list Shares) {
	if !c.given(at) || c.faulty(at) {
		return
	}
	if len(list) == 0 {
		c.bad(at, "names no target")
		return
	}
	var sum float64
	for i, s := range list {
		here := join(at, s.Target)
		if !c.given(here) {
			here = doctree.Index(at, i)
		}
		c.target(here, s.Target)
		sum += s.Weight
	}
	if sum == 0 {
		c.bad(at, "every weight is 0, so that no target can be chosen")
	}
}

func (c *routeCheck) balance(at string, s *Step) {
	by, targets := c.given(join(at, "balance")), c.given(join(at, "targets"))
	switch {
	case by && !targets:
		c.bad(join(at, "balance"), "means nothing without targets, such as targets: [sandbox/chat, sandbox/echo]")
	case targets && !by:
		c.bad(join(at, "targets"), "means nothing without balance; write balance: %s, or split for fixed shares", gateway.ByLatency)
	}
	c.shares(join(at, "targets"), s.Targets)
}

func (c *routeCheck) canary(at string, x *Canary) {
	if !c.given(at) || c.faulty(at) {
		return
	}
	for _, key := range []string{"from", "to", "stages"} {
		if !c.given(join(at, key)) {
			c.bad(at, "%q is missing", key)
		}
	}
	if c.given(join(at, "stages")) && len(x.Stages) == 0 && !c.faulty(join(at, "stages")) {
		c.bad(join(at, "stages"), "has no stage, such as {share: 5, for: 1h}")
	}
	if x.From != "" && x.From == x.To {
		c.bad(join(at, "to"), "is the target of now")
	}
	c.target(join(at, "from"), x.From)
	c.target(join(at, "to"), x.To)
}

func (c *routeCheck) handling(at string, h *Handling) {
	for _, list := range []struct {
		key     string
		targets []string
	}{{"fallback", h.Fallback}, {"on_context_window", h.ContextWindow}, {"on_content_policy", h.ContentPolicy}} {
		for i, t := range list.targets {
			c.target(doctree.Index(join(at, list.key), i), t)
		}
	}
	c.target(join(at, "continue_on"), h.ContinueOn)
	c.target(join(at, "hedge", "to"), h.Hedge.To)
	for i, s := range h.Shadow {
		c.target(join(doctree.Index(join(at, "shadow"), i), "to"), s.To)
	}
	c.override(join(at, "override"), h.Override.Set)
	c.limits(at, h.Limits, nil, false)
	for i := range h.Limits {
		if h.Limits[i].Over.Reroute == c.name {
			c.bad(join(doctree.Index(join(at, "limits"), i), "over", "reroute"), "leads back to the route itself")
		}
	}
}

// override refuses what would make another call of it.
func (c *routeCheck) override(at string, set map[string]JSON) {
	for _, name := range sortedKeys(set) {
		if name == "model" || name == "stream" {
			c.bad(join(at, "set", name), "cannot be set: it decides what is called, and how")
		}
	}
}

func (c *routeCheck) intent(at string, x *Intent) {
	if !c.given(at) || c.faulty(at) {
		return
	}
	if !c.given(join(at, "embedder")) {
		c.bad(at, "\"embedder\" is missing, a model such as sandbox/embed")
	}
	if _, isRoute := c.cfg.Routes[x.Embedder]; isRoute {
		c.bad(join(at, "embedder"), "is a route; write one model, so that all examples and messages are measured alike")
	} else {
		c.model(join(at, "embedder"), x.Embedder)
	}
	if len(x.Examples) == 0 && !c.faulty(join(at, "examples")) {
		c.bad(at, "\"examples\" is missing: by intent, messages that have it")
	}
	for _, name := range sortedKeys(x.Examples) {
		c.examples(join(at, "examples", name), x.Examples[name])
	}
}

func (c *routeCheck) examples(at string, texts []string) {
	if len(texts) == 0 && !c.faulty(at) {
		c.bad(at, "has no example")
	}
}
