// Package rules turns limits and budgets as they were written down into the claims of
// one call: which of them apply, which counter each of them means, and how much the call
// may take of it. It counts nothing itself.
package rules

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/glob"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// Set are the compiled rules of one owner: a gateway, a key, a provider. It is
// immutable; nil has no rules.
type Set struct {
	rules []*Rule
	// Calls and Attempts say whether there are rules that are held per call, and rules
	// that are held per attempt, since they depend on the target.
	Calls, Attempts bool
	// Amounts says whether a rule counts tokens or money, so that these must be foreseen.
	Amounts bool
}

// Rule is one compiled rule.
type Rule struct {
	*gateway.Rule
	// ID is the owner and the name: "gateway/default/limits[0].requests".
	ID string
	// Attempt says that the rule depends on the target and is held per attempt.
	Attempt bool
	// Early says that all the rule depends on is known before the body is read.
	Early bool

	values []value
	when   *expr.Program // nil = always
	nets   []netip.Prefix
	// needsIP says that a condition or a value needs the address as text.
	needsIP bool
	names   names
	quoted  string
}

// value is one of the values that a rule counts by.
type value struct {
	name string // as it is shown
	of   func(*Facts) (string, error)
}

// Compile compiles the rules of an owner ("gateway/default"). perAttempt holds all of
// them per attempt: they are a provider's.
func Compile(owner string, in []*gateway.Rule, perAttempt bool) (*Set, error) {
	if len(in) == 0 {
		return nil, nil
	}
	s := &Set{}
	for _, rule := range in {
		r, err := compile(owner, rule)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", owner, rule.Name, err)
		}
		r.Attempt = r.Attempt || perAttempt
		r.Early = r.Early && !r.Attempt
		s.Calls, s.Attempts = s.Calls || !r.Attempt, s.Attempts || r.Attempt
		s.Amounts = s.Amounts || r.Unit != gateway.UnitRequests && r.Unit != gateway.UnitConcurrent
		s.rules = append(s.rules, r)
	}
	return s, nil
}

func compile(owner string, in *gateway.Rule) (r *Rule, err error) {
	r = &Rule{Rule: in, ID: owner + "/" + in.Name, Early: true, names: newNames(), quoted: strconv.Quote(in.Name)}
	if len(in.Windows) == 0 {
		return nil, fmt.Errorf("it has no window")
	}
	for _, per := range in.Per {
		v, err := r.dimension(string(per))
		if err != nil {
			return nil, fmt.Errorf("per %s: %w", per, err)
		}
		r.values = append(r.values, v)
	}
	if in.When != "" {
		if r.when, err = expr.Compile(in.When, expr.Bool); err != nil {
			return nil, fmt.Errorf("when: %w", err)
		}
		r.dependsOn(r.when)
	}
	for _, cidr := range in.ExemptNetworks {
		p, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, err
		}
		r.nets = append(r.nets, p.Masked())
	}
	return r, nil
}

// dependsOn notes when what a text mentions is known.
func (r *Rule) dependsOn(p *expr.Program) {
	r.Attempt = r.Attempt || p.Uses("provider")
	r.needsIP = r.needsIP || p.Uses("ip")
	r.Early = r.Early && !p.Uses("model", "route", "user", "metadata", "stream", "tokens.input", "budget.share", "budget.left",
		"intent", "difficulty", "healthy", "request.turns", "request.tools", "request.images", "request.json", "request.max_output")
}

