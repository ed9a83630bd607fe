package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

// apiCommands are what commands share that ask the admin API for one kind of thing.
type apiCommands struct {
	env     *Env
	remote  remote
	at      place
	offline bool
	json    bool
}

// group is a group of such commands, each of which may also work without a gateway.
func (k *apiCommands) group(name, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := group(name, short)
	k.remote.flags(cmd, k.env)
	for _, sub := range commands {
		k.at.flags(sub, k.env)
		sub.Flags().BoolVar(&k.offline, "offline", false, "work on the store itself (see --config and --data) instead of asking the admin API; a running gateway notices within a second")
		jsonFlag(sub, &k.json)
		cmd.AddCommand(sub)
	}
	return cmd
}

// with runs a function with a client of the admin API, or of the store when offline.
func (k *apiCommands) with(ctx context.Context, f func(*client) error) error {
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

// change asks for a change, reads the answer into v, and says what was done.
func (k *apiCommands) change(ctx context.Context, method, path string, body, v any, done func() string) error {
	return k.with(ctx, func(c *client) error {
		if err := c.into(ctx, method, path, nil, body, v); err != nil {
			return err
		}
		if k.json {
			return printJSON(k.env.Stdout, v)
		}
		_, err := fmt.Fprintln(k.env.Stdout, plain(done()))
		return err
	})
}

// forEach does something with each argument, whatever becomes of the others.
func forEach(args []string, do func(string) error) error {
	var failed []error
	for _, arg := range args {
		failed = append(failed, do(arg))
	}
	return errors.Join(failed...)
}

// list is a page of anything.
type list[T any] struct {
	Data []T    `json:"data"`
	Next string `json:"next"`
}

// every reads all pages of a list.
func every[T any](ctx context.Context, c *client, path string, query url.Values) ([]T, error) {
	all := []T{}
	query.Set("limit", strconv.Itoa(largestPage))
	for {
		var p list[T]
		if err := c.into(ctx, "GET", path, query, nil, &p); err != nil {
			return nil, err
		}
		if all = append(all, p.Data...); p.Next == "" {
			return all, nil
		}
		query.Set("cursor", p.Next)
	}
}

// show prints a list as JSON, or as a table whose rows the function gives.
func show[T any](k *apiCommands, all []T, heads []string, row func(*T) []string) error {
	if k.json {
		return printJSON(k.env.Stdout, list[T]{Data: all})
	}
	t := newTable(k.env.Stdout, heads...)
	for i := range all {
		t.row(row(&all[i])...)
	}
	return t.flush()
}
