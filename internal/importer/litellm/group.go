package litellm

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/account"
)

// group is a model_name with its deployments.
type group struct {
	name    string
	line    int
	path    string
	targets []target
	routed  bool
}

// target is one place to which a group's calls go, as provider/model.
type target struct {
	name   string
	weight int
	order  float64 // deployments of the least order come first; 0 = behind all that have one
	line   int
	path   string
}

// groupOf makes a group of deployments that are placed.
func groupOf(ds []*deployment, cs []*cluster) *group {
	g := &group{name: ds[0].alias, line: ds[0].line, path: ds[0].path}
	share := shares(ds)
	for _, c := range cs {
		first := c.deployments[0]
		t := target{name: c.at.name + "/" + first.model, order: first.order, line: first.line, path: first.path}
		for _, d := range c.deployments {
			t.weight += share[slices.Index(ds, d)]
		}
		g.targets = append(g.targets, t)
	}
	slices.SortStableFunc(g.targets, func(a, b target) int {
		if a.order != b.order && (a.order == 0 || b.order == 0) {
			return cmp.Compare(b.order, a.order)
		}
		return cmp.Compare(a.order, b.order)
	})
	return g
}

// first gives the targets of the least order, and the rest.
func (g *group) first() (first, rest []target) {
	n := slices.IndexFunc(g.targets, func(t target) bool { return t.order != g.targets[0].order })
	if n < 0 {
		return g.targets, nil
	}
	return g.targets[:n], g.targets[n:]
}

// inTurn gives the targets as they are tried where nothing chooses: by order, and the
// greatest share first.
func (g *group) inTurn() (out []string) {
	sorted := slices.Clone(g.targets)
	slices.SortStableFunc(sorted, func(a, b target) int {
		if a.order != b.order {
			return 0
		}
		return cmp.Compare(b.weight, a.weight)
	})
	for _, t := range sorted {
		out = append(out, t.name)
	}
	return out
}

// pattern reports a group of many models.
func (g *group) pattern() bool { return strings.Contains(g.name, "*") }

var routeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$`)

// routeNames says what a route may be called.
const routeNames = "a route's name has letters, digits and . _ : @ + - alone"

// routable reports whether a route may have a name.
func routable(name string) bool { return routeForm.MatchString(name) }

// find gives the targets that a name of LiteLLM's leads to, in turn; a further name and a
// pattern lead to those of what they stand for.
func (i *importer) find(name string) []string {
	if a := i.aliases[name]; a != nil {
		name = a.to
	}
	for _, g := range i.groups {
		if g.name == name {
			return g.inTurn()
		}
	}
	for _, g := range i.groups {
		before, after, is := strings.Cut(g.name, "*")
		if rest, ok := strings.CutPrefix(name, before); is && ok && strings.HasSuffix(rest, after) {
			t := g.inTurn()[0]
			return []string{strings.Replace(t, "*", strings.TrimSuffix(rest, after), 1)}
		}
	}
	return nil
}

// speak gives every name what it has become: the name itself where a route has it or one
// provider alone knows it, and else what callers say instead.
func (i *importer) speak(n names) {
	prices, err := account.Load()
	for _, g := range i.groups {
		why := i.unspoken(prices, err == nil, g)
		switch {
		case why == "" && len(g.targets) == 1 && !i.hopsFrom(g.name):
		case g.pattern():
			i.dispersed(g, why)
		case routable(g.name):
			g.routed = true
			n[g.name] = []string{g.name}
			i.out.routes = append(i.out.routes, i.routeOf(g))
		default:
			i.dispersed(g, cmp.Or(why, routeNames))
		}
	}
	i.furtherNames(n)
	i.unused(func(name string) bool { return i.find(name) != nil })
	for name, groups := range i.accessGroups {
		if n[name] != nil {
			continue
		}
		for _, g := range groups {
			for _, to := range n[g] {
				if !slices.Contains(n[name], to) {
					n[name] = append(n[name], to)
				}
			}
		}
	}
	all := slices.Concat(slices.Collect(maps.Values(n))...)
	slices.Sort(all)
	i.out.models = slices.Compact(all)
}

// dispersed tells what callers have to say for a group that no route can stand for.
func (i *importer) dispersed(g *group, why string) {
	now := g.targets[0].name
	if why != "" {
		i.note(Lost, g.line, g.path+".model_name", fmt.Sprintf("callers say %q instead of %q: %s", now, g.name, why))
	}
	for _, t := range g.targets[1:] {
		i.note(Lost, t.line, t.path, fmt.Sprintf("is one more deployment of %q, for which no route can stand; callers get %s, and this one as %q", g.name, now, t.name))
	}
}
