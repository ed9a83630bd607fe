package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func (k *cacheCommands) newPurge() *cobra.Command {
	var body admin.NewPurge
	cmd := &cobra.Command{
		Use: "purge", Short: "Serve answers no more, on every node, at once: those that have all of what the flags say", Args: cobra.NoArgs,
		Example: `  sluice cache purge --tag docs
  sluice cache purge --model openai/gpt-5-mini --older 12h --workspace acme
  sluice cache purge --all`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			var p admin.Purge
			return k.change(cmd.Context(), "POST", "/cache/purge", body, &p, func() string { return "purged " + p.Says + " (" + p.ID + ")" })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&body.Key, "key", "", "one answer: 64 hexadecimal digits")
	f.StringVar(&body.Tag, "tag", "", "those with this tag")
	f.StringVar(&body.Gateway, "gateway", "", "those of this gateway")
	f.StringVar(&body.Workspace, "workspace", "", "those that calls of this workspace brought; needed of all but system admins")
	f.StringVar(&body.Provider, "provider", "", "those that this provider gave")
	f.StringVar(&body.Model, "model", "", "those that this model gave, also as provider/model")
	f.StringVar(&body.Route, "route", "", "those that were asked for by this route")
	f.StringVar(&body.Older, "older", "", "those that were stored so long ago: 12h, 7d")
	f.BoolVar(&body.All, "all", false, "all of them, or all of the workspace")
	return cmd
}

func (k *cacheCommands) newShow() *cobra.Command {
	var body bool
	cmd := &cobra.Command{
		Use: "show KEY", Short: "Show one answer that is kept", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			query := url.Values{}
			if body {
				query.Set("body", "true")
			}
			return k.with(cmd.Context(), func(c *client) error { return k.show(cmd.Context(), c, args[0], query) })
		}),
	}
	cmd.Flags().BoolVar(&body, "body", false, "with the answer itself, as the vendor gave it")
	return cmd
}

func (k *cacheCommands) show(ctx context.Context, c *client, key string, query url.Values) error {
	var x admin.Cached
	if err := c.into(ctx, "GET", "/cache/entries/"+url.PathEscape(key), query, nil, &x); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, &x)
	}
	fresh := "no, since " + stamp(x.FreshUntil)
	if x.Fresh {
		fresh = "until " + stamp(x.FreshUntil)
	}
	cost := "unknown"
	if x.Cost.Known {
		cost = dollars(x.Cost.USD)
	}
	t := newTable(k.env.Stdout, "KEY", x.Key)
	for _, row := range [][2]string{
		{"tier", x.Tier}, {"fresh", fresh}, {"kept until", stamp(x.KeptUntil)}, {"stored", stamp(x.Stored)}, {"size", megabytes(x.Size)},
		{"gateway", x.Gateway}, {"workspace", x.Workspace}, {"key", x.KeyID}, {"entry", x.Entry}, {"route", x.Route}, {"operation", x.Operation},
		{"target", x.Provider + "/" + x.Model}, {"dialects", x.ClientDialect + " from " + x.Dialect}, {"stream", fmt.Sprint(x.Stream)}, {"tags", strings.Join(x.Tags, ", ")},
		{"cost", cost}, {"took", fmt.Sprintf("%.0f ms", x.TookMS)},
	} {
		t.row(row[0], row[1])
	}
	if err := t.flush(); err != nil {
		return err
	}
	if x.BodyNote != "" {
		fmt.Fprintln(k.env.Stderr, plain(x.BodyNote))
	}
	if x.Body != nil {
		fmt.Fprintln(k.env.Stdout, "\n"+plain(x.Body.Content))
	}
	return nil
}
