// Package cache is the response cache: it keeps vendors' answers under keys and gives
// them back. An answer is the vendor's bytes and the name of their dialect, so that it can
// be given to a caller as if a vendor had just answered. It knows no dialect and no
// request: what two requests must have in common is in their Key.
package cache

import (
	"context"
	"encoding/hex"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Key is what requests have in common that share an answer: a SHA-256.
type Key [32]byte

// String gives the key in hexadecimal digits, as people and the admin API see it.
func (k Key) String() string {
	var b [2 * len(k)]byte
	hex.Encode(b[:], k[:])
	return string(b[:])
}

// ParseKey reads what String gave.
func ParseKey(s string) (k Key, ok bool) {
	if len(s) != 2*len(k) {
		return k, false
	}
	_, err := hex.Decode(k[:], []byte(s))
	return k, err == nil
}

// Answer is one complete, successful answer of a vendor. It is immutable once it has been
// given to a cache or to readers: nobody writes to its bytes.
type Answer struct {
	About
	ContentType string
	Encoding    string // Content-Encoding; "" = none
	Body        []byte // as it came, framing of streams included
	Stream      bool   // Body is a stream of events
	// Marks say when parts of a stream came, so that it can be given again at its own pace;
	// nil = unknown. Parts come one after the other and make up Body.
	Marks []Mark
	// Told is what those who served the answer have read in it; nil = it is read each time.
	Told *Told
}

// Told has one value beside an answer in memory; it is written nowhere. It is safe for
// concurrent use.
type Told struct{ v atomic.Value }

// Get gives what Set was given last, nil = nothing. Nobody writes to it.
func (t *Told) Get() any {
	if t == nil {
		return nil
	}
	return t.v.Load()
}

// Set keeps a value, always of the same type, of a thousand bytes at most. There is nothing
// that it does to a nil Told.
func (t *Told) Set(v any) {
	if t != nil {
		t.v.Store(v)
	}
}

// Mark is one part of a stream.
type Mark struct {
	Bytes int32
	After int32 // milliseconds since the first part
}

// About is what is known of an answer beside its bytes.
type About struct {
	Gateway, Workspace, KeyID string // of the call that brought it
	Route                     string // "" = none
	Operation                 string
	CallerDialect             string
	Provider, Model, Region   string // that gave it
	Dialect                   string // of Body
	RequestID                 string // of the call that brought it
	Tags                      []string
	Stored                    time.Time
	TTL                       time.Duration // it is fresh so long
	Keep                      time.Duration // and kept so long, at least TTL
	Cost                      gateway.Cost  // what it cost
	Took                      time.Duration // the call that brought it, without the caller's part
	// Purged is the number of the last purge that was known when the vendor was asked; 0 = none.
	Purged int64
}

// Age is how old an answer is, never negative: clocks of nodes differ.
func (a *About) Age(now time.Time) time.Duration { return max(now.Sub(a.Stored), 0) }

// Fresh reports whether an answer is within its time.
func (a *About) Fresh(now time.Time) bool { return a.Age(now) < a.TTL }

// Dead reports whether an answer is past all use.
func (a *About) Dead(now time.Time) bool { return a.Age(now) >= max(a.Keep, a.TTL) }

// Size is about how many bytes an answer takes in memory.
func (a *Answer) Size() int64 {
	n := len(a.Body) + 8*len(a.Marks) + 768
	for _, t := range a.Tags {
		n += len(t) + 16
	}
	return int64(n)
}

// Tier is one place where answers are kept. All are safe for concurrent use. A tier that
// is away, or holds damaged or foreign data under a key, has nothing there: that is a miss
// with an error to be told, never a wrong answer.
type Tier interface {
	// Get gives an answer and how fresh it is is the caller's business; nil = none is there.
	Get(ctx context.Context, key Key) (*Answer, error)
	// Put keeps an answer, in place of an older one. It may let go of any answer at any time.
	Put(ctx context.Context, key Key, a *Answer) error
	// Delete lets go of one answer.
	Delete(ctx context.Context, key Key) error
	// Sweep lets go of what the function says is dead and gives how many that were. Readers
	// never see what a purge has named even before the sweep: see Purges. It always lets go
	// of what is past all use; a function that is nil says nothing more.
	Sweep(ctx context.Context, dead func(*About) bool) (int, error)
	// Size gives what is kept.
	Size() (answers, bytes int64)
	Close() error
}

// Purge names answers that must not be served any more: those that have all of what it
// says and whose vendor was asked by a node that did not know of it yet.
type Purge struct {
	Seq                                             int64  // rises from one purge to the next
	Key                                             string // in hexadecimal; "" = any, as for all
	Tag, Gateway, Workspace, Provider, Model, Route string
	// Older purges only answers that were this old at At; 0 = all, and At only says when
	// the purge is of no use any more.
	Older time.Duration
	At    time.Time
}
