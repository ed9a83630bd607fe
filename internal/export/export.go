package export

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Store is what entries are read from and what knows how far exports have come;
// *store.Store is one.
type Store interface {
	SeeExports(ctx context.Context, names []string, now, forget time.Time) error
	HoldExport(ctx context.Context, name, holder string, now, until time.Time) (held bool, err error)
	LeaveExport(ctx context.Context, name, holder string) error
	Exports(ctx context.Context) ([]gateway.ExportState, error)
	Export(ctx context.Context, name string) (gateway.ExportState, error)
	Arrivals(ctx context.Context, after int64, limit int) ([]gateway.Arrival, error)
	AdvanceExport(ctx context.Context, name, holder string, step gateway.ExportStep) error
	ExportFailed(ctx context.Context, name, holder, reason string, now, until time.Time) error
	ForgetArrivals(ctx context.Context, step int) (int, error)
}

// Bodies gives what was said in a call, for JSON; nil = nothing was kept.
type Bodies func(ctx context.Context, id string, redact bool) (json.RawMessage, error)

// Options are what exports need.
type Options struct {
	Store  Store
	Bodies Bodies
	Node   string // unlike that of every other process
	Logger *slog.Logger

	Poll time.Duration // between looks for new entries, and the first wait after a failure; 0 = a second
}

// ErrUnknown says that no export has such a name.
var ErrUnknown = errors.New("there is no such export")

const (
	seeEvery   = time.Minute
	forgetRows = 1000
	// forgetAfter is how long an export that is no longer configured anywhere keeps its
	// place, so that it may come back.
	forgetAfter = 7 * 24 * time.Hour
)

// Exports runs all exports. All methods are safe for concurrent use.
type Exports struct {
	o       Options
	changed chan struct{}

	mu      sync.Mutex
	specs   []*Spec
	stand   stand
	workers map[string]*running
}

type running struct {
	*worker
	stop func() // and waits
}

// New makes Exports; Run runs them.
func New(o Options) *Exports {
	return &Exports{o: o, changed: make(chan struct{}, 1), workers: map[string]*running{}}
}

// Set says which exports there are from now on. One whose fingerprint is the same goes on
// undisturbed.
func (x *Exports) Set(specs []*Spec) {
	x.mu.Lock()
	x.specs = slices.Clone(specs)
	x.mu.Unlock()
	select {
	case x.changed <- struct{}{}:
	default:
	}
}

// Specs gives the exports that are configured here.
func (x *Exports) Specs() []*Spec {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.specs
}

// Names gives the names of the exports that are configured here.
func (x *Exports) Names() (names []string) {
	for _, s := range x.Specs() {
		names = append(names, s.Name)
	}
	return names
}

// Wake looks at an export at once.
func (x *Exports) Wake(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r := x.workers[name]; r != nil {
		r.nudge()
	}
}

// WakeAll looks at all exports at once: much has been stored. It blocks nobody.
func (x *Exports) WakeAll() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.workers {
		r.nudge()
	}
}

// Test sends a marked sample to a sink, by this node, and gives the sample's id.
func (x *Exports) Test(ctx context.Context, name string) (id string, err error) {
	x.mu.Lock()
	r := x.workers[name]
	if r == nil {
		for _, s := range x.specs {
			if s.Name == name { // not running yet
				r = &running{worker: newWorker(&x.o, s)}
			}
		}
	}
	x.mu.Unlock()
	if r == nil {
		return "", ErrUnknown
	}
	return r.test(ctx)
}

// Run runs the exports until ctx ends, and has stopped them all when it returns.
func (x *Exports) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { x.watch(ctx) })
	defer x.stopAll()
	tick := time.NewTicker(seeEvery)
	defer tick.Stop()
	for {
		wait := x.see(ctx)
		select {
		case <-ctx.Done():
			return
		case <-x.changed:
		case <-tick.C:
		case <-wait:
		}
	}
}

// see makes the store know the exports, then the workers those that are configured. A
// channel that gives something says that it did not work.
func (x *Exports) see(ctx context.Context) (again <-chan time.Time) {
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	now := time.Now()
	err := x.o.Store.SeeExports(asking, x.Names(), now, now.Add(-forgetAfter))
	for n := forgetRows; err == nil && n == forgetRows; {
		n, err = x.o.Store.ForgetArrivals(asking, forgetRows)
	}
	if err != nil {
		if ctx.Err() == nil {
			x.o.Logger.Warn("the store does not know the exports yet; it is tried again", "error", err)
		}
		return time.After(5 * cmp.Or(x.o.Poll, usualPoll))
	}
	x.reconcile(ctx)
	return nil
}

// reconcile starts and stops workers.
func (x *Exports) reconcile(ctx context.Context) {
	x.mu.Lock()
	wanted := map[string]*Spec{}
	for _, s := range x.specs {
		wanted[s.Name] = s
	}
	var old []*running
	for name, r := range x.workers {
		if s := wanted[name]; s == nil || s.Fingerprint != r.spec.Fingerprint {
			old = append(old, r)
			delete(x.workers, name)
		}
	}
	x.mu.Unlock()
	for _, r := range old { // outside of the lock: they may be sending
		r.stop()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for name, s := range wanted {
		if x.workers[name] == nil {
			x.workers[name] = start(ctx, newWorker(&x.o, s))
		}
	}
}

func start(ctx context.Context, w *worker) *running {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx)
	}()
	return &running{w, func() { cancel(); <-done }}
}

func (x *Exports) stopAll() {
	x.mu.Lock()
	all := x.workers
	x.workers = map[string]*running{}
	x.mu.Unlock()
	for _, r := range all {
		r.stop()
	}
}
