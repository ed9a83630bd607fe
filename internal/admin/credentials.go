package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// CredentialPage is one page of a list of credentials.
type CredentialPage struct {
	Data []gateway.Credential `json:"data"`
	Next string               `json:"next"`
}

var credentialFilters = []Param{
	{"workspace", "Credentials of this workspace."},
	{"provider", "Credentials of this provider."},
	{"name", "Exact name."},
}

func (a *api) listCredentials(c *call) (CredentialPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return CredentialPage{}, err
	}
	q := store.CredentialQuery{Providers: true, Within: c.within(), Provider: c.query.Get("provider"), Name: c.query.Get("name"), Limit: limit, Cursor: cursor}
	if workspace := c.query.Get("workspace"); workspace != "" {
		q.Workspace = &workspace
	}
	page, err := a.Store.Credentials(c.ctx(), q)
	return CredentialPage{Data: notNil(page.Credentials), Next: page.Next}, err
}

func (a *api) credentialInReach(c *call) (gateway.Credential, error) {
	k, err := a.Store.Credential(c.ctx(), c.path["id"])
	switch {
	case err != nil:
	case k.Provider == "": // a secret that the configuration names
		c.scoped, err = true, store.ErrNotFound
	default:
		err = c.in(k.Workspace)
	}
	return k, named(err, "credential", c.path["id"])
}

// NewCredential is what a provider's credential is created from.
type NewCredential struct {
	Provider  string            `json:"provider" required:"true" doc:"Whose it is, as providers are named in the configuration."`
	Name      string            `json:"name" required:"true" doc:"The alias by which callers choose it; unique within provider and workspace."`
	Workspace string            `json:"workspace" doc:"Whose calls it serves. Only a system admin may leave it out: then it serves all."`
	Weight    int               `json:"weight" doc:"Share of the calls, 1 to 1000; 1 unless given."`
	APIKey    string            `json:"api_key" doc:"The secret. It is sealed and never shown again."`
	Fields    map[string]string `json:"fields" doc:"What a cloud's credential is made of, instead of api_key."`
}

// Vault changes providers' credentials and named secrets. What is wrong with one is said by
// Invalid.
type Vault interface {
	SecretVault
	// Unlock opens the keyring, and makes one where there is none. After it, the others only write rows.
	Unlock(ctx context.Context) error
	// AddCredential seals a secret, a key or a JSON object of the parts that stand for one;
	// of c it reads workspace, provider, name and weight (0 = 1).
	AddCredential(ctx context.Context, c gateway.Credential, secret string) (gateway.Credential, error)
	// Verify checks the signature of a receipt.
	Verify(ctx context.Context, id, hash, signature string) error
	// ChangeCredential changes what is not nil.
	ChangeCredential(ctx context.Context, id string, name *string, weight *int, secret *string) (gateway.Credential, error)
}

// Invalid is an error about a field of a request, as its sender sees it.
func Invalid(field, message string) error { return invalid(field, message) }

func (a *api) createCredential(c *call, body *NewCredential) (gateway.Credential, error) {
	k := gateway.Credential{Provider: body.Provider, Name: strings.TrimSpace(body.Name), Workspace: body.Workspace, Weight: body.Weight}
	if err := c.in(k.Workspace); err != nil {
		if k.Workspace == "" {
			return k, forbidden("only a system admin makes a credential for all; name a workspace")
		}
		return k, named(err, "workspace", k.Workspace)
	}
	if err := a.knownProvider(k.Provider); err != nil {
		return k, err
	}
	secret, err := credentialSecret(body.APIKey, body.Fields)
	switch {
	case err != nil:
		return k, err
	case secret == nil:
		return k, invalid("api_key", "api_key or fields is needed")
	case a.Vault == nil:
		return k, noVault()
	}
	made, err := a.Vault.AddCredential(c.ctx(), k, *secret)
	if err != nil {
		return k, named(takenCredential(err), "workspace", k.Workspace)
	}
	a.refresh(c.ctx(), a.RefreshCredentials, "credentials")
	return made, nil
}

func takenCredential(err error) error {
	return taken(err, "name", "this provider has a credential of this name already")
}

func noVault() error {
	return &apiError{Status: http.StatusServiceUnavailable, Code: codeUnavailable, Message: "nothing here can seal a secret; a running gateway can"}
}

func (a *api) knownProvider(name string) error {
	if err := checkText("provider", name, maxName); err != nil {
		return err
	}
	if a.Snapshot == nil {
		return nil
	}
	if s := a.Snapshot(); s.Providers[name] == nil {
		return invalid("provider", "there is no provider "+strconv.Quote(name)+"; there are "+strings.Join(s.ProviderNames(), ", "))
	}
	return nil
}

// credentialSecret gives what is to be sealed: the key itself, or the fields as a JSON
// object; nil when neither is given.
func credentialSecret(key string, fields map[string]string) (*string, error) {
	switch {
	case key != "" && len(fields) > 0:
		return nil, invalid("fields", "api_key and fields are given; keep one of the two")
	case key != "":
		return &key, nil
	case len(fields) == 0:
		return nil, nil
	}
	b, err := json.Marshal(fields)
	text := string(b)
	return &text, err
}

func (a *api) getCredential(c *call) (gateway.Credential, error) { return a.credentialInReach(c) }

// CredentialChange is what may change of a credential: fields that are absent stay.
type CredentialChange struct {
	Name   *string           `json:"name,omitempty"`
	Weight *int              `json:"weight,omitempty"`
	APIKey string            `json:"api_key,omitempty" doc:"The secret instead of the one before."`
	Fields map[string]string `json:"fields,omitempty" doc:"What a cloud's credential is made of, instead of api_key."`
}

func (a *api) updateCredential(c *call, body *CredentialChange) (gateway.Credential, error) {
	k, err := a.credentialInReach(c)
	if err != nil {
		return k, err
	}
	secret, err := credentialSecret(body.APIKey, body.Fields)
	switch {
	case err != nil:
		return k, err
	case a.Vault == nil:
		return k, noVault()
	}
	if secret != nil {
		c.secretChanged("api_key")
	}
	changed, err := a.Vault.ChangeCredential(c.ctx(), k.ID, body.Name, body.Weight, secret)
	if err != nil {
		return k, named(takenCredential(err), "credential", k.ID)
	}
	a.refresh(c.ctx(), a.RefreshCredentials, "credentials")
	return changed, nil
}

func (a *api) deleteCredential(c *call) (gateway.Credential, error) {
	k, err := a.credentialInReach(c)
	if err != nil {
		return k, err
	}
	if err := a.Store.DeleteCredential(c.ctx(), k.ID); err != nil {
		return k, named(err, "credential", k.ID)
	}
	a.refresh(c.ctx(), a.RefreshCredentials, "credentials")
	return k, nil
}
