package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/vault"
)

// secretCommands are what the commands of secrets share.
type secretCommands struct {
	env  *Env
	at   place
	json bool
}

func newSecrets(env *Env) *cobra.Command {
	s := &secretCommands{env: env}
	cmd := group("secrets", "Keep secrets that sluice.yaml names as secret:NAME", s.newSet(), s.newList(), s.newDelete())
	cmd.Long = `Keep secrets in the store that the configuration names as secret:NAME, sealed as
credentials are. The commands work on the store itself (see --config and --data); a running
gateway notices within a second.`
	for _, sub := range cmd.Commands() {
		s.at.flags(sub, env)
	}
	return cmd
}

func (s *secretCommands) newSet() *cobra.Command {
	return &cobra.Command{
		Use: "set NAME", Short: "Make or replace a secret, read from the standard input", Args: cobra.ExactArgs(1),
		Long: `Make or replace a secret. It is read from the standard input, or asked for at a terminal.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return withVault(cmd.Context(), s.env, &s.at, func(o *opened) error {
				text, err := readInput(s.env)
				if err != nil {
					return err
				}
				if err := o.vault.SetSecret(cmd.Context(), args[0], text); err != nil {
					return err
				}
				_, err = fmt.Fprintf(s.env.Stdout, "set %s; the configuration names it secret:%s\n", args[0], args[0])
				return err
			})
		}),
	}
}

func (s *secretCommands) newList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List secrets; what they hold is never shown", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return withVault(cmd.Context(), s.env, &s.at, func(o *opened) error {
				list, err := o.vault.Secrets(cmd.Context())
				if err != nil {
					return err
				}
				return s.list(o, list)
			})
		}),
	}
	jsonFlag(cmd, &s.json)
	return cmd
}

func (s *secretCommands) list(o *opened, list []vault.Named) error {
	if s.json {
		return printJSON(s.env.Stdout, map[string]any{"data": list})
	}
	t := newTable(s.env.Stdout, "NAME", "IN USE", "CREATED", "CHANGED")
	for _, one := range list {
		used := "no"
		if slices.Contains(o.cfg.Secrets, one.Name) {
			used = "yes"
		}
		t.row(one.Name, used, stamp(one.Created), stamp(one.Changed))
	}
	return t.flush()
}

func (s *secretCommands) newDelete() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a secret, for ever", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return withVault(cmd.Context(), s.env, &s.at, func(o *opened) error { return s.delete(cmd.Context(), o, args[0], force) })
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "though the configuration names it: it could not be loaded again")
	return cmd
}

func (s *secretCommands) delete(ctx context.Context, o *opened, name string, force bool) error {
	if !force && slices.Contains(o.cfg.Secrets, name) {
		return errors.New("the configuration names secret:" + name + " and could not be loaded without it; change it first, or say --force")
	}
	if err := o.vault.DeleteSecret(ctx, name); err != nil {
		return notThere(err, "secret "+name)
	}
	_, err := fmt.Fprintf(s.env.Stdout, "deleted %s\n", name)
	return err
}
