package admin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func (a *api) listMutes(c *call) (AlertMuteList, error) {
	all, err := a.Store.AlertMutes(c.ctx(), c.alertsOf(), a.now())
	return AlertMuteList{Data: notNil(all)}, err
}

func (a *api) createMute(c *call, body *NewMute) (gateway.AlertMute, error) {
	now := a.now()
	m := gateway.AlertMute{Rule: body.Rule, Value: body.Value, Reason: strings.TrimSpace(body.Reason), By: c.who.name(), Created: now}
	if err := a.muteable(c, &m); err != nil {
		return m, err
	}
	if err := checkText("reason", m.Reason, maxName); m.Reason != "" && err != nil {
		return m, err
	}
	until, err := expiry(body.Until, now)
	if err != nil || until == nil {
		return m, invalid("until", "until is a time to come such as 2030-01-31T12:00:00Z, or a duration such as 2h")
	}
	m.Until = *until
	if m.ID, err = newID("mut_"); err != nil {
		return m, err
	}
	return m, a.Store.CreateAlertMute(c.ctx(), m)
}

// muteable checks that there is what is to be muted, an alert rule or a budget, and that
// the caller may; it fills in whose it is.
func (a *api) muteable(c *call, m *gateway.AlertMute) error {
	rules := a.ruleList()
	at := slices.IndexFunc(rules, func(r gateway.AlertRule) bool { return r.ID() == m.Rule })
	if at >= 0 {
		m.Workspace = rules[at].Workspace()
		if err := c.in(m.Workspace); err != nil {
			return named(err, "alert rule", m.Rule)
		}
		if m.Value != "" && rules[at].Per == "" {
			return invalid("value", "the rule looks at all calls together and has no values")
		}
		return nil
	}
	if rest, ofKey := strings.CutPrefix(m.Rule, "key/"); ofKey {
		k, err := a.keyBudget(c, m.Rule, rest)
		m.Workspace = k.Workspace
		return err
	}
	if err := c.in(""); err != nil { // of a rule that is unknown only admins learn so
		return named(err, "alert rule", m.Rule)
	}
	if strings.HasPrefix(m.Rule, "gateway/") {
		return a.gatewayBudget(m.Rule)
	}
	return named(store.ErrNotFound, "alert rule", m.Rule)
}

func (a *api) endMute(c *call) (gateway.AlertMute, error) {
	id := c.path["id"]
	m, err := a.Store.AlertMute(c.ctx(), id)
	if err == nil {
		err = c.in(m.Workspace)
	}
	if err == nil {
		err = a.Store.EndAlertMute(c.ctx(), id, a.now())
	}
	if err == nil {
		m, err = a.Store.AlertMute(c.ctx(), id)
	}
	return m, named(err, "mute", id)
}

// whole reads a whole number of the query within bounds.
func (c *call) whole(name string, usual, least, most int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, invalid(name, name+" is a number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
	}
	return n, nil
}
