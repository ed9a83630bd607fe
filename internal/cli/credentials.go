package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/vault"
)

// credentialCommands are what the commands of credentials share.
type credentialCommands struct {
	env  *Env
	at   place
	json bool
}

func newCredentials(env *Env) *cobra.Command {
	c := &credentialCommands{env: env}
	cmd := group("credentials", "Keep providers' credentials in the store, sealed",
		c.newAdd(), c.newList(), c.newUpdate(), c.newRemove(), c.newRotateData(), c.newRotateMaster())
	cmd.Long = `Keep providers' credentials in the store. Each is sealed under a data key, and that under
the master key: SLUICE_MASTER_KEY, or the file master.key in the data directory, which is
made when it is first needed. Keep a copy of it apart from the store: without it nothing
opens. The commands work on the store itself (see --config and --data); a running gateway
notices within a second.`
	for _, sub := range cmd.Commands() {
		c.at.flags(sub, env)
	}
	return cmd
}

func (c *credentialCommands) newAdd() *cobra.Command {
	n := vault.NewCredential{}
	var field string
	cmd := &cobra.Command{
		Use: "add PROVIDER ALIAS", Short: "Add a credential, read from the standard input", Args: cobra.ExactArgs(2),
		Long: `Add a credential. The secret is read from the standard input, or asked for at a terminal: a
key, or a JSON object of what stands for one where the kind of provider takes parts.`,
		Example: `  sluice credentials add openai main < key.txt
  sluice credentials add openai theirs --workspace acme --weight 2 < key.txt
  echo '{"access_key_id":"…","secret_access_key":"…"}' | sluice credentials add bedrock main
  sluice credentials add vertex main --field service_account < service-account.json`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.Provider, n.Name = args[0], args[1]
			return withVault(cmd.Context(), c.env, &c.at, func(o *opened) error {
				return o.told(cmd.Context(), "credential.create", audit.Object{Name: n.Name}, func() error { return c.add(cmd.Context(), o, n, field) })
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Workspace, "workspace", "", "whose callers alone may use it (default: all may)")
	f.IntVar(&n.Weight, "weight", 1, "its share of the calls, relative to the others")
	f.StringVar(&field, "field", "", "the standard input is this part of a credential, such as service_account")
	jsonFlag(cmd, &c.json)
	return cmd
}

func (c *credentialCommands) add(ctx context.Context, o *opened, n vault.NewCredential, field string) error {
	var err error
	if n.Spec, err = o.spec(n.Provider); err != nil {
		return err
	}
	if n.Workspace == "" {
		if err := o.free(n.Provider, n.Name); err != nil {
			return err
		}
	}
	if n.Secret, err = readCredential(c.env, field); err != nil {
		return err
	}
	made, err := o.vault.Add(ctx, n)
	switch {
	case errors.Is(err, store.ErrExists):
		return fmt.Errorf("the provider %s has a credential %s there already; change it with: sluice credentials update", n.Provider, n.Name)
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no workspace %s", n.Workspace)
	case err != nil:
		return err
	}
	return c.show(made, "added")
}

// show tells of one credential that was changed.
func (c *credentialCommands) show(made gateway.Credential, what string) error {
	if c.json {
		return printJSON(c.env.Stdout, made)
	}
	_, err := fmt.Fprintf(c.env.Stdout, "%s %s (%s %s)\n", what, made.ID, plain(made.Provider), plain(made.Name))
	return err
}

func (c *credentialCommands) newList() *cobra.Command {
	var workspace, of string
	cmd := &cobra.Command{
		Use: "list", Short: "List credentials; secrets are never shown", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return withVault(cmd.Context(), c.env, &c.at, func(o *opened) error {
				var in *string
				if cmd.Flags().Changed("workspace") {
					in = &workspace
				}
				list, err := o.vault.List(cmd.Context(), in, of)
				if err != nil {
					return err
				}
				return c.list(list)
			})
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "those of this workspace; --workspace= lists the shared ones")
	cmd.Flags().StringVar(&of, "provider", "", "those of this provider")
	jsonFlag(cmd, &c.json)
	return cmd
}

func (c *credentialCommands) list(list []gateway.Credential) error {
	if c.json {
		return printJSON(c.env.Stdout, map[string]any{"data": slices.Concat([]gateway.Credential{}, list)})
	}
	t := newTable(c.env.Stdout, "ID", "PROVIDER", "ALIAS", "WORKSPACE", "WEIGHT", "SECRET", "CHANGED")
	for _, one := range list {
		workspace := one.Workspace
		if workspace == "" {
			workspace = "(all)"
		}
		t.row(one.ID, one.Provider, one.Name, workspace, strconv.Itoa(one.Weight), one.Hint, stamp(one.Changed))
	}
	return t.flush()
}

func (c *credentialCommands) newUpdate() *cobra.Command {
	var name, field string
	var weight int
	var secret bool
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change a credential's alias, weight or secret", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			var ch vault.Change
			if cmd.Flags().Changed("alias") {
				ch.Name = &name
			}
			if cmd.Flags().Changed("weight") {
				ch.Weight = &weight
			}
			if ch == (vault.Change{}) && !secret {
				return &usage{errors.New("nothing to change: give --alias, --weight or --secret")}
			}
			return withVault(cmd.Context(), c.env, &c.at, func(o *opened) error {
				return o.told(cmd.Context(), "credential.update", audit.Object{ID: args[0]}, func() error {
					return c.update(cmd.Context(), o, args[0], ch, secret, field)
				})
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&name, "alias", "", "its new alias")
	f.IntVar(&weight, "weight", 1, "its new weight")
	f.BoolVar(&secret, "secret", false, "replace the secret by the standard input")
	f.StringVar(&field, "field", "", "with --secret, as in add")
	jsonFlag(cmd, &c.json)
	return cmd
}

func (c *credentialCommands) update(ctx context.Context, o *opened, id string, ch vault.Change, secret bool, field string) error {
	is, err := o.vault.Credential(ctx, id)
	if err != nil {
		return notThere(err, "credential "+id)
	}
	if ch.Name != nil && is.Workspace == "" {
		if err := o.free(is.Provider, *ch.Name); err != nil {
			return err
		}
	}
	if secret {
		text, err := readCredential(c.env, field)
		if err != nil {
			return err
		}
		ch.Secret = &text
		if p, ok := o.cfg.Providers[is.Provider]; ok {
			ch.Spec, _ = all.Lookup(p.Kind)
		}
	}
	is, err = o.vault.Update(ctx, id, ch)
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("the provider %s has a credential %s there already", is.Provider, is.Name)
	}
	if err != nil {
		return notThere(err, "credential "+id)
	}
	return c.show(is, "changed")
}

func notThere(err error, what string) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no %s", what)
	}
	return err
}

