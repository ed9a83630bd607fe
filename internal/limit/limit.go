// Package limit reserves and settles: requests, tokens, money and places, counted by
// rules over counters. It knows neither callers nor models, only counters that others
// have named.
//
// A decision is atomic over all counters that it touches: either all have room and each
// is charged, or none is. What is charged is an upper bound (a hold); Settle replaces it
// by what was really used. An engine is safe for concurrent use.
package limit

import (
	"context"
	"encoding/hex"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ID names one counter: a hash over the rule, the window's place in it and the values
// that it counts by. Two nodes with the same configuration give the same ID.
type ID [16]byte

// Claim is what one call wants of one counter.
type Claim struct {
	Counter ID
	Window  *gateway.Window // never changed; the same for the same counter
	Open    bool            // counts holds that are open (concurrent), whatever the window's span
	Want    int64           // upper bound; 0 or more
	Min     int64           // when > 0, anything from Min to Want is welcome (fit)
	Observe bool            // is counted, but never refuses (record, soft)
	Outage  gateway.Outage  // while the engine's shared memory is away
	Spot    *Spot           // of this Counter; nil = it is looked up each time
}

// Spot is where an engine found a counter last, so that claims that are made again and
// again need not look it up. It belongs to one ID; the zero value is ready. It is safe for
// concurrent use, and by several engines.
type Spot struct{ last atomic.Pointer[counter] }

// State is what is known of a counter after a decision.
type State struct {
	Max   int64
	Used  int64         // settled and held, in the window that ends now (or in the period)
	Reset time.Duration // until room begins to come back, 0 when all of it is there
}

// Left is what may still be taken.
func (s State) Left() int64 { return max(s.Max-s.Used, 0) }

// Verdict is the outcome of Reserve.
type Verdict struct {
	Hold    *Hold // nil when refused
	Refused int   // index of the claim that has no room; -1 when reserved. Of several, the one that takes longest.
	// Retry is, when refused, how long until the same ask may pass if nothing else comes;
	// negative: never (the claim is greater than the window allows).
	Retry  time.Duration
	States []State // one a claim; valid until the next call on the same Hold or Verdict
	Local  bool    // decided without the shared memory
}

// Hold is what was taken. It is for one goroutine at a time, and is settled exactly once.
type Hold struct {
	ID      [16]byte
	Claims  []Claim
	Granted []int64 // one a claim; less than Want only where Min > 0
	Taken   time.Time
	Expires time.Time // then it stops counting by itself, unless settled or renewed
	Local   bool

	local *Hold // what the engine that stands in for a shared one has taken of it
	kept  *held // what the memory engine that took it knows of it
}

// Engine counts. Its errors are those of the shared memory or of ctx; a refusal is no
// error. Claims with the same counter may stand in one ask: their wants add up.
type Engine interface {
	// Reserve decides over all claims at once and, when all have room, takes them. The
	// hold expires after ttl. The claims are the engine's until the hold is settled.
	Reserve(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error)
	// Peek tells how counters stand without taking anything; Refused is the first claim
	// (by the rule of Reserve) that would be refused with its Want.
	Peek(ctx context.Context, claims []Claim) (Verdict, error)
	// Extend takes more on an open hold, atomically, or nothing: more has one amount a
	// claim.
	Extend(ctx context.Context, h *Hold, more []int64) (Verdict, error)
	// Settle replaces what was granted by what was used, one amount a claim, which may be
	// more; counted where the hold was taken. It works on a hold that has expired too. It
	// is idempotent by the hold's ID. Amounts of Open claims are ignored: the place is
	// given back.
	Settle(ctx context.Context, h *Hold, used []int64) error
	// Swap settles old and then reserves claims, as one decision: nobody else takes what
	// old gives back before claims have had their turn. old stays settled when they are
	// refused, and nothing is taken then: who gives up or waits holds nothing meanwhile.
	// After an error old is open or settled; Settle sees to it either way. old may be nil,
	// or settled already. The memory of its claims and that of claims must be apart.
	Swap(ctx context.Context, old *Hold, used []int64, claims []Claim, ttl time.Duration) (Verdict, error)
}

// Spent tells the engine what a counter had spent in its present calendar period before
// the engine knew of it: the ledger's sum. It is asked once per counter and period.
type Spent func(ctx context.Context, counter ID, since time.Time) (int64, error)

// String gives the 32 hexadecimal digits under which the ledger knows a counter.
func (id ID) String() string {
	var digits [2 * len(ID{})]byte
	hex.Encode(digits[:], id[:])
	return string(digits[:])
}

// Raise makes one counter of a rule, or every one, larger until a time.
type Raise struct {
	Counter ID
	Every   bool
	Amount  int64
	Until   time.Time
}
