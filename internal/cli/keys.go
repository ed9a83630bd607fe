package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// keyCommands are what the commands of keys share.
type keyCommands struct{ apiCommands }

func newKeys(env *Env) *cobra.Command {
	k := &keyCommands{apiCommands{env: env}}
	return k.group("keys", "Create, list, change, rotate and revoke gateway keys", k.newCreate(), k.newList(), k.newUpdate(), k.newRotate(),
		k.newState("disable", "Make keys invalid until they are enabled again", "POST", "/disable", "disabled"),
		k.newState("enable", "Undo disable", "POST", "/enable", "enabled"),
		k.newState("revoke", "Revoke keys, at once and for ever", "DELETE", "", "revoked"))
}

func (k *keyCommands) newCreate() *cobra.Command {
	var n admin.NewKey
	var rights keyRights
	var secretFile string
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create a key and print its secret, this once", Args: cobra.ExactArgs(1),
		Long: `Create a key. Its secret is printed alone on the standard output, so that
KEY=$(sluice keys create my-app) keeps it; it is never shown again.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.Name = args[0]
			if err := rights.check(); err != nil {
				return err
			}
			rights.to(&n)
			var err error
			if n.Secret, err = k.readSecret(secretFile); err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error { return k.create(cmd.Context(), c, &n) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Workspace, "workspace", "", "its workspace (default: default)")
	rights.flags(f, "default: never", "default: all")
	f.StringVar(&secretFile, "secret-file", "", "bring a secret along, read from this `FILE` (- = standard input), instead of having one made")
	return cmd
}

func (k *keyCommands) readSecret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	in := k.env.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, 4096))
	if err == nil && len(strings.TrimSpace(string(b))) == 0 {
		err = errors.New("--secret-file is empty")
	}
	return strings.TrimSpace(string(b)), err
}

func (k *keyCommands) create(ctx context.Context, c *client, n *admin.NewKey) error {
	var made admin.CreatedKey
	if err := c.into(ctx, "POST", "/keys", nil, n, &made); err != nil {
		return err
	}
	return k.showSecret("Created", &made)
}

// showSecret prints a secret, this once.
func (k *keyCommands) showSecret(done string, made *admin.CreatedKey) error {
	if k.json {
		return printJSON(k.env.Stdout, made)
	}
	until := ""
	if made.Expires != nil {
		until = ", valid until " + stamp(*made.Expires)
	}
	fmt.Fprintf(k.env.Stderr, "%s %s (%s) in workspace %s%s. Its secret, shown this once:\n", done, made.ID, plain(made.Name), made.Workspace, until)
	_, err := fmt.Fprintln(k.env.Stdout, made.Secret)
	return err
}

func (k *keyCommands) newList() *cobra.Command {
	query := url.Values{}
	var revoked, disabled bool
	var workspace, name, owner string
	cmd := &cobra.Command{
		Use: "list", Short: "List keys, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			set(query, "workspace", workspace)
			set(query, "name", name)
			set(query, "owner", owner)
			for flag, on := range map[string]bool{"revoked": revoked, "disabled": disabled} {
				if cmd.Flags().Changed(flag) {
					query.Set(flag, strconv.FormatBool(on))
				}
			}
			return k.with(cmd.Context(), func(c *client) error { return k.list(cmd.Context(), c, query) })
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "keys of this workspace")
	cmd.Flags().StringVar(&name, "name", "", "keys of this name")
	cmd.Flags().StringVar(&owner, "owner", "", "keys of this owner")
	cmd.Flags().BoolVar(&revoked, "revoked", false, "revoked ones only; --revoked=false: others only")
	cmd.Flags().BoolVar(&disabled, "disabled", false, "disabled ones only; --disabled=false: others only")
	return cmd
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func (k *keyCommands) list(ctx context.Context, c *client, query url.Values) error {
	keys, err := every[gateway.Key](ctx, c, "/keys", query)
	if err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, admin.KeyPage{Data: keys})
	}
	t := newTable(k.env.Stdout, "ID", "NAME", "WORKSPACE", "KEY", "CREATED", "STATE", "MODELS")
	for _, key := range keys {
		t.row(key.ID, key.Name, key.Workspace, key.Hint, stamp(key.Created), state(&key, time.Now()), strings.Join(key.Models, " "))
	}
	return t.flush()
}

// state says in a word or two whether a key works.
func state(k *gateway.Key, now time.Time) string {
	switch {
	case k.Revoked != nil:
		return "revoked " + stamp(*k.Revoked)
	case k.Disabled != nil:
		return "disabled " + stamp(*k.Disabled)
	case !k.Usable(now):
		return "expired " + stamp(*k.Expires)
	case k.Expires != nil:
		return "until " + stamp(*k.Expires)
	}
	return "valid"
}
