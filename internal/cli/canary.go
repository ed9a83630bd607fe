package cli

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func newCanary(env *Env) *cobra.Command {
	k := newTraffic(env)
	return group("canary", "See how far canaries have come, and move them",
		k.alone(k.newCanaryList()), k.alone(k.newCanaryRestart()), k.alone(k.newCanaryRollback()))
}

func (k *trafficCommands) newCanaryList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the canaries of the routes in force", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var l admin.CanaryList
				if err := c.into(cmd.Context(), "GET", "/canaries", nil, nil, &l); err != nil {
					return err
				}
				return show(&k.apiCommands, l.Data, []string{"CANARY", "FROM", "TO", "STATE", "SHARE", "STAGE", "UNTIL", "CALLS", "WHY"}, canaryRow)
			})
		}),
	}
}

func canaryRow(c *admin.Canary) []string {
	stage := ""
	if c.Stage <= len(c.Stages) {
		stage = fmt.Sprintf("%d of %d", c.Stage, len(c.Stages))
	}
	why := c.Why
	if c.By != "" {
		why += " (" + c.By + ")"
	}
	return []string{c.Place, c.From, c.To, c.State, fmt.Sprintf("%g%%", c.Share), stage, until(c.Until), fmt.Sprintf("%d / %d", c.FromFigures.Calls, c.ToFigures.Calls), why}
}

func (k *trafficCommands) newCanaryRestart() *cobra.Command {
	return &cobra.Command{
		Use: "restart CANARY", Short: "Begin a canary anew, also one that is rolled back", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var c admin.Canary
			return k.change(cmd.Context(), "POST", canaryPath(args[0])+"/restart", nil, &c, func() string {
				return fmt.Sprintf("%s begins anew: %g%% of the calls go to %s", c.Place, c.Share, c.To)
			})
		}),
	}
}

func (k *trafficCommands) newCanaryRollback() *cobra.Command {
	var body admin.NewRollback
	cmd := &cobra.Command{
		Use: "rollback CANARY", Short: "Send all calls to the old target again", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var c admin.Canary
			return k.change(cmd.Context(), "POST", canaryPath(args[0])+"/rollback", body, &c, func() string {
				return c.Place + " is rolled back: all calls go to " + c.From
			})
		}),
	}
	cmd.Flags().StringVar(&body.Reason, "reason", "", "why, for people")
	return cmd
}

// canaryPath is where a canary, as list shows it, stands in the API.
func canaryPath(place string) string { return "/canaries/" + url.PathEscape(place) }
