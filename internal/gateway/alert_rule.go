package gateway

import "time"

// AlertRule says when people are told that something is out of bounds.
type AlertRule struct {
	Name     string
	Metric   string // one of AlertMetrics
	Severity string // info, warning, critical

	Above, Below *float64 // one of both, or none with Weeks or silence; shares 0 to 1, times in milliseconds, money in dollars
	Clear        *float64 // ends what fires; nil = the threshold
	Weeks        int      // > 0: compared with the same hours of so many past weeks
	Sensitivity  float64  // in deviations, of Weeks

	Window   time.Duration
	For      time.Duration // how long it must be out of bounds, 0 = no longer than it takes to see
	Repeat   time.Duration // how often people are told while it lasts, 0 = once
	MinCalls int64         // below which shares and times are unknown
	NoData   string        // ok, keep, alert: what an unknown figure means

	Filter   map[string]string // dimension to value
	Per      string            // dimension whose values are looked at one by one, "" = all calls together
	Channels []string          // by name; empty = all
}

// ID tells the rule from budgets in lists of alerts.
func (r *AlertRule) ID() string { return "alerts/" + r.Name }

// Workspace is whose members may see the rule: "" = admins alone.
func (r *AlertRule) Workspace() string { return r.Filter["workspace"] }

// AlertSeries is how one value of a rule's Per stands.
type AlertSeries struct {
	Value  string    `json:"value"` // "" = all calls
	State  string    `json:"state"` // pending, firing
	Since  time.Time `json:"since"` // out of bounds
	Figure *float64  `json:"figure"`
	Bound  *float64  `json:"bound"` // that it is compared with
}

// AlertState is how a rule stands.
type AlertState struct {
	Rule    string        `json:"rule"` // its name
	Version int64         `json:"-"`    // 0 = not stored yet
	Looked  time.Time     `json:"looked"`
	Series  []AlertSeries `json:"series"` // pending and firing ones, by value

	// Of what fires: told anew to nobody who was told.
	Episode   string    `json:"episode,omitempty"` // tells it from the times before; "" = nothing fires
	Since     time.Time `json:"since"`             // when it began
	Announced bool      `json:"announced,omitempty"`
	Told      []string  `json:"told,omitempty"` // values that people know of
	Sent      time.Time `json:"sent"`           // the last alert
	Number    int       `json:"number,omitempty"`
	Last      string    `json:"last,omitempty"` // id of that alert
	Workspace string    `json:"workspace,omitempty"`
	Severity  string    `json:"severity,omitempty"`
	Channels  []string  `json:"channels,omitempty"`
	Metric    string    `json:"metric,omitempty"`
	Per       string    `json:"per,omitempty"`
}

// AlertMute says that nobody is told of a rule until a time.
type AlertMute struct {
	ID        string    `json:"id"` // mut_…
	Rule      string    `json:"rule"`
	Value     string    `json:"value"` // of what the rule is per; "" = each
	Workspace string    `json:"workspace"`
	By        string    `json:"by"`
	Reason    string    `json:"reason"`
	Created   time.Time `json:"created"`
	Until     time.Time `json:"until"`
}

// Covers reports whether the mute keeps people from being told of a value at a time.
func (m *AlertMute) Covers(rule, value string, at time.Time) bool {
	return m.Rule == rule && (m.Value == "" || m.Value == value) && at.Before(m.Until)
}

// BudgetEndsIn is the metric that tells how long budgets will last that end before their
// period does, each by itself.
const BudgetEndsIn = "budget_ends_in"

// AlertMetrics lists what rules may look at, with what numbers of it are: share, ms,
// usd, count, or live for what is no sum of calls.
func AlertMetrics() map[string]string {
	return map[string]string{
		"error_rate": "share", "block_rate": "share", "cache_ratio": "share",
		"requests": "count", "errors": "count", "blocked": "count", "tokens": "count", "spend": "usd", "silence": "count",
		"latency_p50": "ms", "latency_p90": "ms", "latency_p95": "ms", "latency_p99": "ms",
		"first_token_p50": "ms", "first_token_p90": "ms", "first_token_p95": "ms", "first_token_p99": "ms",
		"overhead_p50": "ms", "overhead_p90": "ms", "overhead_p95": "ms", "overhead_p99": "ms",
		"forbidden": "count", "new_networks": "count", BudgetEndsIn: "ms",
		"budget_share": "live", "unhealthy_targets": "live", "spool_depth": "live",
	}
}
