package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Alerting knows the alert rules and channels in force.
type Alerting interface {
	Rules() []gateway.AlertRule
	Channels() []AlertChannel
	// Try sends a test to a channel; err says why it was not taken, without its address.
	Try(ctx context.Context, channel string) (known bool, err error)
	// Past gives the figure of a rule over time, nothing where it is not kept.
	Past(ctx context.Context, r gateway.AlertRule, from, to time.Time) (times []time.Time, values []*float64, err error)
}

// AlertRule is an alert rule in force and how it stands.
type AlertRule struct {
	ID        string            `json:"id" doc:"As alerts and mutes name it."`
	Name      string            `json:"name"`
	Metric    string            `json:"metric"`
	Unit      string            `json:"unit" enum:"share,ms,usd,count" doc:"Of figures and bounds; a share is 0 to 1."`
	Severity  string            `json:"severity" enum:"info,warning,critical"`
	Above     *float64          `json:"above" doc:"It is out of bounds above this; null = no such bound."`
	Below     *float64          `json:"below"`
	Clear     *float64          `json:"clear" doc:"What fires ends at this; null = at the bound."`
	Weeks     int               `json:"weeks" doc:"Past weeks that the same hour of is compared with; 0 = none."`
	WindowS   float64           `json:"window_s"`
	ForS      float64           `json:"for_s"`
	Filter    map[string]string `json:"filter"`
	Per       string            `json:"per" doc:"Empty = all calls together."`
	Channels  []string          `json:"channels" doc:"Empty = all."`
	Workspace string            `json:"workspace" doc:"Whose members may see it; empty = admins alone."`

	State  string                `json:"state" enum:"ok,pending,firing,unknown" doc:"unknown: it was not looked at yet."`
	Looked *time.Time            `json:"looked" doc:"When its state last changed or was confirmed while not ok."`
	Active []gateway.AlertSeries `json:"active" doc:"What is pending or fires."`
	Muted  *time.Time            `json:"muted_until" doc:"null = people are told."`
	Times  []time.Time           `json:"times" doc:"Of figures: when each span of the last hours began. Empty where they are not kept."`
	Past   []*float64            `json:"figures" doc:"Of all its calls together; null = unknown."`
}

// AlertRuleList is a list of alert rules.
type AlertRuleList struct {
	Data []AlertRule `json:"data"`
}

// ActiveAlert is one value of a rule that is pending or fires.
type ActiveAlert struct {
	Rule      string    `json:"rule"`
	Name      string    `json:"name" doc:"Of the rule."`
	Severity  string    `json:"severity"`
	Metric    string    `json:"metric"`
	Unit      string    `json:"unit" enum:"share,ms,usd,count"`
	Per       string    `json:"per"`
	Value     string    `json:"value" doc:"Of per; empty = all calls."`
	State     string    `json:"state" enum:"pending,firing"`
	Since     time.Time `json:"since"`
	Figure    *float64  `json:"figure" doc:"null = unknown."`
	Bound     *float64  `json:"bound"`
	Workspace string    `json:"workspace"`
	Muted     bool      `json:"muted"`
}

// ActiveAlerts are what fires now or may soon.
type ActiveAlerts struct {
	Data []ActiveAlert `json:"data"`
}

// AlertChannel is where alerts of rules go; its address is secret.
type AlertChannel struct {
	Name string `json:"name"`
	Kind string `json:"kind" enum:"webhook,slack,email,pagerduty"`
}

// AlertChannelList is a list of channels.
type AlertChannelList struct {
	Data []AlertChannel `json:"data"`
}

// ChannelTest is what came of a test.
type ChannelTest struct {
	Channel string `json:"channel"`
	OK      bool   `json:"ok"`
	Error   string `json:"error" doc:"Why it was not taken; empty = it was."`
}

// AlertMuteList is a list of mutes.
type AlertMuteList struct {
	Data []gateway.AlertMute `json:"data"`
}

// NewMute is what a mute is created from.
type NewMute struct {
	Rule   string `json:"rule" required:"true" doc:"The alert rule or budget, as in alerts/errors, gateway/default/month or key/ID/month."`
	Value  string `json:"value" doc:"Only this value of what the rule is per; of a budget, as in its alerts: user=ann."`
	Until  string `json:"until" required:"true" doc:"A time (RFC 3339), or from now on: 2h, 7d."`
	Reason string `json:"reason" doc:"For people."`
}

func (a *api) alertRoutes() []route {
	return []route{
		read(viewers, get, "/alerts", "listActiveAlerts", "What alert rules say now: firing and pending, the worst first.", ofWorkspace, a.listActive),
		read(viewers, get, "/alerts/rules", "listAlertRules", "The alert rules in force, with how they stand and the figures of the last hours.", ruleParams, a.listAlertRules),
		read(viewers, get, "/alerts/history", "listAlerts", "List alerts that were raised, of rules and budgets, newest first.", concat(alertFilters, paging), a.listAlerts),
		read(viewers, get, "/alerts/mutes", "listAlertMutes", "The mutes in force, newest first.", ofWorkspace, a.listMutes),
		write(owners, post, "/alerts/mutes", "createAlertMute", "Tell nobody of an alert rule or a budget until a time.", http.StatusCreated, a.createMute),
		read(owners, del, "/alerts/mutes/{id}", "endAlertMute", "End a mute: people are told of what still fires.", nil, a.endMute),
		read(admins, get, "/alerts/channels", "listAlertChannels", "Where alerts of rules go, without addresses.", nil, a.listChannels),
		read(admins, post, "/alerts/channels/{name}/test", "testAlertChannel", "Send a test to a channel and tell what came of it.", nil, a.testChannel),
		read(owners, post, "/alerts/{id}/retry", "retryAlert", "Deliver an alert that failed now.", nil, a.retryAlert),
	}
}

