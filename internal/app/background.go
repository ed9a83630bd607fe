package app

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
)

// startBackground starts what runs beside the listeners until ctx ends.
func (p *process) startBackground(ctx context.Context, wg *sync.WaitGroup, cfg *config.Config) {
	wg.Go(func() { p.follow(ctx, cfg) })
	wg.Go(func() {
		record.RunRetention(ctx, p.store, p.retention, p.behind, time.Now, p.log)
	})
	wg.Go(func() { record.RunDays(ctx, p.store, time.Now, p.log) })
	wg.Go(func() { p.runSearch(ctx, cfg.Storage.Search != "off") })
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // which ends a process that does not take it
	wg.Go(func() { p.watchHangup(ctx, hup) })
	wg.Go(func() {
		if pause(ctx, 200*time.Millisecond) { // when the start is over
			leavePages()
		}
	})
	wg.Go(func() { p.keepCounters(ctx) })
	wg.Go(func() { p.followRaises(ctx) })
	wg.Go(func() { p.followDrains(ctx) })
	wg.Go(func() { p.followPurges(ctx) })
	wg.Go(func() { p.runSenses(ctx) })
	wg.Go(func() { p.followCanaries(ctx) })
	wg.Go(func() { p.followDocument(ctx) })
	wg.Go(func() { p.tellStart(ctx) })
	wg.Go(func() { p.alerts.Run(ctx) })
	wg.Go(func() { p.watchRules(ctx) })
	wg.Go(func() { p.runExports(ctx) })
	wg.Go(func() { p.runBackups(ctx) })
	wg.Go(func() { p.sweep(ctx) })
	wg.Go(func() { p.runPrivacy(ctx) })
	wg.Go(func() { p.runBodyKeys(ctx) })
	path, _ := p.opt.configPath()
	known := p.doc.Load().known()
	wg.Go(func() {
		if err := config.Watch(ctx, path, known, p.reload); err != nil {
			p.log.Warn("the configuration file is not watched; send SIGHUP after a change", "error", err)
		}
	})
}

// follow brings a store that was away at the start up to date, then follows its keys and
// credentials.
func (p *process) follow(ctx context.Context, cfg *config.Config) {
	if p.migrated.Load() || p.catchUp(ctx, cfg) {
		var both sync.WaitGroup
		defer both.Wait()
		both.Go(func() { p.followVault(ctx) })
		p.follower.Run(ctx)
	}
}

// catchUp waits for a store that was away at the start, and does what the start left
// out. It reports false when ctx ended first.
func (p *process) catchUp(ctx context.Context, cfg *config.Config) bool {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := p.store.Migrate(ctx)
		if err == nil {
			err = p.bootstrap(ctx, cfg)
		}
		switch {
		case err == nil:
			p.migrated.Store(true)
			p.log.Info("the store is back")
			return true
		case !store.Away(err) && ctx.Err() == nil:
			p.log.Error("the store cannot be used", "error", err)
		}
		if !pause(ctx, wait) {
			return false
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// retention gives how long calls are kept, by gateway and by workspace. While the store
// cannot tell of workspaces nothing of theirs goes early.
func (p *process) retention() []record.Policy {
	var out []record.Policy
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	own, err := p.store.WorkspaceRetention(ctx)
	if err != nil && !store.Away(err) {
		p.log.Warn("how long workspaces keep their calls cannot be read; the next round tries again", "error", err)
	}
	for workspace, retain := range own {
		out = append(out, record.Policy{Workspace: workspace, Retain: retain})
	}
	for name, g := range p.snapshot.Load().Gateways {
		out = append(out, record.Policy{Gateway: name, Retain: g.Log.Retain})
	}
	return out
}

func (p *process) watchHangup(ctx context.Context, hup chan os.Signal) {
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			p.reload()
		}
	}
}
