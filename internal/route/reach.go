package route

import (
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Reach gives the targets, as provider/model, that a name may lead to before anything has
// failed: the name itself, those that it means as a bare id, or those that the steps of a
// route choose among. They are sorted.
func Reach(s *catalog.Snapshot, name string) []string {
	found := map[string]bool{}
	reach(s, name, found, 0)
	return slices.Sorted(maps.Keys(found))
}

func reach(s *catalog.Snapshot, name string, found map[string]bool, depth int) {
	if r := s.Routes[name]; r != nil && depth <= Deepest {
		for i := range r.Steps {
			for _, to := range choices(&r.Steps[i]) {
				reach(s, to, found, depth+1)
			}
		}
		return
	}
	for _, n := range s.Resolve(name) {
		found[n.Provider.Name+"/"+n.Model] = true
	}
}

// choices gives the names that a step chooses among.
func choices(s *gateway.Step) (names []string) {
	if s.Use != "" {
		names = append(names, s.Use)
	}
	shares := s.Split
	if s.Balance != nil {
		shares = append(slices.Clip(shares), s.Balance.Targets...)
	}
	for _, share := range shares {
		names = append(names, share.Target)
	}
	if s.Canary != nil {
		names = append(names, s.Canary.From, s.Canary.To)
	}
	return names
}

// Holders gives the names of the routes whose calls may go through a route: itself, and
// those whose steps lead to it. They are sorted.
func Holders(s *catalog.Snapshot, name string) []string {
	holds := map[string]bool{name: true}
	for range Deepest {
		for other, r := range s.Routes {
			holds[other] = holds[other] || slices.ContainsFunc(r.Steps, func(st gateway.Step) bool {
				return slices.ContainsFunc(choices(&st), func(to string) bool { return holds[to] })
			})
		}
	}
	maps.DeleteFunc(holds, func(_ string, held bool) bool { return !held })
	return slices.Sorted(maps.Keys(holds))
}
