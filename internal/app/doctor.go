package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
)

// diagnose looks for what is commonly wrong with this running gateway.
func (p *process) diagnose(ctx context.Context) []doctor.Finding {
	cfg := p.config.Load()
	var refused []string
	if r := p.refused.Load(); r != nil {
		refused = append(refused, r.message)
	}
	checks := append(append(p.checks(cfg), p.receiverChecks()...), p.backupCheck(), doctor.Document("", refused, nil), doctor.SpoolCheck(func() (doctor.Spool, error) {
		s := p.recorder.Stats()
		return doctor.Spool{
			Depth: s.Depth, Bytes: s.Bytes, Max: int64(cfg.Storage.Spool.Max), Oldest: s.Oldest, Away: s.StoreAway, Failing: s.DiskFailing,
			Paused: cfg.Storage.Drain == "paused", Bad: s.Bad, DroppedBodies: s.DroppedBodies, LockedBodies: s.LockedBodies,
		}, nil
	}, time.Now))
	return doctor.Run(ctx, checks)
}

// Diagnose looks for what would be wrong with a gateway that Serve started with these
// options. It starts none, and leaves nothing behind.
func Diagnose(ctx context.Context, o Options) []doctor.Finding {
	o.fill()
	p := &process{opt: o, keys: &auth.Keys{}, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	path, _ := o.configPath()
	d, err := o.readFile()
	if err != nil {
		return doctor.Run(ctx, append(p.machine(&config.Config{DataDir: o.DataDir}), doctor.Document(path, []string{err.Error()}, nil)))
	}
	src := o.source()
	src.Data = d.text
	cfg, problems := config.Load(src)
	if cfg != nil {
		defer func() {
			_ = p.closeStore() // nothing was written
		}()
		cfg, problems, err = p.study(ctx, cfg, d)
	}
	bad, warnings := parted(problems)
	if err != nil {
		bad = append(bad, err.Error())
	}
	document := doctor.Document(path, bad, warnings)
	if cfg == nil {
		return doctor.Run(ctx, append(p.machine(&config.Config{DataDir: o.DataDir}), document))
	}
	checks := append(p.checks(cfg), document,
		doctor.Port("data plane", cfg.Server.Listen, cfg.Server.TLS.Enabled()), doctor.Port("admin listener", cfg.Admin.Listen, cfg.Admin.TLS.Enabled()),
		doctor.SpoolCheck(func() (doctor.Spool, error) { return spoolOf(&cfg.Storage.Spool) }, time.Now))
	found := doctor.Run(ctx, checks)
	if p.proxy != nil {
		p.proxy.Close()
	}
	return found
}

// parted parts problems into those that forbid to run and others.
func parted(all config.Problems) (bad, warnings []string) {
	for _, one := range all {
		if one.Warning {
			warnings = append(warnings, one.Error())
		} else {
			bad = append(bad, one.Error())
		}
	}
	return bad, warnings
}

// study makes as much of a process as trying providers needs, with what the store has: the
// document, credentials and secrets. A store that needs a migration is not read.
func (p *process) study(ctx context.Context, cfg *config.Config, d *document) (*config.Config, config.Problems, error) {
	var problems config.Problems
	p.storeURL = cfg.Storage.URL.Reveal()
	s, err := store.Open(ctx, p.storeURL, store.WithoutSearch(), store.RollUp(cfg.Storage.RollupMetadata...))
	if err != nil {
		return cfg, nil, err
	}
	p.store, p.held = s, newHeld(s, cfg)
	if p.current(ctx) && s.Migrate(ctx) == nil { // which has nothing to do
		if d.file == "" {
			if newest, err := p.newest(ctx); err == nil {
				d = newest
			}
		}
		if contents, err := p.held.vault.Read(ctx); err == nil {
			p.held.contents.Store(contents)
		}
	}
	loaded, problems := p.load(d)
	if loaded == nil {
		return nil, problems, nil
	}
	return loaded, problems, p.sketch(loaded)
}

// current reports whether the store has the schema of this binary, and is whole.
func (p *process) current(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	l, err := p.store.Look(ctx)
	return err == nil && l.Schema == l.Known && !l.Half
}

// sketch makes a data plane that only tries providers.
func (p *process) sketch(cfg *config.Config) (err error) {
	if p.models, err = account.Load(); err != nil {
		return err
	}
	p.proxy = proxy.New(proxy.Config{Dialects: Dialects(), Keys: p.keys, Catalogue: p.models, Recorder: recorder{}, Limits: limit.NewMemory(limit.MemoryOptions{}), Log: p.log})
	s := Snapshot(cfg, p.models, &p.boxes, p.fitting(cfg))
	if err := p.proxy.Swap(s); err != nil {
		return err
	}
	p.config.Store(cfg)
	p.snapshot.Store(s)
	return nil
}

// machine are the checks that need hardly any configuration.
func (p *process) machine(cfg *config.Config) []doctor.Check {
	dir := cmp.Or(cfg.DataDir, ".")
	return []doctor.Check{
		doctor.Space(dir), doctor.Writing(dir),
		doctor.Private(dir, filepath.Join(dir, masterFile), filepath.Join(dir, "sluice.db"), filepath.Join(dir, credentialsCopy)),
		doctor.OpenFiles(cfg.Server.MaxConnections), doctor.Memory(availableMemory(), int64(cfg.Server.MaxMemory)),
	}
}

// checks are those of a configuration.
func (p *process) checks(cfg *config.Config) []doctor.Check {
	all := append(p.machine(cfg), doctor.Zones(zonesOf(cfg)))
	if cfg.Storage.Spool.Dir != "" && filepath.Dir(cfg.Storage.Spool.Dir) != filepath.Clean(cmp.Or(cfg.DataDir, ".")) {
		all = append(all, doctor.Space(cfg.Storage.Spool.Dir), doctor.Writing(cfg.Storage.Spool.Dir))
	}
	for name, t := range map[string]config.TLS{"server.tls": cfg.Server.TLS.TLS, "admin.tls": cfg.Admin.TLS} {
		if t.Enabled() {
			all = append(all, doctor.Certificate(name, t.CertFile, t.KeyFile, time.Now))
		}
	}
	all = append(all, p.storeChecks(cfg)...)
	if address := cfg.Shared.URL.Reveal(); address != "" {
		all = append(all, doctor.RedisCheck(func(ctx context.Context) doctor.Redis { return lookAtRedis(ctx, address) }))
	}
	return append(all, p.providerChecks()...)
}

func (p *process) storeChecks(cfg *config.Config) []doctor.Check {
	if p.store == nil {
		return nil
	}
	all := []doctor.Check{doctor.StoreCheck("", func(ctx context.Context) doctor.Store {
		l, err := p.store.Look(ctx)
		return doctor.Store{
			Engine: l.Engine, There: l.There, Schema: l.Schema, Known: l.Known, Half: l.Half, Latency: l.Latency,
			Err: err, Away: err != nil && store.Away(err),
		}
	})}
	if path := store.File(cfg.Storage.URL.Reveal()); path != "" {
		all = append(all, doctor.Local(filepath.Dir(path)))
	}
	source := masterKey(cfg)
	return append(all, doctor.Sealed("", func(ctx context.Context) error {
		err := seal.Check(ctx, p.store, source)
		if errors.Is(err, store.ErrNotReady) || err != nil && store.Away(err) {
			return nil // which the check of the store tells
		}
		return err
	}))
}

// providerChecks are those of each provider.
func (p *process) providerChecks() (all []doctor.Check) {
	s := p.snapshot.Load()
	if s == nil {
		return nil
	}
	var own []string
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.Providers)) {
		of := s.Providers[name]
		if of.Spec.Name == sandbox.Spec.Name {
			continue
		}
		all = append(all, doctor.Vendor(name, func(ctx context.Context) (doctor.Trial, error) { return p.tryForDoctor(ctx, of) }))
		u, err := url.Parse(of.BaseURL)
		if of.BaseURL == "" || err != nil || u.Hostname() == "" {
			continue
		}
		all = append(all, doctor.BaseURL(name, of.BaseURL, of.Spec.Shape == provider.OpenAIShape))
		if of.Spec.BaseURL == "" {
			own = append(own, u.Hostname())
		}
		if host := u.Host; net.ParseIP(u.Hostname()) == nil && !seen[host] {
			seen[host] = true
			port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
			all = append(all, doctor.Names(net.DefaultResolver, u.Hostname()), doctor.IPv6(net.DefaultResolver, &net.Dialer{}, u.Hostname(), port))
		}
	}
	return append(all, doctor.Proxies(p.opt.Env, own))
}

