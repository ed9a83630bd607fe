package health

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// FollowEvery is how often a node looks for drains that other processes made. With the
// time of one read it keeps their effect under one second everywhere.
const FollowEvery = 400 * time.Millisecond

// DrainSource is where drains are kept.
type DrainSource interface {
	Drains(ctx context.Context) ([]gateway.Drain, error)
	// DrainsVersion is a cheap number that changes whenever a drain does.
	DrainsVersion(ctx context.Context) (int64, error)
}

// Follower keeps the drains of a Board equal to a source. It is driven by Run; Refresh
// may be called from anywhere for an immediate effect.
type Follower struct {
	board   *Board
	source  DrainSource
	log     *slog.Logger
	refresh chan chan error
	version int64
	away    bool
}

// NewFollower makes a Follower; Run must be running for Refresh to return.
func NewFollower(b *Board, src DrainSource, log *slog.Logger) *Follower {
	return &Follower{board: b, source: src, log: log, refresh: make(chan chan error), version: -1}
}

// Run follows the source until ctx ends. While it is away, the known drains stay in force.
func (f *Follower) Run(ctx context.Context) {
	tick := time.NewTicker(FollowEvery)
	defer tick.Stop()
	for {
		f.report(f.pull(ctx, false))
		select {
		case <-ctx.Done():
			return
		case done := <-f.refresh:
			done <- f.pull(ctx, true)
		case <-tick.C:
		}
	}
}

// Refresh makes a change of drains effective on this node before it returns.
func (f *Follower) Refresh(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case f.refresh <- done:
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

func (f *Follower) pull(ctx context.Context, force bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	v, err := f.source.DrainsVersion(ctx)
	if err != nil || v == f.version && !force {
		return err
	}
	all, err := f.source.Drains(ctx)
	if err != nil {
		return err
	}
	f.board.SetDrains(all)
	f.version = v
	return nil
}

// report logs when the source goes away and when it is back, once each.
func (f *Follower) report(err error) {
	switch {
	case err != nil && !f.away:
		f.away = true
		f.log.Warn("drains cannot be read; the known ones stay in force", "error", err)
	case err == nil && f.away:
		f.away = false
		f.log.Info("drains can be read again")
	}
}
