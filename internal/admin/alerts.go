package admin

import (
	"encoding/json"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// AlertPage is one page of a list of alerts.
type AlertPage struct {
	Data []gateway.Alert `json:"data"`
	Next string          `json:"next"`
}

var alertFilters = []Param{
	{"workspace", "Alerts of this workspace."},
	{"rule", "Alerts of this rule or budget, as in alerts/errors or gateway/default/month."},
	{"state", "firing or resolved: those of alert rules."},
	{"from", "Alerts raised from this time on (RFC 3339)."},
	{"to", "Alerts raised before this time (RFC 3339)."},
	{"delivered", "true: those that all channels have; false: those on their way."},
}

func (a *api) listAlerts(c *call) (AlertPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return AlertPage{}, err
	}
	q := store.AlertQuery{Workspace: c.query.Get("workspace"), Within: c.within(), Rule: c.query.Get("rule"), Limit: limit, Cursor: cursor}
	if q.State = c.query.Get("state"); q.State != "" && q.State != "firing" && q.State != "resolved" {
		return AlertPage{}, invalid("state", "state is firing or resolved")
	}
	if q.From, err = c.moment("from"); err != nil {
		return AlertPage{}, err
	}
	if q.To, err = c.moment("to"); err != nil {
		return AlertPage{}, err
	}
	if q.Delivered, err = c.boolean("delivered"); err != nil {
		return AlertPage{}, err
	}
	page, err := a.Store.Alerts(c.ctx(), q)
	for i := range page.Alerts {
		page.Alerts[i] = shownAlert(page.Alerts[i])
	}
	return AlertPage{Data: notNil(page.Alerts), Next: page.Next}, err
}

func shownAlert(al gateway.Alert) gateway.Alert {
	if !json.Valid(al.Payload) {
		al.Payload = json.RawMessage("{}")
	}
	al.Reached = notNil(al.Reached)
	return al
}

// retryAlert makes an alert that failed due at once.
func (a *api) retryAlert(c *call) (gateway.Alert, error) {
	id := c.path["id"]
	al, err := a.Store.Alert(c.ctx(), id)
	if err == nil {
		err = c.in(al.Workspace)
	}
	if err == nil && al.Delivered != nil {
		return al, conflict("", "this alert was delivered")
	}
	if err == nil {
		err = a.Store.RetryAlert(c.ctx(), id, a.now())
	}
	if err == nil {
		al, err = a.Store.Alert(c.ctx(), id)
	}
	return shownAlert(al), named(err, "alert", id)
}
