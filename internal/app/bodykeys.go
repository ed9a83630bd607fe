package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/bodykey"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/store"
)

// bodyKeysFile is where keys of bodies wait, sealed, for a store that is away.
const bodyKeysFile = ".sluice-body-keys.json"

// UseBodyKeys lets a store open the bodies of calls that are kept under keys.
func UseBodyKeys(s *store.Store, cfg *config.Config, log *slog.Logger) {
	s.UseBodyKeys(bodykey.New(bodykey.Config{Store: s, Vault: OpenVault(s, cfg), Log: log}))
}

// openBodyKeys makes what seals bodies. Where they are to be sealed, a master key that does
// not open what the store has ends the start: nothing could be kept. A document that begins
// to seal them is refused then, too (take).
func (p *process) openBodyKeys(ctx context.Context, cfg *config.Config) error {
	p.bodyKeys = bodykey.New(bodykey.Config{Store: p.store, Vault: p.held.vault, File: p.knownPath(bodyKeysFile), Log: p.log})
	p.store.UseBodyKeys(p.bodyKeys)
	p.bodyKeyChanges = follow.New(follow.Source{Name: "keys of bodies", Version: p.store.BodyKeysVersion, Read: p.bodyKeys.Read}, p.log)
	if !encrypts(cfg) {
		return nil
	}
	return p.unlockBodyKeys(ctx)
}

// unlockBodyKeys finds out whether bodies can be sealed; a store that is away says nothing.
func (p *process) unlockBodyKeys(ctx context.Context) error {
	if !p.migrated.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := p.held.vault.Unlock(ctx)
	if err == nil {
		err = p.bodyKeys.Read(ctx)
	}
	if err != nil && !store.Away(err) {
		return fmt.Errorf("log.encrypt: %w", err)
	}
	return nil
}

// encrypts reports whether a gateway keeps bodies under keys.
func encrypts(cfg *config.Config) bool {
	for _, g := range cfg.Gateways {
		if g.Log.Encrypt {
			return true
		}
	}
	return false
}

// runBodyKeys stores new keys of bodies and follows those of other nodes, once the store is
// there.
func (p *process) runBodyKeys(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() { p.bodyKeys.Run(ctx) })
	p.bodyKeyChanges.Run(ctx)
}

// destroyBodyKeys destroys the keys of a workspace's bodies; this node forgets them at once,
// the others as soon as they look.
func (p *process) destroyBodyKeys(ctx context.Context, workspace string) error {
	if _, err := p.store.DestroyBodyKeys(ctx, workspace, time.Now().UTC()); err != nil {
		return err
	}
	return p.bodyKeys.Read(ctx)
}
