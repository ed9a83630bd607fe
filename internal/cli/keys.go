package cli

import (
	"context"
	"encoding/json"
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
type keyCommands struct {
	env     *Env
	remote  remote
	at      place
	offline bool
	json    bool
}

func newKeys(env *Env) *cobra.Command {
	k := &keyCommands{env: env}
	cmd := group("keys", "Create, list and revoke gateway keys")
	k.remote.flags(cmd, env)
	for _, sub := range []*cobra.Command{k.newCreate(), k.newList(), k.newRevoke()} {
		k.at.flags(sub, env)
		sub.Flags().BoolVar(&k.offline, "offline", false, "work on the store itself (see --config and --data) instead of asking the admin API; a running gateway notices within a second")
		jsonFlag(sub, &k.json)
		cmd.AddCommand(sub)
	}
	return cmd
}

// with runs a function with a client of the admin API, or of the store when offline.
func (k *keyCommands) with(ctx context.Context, f func(*client) error) error {
	if !k.offline {
		c, err := k.remote.client(k.env)
		if err != nil {
			return err
		}
		return f(c)
	}
	c, end, err := offline(ctx, k.env, &k.at)
	if err != nil {
		return err
	}
	return errors.Join(f(c), end())
}

func (k *keyCommands) newCreate() *cobra.Command {
	var n admin.NewKey
	var metadata, secretFile string
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create a key and print its secret, this once", Args: cobra.ExactArgs(1),
		Long: `Create a key. Its secret is printed alone on the standard output, so that
KEY=$(sluice keys create my-app) keeps it; it is never shown again.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.Name = args[0]
			if metadata != "" {
				if !json.Valid([]byte(metadata)) {
					return &usage{errors.New("--metadata must be a JSON object")}
				}
				n.Metadata = json.RawMessage(metadata)
			}
			var err error
			if n.Secret, err = k.readSecret(secretFile); err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error { return k.create(cmd.Context(), c, &n) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Workspace, "workspace", "", "its workspace (default: default)")
	f.StringVar(&n.Expires, "expires", "", "when it ends: 2030-01-31T12:00:00Z, or from now on: 30d (default: never)")
	f.StringSliceVar(&n.Gateways, "gateway", nil, "gateways where it is valid, as globs (default: all)")
	f.StringSliceVar(&n.Models, "model", nil, "models it may use, as globs over provider/model (default: all)")
	f.StringSliceVar(&n.Operations, "operation", nil, "operations it may use (default: all)")
	f.StringVar(&metadata, "metadata", "", "metadata of its calls where these bring none, a JSON object")
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
	if k.json {
		return printJSON(k.env.Stdout, made)
	}
	until := ""
	if made.Expires != nil {
		until = ", valid until " + stamp(*made.Expires)
	}
	fmt.Fprintf(k.env.Stderr, "Created %s (%s) in workspace %s%s. Its secret, shown this once:\n", made.ID, plain(made.Name), made.Workspace, until)
	_, err := fmt.Fprintln(k.env.Stdout, made.Secret)
	return err
}

func (k *keyCommands) newList() *cobra.Command {
	query := url.Values{}
	var revoked bool
	var workspace, name string
	cmd := &cobra.Command{
		Use: "list", Short: "List keys, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			set(query, "workspace", workspace)
			set(query, "name", name)
			if cmd.Flags().Changed("revoked") {
				query.Set("revoked", strconv.FormatBool(revoked))
			}
			return k.with(cmd.Context(), func(c *client) error { return k.list(cmd.Context(), c, query) })
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "keys of this workspace")
	cmd.Flags().StringVar(&name, "name", "", "keys of this name")
	cmd.Flags().BoolVar(&revoked, "revoked", false, "revoked ones only; --revoked=false: others only")
	return cmd
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func (k *keyCommands) list(ctx context.Context, c *client, query url.Values) error {
	all := admin.KeyPage{Data: []gateway.Key{}}
	query.Set("limit", strconv.Itoa(largestPage))
	for {
		var p admin.KeyPage
		if err := c.into(ctx, "GET", "/keys", query, nil, &p); err != nil {
			return err
		}
		all.Data = append(all.Data, p.Data...)
		if p.Next == "" {
			break
		}
		query.Set("cursor", p.Next)
	}
	if k.json {
		return printJSON(k.env.Stdout, all)
	}
	t := newTable(k.env.Stdout, "ID", "NAME", "WORKSPACE", "KEY", "CREATED", "STATE", "MODELS")
	for _, key := range all.Data {
		t.row(key.ID, key.Name, key.Workspace, key.Hint, stamp(key.Created), state(&key, time.Now()), strings.Join(key.Models, " "))
	}
	return t.flush()
}

// state says in a word or two whether a key works.
func state(k *gateway.Key, now time.Time) string {
	switch {
	case k.Revoked != nil:
		return "revoked " + stamp(*k.Revoked)
	case !k.Usable(now):
		return "expired " + stamp(*k.Expires)
	case k.Expires != nil:
		return "until " + stamp(*k.Expires)
	}
	return "valid"
}

func (k *keyCommands) newRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID…", Short: "Revoke keys, at once and for ever", Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, ids []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var failed []error
				for _, id := range ids {
					failed = append(failed, k.revoke(cmd.Context(), c, id))
				}
				return errors.Join(failed...)
			})
		}),
	}
}

func (k *keyCommands) revoke(ctx context.Context, c *client, id string) error {
	var key gateway.Key
	if err := c.into(ctx, "DELETE", "/keys/"+url.PathEscape(id), nil, nil, &key); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, key)
	}
	_, err := fmt.Fprintf(k.env.Stdout, "revoked %s (%s)\n", key.ID, plain(key.Name))
	return err
}
