package config

import (
	"reflect"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ownRules is a document of rules that belong to one key or workspace.
type ownRules struct {
	Limits  []Limit  `yaml:"limits" help:"Limits."`
	Budgets []Budget `yaml:"budgets" help:"Budgets."`
}

// ParseRules reads {limits: […], budgets: […]} in YAML or JSON, the items as in a
// gateway, for an owner that stands outside of the document; per is what counts where an
// item does not say: "key" or "workspace". Models that calls are sent to are not looked
// up. file names the source in problems.
func ParseRules(file string, data []byte, per string) ([]gateway.Rule, Problems) {
	d := newDecoder(resolver{env: func(string) (string, bool) { return "", false }})
	tree, bad := doctree.Parse(data)
	for _, p := range bad {
		d.problems = append(d.problems, Problem{File: file, Pos: p.Pos, Path: p.Path, Message: p.Message})
	}
	var own ownRules
	if tree != nil {
		d.value(tree, reflect.ValueOf(&own).Elem(), &spec{}, place{from: origin{file: file}})
		l := loader{decoder: d, cfg: &Config{}, vendors: &Vendors{}, source: file, free: true}
		l.limits("", own.Limits, own.Budgets, false)
	}
	d.problems.sort()
	if d.problems.Err() != nil {
		return nil, d.problems
	}
	var out []gateway.Rule
	for _, r := range rules(own.Limits, own.Budgets, per) {
		out = append(out, *r)
	}
	return out, d.problems
}
