package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/audit"
)

// secretCommands are what the commands of secrets share.
type secretCommands struct {
	env    *Env
	at     place
	remote remote
	json   bool
}

func newSecrets(env *Env) *cobra.Command {
	s := &secretCommands{env: env}
	cmd := group("secrets", "Keep secrets that sluice.yaml names as secret:NAME", s.newSet(), s.newList(), s.newDelete())
	cmd.Long = `Keep secrets in the store that the configuration names as secret:NAME, sealed as
credentials are. The commands work on the store itself (see --config and --data), since a
gateway may need a secret to start; a running one notices within a second. With --admin they
ask a running gateway's admin API instead.`
	s.remote.flags(cmd, env)
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
			text, err := readInput(s.env)
			if err != nil {
				return err
			}
			if err := s.set(cmd, args[0], text); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.env.Stdout, "set %s; the configuration names it secret:%s\n", args[0], args[0])
			return err
		}),
	}
}

func (s *secretCommands) set(cmd *cobra.Command, name, text string) error {
	if asksAPI(cmd) {
		return s.ask(cmd.Context(), "PUT", "/secrets/"+url.PathEscape(name), nil, admin.SecretValue{Value: strings.TrimRight(text, "\r\n")}, &admin.Secret{})
	}
	return withVault(cmd.Context(), s.env, &s.at, func(o *opened) error {
		return o.toldTogether(cmd.Context(), "secret.set", audit.Object{ID: name, Name: name}, func(ctx context.Context) error {
			return o.vault.SetSecret(ctx, name, text)
		})
	})
}

// asksAPI reports whether a gateway was named that is to be asked.
func asksAPI(cmd *cobra.Command) bool { return cmd.Flags().Changed("admin") }

func (s *secretCommands) ask(ctx context.Context, method, path string, query url.Values, body, v any) error {
	c, err := s.remote.client(s.env)
	if err != nil {
		return err
	}
	return c.into(ctx, method, path, query, body, v)
}

func (s *secretCommands) newList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List secrets; what they hold is never shown", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			var l admin.SecretList
			if asksAPI(cmd) {
				if err := s.ask(cmd.Context(), "GET", "/secrets", nil, nil, &l); err != nil {
					return err
				}
				return s.list(l)
			}
			err := withVault(cmd.Context(), s.env, &s.at, func(o *opened) error {
				list, err := o.vault.Secrets(cmd.Context())
				for _, one := range list {
					l.Data = append(l.Data, admin.Secret{Name: one.Name, Used: slices.Contains(o.cfg.Secrets, one.Name), Created: one.Created, Changed: one.Changed})
				}
				return err
			})
			if err != nil {
				return err
			}
			return s.list(l)
		}),
	}
	jsonFlag(cmd, &s.json)
	return cmd
}

func (s *secretCommands) list(l admin.SecretList) error {
	if s.json {
		l.Data = slices.Concat([]admin.Secret{}, l.Data)
		return printJSON(s.env.Stdout, l)
	}
	t := newTable(s.env.Stdout, "NAME", "IN USE", "CREATED", "CHANGED")
	for _, one := range l.Data {
		used := "no"
		if one.Used {
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
			if asksAPI(cmd) {
				query := url.Values{"force": {strconv.FormatBool(force)}}
				if err := s.ask(cmd.Context(), "DELETE", "/secrets/"+url.PathEscape(args[0]), query, nil, &admin.Secret{}); err != nil {
					return err
				}
			} else if err := withVault(cmd.Context(), s.env, &s.at, func(o *opened) error { return s.delete(cmd.Context(), o, args[0], force) }); err != nil {
				return err
			}
			_, err := fmt.Fprintf(s.env.Stdout, "deleted %s\n", args[0])
			return err
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "though the configuration names it: it could not be loaded again")
	return cmd
}

func (s *secretCommands) delete(ctx context.Context, o *opened, name string, force bool) error {
	if !force && slices.Contains(o.cfg.Secrets, name) {
		return errors.New("the configuration names secret:" + name + " and could not be loaded without it; change it first, or say --force")
	}
	return o.toldTogether(ctx, "secret.delete", audit.Object{ID: name, Name: name}, func(ctx context.Context) error {
		return notThere(o.vault.DeleteSecret(ctx, name), "secret "+name)
	})
}
