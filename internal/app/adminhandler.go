package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/vault"
)

// adminHandler is what the admin listener serves. end is called when it serves no more.
func (p *process) adminHandler() (h http.Handler, end func()) {
	ring := jwt.NewKeyring(nil, p.log) // of the issuer that signs people in
	with := &p.initial.Admin           // a change of which needs a restart
	return admin.New(admin.Config{
		Store: p.store, Spool: p.recorder, Verify: p.admin.Verify, RefreshKeys: p.follower.Refresh,
		Vault: adminVault{p}, WakeEraser: p.eraser.Wake, RefreshCredentials: p.refreshVault, Limits: p.limitStates, RefreshRaises: p.refreshRaises,
		Explain: p.explain, Replay: p.replay, Ask: p.proxy.ServeAs, Try: p.try, Diagnose: p.diagnose, Kinds: kinds, Targets: p.targets, RefreshDrains: p.drains.Refresh, Cache: adminCache{p}, RefreshPurges: p.purges.Refresh, Canaries: adminCanaries{p}, Alerting: adminAlerts{p}, Reach: p.reach,
		URL: with.URL, Session: with.Session, OIDC: with.OIDC, Keyring: ring,
		Exports: p.exports, Backups: p.backupStanding,
		Metrics: p.metrics.Handler(), Ready: p.ready, InFlight: p.proxy.InFlight,
		Document: p.standing, RefreshConfig: p.configs.Refresh,
		Snapshot: func() *catalog.Snapshot { return p.snapshot.Load() },
		Facts:    p.facts, Validate: p.validate, Version: p.opt.Version, Log: p.log,
	}), ring.Close
}

// adminVault is the vault as the admin API wants it.
type adminVault struct{ p *process }

// Unlock implements admin.Vault.
func (v adminVault) Unlock(ctx context.Context) error { return v.p.held.vault.Unlock(ctx) }

// AddCredential implements admin.Vault.
func (v adminVault) AddCredential(ctx context.Context, c gateway.Credential, secret string) (gateway.Credential, error) {
	made, err := v.p.held.vault.Add(ctx, vault.NewCredential{
		Workspace: c.Workspace, Provider: c.Provider, Name: c.Name, Weight: c.Weight, Secret: secret, Spec: v.spec(c.Provider),
	})
	return made, invalidCredential(err)
}

// Verify implements admin.Vault.
func (v adminVault) Verify(ctx context.Context, id, hash, signature string) error {
	return v.p.held.vault.Verify(ctx, id, hash, signature)
}

// ChangeCredential implements admin.Vault.
func (v adminVault) ChangeCredential(ctx context.Context, id string, name *string, weight *int, secret *string) (gateway.Credential, error) {
	c, err := v.p.held.vault.Credential(ctx, id)
	if err != nil {
		return c, err
	}
	c, err = v.p.held.vault.Update(ctx, id, vault.Change{Name: name, Weight: weight, Secret: secret, Spec: v.spec(c.Provider)})
	return c, invalidCredential(err)
}

// Secrets implements admin.Vault.
func (v adminVault) Secrets(ctx context.Context) ([]admin.Secret, error) {
	all, err := v.p.held.vault.Secrets(ctx)
	out := make([]admin.Secret, len(all))
	for i, s := range all {
		out[i] = admin.Secret{Name: s.Name, Used: slices.Contains(v.p.config.Load().Secrets, s.Name), Created: s.Created, Changed: s.Changed}
	}
	return out, err
}

// SetSecret implements admin.Vault.
func (v adminVault) SetSecret(ctx context.Context, name, value string) error {
	return invalidCredential(v.p.held.vault.SetSecret(ctx, name, value))
}

// DeleteSecret implements admin.Vault.
func (v adminVault) DeleteSecret(ctx context.Context, name string) error {
	return v.p.held.vault.DeleteSecret(ctx, name)
}

func (v adminVault) spec(name string) *provider.Spec {
	if p := v.p.snapshot.Load().Providers[name]; p != nil {
		return p.Spec
	}
	return nil
}

// invalidCredential gives what is wrong with a request to its sender.
func invalidCredential(err error) error {
	if errors.Is(err, vault.ErrInvalid) {
		return admin.Invalid("", err.Error())
	}
	return err
}

// facts tells what is known of a provider's model; the configuration goes first.
func (p *process) facts(of *provider.Provider, model string) admin.Facts {
	given := of.Models[model]
	m, _ := p.models.Find(names(of.Spec), model)
	f := admin.Facts{Context: given.Context, MaxOutput: given.MaxOutput}
	if m != nil {
		f.Name, f.Deprecated = m.Name, m.Deprecated
		if can := m.Abilities; can != nil {
			f.Abilities = &admin.Abilities{Input: append([]string{}, can.Input...), Output: append([]string{}, can.Output...), Tools: can.Tools, Reasoning: can.Reasoning}
		}
		f.Context, f.MaxOutput = cmp.Or(f.Context, m.Context), cmp.Or(f.MaxOutput, m.MaxOutput)
	}
	_, f.Price = p.models.Price(m, given.Price, &llm.Usage{InputTokens: llm.Known(0), OutputTokens: llm.Known(0)}, time.Now(), "", false)
	return f
}
