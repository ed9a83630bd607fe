package auth

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// FollowEvery is how often a node looks for changes made by other processes. With the
// time of one read it keeps revocation under one second everywhere.
const FollowEvery = 400 * time.Millisecond

// readWithin bounds the reading of all keys: a hundred thousand take a second or two.
const readWithin = 30 * time.Second

// Source is where keys come from.
type Source interface {
	AllKeys(ctx context.Context) ([]*gateway.Key, error)
	// KeysVersion is a cheap number that changes whenever a key changes.
	KeysVersion(ctx context.Context) (int64, error)
}

// Follower keeps Keys equal to a Source. It is driven by Run; Refresh may be called
// from anywhere for an immediate effect.
type Follower struct {
	Keys   *Keys
	Source Source
	Log    *slog.Logger
	// Saved is called after each change with all keys, to keep a copy for a start
	// without the store; nil = no copy.
	Saved func([]*gateway.Key)

	refresh chan chan error
	version int64
	away    bool
}

// NewFollower makes a Follower; Run must be running for Refresh to return.
func NewFollower(keys *Keys, src Source, log *slog.Logger) *Follower {
	return &Follower{Keys: keys, Source: src, Log: log, refresh: make(chan chan error), version: -1}
}

// Run follows the source until ctx ends.
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

// Refresh makes a change of keys effective before it returns.
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
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	soon, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	v, err := f.Source.KeysVersion(soon)
	if err != nil {
		return err
	}
	if v == f.version && !force {
		return nil
	}
	keys, err := f.Source.AllKeys(ctx)
	if err != nil {
		return err
	}
	f.Keys.Swap(keys)
	f.version = v
	if f.Saved != nil {
		f.Saved(keys)
	}
	return nil
}

// report logs when the source goes away and when it is back, once each.
func (f *Follower) report(err error) {
	switch {
	case err != nil && !f.away:
		f.away = true
		f.Log.Warn("keys cannot be read; the known ones stay in force", "error", err)
	case err == nil && f.away:
		f.away = false
		f.Log.Info("keys can be read again", "keys", f.Keys.Len())
	}
}
