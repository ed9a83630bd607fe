package cli

import (
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// memberCommands are what the commands of members share.
type memberCommands struct{ apiCommands }

func newMembers(env *Env) *cobra.Command {
	k := &memberCommands{apiCommands{env: env}}
	return k.group("members", "Say who may do what in a workspace", k.newSet(), k.newList(), k.newRemove())
}

func memberPath(args []string) string {
	return "/members/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
}

func (k *memberCommands) newSet() *cobra.Command {
	return &cobra.Command{
		Use: "set WORKSPACE USER ROLE", Aliases: []string{"create", "update"}, Args: cobra.ExactArgs(3),
		Short: "Make a user (id or address) an owner, editor or viewer of a workspace",
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var m gateway.Member
			return k.change(cmd.Context(), "PUT", memberPath(args), admin.MemberRole{Role: gateway.Role(args[2])}, &m, func() string {
				return m.Email + " is " + string(m.Role) + " of " + m.Workspace
			})
		}),
	}
}

func (k *memberCommands) newList() *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use: "list", Short: "List the members of a workspace, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				all, err := every[gateway.Member](cmd.Context(), c, "/members", url.Values{"workspace": {workspace}})
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"USER", "EMAIL", "ROLE", "SINCE"}, func(m *gateway.Member) []string {
					return []string{m.User, m.Email, string(m.Role), stamp(m.Created)}
				})
			})
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", gateway.DefaultWorkspace, "which one")
	return cmd
}

func (k *memberCommands) newRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove WORKSPACE USER", Aliases: []string{"delete", "revoke"}, Short: "End a membership", Args: cobra.ExactArgs(2),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var m gateway.Member
			return k.change(cmd.Context(), "DELETE", memberPath(args), nil, &m, func() string { return m.Email + " is no member of " + m.Workspace + " any more" })
		}),
	}
}
