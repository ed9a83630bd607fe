// Package follow keeps what a process knows equal to a source that others change too: it
// asks the source for its version, often and cheaply, and reads it when that has changed.
package follow

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// Every is how often a node looks for changes that other processes made. With the time of
// one read it keeps their effect under one second everywhere.
const Every = 400 * time.Millisecond

// patience bounds one look at the source's version, and its reading unless the source says
// otherwise.
const patience = 2 * time.Second

// Source is what is followed.
type Source struct {
	Name string // for people, in the plural: "purges of the cache"
	// Version is a cheap number that changes whenever the source does.
	Version func(ctx context.Context) (int64, error)
	// Read reads the source and makes it effective; on an error nothing changes.
	Read func(ctx context.Context) error
	// Within bounds one reading; 0 = two seconds.
	Within time.Duration
}

// Follower follows one source. It is driven by Run; Refresh may be called from anywhere
// for an immediate effect.
type Follower struct {
	source  Source
	log     *slog.Logger
	refresh chan chan error
	version int64
	away    bool
}

// New makes a Follower; Run must be running for Refresh to return.
func New(s Source, log *slog.Logger) *Follower {
	return &Follower{source: s, log: log, refresh: make(chan chan error), version: -1}
}

// Run follows the source until ctx ends. While it is away, what is known stays in force.
func (f *Follower) Run(ctx context.Context) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		f.report(ctx, f.pull(ctx, false))
		select {
		case <-ctx.Done():
			return
		case done := <-f.refresh:
			done <- f.pull(ctx, true)
		case <-tick.C:
		}
	}
}

// Refresh makes a change effective on this node before it returns.
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
	looking, cancel := context.WithTimeout(ctx, patience)
	v, err := f.source.Version(looking)
	cancel()
	if err != nil || v == f.version && !force {
		return err
	}
	reading, cancel := context.WithTimeout(ctx, cmp.Or(f.source.Within, patience))
	defer cancel()
	if err := f.source.Read(reading); err != nil {
		return err
	}
	f.version = v
	return nil
}

// report logs when the source goes away and when it is back, once each.
func (f *Follower) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !f.away:
		f.away = true
		f.log.Warn(f.source.Name+" cannot be read; the known ones stay in force", "error", err)
	case err == nil && f.away:
		f.away = false
		f.log.Info(f.source.Name + " can be read again")
	}
}
