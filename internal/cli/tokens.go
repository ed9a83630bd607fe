package cli

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// tokenCommands are what the commands of API tokens share.
type tokenCommands struct{ apiCommands }

func newTokens(env *Env) *cobra.Command {
	k := &tokenCommands{apiCommands{env: env}}
	return k.group("tokens", "Create, list and revoke tokens of the admin API", k.newCreate(), k.newList(), k.newRevoke())
}

func (k *tokenCommands) newCreate() *cobra.Command {
	var n admin.NewToken
	var role string
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create a token and print its secret, this once", Args: cobra.ExactArgs(1),
		Long: `Create a token. It has the rights of whoever makes it, or, with --workspace and --role, its
own in that workspace. Its secret is printed alone on the standard output, this once.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.Name, n.Role = args[0], gateway.Role(role)
			return k.with(cmd.Context(), func(c *client) error {
				var made admin.CreatedToken
				if err := c.into(cmd.Context(), "POST", "/tokens", nil, n, &made); err != nil {
					return err
				}
				if k.json {
					return printJSON(k.env.Stdout, made)
				}
				fmt.Fprintf(k.env.Stderr, "Created %s (%s). Its secret, shown this once:\n", made.ID, plain(made.Name))
				_, err := fmt.Fprintln(k.env.Stdout, made.Secret)
				return err
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Workspace, "workspace", "", "where it has a role")
	f.StringVar(&role, "role", "", "owner, editor or viewer of the workspace")
	f.BoolVar(&n.Admin, "system-admin", false, "the rights of a system admin")
	f.StringVar(&n.Expires, "expires", "", "when it ends: 2030-01-31T12:00:00Z, or from now on: 30d (default: never)")
	return cmd
}

func (k *tokenCommands) newList() *cobra.Command {
	var workspace string
	var sessions bool
	cmd := &cobra.Command{
		Use: "list", Short: "List tokens, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			set(query, "workspace", workspace)
			if !sessions {
				query.Set("session", "false")
			}
			return k.with(cmd.Context(), func(c *client) error {
				all, err := every[gateway.Token](cmd.Context(), c, "/tokens", query)
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"ID", "NAME", "RIGHTS", "CREATED", "STATE"}, func(t *gateway.Token) []string {
					return []string{t.ID, t.Name, tokenRights(t), stamp(t.Created), tokenState(t, time.Now())}
				})
			})
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "tokens with a role in this workspace")
	cmd.Flags().BoolVar(&sessions, "sessions", false, "sessions of browsers too")
	return cmd
}

func tokenRights(t *gateway.Token) string {
	switch {
	case t.User != "":
		return "of " + t.User
	case t.Admin:
		return "system admin"
	}
	return string(t.Role) + " of " + t.Workspace
}

func tokenState(t *gateway.Token, now time.Time) string {
	switch {
	case t.Revoked != nil:
		return "revoked " + stamp(*t.Revoked)
	case t.Expires == nil:
		return "valid"
	case !now.Before(*t.Expires):
		return "expired " + stamp(*t.Expires)
	}
	return "until " + stamp(*t.Expires)
}

func (k *tokenCommands) newRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID…", Short: "Revoke tokens or sessions, at once and for ever", Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, ids []string) error {
			return forEach(ids, func(id string) error {
				var t gateway.Token
				return k.change(cmd.Context(), "DELETE", "/tokens/"+url.PathEscape(id), nil, &t, func() string { return "revoked " + t.ID + " (" + t.Name + ")" })
			})
		}),
	}
}
