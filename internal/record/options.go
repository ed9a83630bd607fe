package record

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Store is where entries end up.
type Store interface {
	// PutEntries stores all entries or fails. It is idempotent by id: an entry that is
	// there already is left as it is, but for one with a larger Count, which replaces
	// it. It must return soon after ctx ends, and keep nothing of the entries.
	PutEntries(ctx context.Context, entries []*gateway.Entry) error
}

// Seals seals what is said in calls whose bodies are to be written under a key alone.
type Seals interface {
	// Key gives the key for the bodies of a workspace's calls. It waits for nothing.
	Key(workspace string) gateway.BodyKeyID
	// Seal appends a text, sealed under a key and bound to where it belongs; false = the key
	// is not there any more.
	Seal(dst []byte, key gateway.BodyKeyID, bound string, text []byte) ([]byte, bool)
	// OpenKnown gives what was sealed, or one of gateway's errors. It waits for nothing.
	OpenKnown(bound string, sealed []byte) ([]byte, gateway.BodyKeyID, error)
	// Settle sees to it that what keys have sealed can go to the store.
	Settle(ctx context.Context, keys []gateway.BodyKeyID) error
}

// Options are where and how entries are kept. Dir and Store are needed.
type Options struct {
	Dir   string // made when it does not exist; belongs to one process at a time
	Store Store
	Seals Seals // nil = bodies that must be sealed are not kept

	MaxBytes  int64 // from here on Room is false; default 1 GiB
	SoftBytes int64 // from here on bodies are dropped; default three quarters of MaxBytes
	MaxMemory int64 // for entries at hand and buffers that wait for the disk, half each; default 64 MiB

	Sync   time.Duration // at most this long until a written entry survives power loss; 0 = as the system pleases
	Paused bool          // entries stay in the spool; see Pause

	Clock  func() time.Time // default time.Now
	Logger *slog.Logger     // default slog.Default

	create func(path string) (file, error) // default a file of the system
}

// Delays and sizes of the way to the store. An entry is on the disk flushEvery after
// Append and with the store flushEvery+linger after it, plus the time these need.
const (
	flushEvery = 40 * time.Millisecond
	linger     = 60 * time.Millisecond

	batchEntries = 500
	batchBytes   = 4 << 20
	urgentBytes  = 1 << 20 // in one shard: do not wait for flushEvery
	maxShards    = 16
)

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 30
	}
	if o.SoftBytes <= 0 {
		o.SoftBytes = o.MaxBytes / 4 * 3
	}
	if o.MaxMemory <= 0 {
		o.MaxMemory = 64 << 20
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.create == nil {
		o.create = createFile
	}
	return o
}

func createFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode)
	if err != nil {
		return nil, err // never a typed nil
	}
	return f, nil
}
