package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// keyRights are the flags of what may be said at a key's creation and later.
type keyRights struct {
	expires, ownerKind, owner, subject                    string
	tags, gateways, models, operations, networks, regions []string
	limits, budgets, metadata                             string
	maxOutput                                             int64
	logBodies, logSample                                  string
}

func (r *keyRights) flags(f *pflag.FlagSet, never, all string) {
	f.StringVar(&r.expires, "expires", "", "when it ends: 2030-01-31T12:00:00Z, or from now on: 30d ("+never+")")
	f.StringVar(&r.ownerKind, "owner-kind", "", "user or application")
	f.StringVar(&r.owner, "owner", "", "the name of the user or application it belongs to")
	f.StringSliceVar(&r.tags, "tag", nil, "words by which conditions and people tell keys apart")
	f.StringSliceVar(&r.gateways, "gateway", nil, "gateways where it is valid, as globs ("+all+")")
	f.StringSliceVar(&r.models, "model", nil, "models it may use, as globs over provider/model ("+all+")")
	f.StringSliceVar(&r.operations, "operation", nil, "operations it may use ("+all+")")
	f.StringSliceVar(&r.networks, "network", nil, "networks from which it may be used, as 10.0.0.0/8 ("+all+")")
	f.StringSliceVar(&r.regions, "regions", nil, "regions where its calls may be served, as eu,us-east-1 ("+all+")")
	f.StringVar(&r.limits, "limits", "", `limits of its own, a JSON list as in sluice.yaml: [{"requests":"100/1m"}]`)
	f.StringVar(&r.budgets, "budgets", "", `budgets of its own, a JSON list as in sluice.yaml: [{"cost":"5.00/month"}]`)
	f.Int64Var(&r.maxOutput, "max-output", 0, "ceiling of output tokens of calls that name none")
	f.StringVar(&r.metadata, "metadata", "", "metadata of its calls where these bring none, a JSON object")
	f.StringVar(&r.logBodies, "log-bodies", "", "what is kept of its calls at most: none, metadata or full (default: what the gateway says)")
	f.StringVar(&r.logSample, "log-sample", "", "share of its calls whose bodies are kept, 0 to 1 (default: what the gateway says)")
	f.StringVar(&r.subject, "subject", "", "subject of the client certificate that is this key, where a gateway has auth: mtls")
}

// check refuses what could not even be sent.
func (r *keyRights) check() error {
	for _, text := range []struct{ flag, value, such string }{
		{"--metadata", r.metadata, "a JSON object"}, {"--limits", r.limits, "a JSON list"}, {"--budgets", r.budgets, "a JSON list"},
	} {
		if text.value != "" && !json.Valid([]byte(text.value)) {
			return &usage{errors.New(text.flag + " must be " + text.such)}
		}
	}
	if r.logSample != "" {
		if _, err := strconv.ParseFloat(r.logSample, 64); err != nil {
			return &usage{errors.New("--log-sample must be a number from 0 to 1")}
		}
	}
	return nil
}

