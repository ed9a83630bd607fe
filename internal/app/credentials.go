package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/vault"
	"github.com/sluice-gateway/sluice/internal/whole"
)

const (
	// masterFile holds the master key unless the environment gives one.
	masterFile = "master.key"
	// credentialsCopy is what the vault held last, still sealed, for a start without the store.
	credentialsCopy = ".sluice-credentials.json"
)

// OpenVault gives the vault of a configuration's store.
func OpenVault(s *store.Store, cfg *config.Config) *vault.Vault { return vault.New(s, masterKey(cfg)) }

// MasterFile gives the file of the master key, "" when the environment gives the key.
func MasterFile(cfg *config.Config) string {
	if cfg.Bootstrap.MasterKey.IsSet() {
		return ""
	}
	return filepath.Join(cfg.DataDir, masterFile)
}

func masterKey(cfg *config.Config) seal.Source {
	if file := MasterFile(cfg); file != "" {
		return seal.File(file)
	}
	return seal.Text(cfg.Bootstrap.MasterKey.Reveal())
}

// held is what the process knows of the vault, and how it keeps up with it.
type held struct {
	vault    *vault.Vault
	source   seal.Source
	contents atomic.Pointer[vault.Contents]
	trouble  atomic.Pointer[error] // why contents may lack something; nil = they do not
	refresh  chan chan error
	version  int64 // of contents; -1 = they were not read from the store yet
}

func newHeld(s *store.Store, cfg *config.Config) *held {
	h := &held{vault: OpenVault(s, cfg), source: masterKey(cfg), refresh: make(chan chan error), version: -1}
	h.contents.Store(&vault.Contents{})
	return h
}

// secret reads what a configuration names as secret:NAME.
func (h *held) secret(name string) (value string, known bool, err error) {
	if value, known = h.contents.Load().Secrets[name]; known {
		return value, true, nil
	}
	if why := h.trouble.Load(); why != nil {
		return "", false, *why
	}
	return "", false, nil
}

// report keeps why the vault cannot be read and logs it, once for each reason.
func (h *held) report(err error, log *slog.Logger) {
	before := h.trouble.Load()
	switch {
	case err == nil && before != nil:
		h.trouble.Store(nil)
		log.Info("credentials and secrets of the store can be read again")
	case err != nil && (before == nil || (*before).Error() != err.Error()):
		h.trouble.Store(&err)
		log.Error("credentials and secrets of the store cannot be read; the known ones stay in force, and all else goes on", "error", err)
	}
}

// openVault reads what the store keeps sealed, or its last copy while the store is away,
// and then the configuration again, which may refer to it.
func (p *process) openVault(ctx context.Context, cfg *config.Config) (*config.Config, error) {
	p.held = newHeld(p.store, cfg)
	err := errors.New("the store is away")
	if p.migrated.Load() {
		_, err = p.readVault(ctx, false)
	}
	if err != nil && (!p.migrated.Load() || store.Away(err)) {
		err = p.loadVault(ctx)
	}
	p.held.report(err, p.log)
	d := p.doc.Load()
	cfg, problems := p.load(d)
	if err := problems.Err(); err != nil {
		return nil, d.named(err)
	}
	for _, w := range problems.Warnings() {
		p.log.Warn("configuration", "problem", w.Error())
	}
	p.initial = cfg
	p.begun(d, cfg)
	return cfg, nil
}

// readVault reads the vault if it changed, and says whether its contents did.
func (p *process) readVault(ctx context.Context, force bool) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	h := p.held
	version, err := h.vault.Version(ctx)
	if err != nil || version == h.version && !force {
		return false, err
	}
	before := h.contents.Load()
	now, err := h.vault.Read(ctx)
	if errors.Is(err, seal.ErrWrongMaster) { // what was revoked is so all the same
		if left, gone := h.vault.Remaining(ctx, before); gone == nil {
			h.contents.Store(left)
			return !left.Equal(before), err
		}
	}
	if err != nil {
		return false, err
	}
	for _, why := range now.Closed {
		p.log.Error("a secret of the store is not used", "error", why)
	}
	p.saveVault(ctx)
	h.contents.Store(now)
	h.version = version
	return !now.Equal(before), nil
}

