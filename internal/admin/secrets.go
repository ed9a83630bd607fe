package admin

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Secret is what may be seen of a secret that the configuration may name as secret:NAME.
type Secret struct {
	Name    string    `json:"name"`
	Used    bool      `json:"used" doc:"The configuration in force names it."`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

// SecretVault keeps the secrets that a configuration names. Its errors are those of Vault.
type SecretVault interface {
	// Secrets lists them by name.
	Secrets(ctx context.Context) ([]Secret, error)
	// SetSecret makes one, or replaces the one of that name.
	SetSecret(ctx context.Context, name, value string) error
	// DeleteSecret deletes one for ever.
	DeleteSecret(ctx context.Context, name string) error
}

// SecretList are all secrets.
type SecretList struct {
	Data []Secret `json:"data"`
	Next string   `json:"next"`
}

var secretFilters = []Param{{"force", "true: delete it though the configuration names it and could not be loaded again."}}

func (a *api) listSecrets(c *call) (SecretList, error) {
	if a.Vault == nil {
		return SecretList{}, noVault()
	}
	all, err := a.Vault.Secrets(c.ctx())
	return SecretList{Data: notNil(all)}, err
}

// SecretValue is what a secret is set to.
type SecretValue struct {
	Value string `json:"value" required:"true" doc:"The secret. It is sealed and never shown again."`
}

func (a *api) setSecret(c *call, body *SecretValue) (Secret, error) {
	if a.Vault == nil {
		return Secret{}, noVault()
	}
	if body.Value == "" {
		return Secret{}, invalid("value", "value is needed")
	}
	c.secretChanged("value")
	if err := a.Vault.SetSecret(c.ctx(), c.path["name"], body.Value); err != nil {
		return Secret{}, err
	}
	a.refresh(c.ctx(), a.RefreshCredentials, "secrets")
	return a.secret(c)
}

// secret gives the secret of the path, without what it holds.
func (a *api) secret(c *call) (Secret, error) {
	all, err := a.Vault.Secrets(c.ctx())
	if err != nil {
		return Secret{}, err
	}
	for _, s := range all {
		if s.Name == c.path["name"] {
			return s, nil
		}
	}
	return Secret{}, named(store.ErrNotFound, "secret", c.path["name"])
}

func (a *api) deleteSecret(c *call) (Secret, error) {
	if a.Vault == nil {
		return Secret{}, noVault()
	}
	force, err := c.boolean("force")
	if err != nil {
		return Secret{}, err
	}
	s, err := a.secret(c)
	if err != nil {
		return s, err
	}
	if s.Used && (force == nil || !*force) {
		return s, conflict("force", "the configuration names secret:"+s.Name+" and could not be loaded without it; change it first, or say force=true")
	}
	err = a.Vault.DeleteSecret(c.ctx(), s.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // else somebody was faster
		return s, err
	}
	a.refresh(c.ctx(), a.RefreshCredentials, "secrets")
	return s, nil
}
