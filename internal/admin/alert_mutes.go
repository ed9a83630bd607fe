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
	rules := a.ruleList()
	at := slices.IndexFunc(rules, func(r gateway.AlertRule) bool { return r.ID() == body.Rule })
	if at >= 0 {
		m.Workspace = rules[at].Workspace()
	}
	err := c.in(m.Workspace) // of a rule that is unknown only admins learn so
	if err == nil && at < 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return m, named(err, "alert rule", body.Rule)
	}
	if m.Value != "" && rules[at].Per == "" {
		return m, invalid("value", "the rule looks at all calls together and has no values")
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
