package app

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"reflect"
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
		record.RunRetention(ctx, p.store, p.retention, time.Now, p.log)
	})
	wg.Go(func() { p.watchHangup(ctx) })
	wg.Go(func() {
		if pause(ctx, time.Second) { // when the start is over
			leavePages()
		}
	})
	wg.Go(func() { p.keepCounters(ctx) })
	wg.Go(func() { p.followRaises(ctx) })
	wg.Go(func() { p.followDrains(ctx) })
	wg.Go(func() { p.followPurges(ctx) })
	wg.Go(func() { p.runSenses(ctx) })
	wg.Go(func() { p.followCanaries(ctx) })
	wg.Go(func() { p.alerts.Run(ctx) })
	wg.Go(func() { p.sweep(ctx) })
	path, _ := p.opt.configPath()
	known := p.document
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

func (p *process) retention() []record.Policy {
	var out []record.Policy
	for name, g := range p.snapshot.Load().Gateways {
		out = append(out, record.Policy{Gateway: name, Retain: g.Log.Retain})
	}
	return out
}

func (p *process) watchHangup(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
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

// reload reads the configuration again. A bad one changes nothing, and says so.
func (p *process) reload() {
	p.reloadMu.Lock()
	defer p.reloadMu.Unlock()
	document, err := p.opt.document()
	var cfg *config.Config
	var problems config.Problems
	if err == nil {
		cfg, problems = config.Load(p.source(document))
		err = problems.Err()
	}
	if err == nil {
		err = p.apply(cfg)
	}
	if err != nil {
		p.log.Error("the new configuration is refused; the one before stays in force", "problems", err.Error())
		return
	}
	for _, w := range problems.Warnings() {
		p.log.Warn("configuration", "problem", w.Error())
	}
	p.document = document
	p.recorder.Pause(cfg.Storage.Drain == "paused")
	if err := errors.Join(p.ears.dataTLS.reload(), p.ears.adminTLS.reload()); err != nil {
		p.log.Error("a certificate cannot be read; the one before stays in force", "error", err)
	}
	p.log.Info("the configuration was reloaded", "providers", len(cfg.Providers), "gateways", len(cfg.Gateways))
	for _, what := range needRestart(p.initial, cfg) {
		p.log.Warn("a changed setting takes effect at the next start only", "setting", what)
	}
}

// needRestart names changed settings that a reload cannot make effective.
func needRestart(old, now *config.Config) []string {
	var out []string
	for name, changed := range map[string]bool{
		"storage.url":   old.Storage.URL.Reveal() != now.Storage.URL.Reveal(),
		"storage.fsync": old.Storage.Fsync != now.Storage.Fsync,
		"storage.spool": old.Storage.Spool != now.Storage.Spool,
		"server.listen": old.Server.Listen != now.Server.Listen,
		"server.tls":    old.Server.TLS != now.Server.TLS,
		"server (times and sizes of connections)": old.Server.MaxHeader != now.Server.MaxHeader || old.Server.ReadHeaderTimeout != now.Server.ReadHeaderTimeout ||
			old.Server.IdleTimeout != now.Server.IdleTimeout || old.Server.HandshakeTimeout != now.Server.HandshakeTimeout || old.Server.MaxConnections != now.Server.MaxConnections,
		"admin":     !reflect.DeepEqual(old.Admin, now.Admin),
		"shared":    old.Shared.URL.Reveal() != now.Shared.URL.Reveal() || old.Shared.Prefix != now.Shared.Prefix || old.Shared.Timeout != now.Shared.Timeout,
		"telemetry": old.Telemetry != now.Telemetry,
	} {
		if changed {
			out = append(out, name)
		}
	}
	return out
}
