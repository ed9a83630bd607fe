package admin

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// NewKey is what a key is created from.
type NewKey struct {
	Name       string            `json:"name" required:"true" doc:"What people call it."`
	Workspace  string            `json:"workspace" doc:"Its workspace; default unless given."`
	Expires    string            `json:"expires" doc:"When it ends: a time (RFC 3339), or from now on: 30d, 12h. Never unless given."`
	OwnerKind  gateway.OwnerKind `json:"owner_kind" enum:"user,application" doc:"What it belongs to."`
	Owner      string            `json:"owner" doc:"The name of the user or application it belongs to."`
	Tags       []string          `json:"tags" doc:"Words by which conditions and people tell keys apart."`
	Gateways   []string          `json:"gateways" doc:"Gateways where it is valid, as globs; all unless given."`
	Models     []string          `json:"models" doc:"Models (provider/model) that it may use, as globs; all unless given."`
	Operations []string          `json:"operations" doc:"Operations that it may use; all unless given."`
	Networks   []string          `json:"networks" doc:"Networks (CIDR) from which it may be used; all unless given."`
	Regions    []string          `json:"regions" doc:"Regions, such as eu or us-east-1, where its calls may be served; what the gateway allows unless given."`
	Limits     json.RawMessage   `json:"limits" kind:"array" doc:"Limits of its own, written as those of a gateway in sluice.yaml."`
	Budgets    json.RawMessage   `json:"budgets" kind:"array" doc:"Budgets of its own, written as those of a gateway in sluice.yaml."`
	MaxOutput  int64             `json:"max_output" doc:"Ceiling of output tokens of calls that name none; 0 = none."`
	Metadata   json.RawMessage   `json:"metadata" kind:"object" doc:"Metadata of its calls where these bring none."`
	Subject    string            `json:"subject" doc:"Subject of the client certificate that is this key, where a gateway has auth: mtls. Only a system admin may set it."`
	Log        gateway.KeyLog    `json:"log" doc:"What is kept of its calls at most: bodies (none, metadata, full) and sample, the share of its calls whose bodies are kept, 0 to 1. The gateway's policy and the call's own wish hold beside it; the least counts."`
	Secret     string            `json:"secret" doc:"A secret to bring along, of 16 characters or more; made here unless given."`
}

// CreatedKey is a key with a new secret.
type CreatedKey struct {
	gateway.Key
	Secret string `json:"secret" doc:"Shown this once."`
}

func (a *api) createKey(c *call, body *NewKey) (CreatedKey, error) {
	workspace := body.Workspace
	if workspace == "" {
		workspace = gateway.DefaultWorkspace
	}
	if err := c.in(workspace); err != nil {
		return CreatedKey{}, named(err, "workspace", workspace)
	}
	k, err := body.key(a.now())
	if err != nil {
		return CreatedKey{}, err
	}
	if k.Subject != "" && !c.who.admin {
		return CreatedKey{}, foreignSubject()
	}
	k.Workspace = workspace
	secret, err := a.newSecret(body.Secret)
	if err != nil {
		return CreatedKey{}, err
	}
	k.Hint, k.Hash = auth.Hint(secret), gateway.HashKey(secret)
	err = a.Store.CreateKey(c.ctx(), k)
	if errors.Is(err, store.ErrNotFound) {
		return CreatedKey{}, invalid("workspace", "there is no workspace "+strconv.Quote(k.Workspace)+"; create it first")
	}
	if err != nil {
		return CreatedKey{}, a.takenKey(c, err, &k)
	}
	a.refreshKeys(c.ctx())
	return CreatedKey{Key: shown(k), Secret: secret}, nil
}

// newSecret gives the secret that was brought along, or makes one.
func (a *api) newSecret(brought string) (string, error) {
	switch {
	case brought == "":
		return auth.NewSecret(auth.SecretPrefix), nil
	case strings.HasPrefix(brought, TokenPrefix), strings.HasPrefix(brought, sessionPrefix), a.Verify(brought):
		return "", invalid("secret", "this opens the admin API, so it cannot be a key too")
	}
	return brought, checkSecret(brought)
}

// takenKey says whether it is the secret or the subject that another key has.
func (a *api) takenKey(c *call, err error, k *gateway.Key) error {
	if k.Subject != "" && errors.Is(err, store.ErrExists) {
		same, failed := a.Store.Keys(c.ctx(), store.KeyQuery{Subject: k.Subject, Limit: 1})
		if failed == nil && len(same.Keys) > 0 && same.Keys[0].ID != k.ID {
			return conflict("subject", "another key has this subject")
		}
	}
	return taken(err, "secret", "a key with this secret exists already")
}

// foreignSubject: what a certificate's subject means is the same in all workspaces, so
// that one must not take another's.
func foreignSubject() error {
	return forbidden("only a system admin may say which certificate a key is")
}

// key checks the request and gives the key without its secret and workspace.
func (n *NewKey) key(now time.Time) (gateway.Key, error) {
	k := gateway.Key{Created: now, OwnerKind: n.OwnerKind, Gateways: n.Gateways, Models: n.Models, Operations: n.Operations, Tags: n.Tags, Regions: n.Regions, MaxOutput: n.MaxOutput, Log: n.Log}
	k.Name, k.Owner, k.Subject = strings.TrimSpace(n.Name), strings.TrimSpace(n.Owner), auth.Subject(n.Subject)
	if err := checkKey(&k); err != nil {
		return k, err
	}
	var err error
	if k.Networks, err = networks(n.Networks); err != nil {
		return k, err
	}
	if k.Expires, err = expiry(n.Expires, now); err != nil {
		return k, err
	}
	if k.Metadata, err = checkMetadata(n.Metadata); err != nil {
		return k, err
	}
	if k.Limits, err = keyRules(nil, n.Limits, n.Budgets); err != nil {
		return k, err
	}
	if err := checkSecret(n.Secret); err != nil {
		return k, err
	}
	k.ID, err = newID("key_")
	return k, err
}

// checkKey checks what stands in a key as it was written.
func checkKey(k *gateway.Key) error {
	if err := checkText("name", k.Name, maxName); err != nil {
		return err
	}
	switch {
	case k.OwnerKind != "" && k.OwnerKind != gateway.OwnedByUser && k.OwnerKind != gateway.OwnedByApplication:
		return invalid("owner_kind", "owner_kind is user or application")
	case k.OwnerKind != "" && k.Owner == "":
		return invalid("owner", "owner is needed beside owner_kind")
	case k.Log.Bodies != "" && !slices.Contains(catalog.BodiesPolicies(), k.Log.Bodies):
		return invalid("log", "log.bodies is none, metadata or full")
	case k.Log.Sample != nil && !(*k.Log.Sample >= 0 && *k.Log.Sample <= 1):
		return invalid("log", "log.sample is a number from 0 to 1")
	case k.MaxOutput < 0:
		return invalid("max_output", "max_output is a number of tokens, 0 = none")
	}
	for _, text := range []struct{ field, value string }{{"owner", k.Owner}, {"subject", k.Subject}} {
		if err := checkText(text.field, text.value, maxName); text.value != "" && err != nil {
			return err
		}
	}
	return errors.Join(checkPatterns("tags", k.Tags), checkPatterns("gateways", k.Gateways), checkPatterns("models", k.Models), checkRegions(k.Regions), checkOperations(k.Operations))
}
