package cli

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func newCompare(env *Env) *cobra.Command {
	k := newTraffic(env)
	var since, route, of, workspace string
	var shadows bool
	cmd := k.alone(&cobra.Command{
		Use: "compare A B", Short: "Compare how two targets, or routes, did over the same period", Args: cobra.ExactArgs(2),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			d, err := config.ParseDuration(since)
			if err != nil {
				return &usage{fmt.Errorf("--since: %w", err)}
			}
			query := url.Values{"a": {args[0]}, "b": {args[1]}, "from": {time.Now().Add(-d).UTC().Format(time.RFC3339Nano)}}
			set(query, "route", route)
			set(query, "gateway", of)
			set(query, "workspace", workspace)
			if shadows {
				query.Set("shadows", "true")
			}
			return k.with(cmd.Context(), func(c *client) error { return k.compare(cmd.Context(), c, query) })
		}),
	})
	f := cmd.Flags()
	f.StringVar(&since, "since", "24h", "calls of the last while: 15m, 2h, 7d")
	f.StringVar(&route, "route", "", "calls of this route")
	f.StringVar(&of, "gateway", "", "calls of this gateway")
	f.StringVar(&workspace, "workspace", "", "calls of this workspace")
	f.BoolVar(&shadows, "shadows", false, "B are shadows, and A the calls that they copied")
	return cmd
}

func (k *trafficCommands) compare(ctx context.Context, c *client, query url.Values) error {
	var x admin.Compared
	if err := c.into(ctx, "GET", "/compare", query, nil, &x); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, &x)
	}
	fmt.Fprintln(k.env.Stdout, plain(x.Verdict))
	t := newTable(k.env.Stdout, "", x.NameA, x.NameB)
	t.row("calls", fmt.Sprint(x.A.Calls), fmt.Sprint(x.B.Calls))
	for _, m := range []struct {
		what  string
		of    func(*compare.Figures) *compare.Estimate
		unit  string
		scale float64
	}{
		{"failed", func(f *compare.Figures) *compare.Estimate { return f.Errors }, " %", 100},
		{"latency p50", func(f *compare.Figures) *compare.Estimate { return f.LatencyP50 }, " ms", 1},
		{"latency p95", func(f *compare.Figures) *compare.Estimate { return f.LatencyP95 }, " ms", 1},
		{"first token p50", func(f *compare.Figures) *compare.Estimate { return f.FirstP50 }, " ms", 1},
		{"first token p95", func(f *compare.Figures) *compare.Estimate { return f.FirstP95 }, " ms", 1},
		{"input tokens", func(f *compare.Figures) *compare.Estimate { return f.Input }, "", 1},
		{"output tokens", func(f *compare.Figures) *compare.Estimate { return f.Output }, "", 1},
		{"cost of a call", func(f *compare.Figures) *compare.Estimate { return f.Cost }, " $", 1},
		{"score", func(f *compare.Figures) *compare.Estimate { return f.Score }, "", 1},
		{"liked", func(f *compare.Figures) *compare.Estimate { return f.Liked }, " %", 100},
	} {
		t.row(m.what, estimate(m.of(&x.A), m.unit, m.scale), estimate(m.of(&x.B), m.unit, m.scale))
	}
	t.row("thumbs", thumbs(&x.A), thumbs(&x.B))
	t.row("spent", dollars(x.A.Spent), dollars(x.B.Spent))
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(k.env.Stdout, "In parentheses: where the true value lies with 95 % confidence.")
	if x.Warning != "" {
		fmt.Fprintln(k.env.Stderr, plain(x.Warning))
	}
	return nil
}

func thumbs(f *compare.Figures) string {
	if f.Up+f.Down == 0 {
		return ""
	}
	return fmt.Sprintf("%d up, %d down", f.Up, f.Down)
}

func dollars(u gateway.USD) string { return "$" + u.String() }

func estimate(e *compare.Estimate, unit string, scale float64) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf("%.4g%s (%.4g–%.4g)", e.Value*scale, unit, e.Low*scale, e.High*scale)
}