var (
	ofWorkspace = []Param{{"workspace", "Only of this workspace's rules."}}
	ruleParams  = append(ofWorkspace[:1:1], Param{"hours", "Of how many past hours figures are told, 0 to 48; 6 unless given."})
)

// alertsOf gives the workspaces whose rules the caller sees and asks for; nil = all.
func (c *call) alertsOf() []string {
	within, only := c.within(), c.query.Get("workspace")
	switch {
	case only == "":
		return within
	case within == nil || slices.Contains(within, only):
		return []string{only}
	}
	return []string{}
}

// seen says whether the caller may see what belongs to a workspace, "" = to no single one.
func seen(within []string, workspace string) bool {
	return within == nil || workspace != "" && slices.Contains(within, workspace)
}

func (a *api) ruleList() []gateway.AlertRule {
	if a.Alerting == nil {
		return nil
	}
	return a.Alerting.Rules()
}

func (a *api) listActive(c *call) (ActiveAlerts, error) {
	out, within := ActiveAlerts{Data: []ActiveAlert{}}, c.alertsOf()
	states, mutes, err := a.alertState(c)
	if err != nil {
		return out, err
	}
	for _, st := range states {
		for _, s := range st.Series {
			if !seen(within, st.Workspace) {
				continue
			}
			id := "alerts/" + st.Rule
			out.Data = append(out.Data, ActiveAlert{
				Rule: id, Name: st.Rule, Severity: st.Severity, Metric: st.Metric, Unit: unitOf(st.Metric), Per: st.Per, Value: s.Value, State: s.State, Since: s.Since, Figure: s.Figure, Bound: s.Bound,
				Workspace: st.Workspace, Muted: slices.ContainsFunc(mutes, func(m gateway.AlertMute) bool { return m.Covers(id, s.Value, a.now()) }),
			})
		}
	}
	rank := map[string]int{"critical": 0, "warning": 1, "info": 2}
	slices.SortStableFunc(out.Data, func(x, y ActiveAlert) int {
		if x.State != y.State {
			return strings.Compare(x.State, y.State) // firing before pending
		}
		return rank[x.Severity] - rank[y.Severity]
	})
	return out, nil
}

func unitOf(metric string) string {
	kind := gateway.AlertMetrics()[metric]
	switch {
	case metric == "budget_share":
		return "share"
	case kind == "live":
		return "count"
	}
	return kind
}

// alertState gives how all rules stand, and all mutes in force.
func (a *api) alertState(c *call) ([]gateway.AlertState, []gateway.AlertMute, error) {
	states, err := a.Store.AlertStates(c.ctx())
	if err != nil {
		return nil, nil, err
	}
	mutes, err := a.Store.AlertMutes(c.ctx(), nil, a.now())
	return states, mutes, err
}

func (a *api) listAlertRules(c *call) (AlertRuleList, error) {
	out, within := AlertRuleList{Data: []AlertRule{}}, c.alertsOf()
	hours, err := c.whole("hours", 6, 0, 48)
	if err != nil {
		return out, err
	}
	states, mutes, err := a.alertState(c)
	if err != nil {
		return out, err
	}
	now := a.now()
	for _, r := range a.ruleList() {
		if !seen(within, r.Workspace()) {
			continue
		}
		one := newAlertRule(&r, states, mutes, now)
		if hours > 0 {
			to := now.Truncate(5 * time.Minute)
			times, past, err := a.Alerting.Past(c.ctx(), r, to.Add(-time.Duration(hours)*time.Hour), to)
			if err != nil {
				return out, err
			}
			one.Times, one.Past = notNil(times), notNil(past)
		}
		out.Data = append(out.Data, one)
	}
	return out, nil
}

func newAlertRule(r *gateway.AlertRule, states []gateway.AlertState, mutes []gateway.AlertMute, now time.Time) AlertRule {
	one := AlertRule{
		ID: r.ID(), Name: r.Name, Metric: r.Metric, Unit: unitOf(r.Metric), Severity: r.Severity, Above: r.Above, Below: r.Below, Clear: r.Clear, Weeks: r.Weeks,
		WindowS: r.Window.Seconds(), ForS: r.For.Seconds(), Filter: r.Filter, Per: r.Per, Channels: notNil(r.Channels), Workspace: r.Workspace(),
		State: "unknown", Active: []gateway.AlertSeries{}, Times: []time.Time{}, Past: []*float64{},
	}
	for i := range states {
		st := &states[i]
		if st.Rule != r.Name {
			continue
		}
		one.State, one.Looked, one.Active = "ok", &st.Looked, notNil(st.Series)
		for _, s := range st.Series {
			if one.State != "firing" {
				one.State = s.State
			}
		}
	}
	for _, m := range mutes {
		if m.Covers(one.ID, "", now) && m.Value == "" && (one.Muted == nil || m.Until.After(*one.Muted)) {
			one.Muted = &m.Until
		}
	}
	return one
}

func (a *api) listChannels(*call) (AlertChannelList, error) {
	if a.Alerting == nil {
		return AlertChannelList{Data: []AlertChannel{}}, nil
	}
	return AlertChannelList{Data: notNil(a.Alerting.Channels())}, nil
}

func (a *api) testChannel(c *call) (ChannelTest, error) {
	out := ChannelTest{Channel: c.path["name"]}
	if a.Alerting == nil {
		return out, notServing()
	}
	known, err := a.Alerting.Try(c.ctx(), out.Channel)
	if !known {
		return out, notFound("there is no channel " + asStored(out.Channel) + " below alerts.channels; those of a gateway are called GATEWAY/NAME")
	}
	if out.OK = err == nil; err != nil {
		out.Error = err.Error()
	}
	return out, nil
}
