package rules

import (
	"encoding/json"
	"net/netip"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// Facts are what rules may depend on. What is not known yet is zero.
type Facts struct {
	expr.Vars // Late is set by Facts itself; IP by SetAddress
	Address   netip.Addr
	Meta      json.RawMessage // a JSON object; nil = none
	Input     int64           // tokens, foreseen
	Shadow    bool            // a copy of a call: it takes money, and nothing else that is its caller's
	// Budgets gives the greatest share used of the budgets that apply, and what is left of
	// the tightest in dollars; nil = there is none.
	Budgets func() (share, left float64)
	// Raised gives by how much a budget's counter is larger for the time being; nil = none is.
	Raised func(rule string, counter limit.ID) int64

	parsed map[string]any
}

// Ready makes the facts usable by conditions; it is called when they have moved.
func (f *Facts) Ready() { f.Late, f.parsed = late{f}, nil }

// SetAddress sets the caller's address. Its text is made only where a rule needs it.
func (f *Facts) SetAddress(a netip.Addr) { f.Address, f.IP = a, "" }

// NeedAddress makes the address's text, for conditions that are no rule's.
func (f *Facts) NeedAddress() { f.ip() }

func (f *Facts) ip() string {
	if f.IP == "" && f.Address.IsValid() {
		f.IP = f.Address.String()
	}
	return f.IP
}

// late gives what costs work to know, as conditions ask for it.
type late struct{ f *Facts }

// Metadata implements expr.Late.
func (l late) Metadata() map[string]any {
	f := l.f
	if f.parsed == nil && len(f.Meta) > 0 {
		if json.Unmarshal(f.Meta, &f.parsed) != nil || f.parsed == nil {
			f.parsed = map[string]any{}
		}
	}
	return f.parsed
}

// InputTokens implements expr.Late.
func (l late) InputTokens() int64 { return l.f.Input }

// Budget implements expr.Late.
func (l late) Budget() (share, left float64) {
	if l.f.Budgets == nil {
		return 0, 0
	}
	return l.f.Budgets()
}

// metadata gives one member as text: a string as it is, anything else as JSON; "" when
// it is absent or null.
func (f *Facts) metadata(name string) string {
	switch v := (late{f}).Metadata()[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(b)
	}
}

// Want is what a call may take at the most.
type Want struct {
	Input, Output int64       // tokens, of all answers together
	Cost          gateway.USD // at the dearest target
	Least         gateway.USD // with the smallest answer that makes sense
	Priced        bool        // Cost is known
}

// of gives the amount of a kind.
func (w *Want) of(k Kind) int64 {
	switch k {
	case Tokens:
		return w.Input + w.Output
	case InputTokens:
		return w.Input
	case OutputTokens:
		return w.Output
	case Cost:
		return int64(w.Cost)
	}
	return 1
}

// Taken are the claims of one call, and what each belongs to. It is used again: Reset
// keeps its memory. It is for one goroutine.
type Taken struct {
	Claims  []limit.Claim
	Of      []*Rule // one a claim
	names   []*counterName
	scratch []byte
}

// Reset empties it.
func (t *Taken) Reset() { t.cut(0) }

func (t *Taken) cut(n int) { t.Claims, t.Of, t.names = t.Claims[:n], t.Of[:n], t.names[:n] }

// Ledger gives how the ledger writes the counter of a claim: its digits, and what it
// counts of the call for people.
func (t *Taken) Ledger(i int, f *Facts) (digits, values string) {
	if n := t.names[i]; n.digits != "" && n.id == t.Claims[i].Counter {
		return n.digits, n.values
	}
	return t.Claims[i].Counter.String(), t.Of[i].Values(f)
}

// Unpriced is the error of a call that cannot be priced beforehand under a hard limit of
// money.
type Unpriced struct{ Rule *Rule }

func (u *Unpriced) Error() string { return "the cost of the call cannot be foreseen" }

// Stage says which rules are meant.
type Stage uint8

// The stages: Early are those of Call whose facts are known before the body is read.
const (
	Early Stage = iota
	Call
	Attempt
)

func (s Stage) has(r *Rule) bool {
	switch s {
	case Early:
		return r.Early
	case Attempt:
		return r.Attempt
	}
	return !r.Attempt
}

// Add adds the claims of the set's rules of one stage that apply to a call. skip, if
// not nil, names rules that only count and refuse nothing. Its error is an *Unpriced, or
// that of a condition.
func (s *Set) Add(t *Taken, f *Facts, w *Want, stage Stage, skip func(*Rule) bool) error {
	if s == nil {
		return nil
	}
	if stage == Call && s.steady && !f.Shadow {
		return s.addSteady(t, f, w, skip)
	}
	for _, r := range s.rules {
		if !stage.has(r) || f.Shadow && r.Kind != Cost {
			continue
		}
		if err := t.add(r, f, w, skip != nil && skip(r)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Taken) add(r *Rule, f *Facts, w *Want, observe bool) error {
	from := len(t.Claims)
	if err := t.name(r, f); err != nil {
		return err
	}
	for i := from; i < len(t.Claims); i++ {
		c := &t.Claims[i]
		c.Observe = c.Observe || observe
		if err := r.wants(c, f, w); err != nil {
			t.cut(from)
			return err
		}
	}
	return nil
}

// name adds the claims of a rule, if it applies, without what is wanted.
func (t *Taken) name(r *Rule, f *Facts) error {
	if r.needsIP {
		f.ip()
	}
	ok, err := r.applies(f)
	if err != nil || !ok {
		return err
	}
	name, scratch, err := r.name(f, t.scratch)
	t.scratch = scratch
	if err != nil {
		return err
	}
	for i := range r.Windows {
		t.Claims = append(t.Claims, limit.Claim{
			Counter: ofWindow(name.id, i), Window: &r.Windows[i], Open: r.Kind == Places, Observe: r.observes, Outage: r.Outage, Spot: &name.spots[i],
		})
		t.Of, t.names = append(t.Of, r), append(t.names, name)
	}
	return nil
}

// wants fills in what a call wants of a claim of the rule.
func (r *Rule) wants(c *limit.Claim, f *Facts, w *Want) error {
	c.Want = w.of(r.Kind)
	switch r.Kind {
	case Requests, Places:
	case Cost:
		if !w.Priced && !r.unpriced && !r.observes {
			return &Unpriced{r}
		}
		if f.Raised != nil {
			c.Window = r.raised(c.Window, c.Counter, f)
		}
		if r.fits && w.Least < w.Cost {
			c.Min = max(int64(w.Least), 1)
		}
	default:
		// What is foreseen of tokens is far more than what is used; one call alone may
		// always try.
		c.Want = min(c.Want, c.Window.Max+c.Window.Burst)
	}
	return nil
}

// raised gives a window, larger where it was raised.
func (r *Rule) raised(win *gateway.Window, counter limit.ID, f *Facts) *gateway.Window {
	if f.Raised == nil || r.Kind != Cost {
		return win
	}
	more := f.Raised(r.ID, counter)
	if more == 0 {
		return win
	}
	larger := *win
	larger.Max += more
	return &larger
}

// AddBudgets adds the claims of the budgets that apply to a call, with nothing wanted: to
// be looked at. Budgets whose own condition asks for budgets are left out.
func (s *Set) AddBudgets(t *Taken, f *Facts) error {
	if s == nil {
		return nil
	}
	for _, r := range s.rules {
		if !r.Budget() || r.Attempt || r.when != nil && r.when.Uses("budget.share", "budget.left") {
			continue
		}
		if err := t.add(r, f, &Want{Priced: true}, false); err != nil {
			return err
		}
	}
	return nil
}
