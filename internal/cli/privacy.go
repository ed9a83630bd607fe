package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// privacyCommands are what the commands about users' data share.
type privacyCommands struct{ apiCommands }

func newPrivacy(env *Env) *cobra.Command {
	k := &privacyCommands{apiCommands{env: env}}
	cmd := group("privacy", "Erase what is kept of one user, with a receipt, or hand it out; destroy the keys of bodies", k.newErase(), k.newShred(), k.newList(), k.newShow(), k.newExport())
	for _, sub := range cmd.Commands() {
		k.remote.flags(sub, env)
		jsonFlag(sub, &k.json)
	}
	return cmd
}

func (k *privacyCommands) newErase() *cobra.Command {
	var body admin.NewErasure
	var noWait bool
	cmd := &cobra.Command{
		Use: "erase", Short: "Erase what is kept of one user's calls, everywhere", Args: cobra.NoArgs,
		Long: `Erase what is kept of one user's calls: what was said, and everything by which he can be told.
What the calls cost stays in the figures. The work is done by the gateway, also over a
restart; the command waits for its end and shows the receipt.`,
		Example: `  sluice privacy erase --user u-4711 --dry-run
  sluice privacy erase --user u-4711 --workspace acme`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var e admin.Erasure
				if err := c.into(cmd.Context(), "POST", "/privacy/erasures", nil, body, &e); err != nil {
					return err
				}
				if !body.DryRun && !noWait {
					if err := k.await(cmd.Context(), c, &e); err != nil {
						return err
					}
				}
				return k.print(&e)
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&body.User, "user", "", "the user, as entries name him")
	f.StringVar(&body.Workspace, "workspace", "", "calls of this workspace; needed of all but system admins")
	f.BoolVar(&body.DryRun, "dry-run", false, "only count what would be erased")
	f.BoolVar(&noWait, "no-wait", false, "do not wait for the end")
	return cmd
}

// askEvery is how often the command asks whether the work is done, and quietTime after how
// long without any progress it gives up waiting: the work itself goes on.
const (
	askEvery  = 500 * time.Millisecond
	quietTime = 2 * time.Minute
)

func (k *privacyCommands) await(ctx context.Context, c *client, e *admin.Erasure) error {
	last, since := "", time.Now()
	for e.State != gateway.ErasureDone {
		if now := fmt.Sprint(e.State, e.Step, e.Counts); now != last {
			last, since = now, time.Now()
		} else if time.Since(since) > quietTime {
			return fmt.Errorf("erasure %s has been at %q for %s (%s); it goes on by itself once a gateway runs: look with sluice privacy show %s", e.ID, e.Step, quietTime, e.Error, e.ID)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askEvery):
		}
		if err := c.into(ctx, "GET", "/privacy/erasures/"+url.PathEscape(e.ID), nil, nil, e); err != nil {
			return err
		}
	}
	return nil
}

func (k *privacyCommands) print(e *admin.Erasure) error {
	if k.json {
		return printJSON(k.env.Stdout, e)
	}
	w := k.env.Stdout
	switch {
	case e.State == gateway.ErasureDry:
		fmt.Fprintln(w, "Nothing was erased. There is:")
	case e.Finished != nil:
		fmt.Fprintf(w, "Erasure %s is done since %s.\n", e.ID, stamp(*e.Finished))
	default:
		fmt.Fprintf(w, "Erasure %s is %s %s\n", e.ID, e.State, plain(e.Step+" "+e.Error))
	}
	t := newTable(w, "PLACE", "COUNT")
	for _, place := range slices.Sorted(maps.Keys(e.Counts)) {
		t.row(strings.ReplaceAll(place, "_", " "), fmt.Sprint(e.Counts[place]))
	}
	if err := t.flush(); err != nil {
		return err
	}
	if e.Hash != "" {
		genuine := "not checked"
		if e.Genuine != nil {
			genuine = map[bool]string{true: "genuine", false: "NOT GENUINE: it was changed, or the keys are others"}[*e.Genuine]
		}
		fmt.Fprintf(w, "Receipt: sha256 %s (%s)\n", e.Hash, genuine)
	}
	return nil
}

func (k *privacyCommands) newList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List erasures, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var all admin.ErasureList
				if err := c.into(cmd.Context(), "GET", "/privacy/erasures", url.Values{"limit": {"500"}}, nil, &all); err != nil {
					return err
				}
				return show(&k.apiCommands, all.Data, []string{"ID", "OF", "ASKED FOR", "BY", "WORKSPACE", "STATE", "STEP", "ENTRIES", "ERROR"}, func(e *admin.Erasure) []string {
					return []string{e.ID, cmp.Or(e.Kind, "user"), stamp(e.Created), e.By, e.Workspace, e.State, e.Step, fmt.Sprint(e.Counts["entries"]), e.Error}
				})
			})
		}),
	}
}

func (k *privacyCommands) newShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one erasure and how far it is, or its receipt", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var e admin.Erasure
				if err := c.into(cmd.Context(), "GET", "/privacy/erasures/"+url.PathEscape(args[0]), nil, nil, &e); err != nil {
					return err
				}
				return k.print(&e)
			})
		}),
	}
}

func (k *privacyCommands) newExport() *cobra.Command {
	var user, workspace string
	cmd := &cobra.Command{
		Use: "export", Short: "Write everything that is kept of one user's calls to the standard output, as JSON lines", Args: cobra.NoArgs,
		Example: "  sluice privacy export --user u-4711 --workspace acme > u-4711.jsonl",
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				query := url.Values{}
				set(query, "workspace", workspace)
				resp, err := c.open(cmd.Context(), "GET", "/privacy/users/"+url.PathEscape(user), query, nil)
				if err != nil {
					return err
				}
				defer resp.Body.Close()
				_, err = io.Copy(k.env.Stdout, resp.Body)
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&user, "user", "", "the user, as entries name him")
	cmd.Flags().StringVar(&workspace, "workspace", "", "calls of this workspace; needed of all but system admins")
	return cmd
}
