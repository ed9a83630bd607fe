package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func newHealth(env *Env) *cobra.Command {
	k := newTraffic(env)
	return k.alone(&cobra.Command{
		Use: "health", Short: "Show how the gateway and its targets are, and what is drained", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error { return k.health(cmd.Context(), c) })
		}),
	})
}

func (k *trafficCommands) health(ctx context.Context, c *client) error {
	var h admin.Health
	if err := c.into(ctx, "GET", "/health", nil, nil, &h); err != nil {
		return err
	}
	if k.json {
		return printJSON(k.env.Stdout, h)
	}
	w := k.env.Stdout
	fmt.Fprintln(w, plain(strings.TrimSuffix(h.Status+": "+strings.Join(h.Problems, "; "), ": ")))
	if len(h.Targets) > 0 {
		t := newTable(w, "TARGET", "CREDENTIAL", "LEVEL", "UNTIL", "WHY", "CALLS", "FAILED", "BUSY", "FIRST", "SUCCESS")
		for i := range h.Targets {
			x := &h.Targets[i]
			t.row(x.Provider+"/"+x.Model, x.Credential, x.Level, until(x.Until), why(x), fmt.Sprint(x.Calls), fmt.Sprint(x.Failed), fmt.Sprint(x.Busy), shownMillis(x.FirstMS), fmt.Sprintf("%.0f%%", x.Success*100))
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	var d admin.DrainList
	if err := c.into(ctx, "GET", "/drains", nil, nil, &d); err != nil || len(d.Data) == 0 {
		return err
	}
	t := newTable(w, "DRAINED", "CREDENTIAL", "SINCE", "BY", "REASON")
	for _, x := range d.Data {
		t.row(drained(x.Provider, x.Model), x.Credential, stamp(x.Time), x.By, x.Reason)
	}
	return t.flush()
}

func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}

func why(t *admin.TargetHealth) string {
	if t.Status != 0 {
		return fmt.Sprintf("%s (%d)", t.Why, t.Status)
	}
	return t.Why
}

func shownMillis(ms *float64) string {
	if ms == nil {
		return ""
	}
	return fmt.Sprintf("%.0f ms", *ms)
}

func drained(provider, model string) string { return provider + "/" + cmp.Or(model, "*") }

func newDrain(env *Env) *cobra.Command {
	k := newTraffic(env)
	var body admin.NewDrain
	cmd := k.alone(&cobra.Command{
		Use: "drain PROVIDER[/MODEL]", Short: "Take a provider, a model or a credential out of use, on every node, until undrain", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			body.Provider, body.Model, _ = strings.Cut(args[0], "/")
			var d gateway.Drain
			return k.change(cmd.Context(), "PUT", "/drains", body, &d, func() string {
				return "drained " + drained(d.Provider, d.Model) + withCredential(d.Credential) + "; calls in flight go on"
			})
		}),
	})
	cmd.Flags().StringVar(&body.Credential, "credential", "", "only with this credential (`NAME`)")
	cmd.Flags().StringVar(&body.Reason, "reason", "", "why, for people")
	return cmd
}

func newUndrain(env *Env) *cobra.Command {
	k := newTraffic(env)
	var credential string
	cmd := k.alone(&cobra.Command{
		Use: "undrain PROVIDER[/MODEL]", Short: "Put back into use what was drained under exactly these names", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			query := url.Values{}
			provider, model, _ := strings.Cut(args[0], "/")
			if provider == "" {
				return &usage{errors.New("the provider is missing")}
			}
			set(query, "provider", provider)
			set(query, "model", model)
			set(query, "credential", credential)
			var d admin.Undrained
			return k.change(cmd.Context(), "DELETE", "/drains?"+query.Encode(), nil, &d, func() string {
				return "in use again: " + drained(d.Provider, d.Model) + withCredential(d.Credential)
			})
		}),
	})
	cmd.Flags().StringVar(&credential, "credential", "", "as it was drained (`NAME`)")
	return cmd
}

func withCredential(name string) string {
	if name == "" {
		return ""
	}
	return " with the credential " + name
}
