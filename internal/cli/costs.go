package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
)

// costs prints what calls cost.
type costs struct {
	env    *Env
	remote remote
	json   bool
	csv    bool
	values map[string]*string // by the API's name
}

func newCosts(env *Env) *cobra.Command {
	c := &costs{env: env, values: map[string]*string{}}
	cmd := &cobra.Command{
		Use: "costs", Short: "What calls cost, by month and dimension", Args: cobra.NoArgs,
		Long: "What calls cost, to the billionth of a dollar, from the sums that analytics keeps: also of calls\nthat were deleted since. Without --month and --from it is the current month.",
		Example: `  sluice costs --by model
  sluice costs --by metadata.team --month 2030-01 --zone Europe/Berlin --csv > january.csv`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error { return c.run(cmd) }),
	}
	c.remote.flags(cmd, env)
	for name, doc := range map[string]string{
		"by": "workspace, gateway, provider, model, key, route, operation, status, cache, metadata.team …, or provider,model", "month": "the `MONTH`, as in 2030-01",
		"from": "calls from this `TIME` on (RFC 3339)", "to": "calls before this `TIME`", "zone": "time `ZONE` of months and days, as in Europe/Berlin (default UTC)",
		"grain": "day, week or month: a row for each", "workspace": "calls of this `WORKSPACE` alone",
	} {
		c.values[name] = cmd.Flags().String(name, "", doc)
	}
	cmd.Flags().BoolVar(&c.csv, "csv", false, "print CSV")
	jsonFlag(cmd, &c.json)
	return cmd
}

func (c *costs) run(cmd *cobra.Command) error {
	q := url.Values{}
	for name, v := range c.values {
		if name == "workspace" {
			name = "filter.workspace"
		}
		set(q, name, *v)
	}
	if c.csv {
		q.Set("format", "csv")
	}
	api, err := c.remote.client(c.env)
	if err != nil {
		return err
	}
	if c.csv {
		return c.file(cmd.Context(), api, q)
	}
	b, err := api.ask(cmd.Context(), "GET", "/analytics/costs", q, nil)
	if err != nil {
		return err
	}
	if c.json {
		_, err := c.env.Stdout.Write(b)
		return err
	}
	var report admin.CostReport
	if err := json.Unmarshal(b, &report); err != nil {
		return err
	}
	return c.table(&report)
}

func (c *costs) table(r *admin.CostReport) error {
	t := newTable(c.env.Stdout, "FROM", "VALUE", "COST", "SAVED", "CALLS", "UNPRICED", "IN", "OUT")
	row := func(from, value string, s *admin.CostSums) {
		n := func(v int64) string { return strconv.FormatInt(v, 10) }
		t.row(from, value, "$"+s.Cost.String(), "$"+s.Saved.String(), n(s.Requests), n(s.Unpriced), n(s.InputTokens), n(s.OutputTokens))
	}
	for i := range r.Rows {
		one, from := &r.Rows[i], r.From
		if one.Time != nil {
			from = *one.Time
		}
		value := one.Value
		switch {
		case one.Rest:
			value = "(others)"
		case value == "" && r.By != "":
			value = "(none)"
		}
		row(from.Format("2006-01-02"), value, &one.CostSums)
	}
	row(r.From.Format("2006-01-02"), "TOTAL", &r.Total)
	c.warn(r.Warning)
	return t.flush()
}

func (c *costs) warn(text string) {
	if text != "" {
		fmt.Fprintln(c.env.Stderr, "warning:", plain(text))
	}
}

// file hands on the report as the API has written it.
func (c *costs) file(ctx context.Context, api *client, q url.Values) error {
	resp, err := api.open(ctx, "GET", "/analytics/costs", q, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(c.env.Stdout, io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return fmt.Errorf("the report broke off: %w", err)
	}
	c.warn(resp.Header.Get("Sluice-Warning"))
	return nil
}