func (c *credentialCommands) newRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID…", Short: "Remove credentials, for ever", Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, ids []string) error {
			return withVault(cmd.Context(), c.env, &c.at, func(o *opened) error {
				var failed []error
				for _, id := range ids {
					err := o.toldTogether(cmd.Context(), "credential.delete", audit.Object{ID: id}, func(ctx context.Context) error {
						return o.vault.Remove(ctx, id)
					})
					if err != nil {
						failed = append(failed, notThere(err, "credential "+id))
						continue
					}
					fmt.Fprintf(c.env.Stdout, "removed %s\n", id)
				}
				return errors.Join(failed...)
			})
		}),
	}
}

func (c *credentialCommands) newRotateData() *cobra.Command {
	return &cobra.Command{
		Use: "rotate-data", Short: "Make a new data key and seal everything anew under it", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return withVault(cmd.Context(), c.env, &c.at, func(o *opened) error {
				n := 0
				err := o.told(cmd.Context(), "data_key.rotate", audit.Object{}, func() (err error) {
					n, err = o.vault.RotateData(cmd.Context())
					return err
				})
				if err == nil {
					_, err = fmt.Fprintf(c.env.Stdout, "a new data key is in use; sealed anew: %s\n", number(n, "secret"))
				}
				return err
			})
		}),
	}
}

func (c *credentialCommands) newRotateMaster() *cobra.Command {
	var finish bool
	cmd := &cobra.Command{
		Use: "rotate-master", Short: "Replace the master key", Args: cobra.NoArgs,
		Long: `Replace the master key in two steps, without stopping any gateway.

The first makes a new key in front of the old one in master.key, or takes the one that you
put in front of the old one in SLUICE_MASTER_KEY (NEW,OLD); either opens what is sealed
from then on. Give the new one to every node. The second step, --finish, makes the old one
useless and takes it out of master.key.`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return withVault(cmd.Context(), c.env, &c.at, func(o *opened) error {
				action := "master_key.rotate"
				if finish {
					action = "master_key.forget"
				}
				return o.told(cmd.Context(), action, audit.Object{}, func() error { return c.rotateMaster(cmd.Context(), o, finish) })
			})
		}),
	}
	cmd.Flags().BoolVar(&finish, "finish", false, "the second step")
	return cmd
}

func (c *credentialCommands) rotateMaster(ctx context.Context, o *opened, finish bool) error {
	file := o.masterFile
	if finish {
		err := o.vault.ForgetMasters(ctx)
		if err == nil && file != "" {
			err = seal.TrimFile(file)
		}
		if err == nil {
			_, err = fmt.Fprintln(c.env.Stdout, "the old master key opens nothing any more")
		}
		return err
	}
	if file != "" {
		if err := o.vault.AdoptMaster(ctx); err != nil { // makes the file where there is none, and tells a wrong one
			return err
		}
		if err := seal.RotateFile(file); err != nil {
			return err
		}
	} else if !o.replacing() {
		return &usage{errors.New("put the new key in front of the old one in " + config.EnvMasterKey + ", with a comma between, and run this again")}
	}
	if err := o.vault.AdoptMaster(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.env.Stdout, "the new master key opens everything, and the old one still does; when every node has the new one, run: sluice credentials rotate-master --finish")
	return err
}

// spec gives the kind of a provider, which may be one that the store alone knows.
func (o *opened) spec(name string) (*provider.Spec, error) {
	kind := name
	if p, ok := o.cfg.Providers[name]; ok {
		kind = p.Kind
	}
	if spec, ok := all.Lookup(kind); ok {
		return spec, nil
	}
	return nil, fmt.Errorf("no provider %q is configured, and no kind is called so; add it under providers first", name)
}

// free says that a configured credential has a name already.
func (o *opened) free(of, name string) error {
	p := o.cfg.Providers[of]
	if slices.ContainsFunc(p.Keys(), func(k config.Credential) bool { return k.Name == name }) {
		return fmt.Errorf("the configuration has a credential %s of the provider %s; choose another alias", name, of)
	}
	return nil
}
