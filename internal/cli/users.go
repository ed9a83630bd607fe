package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// userCommands are what the commands of users share.
type userCommands struct{ apiCommands }

func newUsers(env *Env) *cobra.Command {
	k := &userCommands{apiCommands{env: env}}
	return k.group("users", "Create, list, change and delete people who log in", k.newCreate(), k.newList(), k.newUpdate(),
		k.newState("disable", "Let users log in no more; their tokens open nothing", true), k.newState("enable", "Undo disable", false), k.newDelete())
}

func (k *userCommands) newCreate() *cobra.Command {
	var n admin.NewUser
	var passwordFile string
	var sso bool
	cmd := &cobra.Command{
		Use: "create EMAIL", Short: "Create a user and print the password, this once", Args: cobra.ExactArgs(1),
		Long: `Create a user. A password is made and printed alone on the standard output, this once,
unless one is brought along.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n.Email = args[0]
			made := ""
			switch {
			case sso && passwordFile != "":
				return &usage{errors.New("--sso and --password-file are given; keep one of the two")}
			case sso:
			case passwordFile != "":
				var err error
				if n.Password, err = k.readPassword(passwordFile); err != nil {
					return err
				}
			default:
				made = auth.NewSecret("")[:24]
				n.Password = made
			}
			return k.with(cmd.Context(), func(c *client) error { return k.create(cmd.Context(), c, &n, made) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Name, "name", "", "what people call him or her (default: the address)")
	f.BoolVar(&n.Admin, "admin", false, "an admin of the whole system")
	f.StringVar(&passwordFile, "password-file", "", "bring a password along, read from this `FILE` (- = standard input)")
	f.BoolVar(&sso, "sso", false, "no password: single sign-on alone lets the user in")
	return cmd
}

func (k *userCommands) create(ctx context.Context, c *client, n *admin.NewUser, made string) error {
	var u gateway.User
	if err := c.into(ctx, "POST", "/users", nil, n, &u); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, struct {
			gateway.User
			Password string `json:"password,omitempty"`
		}{u, made})
	}
	if made == "" {
		_, err := fmt.Fprintf(k.env.Stdout, "created %s (%s)\n", u.ID, plain(u.Email))
		return err
	}
	fmt.Fprintf(k.env.Stderr, "Created %s (%s). The password, shown this once:\n", u.ID, plain(u.Email))
	_, err := fmt.Fprintln(k.env.Stdout, made)
	return err
}

// readPassword reads the first line of a file.
func (k *apiCommands) readPassword(file string) (string, error) {
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
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSuffix(line, "\r"); err == nil && line == "" {
		err = errors.New("--password-file is empty")
	}
	return line, err
}

func (k *userCommands) newList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List users, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				all, err := every[gateway.User](cmd.Context(), c, "/users", url.Values{})
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"ID", "EMAIL", "NAME", "CREATED", "STATE"}, func(u *gateway.User) []string {
					return []string{u.ID, u.Email, u.Name, stamp(u.Created), userState(u)}
				})
			})
		}),
	}
}

func userState(u *gateway.User) string {
	switch {
	case u.Disabled != nil:
		return "disabled " + stamp(*u.Disabled)
	case u.Admin:
		return "admin"
	}
	return "valid"
}

// id gives the id of a user who is named by it or by address.
func (k *userCommands) id(ctx context.Context, name string) (id string, err error) {
	if !strings.Contains(name, "@") {
		return name, nil
	}
	err = k.with(ctx, func(c *client) error {
		var found list[gateway.User]
		if err := c.into(ctx, "GET", "/users", url.Values{"email": {name}}, nil, &found); err != nil {
			return err
		}
		if len(found.Data) == 0 {
			return fmt.Errorf("there is no user %s", name)
		}
		id = found.Data[0].ID
		return nil
	})
	return id, err
}

func (k *userCommands) patch(ctx context.Context, name string, body any, done string) error {
	id, err := k.id(ctx, name)
	if err != nil {
		return err
	}
	var u gateway.User
	return k.change(ctx, "PATCH", "/users/"+url.PathEscape(id), body, &u, func() string { return done + " " + u.ID + " (" + u.Email + ")" })
}

func (k *userCommands) newUpdate() *cobra.Command {
	var email, name, passwordFile string
	var isAdmin bool
	cmd := &cobra.Command{
		Use: "update ID|EMAIL", Short: "Change a user; what is not given stays", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			body := map[string]any{}
			for flag, value := range map[string]any{"email": email, "name": name, "admin": isAdmin} {
				if cmd.Flags().Changed(flag) {
					body[flag] = value
				}
			}
			if passwordFile != "" {
				password, err := k.readPassword(passwordFile)
				if err != nil {
					return err
				}
				body["password"] = password
			}
			if len(body) == 0 {
				return &usage{errors.New("nothing is to be changed; see --help")}
			}
			return k.patch(cmd.Context(), args[0], body, "changed")
		}),
	}
	f := cmd.Flags()
	f.StringVar(&email, "email", "", "another address")
	f.StringVar(&name, "name", "", "what people call him or her")
	f.BoolVar(&isAdmin, "admin", false, "an admin of the whole system; --admin=false: no more")
	f.StringVar(&passwordFile, "password-file", "", "another password, read from this `FILE` (- = standard input); ends all sessions")
	return cmd
}

func (k *userCommands) newState(verb, short string, disabled bool) *cobra.Command {
	return &cobra.Command{
		Use: verb + " ID|EMAIL…", Short: short, Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, names []string) error {
			return forEach(names, func(name string) error {
				return k.patch(cmd.Context(), name, map[string]any{"disabled": disabled}, verb+"d")
			})
		}),
	}
}

func (k *userCommands) newDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID|EMAIL…", Short: "Delete users with their memberships and tokens", Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, names []string) error {
			return forEach(names, func(name string) error {
				id, err := k.id(cmd.Context(), name)
				if err != nil {
					return err
				}
				var u gateway.User
				return k.change(cmd.Context(), "DELETE", "/users/"+url.PathEscape(id), nil, &u, func() string { return "deleted " + u.ID + " (" + u.Email + ")" })
			})
		}),
	}
}
