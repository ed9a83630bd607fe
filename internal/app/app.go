// Package app wires the parts into one process: it is the only package that may
// import everything, and it has no logic of its own beyond order.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/alert/rules"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/backup/schedule"
	"github.com/sluice-gateway/sluice/internal/bodykey"
	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/semantic"
	"github.com/sluice-gateway/sluice/internal/canary"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/object"
	"github.com/sluice-gateway/sluice/internal/privacy"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/recall"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/telemetry"
	"github.com/sluice-gateway/sluice/internal/telemetry/otlp"
)

// recallBytes bounds the reasoning state that is kept for clients that drop it.
const recallBytes = 32 << 20

// Options are how a process is started.
type Options struct {
	ConfigPath string // "" = sluice.yaml in the data directory, if it is there
	DataDir    string // "" = the working directory
	Overrides  config.Overrides
	Stdout     io.Writer // what people read once: the first key and token
	Stderr     io.Writer // the log
	Env        func(string) (string, bool)
	Environ    []string
	Version    string
	// Listening is called once, when both listeners serve; nil = nobody asks.
	Listening func(data, admin net.Addr)
}

// process is one running gateway.
type process struct {
	opt      Options
	node     string // unlike that of every other process
	log      *slog.Logger
	store    *store.Store
	recorder *record.Recorder
	counters counters
	alerts   *alert.Alerts
	rules    *rules.Engine
	exports  *export.Exports
	backups  *schedule.Schedule
	keys     *auth.Keys
	follower *follow.Follower
	models   *account.Catalogue
	metrics  *telemetry.Metrics
	otlp     *otlp.Exporter
	fullest  fullest
	proxy    *proxy.Proxy
	admin    adminToken
	boxes    sandboxes
	health   *health.Board
	peers    *health.Redis // nil = this node is alone
	drains   *follow.Follower
	cache    *cache.Cache
	purges   *follow.Follower

	cacheStats cache.Stats
	senses     atomic.Pointer[semantic.Shared] // nil until a gateway needs it
	sensing    chan struct{}                   // gives one when senses is there
	prompts    *semantic.File                  // what senses has over a restart
	forgetting sync.Mutex
	forgot     int64 // the last purge after which prompts were forgotten; under forgetting
	prober     *health.Prober
	canaries   *canary.Runner
	eraser     *privacy.Eraser
	ears       *ears
	held       *held

	bodyKeys       *bodykey.Keys
	bodyKeyChanges *follow.Follower

	initial  *config.Config // what the process started with
	config   atomic.Pointer[config.Config]
	snapshot atomic.Pointer[catalog.Snapshot]
	doc      atomic.Pointer[document] // that config was read from
	vendors  atomic.Pointer[vendors]  // of snapshot
	reloadMu sync.Mutex               // lets one change of it at a time
	pending  pending                  // documents that the history lacks
	refused  atomic.Pointer[refusal]  // nil = what there is could be used
	retry    atomic.Bool              // what was refused may be usable now
	looks    atomic.Int64
	configs  *follow.Follower
	storeURL string // where the store is
	migrated atomic.Bool
	began    time.Time
	started  atomic.Bool // keys were read from the store, the first one among them
	stopping atomic.Bool
}

// Serve runs a gateway until ctx ends, then shuts it down in order: no new calls, the
// running ones to their end, every record safe.
func Serve(ctx context.Context, o Options) error {
	o.fill()
	d, err := o.readFile()
	if err != nil {
		return err
	}
	src := o.source()
	src.Data = d.text
	cfg, problems := config.Load(src) // but for what stands in the store
	if err := problems.Err(); err != nil {
		return err
	}
	tuneGC()
	p := &process{opt: o, node: nodeName(), keys: &auth.Keys{}, began: time.Now()}
	p.doc.Store(d)
	p.log = telemetry.NewLogger(o.Stderr, cfg.Telemetry.LogFormat, cfg.Telemetry.LogLevel)
	return p.run(ctx, cfg)
}

func (o *Options) fill() {
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
}

