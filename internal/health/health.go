package health

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ID names what is watched: a model at a provider through one credential.
type ID struct {
	Provider   string
	Model      string // the vendor's id; "" for operations without one
	Credential string // its name; "" = none is configured, or the caller brought one
}

// Target is ID without the credential: what balance compares.
type Target struct{ Provider, Model string }

// Outcome is what became of one attempt.
type Outcome struct {
	Fault   *fault.Fault  // nil = success
	First   time.Duration // until the first content (stream) or byte; 0 = there was none
	Latency time.Duration // until the end
	Output  int64         // tokens; 0 = unknown
	Cost    gateway.USD   // 0 = unknown or free
}

// Stats is how a target does at the moment.
type Stats struct {
	Busy    int64         // attempts in flight on this node
	First   time.Duration // peak-EWMA of the time to first content; 0 = unknown
	P95     time.Duration // of the time to first content over the last minutes; 0 = too few to tell
	Success float64       // EWMA of success, 1 when nothing is known
	Speed   float64       // EWMA of output tokens a second; 0 = unknown
	Calls   int64         // attempts in the present window
}

// Level says how far a target or credential may be used.
type Level uint8

// The levels, best first.
const (
	Healthy Level = iota
	Probing       // half open: this one call may try
	Cooling       // failed lately: only when nothing better is left
	Drained       // taken out of use by people: never
)

// Rules say how the targets of one provider are judged.
type Rules struct {
	Cooldown    time.Duration // first rest after a failure that asks for one and names no time
	MaxCooldown time.Duration // each further failure in a row doubles the rest up to this
	Window      time.Duration // over which the breaker counts
	Rate        float64       // share of failures in it that opens the breaker, 0 to 1
	Least       int           // attempts in it before the breaker judges
	Ejects      bool          // a target that does far worse than its peers rests too
}

// Pass is one attempt in flight. It is for one goroutine, and Done takes it exactly once.
type Pass struct {
	ID    ID
	Probe bool // the one call that tries whether a resting one works again

	standing *standing // nil = nobody watches, or Done has been told
	rests    uint32    // how many rests had begun when the attempt began
	claim    int64     // of the probe; 0 = holds none
}

// Watch is what the request path uses of a Board. All of it is safe for concurrent use,
// takes no lock that all requests share, and allocates nothing for an ID that is known.
type Watch interface {
	// Level tells how far an ID may be used now. It changes nothing.
	Level(id ID) Level
	// Drains reports whether something of a provider has been taken out of use.
	Drains(provider string) bool
	// Begin counts an attempt as in flight. Of a half-open ID it claims the probe.
	Begin(id ID) Pass
	// Answered tells, ahead of Done, that content has begun to come: a long stream need not
	// end before a resting target is healthy again.
	Answered(p *Pass)
	// Done ends it and judges the ID by the outcome. Faults of the caller, of policy, a
	// caller who left, a full context window and a vendor's content filter say nothing
	// about a target's health.
	Done(p *Pass, o Outcome)
	// Stats tells how a target does, over all its credentials.
	Stats(t Target) Stats
	// Outliers gives, as a set of the first 64, those targets that do far worse than the
	// rest of them; never more than half.
	Outliers(ts []Target) uint64
	// Repeat reports whether one more attempt at the same target fits into the retry
	// budget: repeats are at most that share of the first attempts, a few always allowed
	// unless the share is 0.
	Repeat(t Target, share float64) bool
}