// followVault keeps the credentials in force equal to the vault's until ctx ends.
func (p *process) followVault(ctx context.Context) {
	tick := time.NewTicker(follow.Every)
	defer tick.Stop()
	for {
		if err := p.pullVault(ctx, false); err != nil && ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case done := <-p.held.refresh:
			done <- p.pullVault(ctx, true)
		case <-tick.C:
		}
	}
}

// pullVault makes what changed in the vault effective.
func (p *process) pullVault(ctx context.Context, force bool) error {
	changed, err := p.readVault(ctx, force)
	if ctx.Err() == nil {
		p.held.report(err, p.log)
	}
	if !changed {
		return err
	}
	failed := p.recompose()
	if failed != nil {
		p.log.Error("the credentials of the store changed and those before stay in force", "error", failed)
	}
	return errors.Join(err, failed)
}

// refreshVault makes a change of credentials or secrets effective on this node before it
// returns; other nodes follow within a second.
func (p *process) refreshVault(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case p.held.refresh <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recompose makes the document in force effective with what the vault holds now. Where it
// refers to what cannot be read any more, it stays as it was read; credentials change all
// the same.
func (p *process) recompose() error {
	p.reloadMu.Lock()
	defer p.reloadMu.Unlock()
	cfg, problems := p.load(p.doc.Load())
	if err := problems.Err(); err != nil {
		p.log.Error("the configuration cannot be read again; what it said before stays in force", "problems", err.Error())
		cfg = p.config.Load()
	}
	if err := p.apply(cfg); err != nil {
		return err
	}
	p.log.Info("the credentials of the store changed", "providers", len(p.held.contents.Load().Credentials))
	p.retry.Store(p.refused.Load() != nil)
	return nil
}

// saveVault keeps a copy of what the vault holds, sealed as it is, beside the data.
func (p *process) saveVault(ctx context.Context) {
	b, err := p.held.vault.Copy(ctx)
	if err == nil {
		err = whole.Write(p.knownPath(credentialsCopy), whole.Private, whole.Text(b))
	}
	if err != nil {
		p.log.Warn("the copy of sealed credentials for a start without the store cannot be written", "error", err)
	}
}

// loadVault reads that copy.
func (p *process) loadVault(ctx context.Context) error {
	b, err := os.ReadFile(p.knownPath(credentialsCopy))
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("the store is away, and there is no copy of what it holds")
	}
	if err != nil {
		return fmt.Errorf("copy of credentials: %w", err)
	}
	known, err := vault.ReadCopy(ctx, b, p.held.source)
	if err == nil {
		p.held.contents.Store(known)
	}
	return err
}

// fitting gives the vault's credentials that the configured providers can use, and tells
// why others are not used.
func (p *process) fitting(cfg *config.Config) map[string][]provider.Credential {
	fit := map[string][]provider.Credential{}
	for name, list := range p.held.contents.Load().Credentials {
		configured, ok := cfg.Providers[name]
		if !ok {
			p.log.Warn("the store has credentials of a provider that is not configured", "provider", name)
			continue
		}
		for _, c := range list {
			if err := fits(name, &configured, c, &p.boxes); err != nil {
				p.log.Warn("a credential of the store is not used", "provider", name, "workspace", c.Workspace, "credential", c.Name, "error", err)
				continue
			}
			fit[name] = append(fit[name], c)
		}
	}
	return fit
}

// fits says why a provider cannot use a credential beside the configured ones.
func fits(name string, configured *config.Provider, c provider.Credential, boxes *sandboxes) error {
	if c.Workspace == "" && slices.ContainsFunc(configured.Keys(), func(k config.Credential) bool { return k.Name == c.Name }) {
		return errors.New("the configuration has a credential of the same name; rename this one")
	}
	p := buildProvider(name, configured, boxes, []provider.Credential{c})
	if err := p.Spec.CheckCredential(&c); err != nil {
		return err
	}
	if p.Spec.NewSigner == nil {
		return nil
	}
	_, err := p.Spec.NewSigner(p)
	return err
}
