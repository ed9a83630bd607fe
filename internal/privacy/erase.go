// Package privacy takes what was kept of one user away, everywhere, or destroys the keys of a
// workspace's bodies, step by step: a job that a crash or an outage only delays, and a receipt
// at its end. It knows neither SQL nor where the places are; they are handed to it.
package privacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Store keeps jobs and what they erase.
type Store interface {
	ClaimErasure(ctx context.Context, now, until time.Time) (*gateway.Erasure, error)
	SaveErasure(ctx context.Context, e *gateway.Erasure, until time.Time) error
	WorkspacesOf(ctx context.Context, p store.Person) ([]string, error)
	EraseEntries(ctx context.Context, e *gateway.Erasure, until time.Time, step int) ([]string, error)
	EraseLedger(ctx context.Context, p store.Person) (int, error)
	EraseNetworks(ctx context.Context, p store.Person) (int, error)
	FillSearch(ctx context.Context) (int, error)
	SearchForgets(ctx context.Context) (int, error)
	Compact(ctx context.Context) error

	SeeNode(ctx context.Context, node string, now, forget time.Time) error
	LeaveNode(ctx context.Context, node string) error
	AskedOf(ctx context.Context, node string, steps ...string) ([]gateway.Erasure, error)
	AnswerErasure(ctx context.Context, id, step, node string) error
	SilentNodes(ctx context.Context, id, step string, since time.Time) (here, away []string, err error)
}

// Config is what an Eraser works with; everything is needed.
type Config struct {
	Store Store
	Node  string // unlike that of every other process
	// Before is the Node of the process that had this one's directory before, which has ended
	// and left what it had to this one; "" = none that is known.
	Before string
	// Spool brings what waits to the store and leaves nothing of it on the local disk.
	Spool func(ctx context.Context) error
	// SetAside deletes what the spool set aside of a user, in a workspace or, "", in all, and
	// says of how many calls, and in how many files it could not be told.
	SetAside func(user, workspace string) (calls, unread int, err error)
	// PurgeCache lets no answer be served or kept that a workspace's calls brought.
	PurgeCache func(ctx context.Context, workspace string) error
	// CompactCache leaves nothing of what was purged in this node's memory and files.
	CompactCache func(ctx context.Context) error
	// ForgetStream forgets what callers could take up again of a stream.
	ForgetStream func(id string) bool
	// DestroyKeys destroys the keys of a workspace's bodies, and ForgetKeys lets this node
	// know of no key that was.
	DestroyKeys func(ctx context.Context, workspace string) error
	ForgetKeys  func(ctx context.Context) error
	// Sign gives the seal of a receipt's hash.
	Sign  func(ctx context.Context, id, hash string) (string, error)
	Clock func() time.Time
	Log   *slog.Logger
}

// Eraser works erasures off, one at a time. Those of a store are divided among its nodes.
type Eraser struct {
	c     Config
	wake  chan struct{}
	parts sync.Mutex // of this node's part of an erasure

	before string // Config.Before, until it was left
}

// New makes an Eraser; Run does the work.
func New(c Config) *Eraser { return &Eraser{c: c, wake: make(chan struct{}, 1), before: c.Before} }

// Wake lets Run look for work at once.
func (e *Eraser) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

const (
	lookEvery = 5 * time.Second
	lease     = time.Minute // of a job, longer than a step; after it another process goes on
	retryIn   = 15 * time.Second
	step      = 200 // entries in a transaction
	compactIn = time.Hour
)

// Run works until ctx ends. What it has not ended, the next start goes on with.
func (e *Eraser) Run(ctx context.Context) {
	e.succeed(ctx) // before any node is waited for
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { e.beSeen(ctx) })
	beside.Go(func() { e.answerAll(ctx) })
	e.work(ctx)
}

// work does erasures.
func (e *Eraser) work(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for e.next(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-tick.C:
		}
	}
}

// next does one erasure and reports whether it did.
func (e *Eraser) next(ctx context.Context) bool {
	now := e.c.Clock()
	job, err := e.c.Store.ClaimErasure(ctx, now, now.Add(lease))
	if err != nil || job == nil {
		if err != nil && ctx.Err() == nil && !store.Away(err) {
			e.c.Log.Warn("erasures cannot be looked for", "error", err)
		}
		return false
	}
	if err := e.erase(ctx, job); err != nil {
		e.failed(ctx, job, err)
		return false
	}
	e.c.Log.Info("an erasure is done", "erasure", job.ID, "of", cmp.Or(job.Kind, "user"))
	return true
}

