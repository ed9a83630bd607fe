package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Policy says how long a gateway's entries are kept; 0 means for ever.
type Policy struct {
	Gateway   string
	Workspace string        // instead of a gateway; its bodies go with its entries
	Retain    time.Duration // whole entries
	Bodies    time.Duration // their bodies, where these go earlier
}

// Sweeper removes old rows. Each call removes at most step of them and tells how many;
// fewer than step means that none is left.
type Sweeper interface {
	SweepEntries(ctx context.Context, gateway string, before time.Time, step int) (int, error)
	SweepBodies(ctx context.Context, gateway string, before time.Time, step int) (int, error)
	SweepWorkspace(ctx context.Context, workspace string, before time.Time, step int) (int, error)
}

const (
	retainEvery = 10 * time.Minute
	sweepStep   = 500
	// sweepPause is the least pause after a step; after a slow step it is as long as that,
	// and longer while the store has more to do than it can: sweeping takes half of its time
	// at most, and a fifth of it then.
	sweepPause = 50 * time.Millisecond
	sweepRest  = 4
)

// RunRetention sweeps by the policies as they are at the time, at once and then every
// ten minutes, until ctx ends. A policy that fails is tried again in the next round. busy
// says that the store has more to do than it can.
func RunRetention(ctx context.Context, s Sweeper, policies func() []Policy, busy func() bool, clock func() time.Time, log *slog.Logger) {
	for {
		removed, err := Sweep(ctx, s, policies(), busy, clock)
		if err != nil && ctx.Err() == nil {
			log.Warn("old log entries cannot be removed; the next round tries again", "error", err)
		}
		if removed > 0 {
			log.Info("old log entries removed", "rows", removed)
		}
		if !sleep(ctx, retainEvery, nil) {
			return
		}
	}
}

// Sweep does one round and tells how many rows were removed, bodies included.
func Sweep(ctx context.Context, s Sweeper, policies []Policy, busy func() bool, clock func() time.Time) (removed int, err error) {
	for _, p := range policies {
		if p.Workspace != "" {
			n, sweepErr := sweepAll(ctx, busy, s.SweepWorkspace, "workspace", p.Workspace, clock().Add(-p.Retain))
			removed, err = removed+n, errors.Join(err, sweepErr)
			continue
		}
		if p.Bodies > 0 && (p.Retain <= 0 || p.Bodies < p.Retain) {
			n, sweepErr := sweepAll(ctx, busy, s.SweepBodies, "gateway", p.Gateway, clock().Add(-p.Bodies))
			removed, err = removed+n, errors.Join(err, sweepErr)
		}
		if p.Retain > 0 {
			n, sweepErr := sweepAll(ctx, busy, s.SweepEntries, "gateway", p.Gateway, clock().Add(-p.Retain))
			removed, err = removed+n, errors.Join(err, sweepErr)
		}
	}
	return removed, err
}

type sweepFunc func(ctx context.Context, of string, before time.Time, step int) (int, error)

// sweepAll takes small steps with pauses until nothing is left.
func sweepAll(ctx context.Context, busy func() bool, sweep sweepFunc, what, of string, before time.Time) (removed int, err error) {
	for {
		began := time.Now()
		n, err := sweep(ctx, of, before, sweepStep)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("%s %s: %w", what, of, err)
		}
		rest := time.Since(began)
		if busy() {
			rest *= sweepRest
		}
		if !sleep(ctx, max(sweepPause, rest), nil) {
			return removed, ctx.Err()
		}
		if n < sweepStep {
			return removed, nil
		}
	}
}
