package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// OutcomeStore keeps what became of calls.
type OutcomeStore interface {
	Outcomes(ctx context.Context, q store.OutcomeQuery, each func(*gateway.Outcome)) (cut bool, err error)
}

// MostCompared is how many calls are looked at, the newest ones.
const MostCompared = 200_000

// comparedPeriod is the period where none is given.
const comparedPeriod = 24 * time.Hour

var compareFilters = []Param{
	{"a", "A target (provider/model), or a route, which stands for the targets that it chooses among. Needed."},
	{"b", "Another one. Needed."},
	{"from", "Calls from this time on (RFC 3339); 24 hours before the end unless given."},
	{"to", "Calls before this time (RFC 3339); now unless given."},
	{"route", "Calls of this route."},
	{"gateway", "Calls of this gateway."},
	{"workspace", "Calls of this workspace."},
	{"shadows", "true: b are shadows, and a the calls that they copied. Shadows do not count otherwise."},
}

// Compared are two targets, or sets of them, beside each other.
type Compared struct {
	NameA    string    `json:"name_a"`
	NameB    string    `json:"name_b"`
	TargetsA []string  `json:"targets_a"`
	TargetsB []string  `json:"targets_b"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Cut      bool      `json:"cut" doc:"There were more calls than are looked at: only the newest ones count."`
	Warning  string    `json:"warning" doc:"What to know about the figures, for people; empty = nothing."`
	compare.Comparison
}

// compareTargets tells how two targets did over the same period.
func (a *api) compareTargets(c *call) (Compared, error) {
	out := Compared{NameA: c.query.Get("a"), NameB: c.query.Get("b")}
	sides, err := a.sides(c, &out)
	if err != nil {
		return out, err
	}
	q := store.OutcomeQuery{Gateway: c.query.Get("gateway"), Workspace: c.query.Get("workspace"), Within: c.within(), Most: MostCompared}
	if r := c.query.Get("route"); r != "" {
		q.Routes = []string{r}
	}
	if err := a.period(c, &out); err != nil {
		return out, err
	}
	q.From, q.To = out.From, out.To
	if out.Cut, err = a.Store.Outcomes(c.ctx(), q, sides.Add); err != nil {
		return out, err
	}
	if out.Cut {
		out.Warning = fmt.Sprintf("Only the newest %d calls of the period were looked at; ask for a shorter one, or for one route or gateway.", MostCompared)
	}
	figuresA, figuresB := sides.Figures()
	out.Comparison = compare.Compare(out.NameA, out.NameB, figuresA, figuresB)
	return out, nil
}

// sides says which calls belong to whom.
func (a *api) sides(c *call, out *Compared) (*compare.Sides, error) {
	var badA, badB error
	out.TargetsA, badA = a.reached("a", out.NameA)
	out.TargetsB, badB = a.reached("b", out.NameB)
	if err := errors.Join(badA, badB); err != nil {
		return nil, err
	}
	s := &compare.Sides{A: compare.ArmOf(out.TargetsA...), B: compare.ArmOf(out.TargetsB...)}
	shadows, err := c.boolean("shadows")
	if err != nil {
		return nil, err
	}
	s.Shadows = shadows != nil && *shadows
	if both := s.A.Meets(s.B); both != "" && !s.Shadows {
		return nil, invalid("b", "a and b both lead to "+both+", so that its calls could be either's")
	}
	return s, nil
}

// reached gives the targets that a name stands for.
func (a *api) reached(field, name string) ([]string, error) {
	if name == "" {
		return nil, invalid(field, field+" is needed: a target such as openai/gpt-5, or a route")
	}
	if a.Reach == nil {
		return []string{name}, nil
	}
	found := a.Reach(name)
	if len(found) == 0 {
		return nil, invalid(field, asStored(name)+" is neither a provider/model nor a route")
	}
	return found, nil
}

func (a *api) period(c *call, out *Compared) error {
	var badFrom, badTo error
	out.From, badFrom = c.moment("from")
	out.To, badTo = c.moment("to")
	if err := errors.Join(badFrom, badTo); err != nil {
		return err
	}
	if out.To.IsZero() {
		out.To = a.now()
	}
	if out.From.IsZero() {
		out.From = out.To.Add(-comparedPeriod)
	}
	if !out.From.Before(out.To) {
		return invalid("from", "from is not before to")
	}
	return nil
}
