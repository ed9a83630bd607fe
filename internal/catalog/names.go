package catalog

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// Named is what a model name means.
type Named struct {
	Provider *provider.Provider
	Model    string // the vendor's id
}

// Resolve says which targets a model name may mean: exactly one for provider/model;
// for a bare vendor id one per provider that lists it; none when it is unknown.
func (s *Snapshot) Resolve(name string) []Named {
	if prefix, model, ok := strings.Cut(name, "/"); ok && model != "" {
		if p := s.Providers[prefix]; p != nil {
			return []Named{{p, model}}
		}
	}
	if found, ok := s.names.get(name); ok {
		return found
	}
	found := s.listing(name)
	s.names.put(name, found)
	return found
}

func (s *Snapshot) listing(model string) []Named {
	var found []Named
	for _, name := range s.ProviderNames() {
		p := s.Providers[name]
		if _, own := p.Models[model]; own || s.Lister.Lists(p, model) {
			found = append(found, Named{p, model})
		}
	}
	return found
}

// ProviderNames lists the providers in order.
func (s *Snapshot) ProviderNames() []string {
	names := make([]string, 0, len(s.Providers))
	for name := range s.Providers {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// RouteNames lists the routes in order.
func (s *Snapshot) RouteNames() []string { return slices.Sorted(maps.Keys(s.Routes)) }

// Models lists the known vendor ids of a provider, configured ones included, in order.
func (s *Snapshot) Models(p *provider.Provider) []string {
	ids := s.Lister.Models(p)
	for id := range p.Models {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return slices.Compact(ids)
}

// nearestMax and farthest bound the work that an unknown name may cause: longer names
// are near nothing, and so are names that differ by more edits.
const (
	nearestMax = 96
	farthest   = 8
)

// Nearest gives up to three known names, of routes and models, close to an unknown one, best first.
func (s *Snapshot) Nearest(name string) []string {
	want := strings.ToLower(name)
	if len(want) > nearestMax {
		return nil
	}
	type near struct {
		name string
		d    int
	}
	limit := min(max(2, len(want)/3), farthest)
	var found []near
	for _, name := range s.RouteNames() {
		if d := distance(want, strings.ToLower(name), limit); d <= limit {
			found = append(found, near{name, d})
		}
	}
	for _, pn := range s.ProviderNames() {
		for _, id := range s.Models(s.Providers[pn]) {
			full := pn + "/" + id
			d := min(distance(want, strings.ToLower(id), limit), distance(want, strings.ToLower(full), limit))
			if d <= limit {
				found = append(found, near{full, d})
			}
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].d < found[j].d })
	var names []string
	for _, f := range found[:min(3, len(found))] {
		names = append(names, f.name)
	}
	return names
}

// distance is the edit distance of two names, the first no longer than nearestMax, or
// limit+1 when it is larger. limit is at most farthest, so that a band of the usual
// matrix is enough.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var rows [nearestMax + farthest + 1]int
	row := rows[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		from, to := max(1, i-limit), min(len(b), i+limit)
		diag, best := row[from-1], i
		row[from-1] = i // column 0, or outside of the band
		for j := from; j <= to; j++ {
			sub := diag
			if a[i-1] != b[j-1] {
				sub++
			}
			diag = row[j]
			row[j] = min(sub, row[j]+1, row[j-1]+1)
			best = min(best, row[j])
		}
		if best > limit {
			return limit + 1
		}
	}
	return row[len(b)]
}

// nameCache remembers what bare names mean, so that a request's cost does not grow
// with the number of providers. It is bounded: callers choose the names.
type nameCache struct {
	known sync.Map // string → []Named
	size  atomic.Int64
}

const nameCacheSize = 4096

func newNameCache() *nameCache { return &nameCache{} }

func (c *nameCache) get(name string) ([]Named, bool) {
	v, ok := c.known.Load(name)
	if !ok {
		return nil, false
	}
	return v.([]Named), true
}

func (c *nameCache) put(name string, found []Named) {
	if len(found) == 0 || len(name) > 256 || c.size.Load() >= nameCacheSize {
		return
	}
	if _, had := c.known.LoadOrStore(strings.Clone(name), found); !had {
		c.size.Add(1)
	}
}
