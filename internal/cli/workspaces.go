package cli

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/config"
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
	var retain string
	cmd := &cobra.Command{
		Use: "create ID", Short: "Create a workspace", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var err error
			n.ID = args[0]
			if retain != "" {
				if n.RetainS, err = seconds("--retain", retain); err != nil {
					return err
				}
			}
			var w gateway.Workspace
			return k.change(cmd.Context(), "POST", "/workspaces", n, &w, func() string { return "created " + w.ID + " (" + w.Name + ")" })
		}),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "what people call it (default: its id)")
	cmd.Flags().StringSliceVar(&n.Regions, "regions", nil, "regions where its calls may be served, as eu,us-east-1 (default: where gateway and key say)")
	cmd.Flags().StringVar(&retain, "retain", "", "how long its calls are kept, as 30d (default: as the gateway says)")
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
				return show(&k.apiCommands, all, []string{"ID", "NAME", "REGIONS", "KEEPS", "CREATED"}, func(w *gateway.Workspace) []string {
					return []string{w.ID, w.Name, strings.Join(w.Regions, ","), keeps(w), stamp(w.Created)}
				})
			})
		}),
	}
}

// seconds reads a duration; none is 0.
func seconds(flag, text string) (int64, error) {
	if text == "" || text == "0" {
		return 0, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil {
		return 0, &usage{fmt.Errorf("%s: %w", flag, err)}
	}
	return int64(d / time.Second), nil
}

// keeps says how long a workspace keeps its calls.
func keeps(w *gateway.Workspace) string {
	if w.RetainS == 0 {
		return "as the gateway"
	}
	return config.FormatDuration(time.Duration(w.RetainS) * time.Second)
}

func (k *workspaceCommands) newUpdate() *cobra.Command {
	var name, retain string
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
			if cmd.Flags().Changed("retain") {
				s, err := seconds("--retain", retain)
				if err != nil {
					return err
				}
				change["retain_s"] = s
			}
			if len(change) == 0 {
				return errors.New("nothing to change: give --name, --regions or --retain")
			}
			return k.change(cmd.Context(), "PATCH", "/workspaces/"+url.PathEscape(args[0]), change, &w, func() string { return "changed " + w.ID + " (" + w.Name + ")" })
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "what people call it")
	cmd.Flags().StringSliceVar(&regions, "regions", nil, "regions where its calls may be served, as eu,us-east-1; none: --regions=")
	cmd.Flags().StringVar(&retain, "retain", "", "how long its calls are kept, as 30d; as the gateway says: --retain=")
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