// LoadConfig reads the configuration that Serve would use, without the store: what it
// refers to there is taken for good. The error is about the file itself; problems are
// about what it says, and the Config is nil when one forbids to run.
func LoadConfig(o Options) (*config.Config, config.Problems, error) {
	o.fill()
	src := o.source()
	d, err := o.readFile()
	if err != nil {
		return nil, nil, err
	}
	src.Data = d.text
	cfg, problems := config.Load(src)
	return cfg, problems, nil
}

// run opens everything, serves, and closes everything in the opposite order.
func (p *process) run(ctx context.Context, cfg *config.Config) (err error) {
	if err := os.MkdirAll(cmp.Or(p.opt.DataDir, "."), 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if cfg, err = p.openDocument(ctx, cfg); err != nil {
		return errors.Join(err, p.closeStore())
	}
	ears, err := listen(cfg)
	if err != nil {
		return errors.Join(err, p.closeStore())
	}
	defer ears.close()
	p.ears = ears
	if cfg, err = p.open(ctx, cfg); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.apply(cfg); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	p.startBackground(background, &wg, cfg)
	if p.migrated.Load() { // else catchUp does it
		if err := p.begin(ctx, cfg); err != nil {
			return err
		}
	}
	return p.serve(ctx, cfg, ears)
}

// begin makes the store's keys and admin token effective, new ones among them.
func (p *process) begin(ctx context.Context, cfg *config.Config) error {
	if err := p.bootstrap(ctx, cfg); err != nil {
		return err
	}
	if err := p.follower.Refresh(ctx); err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	if err := p.pullDocument(ctx); err != nil && !store.Away(err) { // else it is done when the store is back
		return fmt.Errorf("history of the configuration: %w", err)
	}
	if err := p.takePurges(ctx); err != nil && !store.Away(err) { // else followPurges does
		return fmt.Errorf("purges of the cache: %w", err)
	}
	return nil
}

// open opens store and spool. A store that is away stops nothing: keys come from their
// last copy, and entries wait in the spool. It gives the configuration with what the
// store has of it.
func (p *process) open(ctx context.Context, cfg *config.Config) (*config.Config, error) {
	var err error
	if p.models, err = account.Load(); err != nil {
		return nil, fmt.Errorf("model catalogue: %w", err)
	}
	if err = p.openStore(ctx, cfg); err == nil {
		cfg, err = p.openVault(ctx, cfg)
	}
	if err == nil {
		err = p.openBodyKeys(ctx, cfg)
	}
	if err != nil {
		return nil, errors.Join(err, p.closeStore())
	}
	p.metrics = telemetry.NewMetrics(p.gauges(), p.opt.Version)
	if err = p.openOTLP(cfg); err != nil {
		return nil, errors.Join(err, p.closeStore())
	}
	p.recorder, err = record.Open(record.Options{
		Dir: cfg.Storage.Spool.Dir, Store: p.store, Seals: p.bodyKeys, MaxBytes: int64(cfg.Storage.Spool.Max),
		Sync: cfg.Storage.Fsync, Paused: cfg.Storage.Drain == "paused", Logger: p.log,
	})
	if err != nil {
		p.store.Close()
		return nil, err
	}
	p.sweepHalves() // the directory is this process's alone
	p.follower = auth.Follow(p.keys, keySource{p}, func(keys []*gateway.Key) {
		p.started.Store(true)
		p.saveKeys(keys)
	}, p.log)
	if err := p.openCounters(cfg); err != nil {
		return nil, errors.Join(err, p.recorder.Close(ctx), p.store.Close())
	}
	p.openHealth(cfg)
	p.openCache(ctx, cfg)
	p.alerts = alert.New(alert.Options{Store: p.store, Spent: p.spent, AdminURL: cfg.Admin.URL, Logger: p.log, Channels: p.channelsOf})
	p.openAlertRules(cfg)
	p.openExports()
	p.openBackups()
	p.proxy = proxy.New(proxy.Config{
		Dialects: Dialects(), Keys: p.keys, Catalogue: p.models, Recorder: recorder{p.recorder},
		Objects: object.New(p.store, store.ErrNotFound), Recall: recall.New(recallBytes), Limits: p.counters.engine, Health: p.health, Budgets: p.alerts, Cache: proxyCache{p}, Senses: proxySenses{p}, Feedback: proxyFeedback{p}, Observer: observers{p.metrics, p.otlp}, Ready: p.ready, Log: p.log,
	})
	p.openCanaries()
	p.openHistory()
	p.openPrivacy()
	p.proxy.AwaitRegions()
	p.loadRegions()
	return cfg, nil
}

// openStore opens the store unless it is open.
func (p *process) openStore(ctx context.Context, cfg *config.Config) (err error) {
	if p.store != nil {
		return nil
	}
	opts := []store.Option{store.RollUp(cfg.Storage.RollupMetadata...)}
	if cfg.Storage.Fsync > 0 {
		opts = append(opts, store.Durable())
	}
	if cfg.Storage.Search == "off" {
		opts = append(opts, store.WithoutSearch())
	}
	p.storeURL = cfg.Storage.URL.Reveal()
	if p.store, err = store.Open(ctx, p.storeURL, opts...); err != nil {
		return err
	}
	return p.migrate(ctx)
}

func (p *process) closeStore() error {
	if p.store == nil {
		return nil
	}
	err := p.store.Close()
	p.store = nil
	return err
}

// migrate brings the store's schema up to date. A store of a newer version or a failed
// migration ends the start; one that is away is tried again in the background.
func (p *process) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := p.store.Migrate(ctx)
	switch {
	case err == nil:
		p.migrated.Store(true)
	case store.Away(err):
		p.log.Warn("the store is away; serving with the keys known from before, and entries wait in the spool", "error", err)
		p.loadAdminToken()
		return p.loadKeys()
	default:
		return err
	}
	return nil
}

