package gateway

import "time"

// Unit is what a limit counts.
type Unit string

// The units (contract §6, "Limit").
const (
	UnitRequests     Unit = "requests"
	UnitTokens       Unit = "tokens"
	UnitInputTokens  Unit = "input_tokens"
	UnitOutputTokens Unit = "output_tokens"
	UnitCost         Unit = "cost" // counted in billionths of a dollar
	UnitConcurrent   Unit = "concurrent"
)

// Per is what a rule counts separately: gateway, workspace, key, user, ip, model,
// provider, header.<name>, metadata.<name>, or a condition's language text. team stands
// for metadata.team.
type Per string

// Window is one span and what may be taken in it.
type Window struct {
	Max   int64         `json:"max"`             // in the unit; of cost billionths of a dollar
	Span  time.Duration `json:"span,omitempty"`  // 0 for concurrent and for a calendar period
	Fixed bool          `json:"fixed,omitempty"` // spans follow each other, beginning at 1970; else any span of that length counts
	Burst int64         `json:"burst,omitempty"` // may be taken above Max, and is repaid from what follows

	// Period is a budget's: day, week (from Monday) or month in Zone; "" otherwise.
	Period Period `json:"period,omitempty"`
	Zone   string `json:"zone,omitempty"` // IANA name; "" = UTC
}

// Period is a calendar period.
type Period string

// The periods.
const (
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

// Over is what happens to a call for which a rule has no room.
type Over struct {
	Do      string        `json:"do"` // reject, stale, record, queue or reroute
	Wait    time.Duration `json:"wait,omitempty"`
	Max     int           `json:"max,omitempty"`     // places in the queue
	Reroute string        `json:"reroute,omitempty"` // a model or a route
}

// The kinds of Over.Do.
const (
	OverReject  = "reject"
	OverStale   = "stale"
	OverRecord  = "record"
	OverQueue   = "queue"
	OverReroute = "reroute"
)

// Outage is what a rule does while what several nodes share is away.
type Outage string

// The kinds of Outage.
const (
	OutageLocal Outage = "local" // count here alone
	OutageAllow Outage = "allow"
	OutageDeny  Outage = "deny"
)

// Rule is one limit or budget as it was written down. A rule with several windows has
// to have room in each. A rule whose windows have a Period is a budget: its unit is
// cost.
type Rule struct {
	Name      string   `json:"name"` // unique within its owner: given, or made from its place
	Per       []Per    `json:"per"`
	Unit      Unit     `json:"unit"`
	Windows   []Window `json:"windows"`
	When      string   `json:"when,omitempty"` // a condition; "" = always
	Over      Over     `json:"over"`
	Outage    Outage   `json:"on_outage,omitempty"` // "" = local
	CountHits bool     `json:"count_hits,omitempty"`

	ExemptNetworks []string `json:"exempt_networks,omitempty"` // CIDR
	ExemptKeys     []string `json:"exempt_keys,omitempty"`     // ids or names, globs

	// Of cost alone.
	Soft     bool  `json:"soft,omitempty"`     // may be overrun: holds are estimates
	Fit      bool  `json:"fit,omitempty"`      // lower the answer's ceiling to what is left instead of refusing
	Unpriced bool  `json:"unpriced,omitempty"` // let pass what cannot be priced beforehand
	Alert    []int `json:"alert,omitempty"`    // per cent of Max, rising
}

// Budget reports whether the rule is one: counted by the calendar.
func (r *Rule) Budget() bool { return len(r.Windows) > 0 && r.Windows[0].Period != "" }

// Settlement is one amount of money that one call took from one counter of a rule. It
// travels with the call's entry and becomes one row of the ledger, once: the entry's id
// and the counter are its key.
type Settlement struct {
	Rule    string    `json:"rule"`    // owner and name: "gateway/default/budgets[0]"
	Counter string    `json:"counter"` // 32 hexadecimal digits: rule and values
	Values  string    `json:"values"`  // for people: "workspace=default"
	Amount  USD       `json:"amount_usd"`
	Time    time.Time `json:"time"` // in whose period it counts
}
