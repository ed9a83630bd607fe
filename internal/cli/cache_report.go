package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func (k *cacheCommands) newReport() *cobra.Command {
	var by, since, workspace, of, tag string
	var limit int
	cmd := &cobra.Command{
		Use: "report", Short: "What the cache served and saved, by gateway, model, provider, key, workspace, route, tag, age or day", Args: cobra.NoArgs,
		Long: `What the cache served and saved, added up from the entries. All numbers are exact but
TIME SAVED, which compares with the mean of the misses of the same provider, model and
operation in the same time. By tag, a call with several counts at each. By age is by how
old the answer was that the cache had: below 1m, 10m, 1h, 6h, 1d, 7d, or older.`,
		Example: "  sluice cache report --by model,day --since 7d",
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			from, err := ago(since)
			if err != nil {
				return err
			}
			query := url.Values{"from": {from}, "limit": {fmt.Sprint(limit)}}
			set(query, "by", by)
			set(query, "workspace", workspace)
			set(query, "gateway", of)
			set(query, "tag", tag)
			return k.with(cmd.Context(), func(c *client) error { return k.report(cmd.Context(), c, strings.Split(by, ","), query) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&by, "by", "gateway", "what is added up separately, with commas")
	f.StringVar(&since, "since", "24h", "calls of the last while: 15m, 2h, 7d")
	f.StringVar(&workspace, "workspace", "", "calls of this workspace")
	f.StringVar(&of, "gateway", "", "calls of this gateway")
	f.StringVar(&tag, "tag", "", "calls whose answer has this tag")
	f.IntVar(&limit, "limit", 1000, "rows at most")
	return cmd
}

func (k *cacheCommands) report(ctx context.Context, c *client, by []string, query url.Values) error {
	var r admin.CacheReport
	if err := c.into(ctx, "GET", "/cache/report", query, nil, &r); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, &r)
	}
	var heads []string
	for i := range by {
		by[i] = strings.TrimSpace(by[i])
		heads = append(heads, strings.ToUpper(by[i]))
	}
	t := newTable(k.env.Stdout, cacheHeads(heads...)...)
	for i := range r.Data {
		var cells []string
		for _, name := range by {
			if name == "tag" && r.Data[i].Rest {
				cells = append(cells, "(others)")
				continue
			}
			cells = append(cells, shownValue(r.Data[i].By[name]))
		}
		t.row(append(cells, cacheCells(&r.Data[i])...)...)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if r.More {
		fmt.Fprintln(k.env.Stderr, "There is more: ask with a higher --limit.")
	}
	return nil
}
