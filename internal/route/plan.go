package route

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Target is one model of one provider.
type Target struct {
	Provider *provider.Provider
	Model    string // the vendor's id, "" for operations without a model
	// Rests says that it failed lately: it stands behind those that did not.
	Rests bool
	// Own is what the routes say by which it came in another route's place; nil = nothing.
	Own *Own
}

// Own is what holds for the attempts at one target. What the whole plan says of the same
// is in it already. It is immutable.
type Own struct {
	Override  *gateway.Override
	MaxOutput int64
	Owners    []string // whose limits each attempt is held by, beside the plan's
	Sticky    uint64
}

// OverrideAt gives what is set in place of what the caller asked for, at one target.
func (p *Plan) OverrideAt(t *Target) *gateway.Override {
	if t.Own != nil {
		return t.Own.Override
	}
	return p.Override
}

// CeilingAt gives how long an answer may become at one target; 0 = nothing says.
func (p *Plan) CeilingAt(t *Target) int64 {
	most := p.MaxOutput
	if t.Own != nil {
		most = t.Own.MaxOutput
	}
	if o := p.OverrideAt(t); o != nil && o.MaxOutput != nil {
		return *o.MaxOutput
	}
	return most
}

// StickyAt is Sticky, for the credentials of one target.
func (p *Plan) StickyAt(t *Target) uint64 {
	if t.Own != nil {
		return t.Own.Sticky
	}
	return p.Sticky
}

// Plan is what to try for one call. It is the caller's own.
type Plan struct {
	Targets []Target // in order, never empty

	Route string // "" = the name means a target
	Step  string // the step that gave the targets: its name, or its place as steps[1]
	Arm   string // the share that a split or canary chose, as it was written; "" = none

	ContextWindow []Target // take the place of the rest after such a fault; empty = none do
	ContentPolicy []Target
	ContinueOn    []Target // go on with a stream that broke after its first content
	Hedge         *Hedge   // nil = none
	Shadow        []Target // get a copy; the share is drawn already
	Override      *gateway.Override
	Timeout       time.Duration // 0 = none
	MaxOutput     int64         // 0 = none
	Owners        []string      // whose limits apply beside the gateway's and the key's: see Table.Limits
	Sticky        uint64        // the same for calls that belong together; 0 = they need not stay at one credential

	Trace []Tried // what was looked at, when the Ask explains
}

// Hedge is when to ask whom beside the first target.
type Hedge struct {
	After time.Duration // 0 = the first target's own p95
	To    []Target      // empty = the next target of the plan
}

// Tried is one step that was looked at, for people.
type Tried struct {
	Route   string   `json:"route"`
	Step    string   `json:"step"`
	When    string   `json:"when,omitempty"`
	Matched bool     `json:"matched"`
	Why     string   `json:"why,omitempty"` // what made it not match, or how the order came about
	Targets []string `json:"targets,omitempty"`
}

// State says how targets stand for one call; nil = all alike and healthy. It must be
// quick: it is asked for each target that is weighed.
type State interface{ Standing(t *Target) Standing }

// Comparer is a State that also tells which targets do far worse than those beside them.
type Comparer interface {
	// Outliers gives them as a set of the first 64; never more than half.
	Outliers(ts []Target) uint64
}

// Standing is how a target stands.
type Standing struct {
	Out     bool          // must not be used: drained, or outside of the regions allowed
	Why     string        // of Out, for people
	Rests   bool          // failed lately
	Busy    int64         // attempts in flight
	First   time.Duration // usual time to first content; 0 = unknown
	Success float64       // share, 1 when nothing is known
	Speed   float64       // output tokens a second; 0 = unknown
	Price   float64       // US dollars for this call, foreseen
	Priced  bool
}

// Ask is what a plan depends on.
type Ask struct {
	Model    string // as the caller wrote it, "" when the operation has none
	Provider string // from sluice-provider, "" when not given
	Family   string // dialect family of the caller, for the gateway's default
	// Vars are what conditions may speak of. Ask's owner fills all but Route.
	Vars *expr.Vars
	// Fallback are the caller's own, from sluice-fallback: they replace the route's.
	Fallback []string
	// Stick gives the value of what calls stay together by (key, user, session, header.x,
	// metadata.x); "" = unknown. nil = nothing is known.
	Stick func(by string) string
	State State
	// Stage gives the present share, in per cent, of a canary's new target by the canary's
	// place ("route/steps[0]"); nil = its schedule has not begun: none.
	Stage func(canary string) float64
	// Random is drawn anew for each call, for what is not sticky.
	Random uint64
	// Explain fills Plan.Trace.
	Explain bool
}