// log gives what is kept of a key's calls; check has been asked.
func (r *keyRights) log() gateway.KeyLog {
	is := gateway.KeyLog{Bodies: r.logBodies}
	if share, err := strconv.ParseFloat(r.logSample, 64); err == nil {
		is.Sample = &share
	}
	return is
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

func (r *keyRights) to(n *admin.NewKey) {
	n.Expires, n.OwnerKind, n.Owner, n.Subject, n.MaxOutput = r.expires, gateway.OwnerKind(r.ownerKind), r.owner, r.subject, r.maxOutput
	n.Tags, n.Gateways, n.Models, n.Operations, n.Networks, n.Regions = r.tags, r.gateways, r.models, r.operations, r.networks, r.regions
	n.Limits, n.Budgets, n.Metadata, n.Log = raw(r.limits), raw(r.budgets), raw(r.metadata), r.log()
}

// changes gives the flags that were set, by the API's names.
func (r *keyRights) changes(f *pflag.FlagSet, name string) map[string]any {
	body := map[string]any{}
	for _, c := range []struct {
		flag, field string
		value       any
	}{
		{"name", "name", name}, {"expires", "expires", r.expires}, {"owner-kind", "owner_kind", r.ownerKind}, {"owner", "owner", r.owner}, {"subject", "subject", r.subject},
		{"tag", "tags", texts(r.tags)}, {"gateway", "gateways", texts(r.gateways)}, {"model", "models", texts(r.models)},
		{"operation", "operations", texts(r.operations)}, {"network", "networks", texts(r.networks)}, {"regions", "regions", texts(r.regions)},
		{"limits", "limits", raw(r.limits)}, {"budgets", "budgets", raw(r.budgets)}, {"metadata", "metadata", raw(r.metadata)}, {"max-output", "max_output", r.maxOutput},
	} {
		if f.Changed(c.flag) {
			body[c.field] = c.value
		}
	}
	kept := r.log()
	if f.Changed("log-bodies") || f.Changed("log-sample") {
		change := admin.KeyLogChange{Sample: kept.Sample}
		if f.Changed("log-bodies") {
			change.Bodies = &kept.Bodies
		}
		body["log"] = change
	}
	return body
}

// texts is a list that is never null: --tag= takes all tags away.
func texts(all []string) []string { return append([]string{}, all...) }

func (k *keyCommands) newUpdate() *cobra.Command {
	var rights keyRights
	var name string
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change a key; what is not given stays", Args: cobra.ExactArgs(1),
		Long: `Change a key. What is not given stays; an empty list, as in --tag=, takes all away, and
--limits and --budgets replace all of them ([] = none).`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			body := rights.changes(cmd.Flags(), name)
			switch err := rights.check(); {
			case err != nil:
				return err
			case len(body) == 0:
				return &usage{errors.New("nothing is to be changed; see --help")}
			}
			var key gateway.Key
			return k.change(cmd.Context(), "PATCH", "/keys/"+url.PathEscape(args[0]), body, &key, func() string { return "changed " + key.ID + " (" + key.Name + ")" })
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "what people call it")
	rights.flags(cmd.Flags(), "empty: never", "empty: all")
	return cmd
}

func (k *keyCommands) newRotate() *cobra.Command {
	var grace time.Duration
	var secretFile string
	cmd := &cobra.Command{
		Use: "rotate ID", Short: "Give a key a new secret and print it, this once", Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			secret, err := k.readSecret(secretFile)
			if err != nil {
				return err
			}
			body := admin.Rotation{GraceSeconds: int64(grace / time.Second), Secret: secret}
			return k.with(cmd.Context(), func(c *client) error {
				var made admin.CreatedKey
				if err := c.into(cmd.Context(), "POST", "/keys/"+url.PathEscape(args[0])+"/rotate", nil, body, &made); err != nil {
					return err
				}
				if made.OldUntil != nil && !k.json {
					fmt.Fprintf(k.env.Stderr, "The secret before stays valid until %s.\n", stamp(*made.OldUntil))
				}
				return k.showSecret("Rotated", &made)
			})
		}),
	}
	cmd.Flags().DurationVar(&grace, "grace", 0, "how long the secret before stays valid too, as 24h (default: it ends at once)")
	cmd.Flags().StringVar(&secretFile, "secret-file", "", "bring a secret along, read from this `FILE` (- = standard input), instead of having one made")
	return cmd
}

// newState is a command that puts keys into a state.
func (k *keyCommands) newState(verb, short, method, suffix, done string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " ID…", Short: short, Args: cobra.MinimumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, ids []string) error {
			return forEach(ids, func(id string) error {
				var key gateway.Key
				return k.change(cmd.Context(), method, "/keys/"+url.PathEscape(id)+suffix, nil, &key, func() string { return done + " " + key.ID + " (" + key.Name + ")" })
			})
		}),
	}
}
