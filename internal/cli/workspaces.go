package cli

import (
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// workspaceCommands are what the commands of workspaces share.
type workspaceCommands struct{ apiCommands }

func newWorkspaces(env *Env) *cobra.Command {
	k := &workspaceCommands{apiCommands{env: env}}
	return k.group("workspaces", "Create, list, change and delete workspaces", k.newCreate(), k.newList(), k.newUpdate(), k.newDelete())
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
	cmd.Flags().StringSliceVar(&n.Regions, "regions", nil, "regions where its calls may be served, as eu,us-east-1 (default: where gateway and key say)")
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
				return show(&k.apiCommands, all, []string{"ID", "NAME", "REGIONS", "CREATED"}, func(w *gateway.Workspace) []string {
					return []string{w.ID, w.Name, strings.Join(w.Regions, ","), stamp(w.Created)}
				})
			})
		}),
	}
}

func (k *workspaceCommands) newUpdate() *cobra.Command {
	var name string
	var regions []string
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change a workspace", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var w gateway.Workspace
			change := map[string]any{}
			if cmd.Flags().Changed("name") {
				change["name"] = name
			}
			if cmd.Flags().Changed("regions") {
				change["regions"] = texts(regions)
			}
			if len(change) == 0 {
				return errors.New("nothing to change: give --name or --regions")
			}
			return k.change(cmd.Context(), "PATCH", "/workspaces/"+url.PathEscape(args[0]), change, &w, func() string { return "changed " + w.ID + " (" + w.Name + ")" })
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "what people call it")
	cmd.Flags().StringSliceVar(&regions, "regions", nil, "regions where its calls may be served, as eu,us-east-1; none: --regions=")
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
