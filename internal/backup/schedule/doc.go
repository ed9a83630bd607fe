// Package schedule makes backups by the clock: of several nodes one does, by a lease.
//
// A backup is written under a temporary name, proven while it is written, read back once
// more, and only then given its own name: what bears one is whole, whatever was killed. How
// the schedule stands is kept in the store, together with the event of the audit log, and
// before a file is put, that it is to be: one whose answer is lost is found again by its size
// and sum. A node that loses its lease ends what it does there and then. Of old backups the
// schedule deletes those alone that it made itself in that place, and never the newest that
// are whole. Stores that share a place are kept apart by an identity in the names, which a
// restored store has of its own.
package schedule

import (
	"context"
	"io"
	"log/slog"
	"time"

	"filippo.io/age"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/backup"
)

// Plan is what is to be done, by the configuration.
type Plan struct {
	When       When
	Name       string // of the place, for people; nothing secret. What is made in one place is kept apart by it
	Open       func(ctx context.Context) (Place, error)
	Keep       int
	Entries    bool
	Recipients []age.Recipient
	Timeout    time.Duration // of one backup
}

// Store is what is backed up, and where the schedule's state is; *store.Store is one.
type Store interface {
	backup.Source
	Setting(ctx context.Context, name string) ([]byte, error)
	PutSetting(ctx context.Context, name string, value []byte) error
	AppendAudit(ctx context.Context, e audit.Event) (audit.Event, error)
	Atomically(ctx context.Context, fn func(context.Context) error) error
	Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
}

// Options are what a schedule needs.
type Options struct {
	Store   Store
	Missing error        // what Store.Setting gives where there is none
	Plan    func() *Plan // as it is now; nil = no backups are made
	Flush   func(ctx context.Context) (waiting int64)
	Version string // of this binary
	Node    string // of this process, for people
	Now     func() time.Time
	Logger  *slog.Logger

	newID func() string             // of the store; nil = by chance
	wrap  func(io.Writer) io.Writer // of the file that is written, for tests; nil = as it is
}
