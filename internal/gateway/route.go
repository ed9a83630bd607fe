package gateway

import (
	"encoding/json"
	"time"
)

// Route is a named way to targets, as it was written down: callers give its name as the
// model. Targets are names as callers write them: provider/model, a bare vendor id, or
// another route. What a Step leaves empty, the Route's own field of that name says.
type Route struct {
	Name       string   `json:"name"`
	Operations []string `json:"operations,omitempty"` // empty = every one
	Steps      []Step   `json:"steps"`                // the first one whose condition holds and that has targets gives the plan

	Fallback      []string      `json:"fallback,omitempty"`          // tried after the step's targets
	ContextWindow []string      `json:"on_context_window,omitempty"` // tried instead of the rest where the input is too long for a target
	ContentPolicy []string      `json:"on_content_policy,omitempty"` // tried instead of the rest where a vendor's filter refused
	ContinueOn    string        `json:"continue_on,omitempty"`       // goes on with a stream that broke after its first content; "" = nothing does
	Sticky        string        `json:"sticky,omitempty"`            // what stays at one choice: key, user, session, header.<name>, metadata.<name>; "" = nothing
	Timeout       time.Duration `json:"timeout,omitempty"`           // of the whole call, over all attempts; 0 = none
	MaxOutput     int64         `json:"max_output,omitempty"`        // ceiling of output tokens of a call that names none; 0 = none
	Hedge         *Hedge        `json:"hedge,omitempty"`             // nil = none
	Shadow        []Shadow      `json:"shadow,omitempty"`
	Override      *Override     `json:"override,omitempty"` // nil = none
	Limits        []*Rule       `json:"limits,omitempty"`   // held per call of this route
	Cache         *CacheTime    `json:"cache,omitempty"`    // nil = says nothing of what is kept
	Intent        *Intent       `json:"intent,omitempty"`   // gives conditions the variable intent; nil = it is empty
}

// Step is one rule of a route. One without targets (no Use, Split, Balance or Canary)
// gives its other fields to the steps that follow, and the next step is looked at.
type Step struct {
	Name string `json:"name,omitempty"`
	When string `json:"when,omitempty"` // a condition; "" = always

	// At most one of these four says which targets.
	Use     string   `json:"use,omitempty"`
	Split   []Share  `json:"split,omitempty"`   // chosen by share; the others of it are no fallbacks
	Balance *Balance `json:"balance,omitempty"` // chosen by state; the others of it are tried next
	Canary  *Canary  `json:"canary,omitempty"`

	Fallback      []string  `json:"fallback,omitempty"`
	ContextWindow []string  `json:"on_context_window,omitempty"`
	ContentPolicy []string  `json:"on_content_policy,omitempty"`
	ContinueOn    string    `json:"continue_on,omitempty"`
	Sticky        string    `json:"sticky,omitempty"`
	Hedge         *Hedge    `json:"hedge,omitempty"`
	Shadow        []Shadow  `json:"shadow,omitempty"`
	Override      *Override `json:"override,omitempty"`
	Limits        []*Rule   `json:"limits,omitempty"` // held per call of which this step made the plan
}

// Share is a target and its weight among others.
type Share struct {
	Target string  `json:"target"`
	Weight float64 `json:"weight"` // ≥ 0, relative to the others'
}

// Balance chooses among targets by how they stand.
type Balance struct {
	By      string  `json:"by"` // see the constants
	Targets []Share `json:"targets"`
}

// The kinds of Balance.By.
const (
	ByWeight  = "weighted"
	ByTurn    = "round_robin"
	ByLoad    = "least_busy"
	ByLatency = "lowest_latency" // peak-EWMA, the better of two drawn
	ByPrice   = "cheapest"       // by the catalogue
	ByValue   = "value"          // price against measured speed and success
)

// Canary moves calls from one target to another, stage by stage, and back by itself.
type Canary struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Stages   []Stage  `json:"stages"` // in order; behind the last one all calls go to To
	Rollback Rollback `json:"rollback"`
}

// Stage is a share of the calls and how long it lasts.
type Stage struct {
	Share float64       `json:"share"` // per cent, 0 to 100
	For   time.Duration `json:"for"`
}

// Rollback says when a canary is over: To is compared with From over the present stage.
// Zero fields say nothing.
type Rollback struct {
	ErrorRate   float64 `json:"error_rate,omitempty"`   // To fails in more than this share of calls (0.05 = 5 %)
	ErrorMargin float64 `json:"error_margin,omitempty"` // To fails in this much more of the calls than From
	Latency     float64 `json:"latency,omitempty"`      // To's p95 latency is more than this many times From's
	Cost        float64 `json:"cost,omitempty"`         // To's mean cost is more than this many times From's
	MinCalls    int     `json:"min_calls,omitempty"`    // nothing is judged before To had so many in this stage; 0 = 20
}

// Hedge asks a second target when the first says nothing for long; the first one to
// give content wins.
type Hedge struct {
	After time.Duration `json:"after,omitempty"` // 0 = the target's own p95 of time to first content
	To    string        `json:"to,omitempty"`    // "" = the next target of the plan
}

// Shadow sends a copy of calls to a target; the answer is recorded and thrown away.
type Shadow struct {
	To    string  `json:"to"`
	Share float64 `json:"share"` // per cent of the calls; 0 = all
}

// Override changes what the caller asked for, whatever the dialect. Nil says nothing.
type Override struct {
	System      string                     `json:"system,omitempty"` // stands before the caller's system prompt
	MaxOutput   *int64                     `json:"max_tokens,omitempty"`
	Temperature *float64                   `json:"temperature,omitempty"`
	TopP        *float64                   `json:"top_p,omitempty"`
	Seed        *int64                     `json:"seed,omitempty"`
	Stop        []string                   `json:"stop,omitempty"`
	Effort      string                     `json:"reasoning_effort,omitempty"`
	Set         map[string]json.RawMessage `json:"set,omitempty"` // members of the body as the vendor gets it, as they are
}

// Speaks reports whether the override says anything in words that every dialect has, but
// for the maximum of output tokens. Nil says nothing.
func (o *Override) Speaks() bool {
	return o != nil && (o.System != "" || o.Temperature != nil || o.TopP != nil || o.Seed != nil || o.Stop != nil || o.Effort != "")
}

// Intent tells what a call is about, by comparing the last user message with examples.
type Intent struct {
	Embedder  string              `json:"embedder"`            // provider/model of an embedding model
	Examples  map[string][]string `json:"examples"`            // by intent
	Threshold float64             `json:"threshold,omitempty"` // least cosine similarity; 0 = 0.5
	Wait      time.Duration       `json:"wait,omitempty"`      // longest added latency; 0 = 300ms; after it the intent is ""
}

// Drain takes a target, a credential or a whole provider out of use at run time.
type Drain struct {
	Provider   string    `json:"provider"`
	Model      string    `json:"model"`      // "" = every model
	Credential string    `json:"credential"` // "" = every credential
	Reason     string    `json:"reason"`
	By         string    `json:"by"` // who did it
	Time       time.Time `json:"time"`
}
