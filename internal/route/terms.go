package route

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// terms are what a route or a step says beside its targets. What is empty says nothing.
// They are immutable; slices of them are clipped.
type terms struct {
	fallback, window, policy, on []ref
	sticky                       string
	hedge                        *hedge
	shadow                       []shadow
	override                     *gateway.Override
	timeout                      time.Duration
	output                       int64
	owners                       []string
}

type hedge struct {
	after time.Duration
	to    []ref
}

type shadow struct {
	to    []ref
	share float64
	salt  uint64
}

func (t *Table) ofRoute(w *way) (terms, error) {
	s := &gateway.Step{
		Fallback: w.Fallback, ContextWindow: w.ContextWindow, ContentPolicy: w.ContentPolicy, ContinueOn: w.ContinueOn,
		Sticky: w.Sticky, Hedge: w.Hedge, Shadow: w.Shadow, Override: w.Override, Limits: w.Limits,
	}
	out, err := t.termsOf(s, w.owner())
	out.timeout, out.output = w.Timeout, w.MaxOutput
	return out, err
}

func (t *Table) ofStep(s *step) (terms, error) { return t.termsOf(s.Step, s.owner()) }

func (t *Table) termsOf(s *gateway.Step, owner string) (out terms, err error) {
	out = terms{sticky: s.Sticky, override: s.Override}
	for _, l := range []struct {
		into  *[]ref
		names []string
	}{{&out.fallback, s.Fallback}, {&out.window, s.ContextWindow}, {&out.policy, s.ContentPolicy}, {&out.on, one(s.ContinueOn)}} {
		if *l.into, err = t.refsOf(l.names); err != nil {
			return out, err
		}
	}
	if s.Hedge != nil {
		out.hedge = &hedge{after: s.Hedge.After}
		out.hedge.to, _ = t.refsOf(one(s.Hedge.To))
	}
	for i, sh := range s.Shadow {
		if sh.To == "" || !(sh.Share >= 0 && sh.Share <= 100) {
			return out, errors.New("a shadow needs a target and a share from 0 to 100")
		}
		to, _ := t.refsOf(one(sh.To))
		out.shadow = append(out.shadow, shadow{to: to, share: sh.Share, salt: hash(hash(uint64(i), owner), sh.To)})
	}
	if len(s.Limits) > 0 {
		out.owners = []string{owner}
	}
	return out, nil
}

func (t *Table) refsOf(names []string) ([]ref, error) {
	var out []ref
	for _, name := range names {
		if name == "" {
			return nil, fmt.Errorf("a target has no name")
		}
		out = append(out, t.ref(name))
	}
	return slices.Clip(out), nil
}

// one makes a list of a name; "" is none.
func one(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// refs lists every name of the terms.
func (t *terms) refs() (out []*ref) {
	lists := [][]ref{t.fallback, t.window, t.policy, t.on}
	if t.hedge != nil {
		lists = append(lists, t.hedge.to)
	}
	for _, s := range t.shadow {
		lists = append(lists, s.to)
	}
	for _, l := range lists {
		for i := range l {
			out = append(out, &l[i])
		}
	}
	return out
}

// over gives what t says, and what under says where t says nothing. Overrides are merged
// member by member. Limits of both are held.
func (t terms) over(under *terms) terms {
	t.fallback, t.window = first(t.fallback, under.fallback), first(t.window, under.window)
	t.policy, t.on = first(t.policy, under.policy), first(t.on, under.on)
	t.shadow, t.hedge = first(t.shadow, under.shadow), or(t.hedge, under.hedge)
	t.sticky, t.timeout, t.output = or(t.sticky, under.sticky), or(t.timeout, under.timeout), or(t.output, under.output)
	t.override = merged(t.override, under.override)
	switch {
	case len(t.owners) == 0:
		t.owners = under.owners
	case len(under.owners) > 0:
		t.owners = slices.Concat(under.owners, t.owners)
	}
	return t
}

func first[T any](a, b []T) []T {
	if len(a) > 0 {
		return a
	}
	return b
}

func or[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}

// merged gives what over says and, where it says nothing, what under says.
func merged(over, under *gateway.Override) *gateway.Override {
	if over == nil || under == nil {
		return or(over, under)
	}
	o := *over
	o.System, o.Effort, o.Stop = or(o.System, under.System), or(o.Effort, under.Effort), first(o.Stop, under.Stop)
	o.MaxOutput, o.Seed = or(o.MaxOutput, under.MaxOutput), or(o.Seed, under.Seed)
	o.Temperature, o.TopP = or(o.Temperature, under.Temperature), or(o.TopP, under.TopP)
	if len(under.Set) > 0 {
		o.Set = make(map[string]json.RawMessage, len(over.Set)+len(under.Set))
		maps.Copy(o.Set, under.Set)
		maps.Copy(o.Set, over.Set)
	}
	return &o
}
