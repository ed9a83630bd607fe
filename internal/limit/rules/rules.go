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
	"time"

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
	// Fits says whether a rule is content with less money than a call may cost.
	Fits bool

	steady bool // so are all rules that are held per call
	known  memo[steady]
}

// Rule is one compiled rule. What every call asks of it stands in front.
type Rule struct {
	*gateway.Rule
	// Kind is the rule's unit.
	Kind Kind
	// Attempt says that the rule depends on the target and is held per attempt.
	Attempt bool
	// Early says that all the rule depends on is known before the body is read.
	Early bool
	// Alerts says that it is a budget of which somebody wants to be told.
	Alerts bool
	// Queues says that who finds no room waits for it.
	Queues bool

	observes bool // it only counts
	fits     bool // less money than a call may cost is enough
	unpriced bool // calls that cannot be priced pass
	needsIP  bool // a condition or a value needs the address as text

	windows []*Shown // as they were written down
	// ID is the owner and the name: "gateway/default/limits[0].requests".
	ID string

	values []value
	when   *expr.Program // nil = always
	nets   []netip.Prefix
	names  memo[counterName]
	quoted string
}

// Kind is a unit as a number, since every call asks for it many times.
type Kind uint8

// The kinds.
const (
	Requests Kind = iota
	Tokens
	InputTokens
	OutputTokens
	Cost
	Places // that are taken at once
)

// Amount reports whether it is foreseen how much a call takes: tokens or money.
func (k Kind) Amount() bool { return k != Requests && k != Places }

func kindOf(u gateway.Unit) Kind {
	switch u {
	case gateway.UnitTokens:
		return Tokens
	case gateway.UnitInputTokens:
		return InputTokens
	case gateway.UnitOutputTokens:
		return OutputTokens
	case gateway.UnitCost:
		return Cost
	case gateway.UnitConcurrent:
		return Places
	}
	return Requests
}

// Shown is how a window stands in headers, up to the first number that changes from call
// to call.
type Shown struct {
	window *gateway.Window
	Limit  int64  // what may stand in it at once
	Policy string // Ratelimit-Policy: "name";q=Limit;w=60, and on to Ratelimit: "name";r=
	Count  string // X-Ratelimit-Limit-Requests: Limit, and on to X-Ratelimit-Remaining-Requests:
}

func (r *Rule) shown(w *gateway.Window, limit int64) *Shown {
	number, kind := strconv.FormatInt(limit, 10), "Tokens"
	if r.Kind == Requests {
		kind = "Requests"
	}
	span := strconv.FormatInt(int64(w.Span/time.Second), 10)
	return &Shown{
		window: w, Limit: limit,
		Policy: "Ratelimit-Policy: " + r.quoted + ";q=" + number + ";w=" + span + "\r\nRatelimit: " + r.quoted + ";r=",
		Count:  "X-Ratelimit-Limit-" + kind + ": " + number + "\r\nX-Ratelimit-Remaining-" + kind + ": ",
	}
}

// Shown gives how a window of the rule stands in headers whose limit is told to be so.
func (r *Rule) Shown(w *gateway.Window, limit int64) *Shown {
	for _, s := range r.windows {
		if s.window == w && s.Limit == limit {
			return s
		}
	}
	return r.shown(w, limit)
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
	s := &Set{steady: true, known: newMemo[steady]()}
	for _, rule := range in {
		r, err := compile(owner, rule)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", owner, rule.Name, err)
		}
		r.Attempt = r.Attempt || perAttempt
		r.Early = r.Early && !r.Attempt
		s.Calls, s.Attempts = s.Calls || !r.Attempt, s.Attempts || r.Attempt
		s.Amounts = s.Amounts || r.Kind.Amount()
		s.Fits = s.Fits || r.Fit
		s.steady = s.steady && (r.Attempt || r.isSteady())
		s.rules = append(s.rules, r)
	}
	return s, nil
}

func compile(owner string, in *gateway.Rule) (r *Rule, err error) {
	r = &Rule{Rule: in, ID: owner + "/" + in.Name, Early: true, names: newMemo[counterName](), observes: in.Soft || in.Over.Do == gateway.OverRecord, quoted: strconv.Quote(in.Name)}
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
	r.Kind, r.Alerts, r.Queues = kindOf(in.Unit), in.Budget() && len(in.Alert) > 0, in.Over.Do == gateway.OverQueue
	r.fits, r.unpriced = in.Fit, in.Unpriced
	for i := range in.Windows {
		r.windows = append(r.windows, r.shown(&in.Windows[i], in.Windows[i].Max+in.Windows[i].Burst))
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

// NeedsLeast reports whether it must be foreseen what a call costs at the least.
func (s *Set) NeedsLeast() bool { return s != nil && s.Fits }

// NeedsAmounts reports whether tokens or money must be foreseen.
func (s *Set) NeedsAmounts() bool { return s != nil && s.Amounts }
