package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// limitCommands are what the commands of limits and budgets share. They ask a running
// gateway, which alone knows how counters stand.
type limitCommands struct{ apiCommands }

func newLimits(env *Env) *cobra.Command {
	k := &limitCommands{apiCommands{env: env}}
	return k.running("limits", "See the limits in force and how their counters stand", k.newList("limits"))
}

func newBudgets(env *Env) *cobra.Command {
	k := &limitCommands{apiCommands{env: env}}
	return k.running("budgets", "See the budgets in force and how they stand, and raise them", k.newList("budgets"), k.newRaise(), k.newRaises(), k.newEnd())
}

// running is a group of commands that need a running gateway.
func (k *limitCommands) running(name, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := group(name, short, commands...)
	k.remote.flags(cmd, k.env)
	for _, sub := range commands {
		jsonFlag(sub, &k.json)
	}
	return cmd
}

func (k *limitCommands) newList(noun string) *cobra.Command {
	var workspace, key, of string
	cmd := &cobra.Command{
		Use: "list", Short: "List the " + noun + ", with the counters in use and their share used", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			set(query, "workspace", workspace)
			set(query, "key_id", key)
			set(query, "gateway", of)
			return k.with(cmd.Context(), func(c *client) error { return k.list(cmd.Context(), c, noun, query) })
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "counters of this workspace")
	cmd.Flags().StringVar(&key, "key", "", "counters that the calls of this key (`ID`) meet, used or not, and its own "+noun)
	cmd.Flags().StringVar(&of, "gateway", "", noun+" of this gateway")
	return cmd
}

func (k *limitCommands) list(ctx context.Context, c *client, noun string, query url.Values) error {
	var l admin.LimitList
	if err := c.into(ctx, "GET", "/"+noun, query, nil, &l); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, l)
	}
	heads := []string{"RULE", "COUNTS", "USED", "MAX", "SHARE", "PER", "ROOM IN"}
	if noun == "budgets" {
		heads = append(heads, "FORECAST", "COUNTER")
	}
	t := newTable(k.env.Stdout, heads...)
	for i := range l.Data {
		rows(t, &l.Data[i], noun == "budgets")
	}
	return t.flush()
}

// rows prints a rule's counters, or what it allows when none of them is in use.
func rows(t *table, r *admin.LimitRule, counters bool) {
	for i := range r.State {
		s := &r.State[i]
		cells := []string{r.ID, s.Values, amount(r.Rule.Unit, s.Used), amount(r.Rule.Unit, s.Max), share(s), span(&r.Rule, s.Window), roomIn(s)}
		if counters {
			cells = append(cells, ahead(s.Forecast), s.Counter)
		}
		t.row(cells...)
	}
	if len(r.State) > 0 {
		return
	}
	var per []string
	for _, p := range r.Rule.Per {
		per = append(per, string(p))
	}
	for i := range r.Rule.Windows {
		cells := []string{r.ID, "each " + strings.Join(per, ", "), "", amount(r.Rule.Unit, r.Rule.Windows[i].Max), "", span(&r.Rule, i), ""}
		if counters {
			cells = append(cells, "", "")
		}
		t.row(cells...)
	}
}

// ahead says where a budget leads, in a few words.
func ahead(f *admin.BudgetForecast) string {
	switch {
	case f == nil:
		return ""
	case f.Needs != "":
		return "needs " + f.Needs
	case f.Ends != nil:
		return "ends " + f.Ends.Local().Format("2006-01-02 15:04") + " (" + orLater(f.Earliest) + " to " + orLater(f.Latest) + ")"
	}
	return cents(f.AtEnd) + " at its end (" + cents(f.Low) + " to " + cents(f.High) + ")"
}

// cents is an estimate of money: no finer than that.
func cents(u *gateway.USD) string {
	if u == nil {
		return "?"
	}
	return fmt.Sprintf("$%.2f", float64(*u)/float64(gateway.Dollar))
}

// orLater is a day, or the words for one after the period.
func orLater(t *time.Time) string {
	if t == nil {
		return "not before it is whole again"
	}
	return t.Local().Format("01-02 15:04")
}