func (p *process) gauges() telemetry.Gauges {
	return telemetry.Gauges{
		SpoolDepth:    func() float64 { return float64(p.recorder.Depth()) },
		SpoolBytes:    func() float64 { return float64(p.recorder.Stats().Bytes) },
		BodiesDropped: func() float64 { return float64(p.recorder.Stats().DroppedBodies) },
		BodiesLocked:  func() float64 { return float64(p.recorder.Stats().LockedBodies) },
		InFlight:      func() float64 { return float64(p.proxy.InFlight()) },
		Keys:          func() float64 { return float64(p.keys.Len()) },
		SpoolOldest:   p.oldest,
		StoreAway:     func() float64 { return oneIf(p.recorder.Stats().StoreAway || !p.migrated.Load()) },
		BudgetShare:   p.fullest.read(p),
		Expiries: func() map[string]time.Time {
			return map[string]time.Time{"key": p.keys.NextExpiry(time.Now()), "server_certificate": p.ears.dataTLS.ends(), "admin_certificate": p.ears.adminTLS.ends()}
		},
		Targets: p.levels,
		Cache:   p.cacheTiers,
		Exports: p.exportLevels,
		Backups: p.backupLevel,
		Intents: func(result string) float64 { return float64(p.proxy.IntentCounts().Of(result)) },
	}
}

// ready is what /readyz says: the process serves as long as it has keys to check
// against and room to record.
func (p *process) ready() error {
	switch {
	case p.stopping.Load():
		return errors.New("shutting down")
	case !p.recorder.Room():
		return errors.New("the spool is full")
	case !p.started.Load() && p.keys.Len() == 0:
		return errors.New("the store is away and no keys are known")
	}
	return nil
}

// apply makes a configuration effective; on an error nothing changes.
func (p *process) apply(cfg *config.Config) error {
	s := Snapshot(cfg, p.models, &p.boxes, p.fitting(cfg))
	if err := p.proxy.Swap(s); err != nil {
		return err
	}
	p.config.Store(cfg)
	p.snapshot.Store(s)
	p.openSenses(s)
	p.setProbes(s)
	p.setExports(cfg)
	return nil
}

// shutdownDrain is how long closing waits for the store to take what is in the spool;
// what it does not take stays safe on disk.
const shutdownDrain = 5 * time.Second

func (p *process) close() error {
	p.prober.Close()
	p.proxy.Close()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownDrain)
	defer cancel()
	err := p.recorder.Close(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		p.log.Warn("the store did not take every entry in time; they are in the spool", "entries", p.recorder.Depth())
		err = nil
	}
	p.closeHealth()
	p.closeOTLP()
	return errors.Join(err, p.cache.Close(), p.counters.close(), p.store.Close())
}