// tryForDoctor makes one small call at a provider.
func (p *process) tryForDoctor(ctx context.Context, of *provider.Provider) (doctor.Trial, error) {
	t, err := p.try(ctx, admin.Try{Provider: of.Name})
	if err != nil {
		return doctor.Trial{}, err
	}
	weak := t.Problem == "rate_limited" || t.Problem == "vendor" || t.Problem == "request" || t.Problem == "model"
	return doctor.Trial{
		OK: t.OK, Message: t.Message, Mend: admin.Mend(&t, of), Weak: weak,
		Clock: time.Duration(t.ClockS) * time.Second, Took: time.Duration(t.LatencyMS) * time.Millisecond,
	}, nil
}

// zonesOf are the time zones that budgets and backups name.
func zonesOf(cfg *config.Config) (zones []string) {
	for _, g := range cfg.Gateways {
		for i := range g.Budgets {
			if z := g.Budgets[i].Zone; z != "" && !slices.Contains(zones, z) {
				zones = append(zones, z)
			}
		}
	}
	if z := cfg.Backups.Zone; cfg.Backups.At != "" && !slices.Contains(zones, z) {
		zones = append(zones, z)
	}
	slices.Sort(zones)
	return zones
}

// spoolOf tells how the spool of a process that does not run stands.
func spoolOf(s *config.Spool) (doctor.Spool, error) {
	out := doctor.Spool{Max: int64(s.Max)}
	files, err := os.ReadDir(s.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.Mode().IsRegular() {
			out.Bytes += info.Size()
		}
	}
	return out, err
}

// lookAtRedis asks the shared Redis how it is.
func lookAtRedis(ctx context.Context, address string) (r doctor.Redis) {
	c, err := limit.DialRedis(address, 2*time.Second)
	if err != nil {
		return doctor.Redis{Err: err}
	}
	defer c.Close()
	if r.Err = c.Ping(ctx).Err(); r.Err != nil { // which also opens the connection
		return r
	}
	began := time.Now()
	at, err := c.Time(ctx).Result()
	r.Latency = time.Since(began)
	if r.Err = err; err != nil {
		return r
	}
	r.Clock = at.Sub(began.Add(r.Latency / 2))
	if memory, err := c.InfoMap(ctx, "memory").Result(); err == nil { // which may be forbidden
		r.Policy = memory["Memory"]["maxmemory_policy"]
	}
	return r
}