func amount(u gateway.Unit, n int64) string {
	if u == gateway.UnitCost {
		return "$" + gateway.USD(n).String()
	}
	return strconv.FormatInt(n, 10) + " " + strings.ReplaceAll(string(u), "_", " ")
}

func share(s *admin.LimitState) string {
	if s.Max <= 0 {
		return "100%"
	}
	return strconv.FormatFloat(float64(s.Used)/float64(s.Max)*100, 'f', 0, 64) + "%"
}

// span is what a window spans: 1m0s, month; "" = at once.
func span(r *gateway.Rule, i int) string {
	if i < 0 || i >= len(r.Windows) {
		return ""
	}
	if w := r.Windows[i]; w.Period != "" {
		return string(w.Period)
	} else if w.Span > 0 {
		return w.Span.String()
	}
	return ""
}

func roomIn(s *admin.LimitState) string {
	if s.ResetS == 0 {
		return ""
	}
	return time.Duration(s.ResetS * float64(time.Second)).Round(time.Second).String()
}

func (k *limitCommands) newRaise() *cobra.Command {
	var n admin.NewRaise
	cmd := &cobra.Command{
		Use: "raise RULE DOLLARS", Short: "Make a budget larger until a time", Args: cobra.ExactArgs(2),
		Long: `Make a budget larger until a time. RULE and --counter are as sluice budgets list shows
them. An owner of a workspace names the workspace and one of its counters; a system admin
may leave both out, which raises every counter of the budget.`,
		Example: `  sluice budgets raise gateway/default/budgets[0] 50 --until 7d --workspace acme --counter 0123…
  sluice budgets raise key/key_01…/pocket 5 --until 2030-01-31T12:00:00Z --reason "the end of the quarter"`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.Rule = args[0]
			var err error
			if n.Amount, err = gateway.ParseUSD(strings.TrimPrefix(args[1], "$")); err != nil {
				return &usage{errors.New("DOLLARS is an amount such as 50 or 0.25")}
			}
			var r gateway.Raise
			return k.change(cmd.Context(), "POST", "/raises", n, &r, func() string {
				return fmt.Sprintf("raised %s by $%s until %s (%s)", r.Rule, r.Amount, stamp(r.Until), r.ID)
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Until, "until", "", "when it ends: 2030-01-31T12:00:00Z, or from now on: 7d")
	f.StringVar(&n.Workspace, "workspace", "", "whose budget it is")
	f.StringVar(&n.Counter, "counter", "", "which of the budget's counters (default: all)")
	f.StringVar(&n.Reason, "reason", "", "why, for people")
	_ = cmd.MarkFlagRequired("until") // it is there
	return cmd
}

func (k *limitCommands) newRaises() *cobra.Command {
	var workspace, rule string
	cmd := &cobra.Command{
		Use: "raises", Short: "List raises, newest first, ended ones too", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			set(query, "workspace", workspace)
			set(query, "rule", rule)
			return k.with(cmd.Context(), func(c *client) error {
				all, err := every[gateway.Raise](cmd.Context(), c, "/raises", query)
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"ID", "RULE", "COUNTS", "BY", "UNTIL", "GIVEN BY", "REASON"}, func(r *gateway.Raise) []string {
					return []string{r.ID, r.Rule, r.Values, "$" + r.Amount.String(), stamp(r.Until), r.By, r.Reason}
				})
			})
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "given by owners of this workspace")
	cmd.Flags().StringVar(&rule, "rule", "", "of this budget")
	return cmd
}

func (k *limitCommands) newEnd() *cobra.Command {
	return &cobra.Command{
		Use: "end RAISE…", Short: "End raises", Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, ids []string) error {
			return forEach(ids, func(id string) error {
				var r gateway.Raise
				return k.change(cmd.Context(), "DELETE", "/raises/"+url.PathEscape(id), nil, &r, func() string { return "ended " + r.ID + " of " + r.Rule })
			})
		}),
	}
}
