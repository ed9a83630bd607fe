package cli

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/config"
)

// cacheCommands are what the commands of the cache share.
type cacheCommands struct{ apiCommands }

func newCache(env *Env) *cobra.Command {
	k := &cacheCommands{apiCommands{env: env}}
	asking := []*cobra.Command{k.newStats(), k.newReport(), k.newPurge(), k.newShow()}
	cmd := group("cache", "See what the cache keeps and saves, purge it, and fill it beforehand", append(asking, newWarm(env))...)
	for _, sub := range asking {
		k.remote.flags(sub, env)
		jsonFlag(sub, &k.json)
	}
	return cmd
}

// ago gives the time that lies so far back, as the API takes it.
func ago(text string) (string, error) {
	d, err := config.ParseDuration(text)
	if err != nil {
		return "", &usage{fmt.Errorf("--since: %w", err)}
	}
	return time.Now().Add(-d).UTC().Format(time.RFC3339Nano), nil
}

func (k *cacheCommands) newStats() *cobra.Command {
	var since, workspace string
	cmd := &cobra.Command{
		Use: "stats", Short: "Show where answers are kept, what was served and saved, and what would save more", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			from, err := ago(since)
			if err != nil {
				return err
			}
			query := url.Values{"from": {from}}
			set(query, "workspace", workspace)
			return k.with(cmd.Context(), func(c *client) error { return k.stats(cmd.Context(), c, query) })
		}),
	}
	cmd.Flags().StringVar(&since, "since", "24h", "calls of the last while: 15m, 2h, 7d")
	cmd.Flags().StringVar(&workspace, "workspace", "", "calls of this workspace")
	return cmd
}

func (k *cacheCommands) stats(ctx context.Context, c *client, query url.Values) error {
	var o admin.CacheOverview
	if err := c.into(ctx, "GET", "/cache", query, nil, &o); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, &o)
	}
	w := k.env.Stdout
	if len(o.Tiers) > 0 {
		t := newTable(w, "PLACE", "ANSWERS", "SIZE", "OF", "HITS", "MISSES", "EVICTED", "DROPPED", "ERRORS", "STATE")
		for i := range o.Tiers {
			x := &o.Tiers[i]
			state := "ok"
			if x.Away {
				state = "away"
			}
			t.row(x.Name, counted(x.Answers), sized(x.Bytes), sized(x.MaxBytes), fmt.Sprint(x.Hits), fmt.Sprint(x.Misses), fmt.Sprint(x.Evicted), fmt.Sprint(x.Dropped), fmt.Sprint(x.Errors), state)
		}
		if err := t.flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	t := newTable(w, cacheHeads("OF")...)
	t.row(append([]string{"all"}, cacheCells(&o.Total)...)...)
	for _, by := range []struct {
		name string
		rows admin.CacheRows
	}{{"gateway", o.Gateways}, {"model", o.Models}, {"key", o.Keys}} {
		for i := range by.rows {
			t.row(append([]string{by.name + " " + shownValue(by.rows[i].By[by.name])}, cacheCells(&by.rows[i])...)...)
		}
	}
	err := t.flush()
	for _, a := range o.Advice {
		fmt.Fprintln(w, plain("\nGateway "+a.Gateway+": "+a.Text))
	}
	return err
}

func counted(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func sized(n *int64) string {
	if n == nil {
		return ""
	}
	return megabytes(*n)
}

// megabytes is a size for people.
func megabytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// shownValue gives the value of a dimension; calls without one stand together.
func shownValue(v string) string {
	if v == "" {
		return "(none)"
	}
	return v
}

func cacheHeads(first ...string) []string {
	return append(first, "CALLS", "SERVED", "MISSES", "RATIO", "HIT", "STALE", "COALESCED", "SEMANTIC", "BYPASSED", "SAVED", "TIME SAVED")
}

func cacheCells(r *admin.CacheRow) []string {
	ratio := ""
	if r.Ratio != nil {
		ratio = fmt.Sprintf("%.1f%%", *r.Ratio*100)
	}
	n := func(n int64) string { return fmt.Sprint(n) }
	saved := time.Duration(r.SavedMS) * time.Millisecond
	return []string{n(r.Calls), n(r.Served), n(r.Misses), ratio, n(r.Hits), n(r.Stale), n(r.Coalesced), n(r.Semantic), n(r.Bypassed), dollars(r.Saved), saved.Round(100 * time.Millisecond).String()}
}
