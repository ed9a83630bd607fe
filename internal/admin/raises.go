package admin

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// RaisePage is one page of a list of raises.
type RaisePage struct {
	Data []gateway.Raise `json:"data"`
	Next string          `json:"next"`
}

var raiseFilters = []Param{
	{"workspace", "Raises that owners of this workspace gave."},
	{"rule", "Raises of this budget, as in gateway/default/budgets[0]."},
}

func (a *api) listRaises(c *call) (RaisePage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return RaisePage{}, err
	}
	page, err := a.Store.Raises(c.ctx(), store.RaiseQuery{Workspace: c.query.Get("workspace"), Within: c.within(), Rule: c.query.Get("rule"), Limit: limit, Cursor: cursor})
	return RaisePage{Data: notNil(page.Raises), Next: page.Next}, err
}

// NewRaise is what a raise of a budget is created from.
type NewRaise struct {
	Rule      string      `json:"rule" required:"true" doc:"The budget, as in gateway/default/budgets[0] or key/<id>/budgets[0]."`
	Amount    gateway.USD `json:"amount_usd" required:"true" doc:"By how many dollars it becomes larger."`
	Until     string      `json:"until" required:"true" doc:"A time (RFC 3339), or from now on: 7d, 12h."`
	Workspace string      `json:"workspace" doc:"Of an owner, whose budget it is; not needed of a system admin."`
	Counter   string      `json:"counter" doc:"Which of the budget's counters, as budgets show them; all unless given. An owner names one of the workspace's."`
	Reason    string      `json:"reason" doc:"For people."`
}

func (a *api) createRaise(c *call, body *NewRaise) (gateway.Raise, error) {
	now := a.now()
	r := gateway.Raise{Rule: body.Rule, Counter: body.Counter, Workspace: body.Workspace, Amount: body.Amount, Reason: strings.TrimSpace(body.Reason), By: c.who.name(), Created: now}
	if err := c.in(r.Workspace); err != nil {
		if r.Workspace == "" {
			return r, invalid("workspace", "workspace is needed: whose budget is it?")
		}
		return r, named(err, "workspace", r.Workspace)
	}
	if r.Amount <= 0 {
		return r, invalid("amount_usd", "amount_usd must be more than 0")
	}
	if err := checkText("reason", r.Reason, maxName); r.Reason != "" && err != nil {
		return r, err
	}
	until, err := expiry(body.Until, now)
	if err != nil || until == nil {
		return r, invalid("until", "until is a time to come such as 2030-01-31T12:00:00Z, or a duration such as 7d")
	}
	r.Until = *until
	if err := a.checkBudget(c, &r); err != nil {
		return r, err
	}
	if r.ID, err = newID("rse_"); err != nil {
		return r, err
	}
	if err := a.Store.CreateRaise(c.ctx(), r); err != nil {
		return r, err
	}
	a.refresh(c.ctx(), a.RefreshRaises, "raises")
	return r, nil
}

// checkBudget checks that there is such a budget, and that its raise touches nothing but
// what the caller may raise: an owner a counter of his workspace alone.
func (a *api) checkBudget(c *call, r *gateway.Raise) error {
	rest, ofKey := strings.CutPrefix(r.Rule, "key/")
	if ofKey {
		return a.checkKeyBudget(c, r, rest)
	}
	if err := a.gatewayBudget(r.Rule); err != nil {
		return err
	}
	if r.Counter == "" && c.who.admin {
		return nil
	}
	states, err := a.states(c, LimitQuery{Workspace: r.Workspace, Counter: r.Counter})
	if err != nil {
		return err
	}
	for _, st := range states {
		if st.Rule == r.Rule && st.Counter == r.Counter && (c.who.admin || st.Workspace == r.Workspace) {
			r.Values = st.Values
			return nil
		}
	}
	if c.who.admin {
		return nil // a counter that nobody has touched yet
	}
	return invalid("counter", "counter must be one of this workspace's for that budget; /api/v1/budgets shows them")
}

func (a *api) checkKeyBudget(c *call, r *gateway.Raise, rest string) error {
	k, err := a.keyBudget(c, r.Rule, rest)
	if err == nil && r.Workspace != "" && r.Workspace != k.Workspace {
		err = named(store.ErrNotFound, "key", k.ID)
	}
	return err
}

// gatewayBudget checks that a rule is a budget of a gateway.
func (a *api) gatewayBudget(rule string) error {
	s, err := a.snapshot()
	if err != nil {
		return err
	}
	for name, g := range s.Gateways {
		if slices.ContainsFunc(g.Rules, func(r *gateway.Rule) bool { return r.Budget() && "gateway/"+name+"/"+r.Name == rule }) {
			return nil
		}
	}
	return notFound("there is no budget " + asStored(rule) + "; /api/v1/budgets lists them")
}

// keyBudget gives the key of a rule that is its own budget, which must be one of the
// caller's workspace; rest is the rule without key/.
func (a *api) keyBudget(c *call, rule, rest string) (gateway.Key, error) {
	id, name, _ := strings.Cut(rest, "/")
	k, err := a.Store.Key(c.ctx(), id)
	if err == nil {
		err = c.in(k.Workspace)
	}
	if err != nil {
		return k, named(err, "key", id)
	}
	if !slices.ContainsFunc(k.Limits, func(r gateway.Rule) bool { return r.Budget() && r.Name == name }) {
		return k, notFound("there is no budget " + asStored(rule))
	}
	return k, nil
}

// endRaise ends a raise that would be valid longer.
func (a *api) endRaise(c *call) (gateway.Raise, error) {
	id := c.path["id"]
	r, err := a.Store.Raise(c.ctx(), id)
	if err == nil {
		err = c.in(r.Workspace)
	}
	if err == nil {
		err = a.Store.EndRaise(c.ctx(), id, a.now())
	}
	if err == nil {
		a.refresh(c.ctx(), a.RefreshRaises, "raises")
		r, err = a.Store.Raise(c.ctx(), id)
	}
	return r, named(err, "raise", id)
}
