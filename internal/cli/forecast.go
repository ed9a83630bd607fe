package cli

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
)

// forecast prints what next month is expected to bring.
type forecast struct {
	env    *Env
	remote remote
	json   bool
	values map[string]*string // by the API's name
}

func newForecast(env *Env) *cobra.Command {
	f := &forecast{env: env, values: map[string]*string{}}
	cmd := &cobra.Command{
		Use: "forecast", Short: "What next month is expected to bring, and which limits and budgets it meets", Args: cobra.NoArgs,
		Long: `What next month is expected to bring: calls, tokens and cost, by the rhythm and the trend of up
to twelve past weeks, and which limits and budgets that would meet, when. Of ten forecasts eight
should come out within their bounds, if things go on as they went. 14 whole days must be known.`,
		Example: "  sluice forecast --by model\n  sluice budgets list   # of the present periods",
		RunE:    runs(func(cmd *cobra.Command, _ []string) error { return f.run(cmd) }),
	}
	f.remote.flags(cmd, env)
	for name, doc := range map[string]string{
		"by": "gateway, provider, model, workspace, key, route or operation", "zone": "time `ZONE` of the month, as in Europe/Berlin (default UTC)", "workspace": "calls of this `WORKSPACE` alone",
	} {
		f.values[name] = cmd.Flags().String(name, "", doc)
	}
	jsonFlag(cmd, &f.json)
	return cmd
}

func (f *forecast) run(cmd *cobra.Command) error {
	q := url.Values{}
	for name, v := range f.values {
		if name == "workspace" {
			name = "filter.workspace"
		}
		set(q, name, *v)
	}
	api, err := f.remote.client(f.env)
	if err != nil {
		return err
	}
	var c admin.Capacity
	if err := api.into(cmd.Context(), "GET", "/analytics/capacity", q, nil, &c); err != nil {
		return err
	}
	if f.json {
		return printJSON(f.env.Stdout, c)
	}
	return f.print(&c)
}

func (f *forecast) print(c *admin.Capacity) error {
	if c.Needs != "" {
		fmt.Fprintln(f.env.Stderr, "no forecast yet: it needs "+c.Needs)
	}
	t := newTable(f.env.Stdout, "NEXT MONTH", "CALLS", "TOKENS", "COST", "CALLS A WEEK", "BY")
	row := func(name string, r *admin.CapacityRow) {
		t.row(name, foreseen(&r.Requests, "%.0f"), foreseen(&r.Tokens, "%.0f"), foreseen(&r.Cost, "$%.2f"), growthText(r.Requests.Trend), basisText(r))
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		name := r.Value
		switch {
		case r.Rest:
			name = "(others)"
		case name == "":
			name = "(none)"
		}
		row(name, r)
	}
	row("TOTAL", &c.Total)
	if err := t.flush(); err != nil {
		return err
	}
	if err := f.limits(c.Limits); err != nil {
		return err
	}
	return f.budgets(c.Budgets)
}

func (f *forecast) limits(all []admin.CapacityLimit) error {
	if len(all) == 0 {
		return nil
	}
	fmt.Fprintln(f.env.Stdout)
	t := newTable(f.env.Stdout, "LIMIT", "WINDOW", "MAX", "PEAK", "SHARE", "MET", "OF")
	for i := range all {
		l := &all[i]
		cells := []string{l.Rule, l.Window, bare(l.Max) + " " + l.Unit, "", "", "not within half a year", l.Values}
		if l.Why != "" {
			cells[5], cells[6] = "not told", l.Why
		}
		if l.Peak != nil {
			cells[3], cells[4] = bare(*l.Peak), percent(*l.Share)
		}
		if l.Meets != nil {
			cells[5] = l.Meets.Format("2006-01-02")
		}
		t.row(cells...)
	}
	return t.flush()
}

func (f *forecast) budgets(all []admin.CapacityBudget) error {
	if len(all) == 0 {
		return nil
	}
	fmt.Fprintln(f.env.Stdout)
	t := newTable(f.env.Stdout, "BUDGET", "COUNTS", "MAX", "NEXT MONTH", "USED UP")
	for i := range all {
		b := &all[i]
		ends := "not next month"
		if b.Ends != nil {
			ends = b.Ends.Local().Format("2006-01-02")
		}
		t.row(b.Rule, b.Values, cents(&b.Max), cents(&b.Next)+" ("+cents(&b.Low)+" to "+cents(&b.High)+")", ends)
	}
	return t.flush()
}

// foreseen is a number with its bounds.
func foreseen(n *admin.Foreseen, form string) string {
	if n.Next == nil || n.Low == nil || n.High == nil {
		return "?"
	}
	return fmt.Sprintf(form+" ("+form+" to "+form+")", *n.Next, *n.Low, *n.High)
}

func growthText(trend *float64) string {
	if trend == nil {
		return ""
	}
	return fmt.Sprintf("%+.1f%%", 100**trend)
}

func basisText(r *admin.CapacityRow) string {
	if r.Basis == "" {
		return ""
	}
	return strconv.Itoa(r.Cycles) + " " + r.Basis
}

func bare(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + "%" }
