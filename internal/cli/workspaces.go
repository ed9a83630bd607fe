package cli

import (
	"net/url"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// workspaceCommands are what the commands of workspaces share.
type workspaceCommands struct{ apiCommands }

func newWorkspaces(env *Env) *cobra.Command {
	k := &workspaceCommands{apiCommands{env: env}}
	return k.group("workspaces", "Create, list, rename and delete workspaces", k.newCreate(), k.newList(), k.newUpdate(), k.newDelete())
}

func (k *workspaceCommands) newCreate() *cobra.Command {
	var n admin.NewWorkspace
	cmd := &cobra.Command{
		Use: "create ID", Short: "Create a workspace", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.ID = args[0]
			var w gateway.Workspace
			return k.change(cmd.Context(), "POST", "/workspaces", n, &w, func() string { return "created " + w.ID + " (" + w.Name + ")" })
		}),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "what people call it (default: its id)")
	return cmd
}

func (k *workspaceCommands) newList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List workspaces, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				all, err := every[gateway.Workspace](cmd.Context(), c, "/workspaces", url.Values{})
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"ID", "NAME", "CREATED"}, func(w *gateway.Workspace) []string {
					return []string{w.ID, w.Name, stamp(w.Created)}
				})
			})
		}),
	}
}

func (k *workspaceCommands) newUpdate() *cobra.Command {
	var change admin.WorkspaceChange
	cmd := &cobra.Command{
		Use: "update ID", Short: "Rename a workspace", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var w gateway.Workspace
			return k.change(cmd.Context(), "PATCH", "/workspaces/"+url.PathEscape(args[0]), change, &w, func() string { return "changed " + w.ID + " (" + w.Name + ")" })
		}),
	}
	cmd.Flags().StringVar(&change.Name, "name", "", "what people call it")
	_ = cmd.MarkFlagRequired("name") // which is there
	return cmd
}

func (k *workspaceCommands) newDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Delete a workspace that has no valid keys, credentials and entries any more", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var w gateway.Workspace
			return k.change(cmd.Context(), "DELETE", "/workspaces/"+url.PathEscape(args[0]), nil, &w, func() string { return "deleted " + w.ID })
		}),
	}
}