// failed notes why a job has to be tried again.
func (e *Eraser) failed(ctx context.Context, job *gateway.Erasure, err error) {
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx) // at the end of the process: who starts next goes on at once
		err, job.Error = nil, ""
	} else {
		job.Error = err.Error()
		e.c.Log.Warn("an erasure could not be ended; it is tried again", "erasure", job.ID, "step", job.Step, "error", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	until := e.c.Clock()
	if err != nil {
		until = until.Add(retryIn)
	}
	if saveErr := e.c.Store.SaveErasure(ctx, job, until); saveErr != nil && err != nil {
		e.c.Log.Warn("an erasure's state cannot be stored", "erasure", job.ID, "error", saveErr)
	}
}

// The steps whose names others know. At spooling and nodes every node has something to do;
// from compacting on the user's name is not known any more.
const (
	spooling   = "spool"
	compacting = "files"
	nodes      = "nodes"
)

// erase does what is left of a job.
func (e *Eraser) erase(ctx context.Context, job *gateway.Erasure) error {
	if job.Counts == nil {
		job.Counts = map[string]int{}
	}
	if job.Step != compacting && job.Step != nodes {
		rows := e.eraseRows
		if job.Kind == gateway.ErasureOfKeys {
			rows = e.shred
		}
		if err := rows(ctx, job); err != nil {
			return err
		}
		job.User = "" // of which the files then have nothing either
		if err := e.enter(ctx, job, compacting); err != nil {
			return err
		}
	}
	if job.Step == compacting {
		if err := e.keeping(ctx, job, e.c.Store.Compact); err != nil {
			return err
		}
		if err := e.enter(ctx, job, nodes); err != nil {
			return err
		}
	}
	if err := e.keeping(ctx, job, func(ctx context.Context) error { return e.together(ctx, job) }); err != nil {
		return err
	}
	return e.finish(ctx, job)
}

// keeping keeps the job while something is done, however long that takes.
func (e *Eraser) keeping(ctx context.Context, job *gateway.Erasure, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, compactIn)
	defer cancel()
	kept, done := *job, make(chan error, 1)
	kept.Counts = maps.Clone(job.Counts)
	go func() { done <- do(ctx) }()
	keep := time.NewTicker(lease / 3)
	defer keep.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-keep.C:
			if err := e.c.Store.SaveErasure(ctx, &kept, e.c.Clock().Add(lease)); err != nil && ctx.Err() == nil {
				e.c.Log.Warn("an erasure's state cannot be stored", "erasure", job.ID, "error", err)
			}
		}
	}
}

// eraseRows goes through the places that know the user by name.
func (e *Eraser) eraseRows(ctx context.Context, job *gateway.Erasure) error {
	p := store.Person{User: job.User, Workspace: job.Workspace}
	for _, place := range []struct {
		name  string
		erase func(context.Context, *gateway.Erasure, store.Person) error
	}{{spooling, e.spool}, {"cache", e.cache}, {"entries", e.entries}, {"ledger", e.ledger}, {"search", e.late}} {
		if err := e.enter(ctx, job, place.name); err != nil {
			return err
		}
		if err := place.erase(ctx, job, p); err != nil {
			return fmt.Errorf("%s: %w", place.name, err)
		}
	}
	return nil
}

// shred destroys the keys of a workspace's bodies, which were counted before. What the cache
// has of its answers goes too: it has them in clear. The other nodes forget the keys at the
// step nodes, if they have not yet.
func (e *Eraser) shred(ctx context.Context, job *gateway.Erasure) error {
	if err := e.enter(ctx, job, "keys"); err != nil {
		return err
	}
	if err := e.c.DestroyKeys(ctx, job.Workspace); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := e.enter(ctx, job, "cache"); err != nil {
		return err
	}
	if err := e.c.PurgeCache(ctx, job.Workspace); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	job.Counts["cache_purges"]++
	return nil
}

// enter notes where a job is.
func (e *Eraser) enter(ctx context.Context, job *gateway.Erasure, place string) error {
	job.Step, job.State, job.Error = place, gateway.ErasureRunning, ""
	return e.c.Store.SaveErasure(ctx, job, e.c.Clock().Add(lease))
}

// spool lets all nodes bring what they have to the store, so that it can be erased there.
func (e *Eraser) spool(ctx context.Context, job *gateway.Erasure, _ store.Person) error {
	return e.together(ctx, job)
}

// cache purges before the entries go, which alone tell where the user's calls were.
func (e *Eraser) cache(ctx context.Context, job *gateway.Erasure, p store.Person) error {
	all, err := e.c.Store.WorkspacesOf(ctx, p)
	if err != nil {
		return err
	}
	for _, workspace := range all {
		if err := e.c.PurgeCache(ctx, workspace); err != nil {
			return err
		}
		job.Counts["cache_purges"]++
	}
	return nil
}

func (e *Eraser) entries(ctx context.Context, job *gateway.Erasure, _ store.Person) error {
	for {
		ids, err := e.c.Store.EraseEntries(ctx, job, e.c.Clock().Add(lease), step)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if e.c.ForgetStream(id) {
				job.Counts["streams"]++
			}
		}
	}
}

func (e *Eraser) ledger(ctx context.Context, job *gateway.Erasure, p store.Person) error {
	n, err := e.c.Store.EraseLedger(ctx, p)
	if job.Counts["ledger"] += n; err != nil {
		return err
	}
	n, err = e.c.Store.EraseNetworks(ctx, p)
	job.Counts["networks"] += n
	return err
}

// late erases the entries that came while the first ones were erased, and lets the index
// forget them all.
func (e *Eraser) late(ctx context.Context, job *gateway.Erasure, p store.Person) error {
	if err := e.entries(ctx, job, p); err != nil {
		return err
	}
	return e.search(ctx, job, p)
}

// search waits until the index has forgotten what it was told to.
func (e *Eraser) search(ctx context.Context, _ *gateway.Erasure, _ store.Person) error {
	for {
		n, err := e.c.Store.FillSearch(ctx)
		if errors.Is(err, store.ErrNoSearch) {
			return nil
		}
		left := 0
		if err == nil {
			left, err = e.c.Store.SearchForgets(ctx)
		}
		if err != nil || left == 0 {
			return err
		}
		if n == 0 { // somebody else is at it
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

// finish makes the receipt.
func (e *Eraser) finish(ctx context.Context, job *gateway.Erasure) error {
	now := e.c.Clock().UTC().Truncate(time.Microsecond)
	job.Finished, job.State, job.Step, job.Error = &now, gateway.ErasureDone, "", ""
	job.Hash = job.Digest()
	var err error
	if job.Signature, err = e.c.Sign(ctx, job.ID, job.Hash); err == nil {
		err = e.c.Store.SaveErasure(ctx, job, now)
	}
	if err != nil {
		job.Finished, job.State, job.Step, job.Hash, job.Signature = nil, gateway.ErasureRunning, nodes, "", ""
	}
	return err
}
