package cli

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func newAlerts(env *Env) *cobra.Command {
	k := newTraffic(env)
	return group("alerts", "See what fires, mute it, and test channels",
		k.alone(k.newAlertsList()), k.alone(k.newAlertsHistory()), k.alone(k.newAlertsMute()), k.alone(k.newAlertsUnmute()), k.alone(k.newAlertsTest()))
}

func (k *trafficCommands) newAlertsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the alert rules in force, with how they stand", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var l admin.AlertRuleList
				if err := c.into(cmd.Context(), "GET", "/alerts/rules", url.Values{"hours": {"0"}}, nil, &l); err != nil {
					return err
				}
				return show(&k.apiCommands, l.Data, []string{"RULE", "STATE", "SEVERITY", "METRIC", "FIRES FOR", "MUTED UNTIL"}, alertRuleRow)
			})
		}),
	}
}

func alertRuleRow(r *admin.AlertRule) []string {
	fires := ""
	for _, s := range r.Active {
		if fires != "" {
			fires += ", "
		}
		fires += s.Value
	}
	return []string{r.ID, r.State, r.Severity, r.Metric, fires, until(r.Muted)}
}

func (k *trafficCommands) newAlertsHistory() *cobra.Command {
	var rule string
	cmd := &cobra.Command{
		Use: "history", Short: "List the newest alerts that were raised, of rules and budgets", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				q := url.Values{}
				if rule != "" {
					q.Set("rule", rule)
				}
				var l admin.AlertPage
				if err := c.into(cmd.Context(), "GET", "/alerts/history", q, nil, &l); err != nil {
					return err
				}
				return show(&k.apiCommands, l.Data, []string{"TIME", "ID", "RULE", "STATE", "VALUES", "DELIVERED", "ERROR"}, alertRow)
			})
		}),
	}
	cmd.Flags().StringVar(&rule, "rule", "", "only of this rule or budget")
	return cmd
}

func alertRow(a *gateway.Alert) []string {
	state := a.State
	if state == "" {
		state = fmt.Sprintf("%d %%", a.Threshold)
	}
	if a.Muted {
		state += " (muted)"
	}
	return []string{a.Created.Format(time.RFC3339), a.ID, a.Rule, state, a.Values, until(a.Delivered), a.LastError}
}

func (k *trafficCommands) newAlertsMute() *cobra.Command {
	var body admin.NewMute
	cmd := &cobra.Command{
		Use: "mute RULE", Short: "Tell nobody of an alert rule or a budget until a time", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			body.Rule = args[0]
			var m gateway.AlertMute
			return k.change(cmd.Context(), "POST", "/alerts/mutes", body, &m, func() string {
				return fmt.Sprintf("%s is muted until %s; unmute it with %s", m.Rule, m.Until.Format(time.RFC3339), m.ID)
			})
		}),
	}
	cmd.Flags().StringVar(&body.Until, "until", "2h", "a time, or how long from now on")
	cmd.Flags().StringVar(&body.Value, "value", "", "only this value of what the rule is per")
	cmd.Flags().StringVar(&body.Reason, "reason", "", "why, for people")
	return cmd
}

func (k *trafficCommands) newAlertsUnmute() *cobra.Command {
	return &cobra.Command{
		Use: "unmute ID", Short: "End a mute", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var m gateway.AlertMute
			return k.change(cmd.Context(), "DELETE", "/alerts/mutes/"+url.PathEscape(args[0]), nil, &m, func() string { return m.Rule + " is no longer muted" })
		}),
	}
}

func (k *trafficCommands) newAlertsTest() *cobra.Command {
	return &cobra.Command{
		Use: "test CHANNEL", Short: "Send a test to a channel of alerts", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var t admin.ChannelTest
				if err := c.into(cmd.Context(), "POST", "/alerts/channels/"+url.PathEscape(args[0])+"/test", nil, nil, &t); err != nil {
					return err
				}
				if !t.OK {
					return failure{fmt.Errorf("%s has not taken the test: %s", t.Channel, t.Error)}
				}
				_, err := fmt.Fprintln(k.env.Stdout, t.Channel+" has taken the test")
				return err
			})
		}),
	}
}