func (r *Rule) dimension(per string) (value, error) {
	if per == "team" {
		per = "metadata.team"
	}
	of := func(f func(*Facts) string) func(*Facts) (string, error) {
		return func(x *Facts) (string, error) { return f(x), nil }
	}
	name, is := strings.CutPrefix(per, "header.")
	if is {
		return value{per, of(func(x *Facts) string { return x.Header.Get(name) })}, nil
	}
	if name, is = strings.CutPrefix(per, "metadata."); is && !strings.ContainsAny(name, " ()[]") {
		r.Early = false
		return value{per, of(func(x *Facts) string { return x.metadata(name) })}, nil
	}
	switch per {
	case "gateway":
		return value{per, of(func(x *Facts) string { return x.Gateway })}, nil
	case "workspace":
		return value{per, of(func(x *Facts) string { return x.Workspace })}, nil
	case "key":
		return value{per, of(func(x *Facts) string { return x.Key.ID })}, nil
	case "user":
		r.Early = false // often the body names it
		return value{per, of(func(x *Facts) string { return x.User })}, nil
	case "ip":
		return value{per, of(func(x *Facts) string { return x.ip() })}, nil
	case "model":
		r.Attempt = true
		return value{per, of(func(x *Facts) string { return x.Provider + "/" + x.Model })}, nil
	case "provider":
		r.Attempt = true
		return value{per, of(func(x *Facts) string { return x.Provider })}, nil
	}
	p, err := expr.Compile(per, expr.Text)
	if err != nil {
		return value{}, err
	}
	r.dependsOn(p)
	return value{per, func(x *Facts) (string, error) { return p.Text(&x.Vars) }}, nil
}

// Quoted is the rule's name in quotes, as a header shows it.
func (r *Rule) Quoted() string { return r.quoted }

// applies reports whether a rule counts a call.
func (r *Rule) applies(f *Facts) (bool, error) {
	for _, net := range r.nets {
		if net.Contains(f.Address) {
			return false, nil
		}
	}
	if len(r.ExemptKeys) > 0 && f.Key.ID != "" && (glob.Any(r.ExemptKeys, f.Key.ID) || glob.Any(r.ExemptKeys, f.Key.Name)) {
		return false, nil
	}
	if r.when == nil {
		return true, nil
	}
	return r.when.Bool(&f.Vars)
}

// counterID names the counter of a rule's first window.
func counterID(text []byte) limit.ID {
	sum := sha256.Sum256(text)
	return limit.ID(sum[:len(limit.ID{})])
}

// ofWindow gives the counter of the i-th window.
func ofWindow(id limit.ID, i int) limit.ID {
	id[len(id)-1] ^= byte(i)
	return id
}

// Values tells for people what a rule counts of a call: "workspace=default, team=x".
func (r *Rule) Values(f *Facts) string {
	var b strings.Builder
	for i := range r.values {
		if i > 0 {
			b.WriteString(", ")
		}
		v, err := r.values[i].of(f)
		if err != nil {
			v = "?"
		}
		b.WriteString(r.values[i].name + "=" + v)
	}
	return b.String()
}

// Describe tells what a window allows: "100 requests per 1m0s".
func Describe(r *gateway.Rule, w *gateway.Window) string {
	switch {
	case r.Unit == gateway.UnitConcurrent:
		return strconv.FormatInt(w.Max, 10) + " at once"
	case r.Unit == gateway.UnitCost && w.Period != "":
		return "$" + gateway.USD(w.Max).String() + " per " + string(w.Period)
	case r.Unit == gateway.UnitCost:
		return "$" + gateway.USD(w.Max).String() + " per " + w.Span.String()
	}
	unit := strings.ReplaceAll(string(r.Unit), "_", " ")
	return strconv.FormatInt(w.Max, 10) + " " + unit + " per " + w.Span.String()
}

// Each calls fn for every rule, in order.
func (s *Set) Each(fn func(*Rule)) {
	if s != nil {
		for _, r := range s.rules {
			fn(r)
		}
	}
}

// Has reports whether some rule fits.
func (s *Set) Has(fits func(*Rule) bool) bool { return s != nil && slices.ContainsFunc(s.rules, fits) }

// HasAttempts reports whether some rules are held per attempt.
func (s *Set) HasAttempts() bool { return s != nil && s.Attempts }

// NeedsAmounts reports whether tokens or money must be foreseen.
func (s *Set) NeedsAmounts() bool { return s != nil && s.Amounts }
