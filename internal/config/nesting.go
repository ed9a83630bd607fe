package config

import (
	"slices"
	"strings"
)

// maxNesting is how many routes may stand within each other below the outermost.
const maxNesting = 4

// nester follows routes that lead to routes.
type nester struct {
	*loader
	checks map[string]*routeCheck
	open   []string            // on the way to the present one
	deep   map[string][]string // the longest way down from a route, itself first
}

// nesting refuses routes that lead back to themselves, or stand too deep in each other.
func (l *loader) nesting(checks map[string]*routeCheck) {
	n := &nester{loader: l, checks: checks, deep: map[string][]string{}}
	for _, name := range sortedKeys(checks) {
		if way := n.down(name); len(way) > maxNesting+1 {
			l.bad(join("routes", name), "leads through %d routes within each other (%s); at most %d may be", len(way)-1, strings.Join(way, " > "), maxNesting)
		}
	}
}

// down gives the longest way down, and tells of each circle once.
func (n *nester) down(name string) []string {
	if way, ok := n.deep[name]; ok {
		return way
	}
	n.open = append(n.open, name)
	var longest []string
	for _, to := range n.checks[name].leads {
		if i := slices.Index(n.open, to.to); i >= 0 {
			n.bad(to.at, "leads back to the route itself: %s", strings.Join(append(slices.Clone(n.open[i:]), to.to), " > "))
			continue
		}
		if way := n.down(to.to); len(way) > len(longest) {
			longest = way
		}
	}
	n.open = n.open[:len(n.open)-1]
	n.deep[name] = append([]string{name}, longest...)
	return n.deep[name]
}
