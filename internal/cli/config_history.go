package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func (k *configCommands) newConfig() *cobra.Command {
	return k.group("config", "See the states that the configuration document has had", k.newRevisions(), k.newShow(), k.newDiff())
}

func (k *configCommands) newRevisions() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use: "revisions", Short: "List revisions, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			set(query, "from", from)
			set(query, "to", to)
			return k.with(cmd.Context(), func(c *client) error {
				all, err := every[gateway.Revision](cmd.Context(), c, "/config/revisions", query)
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"REVISION", "TIME", "BY", "SOURCE", "BYTES", "AS", "NOTE"}, revisionRow)
			})
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "from this `TIME` on, such as 2030-01-31T12:00:00Z")
	cmd.Flags().StringVar(&to, "to", "", "before this `TIME`")
	return cmd
}

func revisionRow(r *gateway.Revision) []string {
	as := ""
	if r.From != nil {
		as = strconv.FormatInt(*r.From, 10)
	}
	return []string{strconv.FormatInt(r.Number, 10), stamp(r.Time), r.Author.Name, r.Source, strconv.FormatInt(r.Size, 10), as, r.Note}
}

func (k *configCommands) newShow() *cobra.Command {
	return &cobra.Command{
		Use: "show N", Short: "Show one revision, and what it changed", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n, err := revisionArg(args[0])
			if err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error {
				var r admin.RevisionDetail
				if err := c.into(cmd.Context(), "GET", "/config/revisions/"+n, nil, nil, &r); err != nil {
					return err
				}
				if k.json {
					return printJSON(k.env.Stdout, r)
				}
				head := fmt.Sprintf("revision %d of %s, %s (%s)\n", r.Number, r.Author.Name, stamp(r.Time), r.Source)
				if r.From != nil {
					head += fmt.Sprintf("as revision %d\n", *r.From)
				}
				if r.Note != "" {
					head += r.Note + "\n"
				}
				_, err := fmt.Fprint(k.env.Stdout, plain(head+r.Text))
				return err
			})
		}),
	}
}

func (k *configCommands) newDiff() *cobra.Command {
	return &cobra.Command{
		Use: "diff N M", Short: "Show what changed from one revision to another", Args: cobra.ExactArgs(2),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				if _, err := revisionArg(arg); err != nil {
					return err
				}
			}
			return k.with(cmd.Context(), func(c *client) error {
				_, err := k.plan(cmd.Context(), c, url.Values{"from": {args[0]}, "to": {args[1]}}, nil)
				return err
			})
		}),
	}
}

func (k *configCommands) newExport() *cobra.Command {
	var n string
	cmd := &cobra.Command{
		Use: "export", Short: "Print the document in force, or that of a revision", Args: cobra.NoArgs,
		Long: `Print the document in force, or that of a revision, as it was written. It can be put in
force with sluice apply, or saved as sluice.yaml. With --offline it is the newest one of the
store, where no gateway need run.`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("revision") {
				if _, err := revisionArg(n); err != nil {
					return err
				}
			}
			return k.with(cmd.Context(), func(c *client) error {
				text, err := k.export(cmd.Context(), c, n)
				if err != nil {
					return err
				}
				if strings.Contains(text, "hidden:plain") {
					fmt.Fprintln(k.env.Stderr, "note: hidden:plain stands for what was written in plain in a file; write references there before using the document")
				}
				_, err = fmt.Fprint(k.env.Stdout, text)
				return err
			})
		}),
	}
	k.remote.flags(cmd, k.env)
	k.at.flags(cmd, k.env)
	cmd.Flags().StringVar(&n, "revision", "", "the `NUMBER` of a revision")
	cmd.Flags().BoolVar(&k.offline, "offline", false, "read the store itself (see --config and --data) instead of asking the admin API")
	return cmd
}

func (k *configCommands) export(ctx context.Context, c *client, n string) (string, error) {
	if n == "" && !k.offline {
		var v admin.ConfigView
		err := c.into(ctx, "GET", "/config", nil, nil, &v)
		return v.Document, err
	}
	if n == "" {
		var p admin.RevisionPage
		if err := c.into(ctx, "GET", "/config/revisions", url.Values{"limit": {"1"}}, nil, &p); err != nil {
			return "", err
		}
		if len(p.Data) == 0 {
			return "", errors.New("the store has no revision of the configuration yet")
		}
		n = strconv.FormatInt(p.Data[0].Number, 10)
	}
	var r admin.RevisionDetail
	err := c.into(ctx, "GET", "/config/revisions/"+n, nil, nil, &r)
	return r.Document, err
}
