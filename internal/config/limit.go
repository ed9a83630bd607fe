package config

import "time"

// Limit is one item of a list of limits. It may name several units; each becomes one
// rule with the same conditions.
type Limit struct {
	Name         string   `yaml:"name" example:"free" check:"name" help:"What it is called in answers, entries and metrics, unique in its gateway. Default: its place, as limits[0].requests; counts then do not survive a change of order."`
	Per          []string `yaml:"per" example:"[workspace, header.x-app]" single:"true" check:"per" help:"What is counted separately: gateway, workspace, key, user, ip, model or provider (the one served), team (metadata.team), header.<name>, metadata.<name>, or a value in CEL; a list counts each combination. Default: gateway; below a provider: provider."`
	Requests     []string `yaml:"requests" example:"[100/1m, 20/5s]" single:"true" check:"window" help:"Calls, as count/window; the window 1s to 30d. Of several, each must have room."`
	Tokens       []string `yaml:"tokens" example:"200000/1m" single:"true" check:"window" help:"Tokens, input and output together."`
	InputTokens  []string `yaml:"input_tokens" example:"150000/1m" single:"true" check:"window" help:"Tokens of requests, cached or not."`
	OutputTokens []string `yaml:"output_tokens" example:"50000/1m" single:"true" check:"window" help:"Tokens of answers."`
	Cost         []string `yaml:"cost" example:"50.00/1d" single:"true" check:"costwindow" help:"US dollars, with up to 9 digits after the point. Hard: never overrun."`
	Concurrent   int      `yaml:"concurrent" example:"10" min:"1" max:"1000000" help:"Calls in progress at once."`
	Fixed        bool     `yaml:"fixed" help:"Windows that follow each other instead of sliding: up to twice the count may pass around their border."`
	Burst        string   `yaml:"burst" example:"20" check:"amount" help:"May be taken above the count, and is repaid from the next window."`
	CountHits    bool     `yaml:"count_hits" help:"Requests only: an answer from the cache counts too."`
	Conditions   `yaml:",inline"`
	Over         Over `yaml:"over" single:"do" help:"What happens to a call for which there is no room."`
	Money        `yaml:",inline"`
}

// Budget is one item of a list of budgets: money by the calendar.
type Budget struct {
	Name       string   `yaml:"name" example:"team-month" check:"name" help:"What it is called in answers, entries and alerts, unique in its gateway, limits included. Default: its place, as budgets[0]; its spend then does not survive a change of order."`
	Per        []string `yaml:"per" example:"workspace" single:"true" check:"per" help:"What has a budget of its own, as of limits. Default: gateway."`
	Cost       []string `yaml:"cost" required:"true" example:"500.00/month" single:"true" check:"costperiod" help:"US dollars per day, week (from Monday) or month. Of several, each must have room."`
	Zone       string   `yaml:"zone" default:"UTC" check:"zone" help:"Time zone in which days, weeks and months begin, such as Europe/Berlin."`
	Alert      []int    `yaml:"alert" example:"[50, 80, 100]" single:"true" min:"1" max:"1000" help:"Per cent at which an alert goes to the channels, once a period."`
	Mode       string   `yaml:"mode" default:"hard" enum:"hard|soft" help:"hard: never overrun, calls hold their upper bound. soft: calls hold an estimate and the last ones may overrun it."`
	Conditions `yaml:",inline"`
	Over       BudgetOver `yaml:"over" single:"do" help:"What happens to a call for which there is no money."`
	Money      `yaml:",inline"`
}

// Conditions say to which calls a limit or budget applies.
type Conditions struct {
	When     string `yaml:"when" example:"metadata.plan == \"free\"" check:"condition" help:"It applies only where this holds (CEL). Default: always."`
	Exempt   Exempt `yaml:"exempt" single:"networks|keys" help:"Who is not counted: networks and keys, also as one list."`
	OnOutage string `yaml:"on_outage" default:"local" enum:"local|allow|deny" help:"While what several nodes share is away: count here alone, let calls pass, or refuse them."`
}

// Money says what becomes of calls whose price is not known or too high.
type Money struct {
	Fit      bool   `yaml:"fit" help:"Cost only: lower the ceiling of the answer's length to what is left instead of refusing."`
	Unpriced string `yaml:"unpriced" default:"refuse" enum:"refuse|allow" help:"Cost only: what becomes of a call whose model has no price, or no known ceiling of output."`
}

// Exempt is who a limit does not count.
type Exempt struct {
	Networks []string `yaml:"networks" example:"[10.0.0.0/8]" single:"true" check:"network" help:"Networks of callers."`
	Keys     []string `yaml:"keys" example:"[ci-*]" single:"true" check:"glob" help:"Keys, by id or name, as globs."`
}

// Over is what happens to a call for which a limit has no room.
type Over struct {
	Do      string `yaml:"do" default:"reject" enum:"reject|stale|record|queue|reroute" help:"reject: refuse with 429. stale: serve an answer from the cache that is past its time, by stale_if_error or an hour at most, else refuse. record: let it pass, tell it in the entry. queue: wait for room. reroute: go to another model. A word alone stands for it, as in over: record."`
	Queue   Wait   `yaml:"queue" help:"Wait for room, fairly between callers."`
	Reroute string `yaml:"reroute" example:"sandbox/echo" check:"target" help:"The model (provider/model) that serves the call instead."`
}

// BudgetOver is Over without what makes no sense until the next period.
type BudgetOver struct {
	Do      string `yaml:"do" default:"reject" enum:"reject|stale|record|reroute" help:"reject: refuse with 429. stale: serve an answer from the cache that is past its time, by stale_if_error or an hour at most, else refuse. record: let it pass, tell it in the entry. reroute: go to another model. A word alone stands for it, as in over: record."`
	Reroute string `yaml:"reroute" example:"sandbox/echo" check:"target" help:"The model (provider/model) that serves the call instead."`
}

// Wait bounds waiting for room.
type Wait struct {
	Wait time.Duration `yaml:"wait" example:"5s" min:"1ms" max:"10m" help:"Longest wait of a call. 5s unless given."`
	Max  int           `yaml:"max" example:"100" min:"1" max:"1000000" help:"Calls that may wait at once; further ones are refused. 100 unless given."`
}

// The wait of a queue that names none.
const (
	defaultWait   = 5 * time.Second
	defaultPlaces = 100
)

// Queue is how those who wait share what becomes free.
type Queue struct {
	Low     int      `yaml:"low" default:"1" min:"1" max:"1000" help:"Share of calls of low priority, against the other classes."`
	Normal  int      `yaml:"normal" default:"4" min:"1" max:"1000" help:"Share of calls of normal priority."`
	High    int      `yaml:"high" default:"16" min:"1" max:"1000" help:"Share of calls of high priority."`
	Callers []Caller `yaml:"callers" example:"[{when: '\"premium\" in key.tags', priority: high, weight: 2}]" help:"Class and weight of callers; the first item that applies counts."`
}

// Caller is the place of some callers in a queue.
type Caller struct {
	When     string `yaml:"when" example:"'\"premium\" in key.tags'" check:"condition" help:"Which callers (CEL). Default: every one."`
	Priority string `yaml:"priority" default:"normal" enum:"low|normal|high" help:"Their class; with the control priority a caller may ask for less, not for more."`
	Weight   int    `yaml:"weight" default:"1" min:"1" max:"1000" help:"Their share within the class, against 1 of others."`
}
