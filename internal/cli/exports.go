package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func newExports(env *Env) *cobra.Command {
	k := newTraffic(env)
	return group("exports", "See where entries are exported to, test, pause and resume",
		k.alone(k.newExportsList()), k.alone(k.newExportsShow()), k.alone(k.newExportsTest()), k.alone(k.newExportsPause("pause", "Send nothing until it is resumed", "paused")), k.alone(k.newExportsPause("resume", "Go on where an export stood", "resumed")))
}

func (k *trafficCommands) newExportsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the exports, with how far they have come", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var l admin.ExportList
				if err := c.into(cmd.Context(), "GET", "/exports", nil, nil, &l); err != nil {
					return err
				}
				return show(&k.apiCommands, l.Data, []string{"EXPORT", "TO", "STATE", "BEHIND", "SENT", "SET ASIDE", "DELETED", "LAST SENT", "ERROR"}, exportRow)
			})
		}),
	}
}

func exportRow(x *admin.Export) []string {
	behind := fmt.Sprintf("%d (%s)", x.Lag, time.Duration(x.LagS*float64(time.Second)).Round(time.Second))
	return []string{x.Name, x.To, x.State, behind, strconv.FormatInt(x.Sent, 10), strconv.FormatInt(x.SetAside, 10), strconv.FormatInt(x.Deleted, 10), until(x.LastSent), x.Error}
}

func (k *trafficCommands) newExportsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show EXPORT", Short: "List the entries that an export's sink refused, with its words", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var d admin.ExportDetail
				if err := c.into(cmd.Context(), "GET", exportPath(args[0]), nil, nil, &d); err != nil {
					return err
				}
				return show(&k.apiCommands, d.Refused, []string{"TIME", "ENTRY", "REASON"}, func(a *gateway.SetAside) []string {
					return []string{a.Time.Format(time.RFC3339), a.EntryID, a.Reason}
				})
			})
		}),
	}
}

func (k *trafficCommands) newExportsTest() *cobra.Command {
	return &cobra.Command{
		Use: "test EXPORT", Short: "Send a marked sample to a sink", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var t admin.ExportTest
				if err := c.into(cmd.Context(), "POST", exportPath(args[0])+"/test", nil, nil, &t); err != nil {
					return err
				}
				if !t.OK {
					return failure{fmt.Errorf("%s has not taken the sample: %s", t.Export, t.Error)}
				}
				_, err := fmt.Fprintln(k.env.Stdout, t.Export+" has taken the sample "+t.Sample)
				return err
			})
		}),
	}
}

func (k *trafficCommands) newExportsPause(verb, short, done string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " EXPORT", Short: short, Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var x admin.Export
			return k.change(cmd.Context(), "POST", exportPath(args[0])+"/"+verb, nil, &x, func() string {
				return fmt.Sprintf("%s is %s; %d entries wait", x.Name, done, x.Lag)
			})
		}),
	}
}

func exportPath(name string) string { return "/exports/" + url.PathEscape(name) }
