package route

import (
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Table are the routes of one configuration, compiled. It is immutable but for what
// balance counts; nil has no routes.
type Table struct {
	routes map[string]*gateway.Route
}

// Compile compiles routes. An error names the route, the step and the problem.
func Compile(routes map[string]*gateway.Route) (*Table, error) {
	return &Table{routes: routes}, nil
}

// Plan gives what to try. It never gives an empty plan without an error.
func (t *Table) Plan(s *catalog.Snapshot, g *catalog.Gateway, a *Ask, into []Target) (Plan, error) {
	targets, err := Direct(s, g, *a)
	return Plan{Targets: append(into, targets...)}, err
}
