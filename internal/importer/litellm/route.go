package litellm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// route is a route of the document, with one step.
type route struct {
	name    string
	line    int
	by      string // how it is balanced; "" = there is one target
	targets []target

	fallback, window, policy []string
}

// further is a name of model_group_alias.
type further struct {
	to   string
	line int
	path string
}

// maxHops is how many names LiteLLM tries one after the other.
const maxHops = 5

// routeOf makes the route of a group.
func (i *importer) routeOf(g *group) *route {
	first, rest := g.first()
	r := &route{name: g.name, line: g.line, targets: first}
	if len(first) > 1 {
		r.by = i.balance
	}
	for _, t := range rest {
		r.fallback = append(r.fallback, t.name)
	}
	i.handle(r, g.name)
	return r
}

// handle adds what is tried next for a name.
func (i *importer) handle(r *route, name string) {
	r.fallback = append(r.fallback, i.after(name, map[string]bool{name: true}, 0)...)
	r.window, r.policy = i.next(afterWindow, name), i.next(afterPolicy, name)
	for _, list := range []*[]string{&r.fallback, &r.window, &r.policy} {
		*list = r.others(*list)
	}
}

// others leaves out of a list what it has twice and what the route tries anyway.
func (r *route) others(list []string) (out []string) {
	for _, t := range list {
		own := slices.ContainsFunc(r.targets, func(x target) bool { return x.name == t })
		if !own && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// after gives what is tried when a name has failed: each name of its list, and then what
// is tried when that one has.
func (i *importer) after(name string, seen map[string]bool, depth int) (out []string) {
	h := i.hopOf(afterFailure, name)
	if h == nil || depth == maxHops {
		return nil
	}
	for _, to := range h.to {
		if seen[to] {
			continue
		}
		seen[to] = true
		out = append(out, i.found(h, to)...)
		out = append(out, i.after(to, seen, depth+1)...)
	}
	return out
}

// next gives the targets of a name's own list.
func (i *importer) next(list, name string) (out []string) {
	h := i.hopOf(list, name)
	if h == nil {
		return nil
	}
	for _, to := range h.to {
		out = append(out, i.found(h, to)...)
	}
	return out
}

// hopOf gives a name's own list, or that of everybody.
func (i *importer) hopOf(list, name string) *hop {
	h := i.hops[list][name]
	if h == nil {
		h = i.hops[list][everybody]
	}
	if h != nil {
		h.used = true
	}
	return h
}

// hopsFrom reports whether something is tried after a name.
func (i *importer) hopsFrom(name string) bool {
	for _, list := range []string{afterFailure, afterWindow, afterPolicy} {
		if h := i.hopOf(list, name); h != nil && slices.ContainsFunc(h.to, func(to string) bool { return to != name }) {
			return true
		}
	}
	return false
}

// found gives the targets of a name that a list has; one that leads nowhere is told once.
func (i *importer) found(h *hop, name string) []string {
	targets := i.find(name)
	if note := (Note{Lost, h.line, h.path, fmt.Sprintf("%q is no model_name", name)}); targets == nil && !slices.Contains(i.notes, note) {
		i.notes = append(i.notes, note)
	}
	return targets
}

// furtherNames makes routes of model_group_alias.
func (i *importer) furtherNames(n names) {
	for _, name := range slices.Sorted(maps.Keys(i.aliases)) {
		a := i.aliases[name]
		at := slices.IndexFunc(i.groups, func(g *group) bool { return g.name == a.to })
		switch {
		case slices.ContainsFunc(i.groups, func(g *group) bool { return g.name == name }):
			i.note(Lost, a.line, a.path, "is a model_name too, which counts")
			continue
		case at < 0:
			i.note(Lost, a.line, a.path, fmt.Sprintf("%q is no model_name", a.to))
			continue
		case !routable(name) || i.groups[at].pattern():
			i.note(Lost, a.line, a.path, "no route can stand for it; callers say "+strings.Join(n[a.to], " or ")+"; "+routeNames)
			continue
		}
		to := i.groups[at].name
		if !i.groups[at].routed {
			to = n[to][0]
		}
		r := &route{name: name, line: a.line, targets: []target{{name: to}}}
		if i.hops[afterFailure][name] != nil || i.hops[afterWindow][name] != nil || i.hops[afterPolicy][name] != nil {
			i.handle(r, name)
		}
		n[name] = []string{name}
		i.out.routes = append(i.out.routes, r)
	}
}

// strategy reads how a group's deployments are chosen from.
// https://docs.litellm.ai/docs/routing
func (i *importer) strategy(s *section) {
	i.balance = gateway.ByWeight
	switch how := s.text("routing_strategy"); how {
	case "", "simple-shuffle":
	case "least-busy":
		i.balance = gateway.ByLoad
	case "latency-based-routing":
		i.balance = gateway.ByLatency
	case "usage-based-routing", "usage-based-routing-v2":
		i.balance = gateway.ByLatency
		s.note(Changed, "routing_strategy", "the deployment with the least use is not chosen; the one with the shortest time to its first content is, and one that is over its limits is passed over")
	case "cost-based-routing":
		i.balance = gateway.ByPrice
	default:
		s.note(Lost, "routing_strategy", fmt.Sprintf("there is no balance like %q; calls are shared by weight", how))
	}
}

func (r *route) render(p *page) {
	if r.by == "" && len(r.fallback)+len(r.window)+len(r.policy) == 0 {
		p.line(1, "%s: %s # line %d", q(r.name), q(r.targets[0].name), r.line)
		return
	}
	p.line(1, "%s: # line %d", q(r.name), r.line)
	p.line(2, "steps:")
	if r.by == "" {
		p.line(3, "- use: %s", q(r.targets[0].name))
	} else {
		p.line(3, "- balance: %s", r.by)
		p.line(4, "targets: %s", r.weights())
	}
	for _, l := range []struct {
		key   string
		names []string
	}{{"fallback", r.fallback}, {"on_context_window", r.window}, {"on_content_policy", r.policy}} {
		if len(l.names) > 0 {
			p.line(4, "%s: %s", l.key, list(l.names))
		}
	}
}

// weights renders the targets of a balance, with their weights where they count.
func (r *route) weights() string {
	var names, weighed []string
	for _, t := range r.targets {
		names, weighed = append(names, t.name), append(weighed, fmt.Sprintf("%s: %d", q(t.name), t.weight))
	}
	same := !slices.ContainsFunc(r.targets, func(t target) bool { return t.weight != r.targets[0].weight })
	if same || r.by != gateway.ByWeight {
		return list(names)
	}
	return "{ " + strings.Join(weighed, ", ") + " }"
}
