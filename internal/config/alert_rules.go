package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// AlertRule raises alerts while a figure is out of bounds.
type AlertRule struct {
	Name     string        `yaml:"name" required:"true" example:"errors" check:"name" help:"What it is called in alerts and mutes. An alert that fires stays the same while its rule keeps its name."`
	Metric   string        `yaml:"metric" required:"true" example:"error_rate" check:"metric" help:"What is looked at: error_rate, block_rate, cache_ratio (shares); requests, errors, blocked, tokens, spend, forbidden (calls refused with 403), new_networks (calls from networks that their key was never used from); latency_, first_token_ or overhead_ with p50, p90, p95 or p99; silence (no call at all); budget_share, unhealthy_targets, spool_depth; budget_ends_in (of each budget that is foreseen to end before its period does, the time until then)."`
	Above    string        `yaml:"above" example:"5%" check:"figure" help:"It is out of bounds above this: a number, a share (5%) or a time (2s)."`
	Below    string        `yaml:"below" example:"20%" check:"figure" help:"It is out of bounds below this."`
	Clear    string        `yaml:"clear" example:"3%" check:"figure" help:"What fires ends only when the figure is back at this. Default: the bound."`
	Anomaly  Anomaly       `yaml:"anomaly" single:"weeks" help:"Instead of a bound: requests, errors, tokens or spend are far above the same hours of past weeks. A number of weeks alone stands for it."`
	Window   time.Duration `yaml:"window" default:"5m" min:"1m" max:"24h" help:"The calls of how long are added up, in whole minutes. An anomaly looks at an hour."`
	For      time.Duration `yaml:"for" default:"0s" min:"0s" max:"24h" help:"How long it must be out of bounds before anybody is told."`
	Repeat   time.Duration `yaml:"repeat" default:"4h" off:"true" min:"5m" max:"30d" help:"People are told again that often while it lasts."`
	MinCalls int           `yaml:"min_calls" default:"1" min:"0" max:"1000000000" help:"Shares and times of fewer calls are unknown."`
	NoData   string        `yaml:"no_data" default:"ok" enum:"ok|keep|alert" help:"What an unknown figure means: all is well, things are as before, or an alert."`
	Severity string        `yaml:"severity" default:"warning" enum:"info|warning|critical" help:"How bad it is."`
	Filter   AlertFilter   `yaml:"filter" help:"Only these calls."`
	Per      string        `yaml:"per" example:"model" enum:"gateway|workspace|provider|model|key|route|operation|network" help:"Each value is looked at by itself, the 50 with the most calls; one alert tells of all that fire. network (/24, /48 of IPv6) is for anomalies alone. Default: all calls together."`
	Channels []string      `yaml:"channels" example:"[on-call]" single:"true" check:"name" help:"Who is told, by name. Default: all channels of alerts."`
}

// Anomaly compares with past weeks.
type Anomaly struct {
	Weeks       int     `yaml:"weeks" example:"6" min:"3" max:"12" help:"How many past weeks are compared with; 3 of them must have had calls."`
	Sensitivity float64 `yaml:"sensitivity" example:"8" min:"2" max:"100" help:"How many usual deviations above the median are too many. 6 unless given."`
}

// AlertFilter chooses calls.
type AlertFilter struct {
	Gateway   string `yaml:"gateway" example:"default" check:"name" help:"Of this gateway."`
	Workspace string `yaml:"workspace" example:"team-a" check:"text" help:"Of this workspace, whose members see the rule then."`
	Provider  string `yaml:"provider" example:"openai" check:"name" help:"Served by this provider."`
	Model     string `yaml:"model" example:"gpt-4o" check:"text" help:"Served by this model."`
	Key       string `yaml:"key" example:"key_4bq2" check:"text" help:"Made with the key of this id."`
	Route     string `yaml:"route" example:"support" check:"text" help:"That came this way."`
	Operation string `yaml:"operation" example:"chat" check:"operation" help:"Of this operation."`
}

// maxAlertRules bounds what is looked at each minute.
const maxAlertRules = 100

const usualSensitivity = 6

// Values gives the filter by dimension.
func (f *AlertFilter) Values() map[string]string {
	all := map[string]string{"gateway": f.Gateway, "workspace": f.Workspace, "provider": f.Provider, "model": f.Model, "key": f.Key, "route": f.Route, "operation": f.Operation}
	for k, v := range all {
		if v == "" {
			delete(all, k)
		}
	}
	return all
}

// AlertRules gives the rules of a checked configuration, in the order written.
func (c *Config) AlertRules() []gateway.AlertRule {
	out := make([]gateway.AlertRule, 0, len(c.Alerts.Rules))
	for i := range c.Alerts.Rules {
		r := &c.Alerts.Rules[i]
		per := r.Per
		if r.Metric == gateway.BudgetEndsIn {
			per = "budget"
		}
		out = append(out, gateway.AlertRule{
			Name: r.Name, Metric: r.Metric, Severity: r.Severity, Above: figure(r.Above), Below: figure(r.Below), Clear: figure(r.Clear),
			Weeks: r.Anomaly.Weeks, Sensitivity: cmp.Or(r.Anomaly.Sensitivity, usualSensitivity), Window: r.Window, For: r.For, Repeat: r.Repeat, MinCalls: int64(r.MinCalls),
			NoData: r.NoData, Filter: r.Filter.Values(), Per: per, Channels: r.Channels,
		})
	}
	return out
}

func figure(text string) *float64 {
	if text == "" {
		return nil
	}
	v, _, _ := parseFigure(text)
	return &v
}

// parseFigure reads a number, a share in per cent or a time in milliseconds, and tells
// which it is: "", "share" or "ms".
func parseFigure(text string) (v float64, unit, message string) {
	number, percent := strings.CutSuffix(text, "%")
	if v, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil && v >= 0 && v < 1e15 {
		if percent {
			return v / 100, "share", ""
		}
		return v, "", ""
	}
	if d, err := ParseDuration(text); err == nil {
		return float64(d) / float64(time.Millisecond), "ms", ""
	}
	return 0, "", "expected a number such as 100, a share such as 5% or a time such as 2s, found " + doctree.Quote(text)
}

func checkMetric(text string) string {
	if gateway.AlertMetrics()[text] != "" {
		return ""
	}
	var known []string
	for name := range gateway.AlertMetrics() {
		known = append(known, name)
	}
	slices.Sort(known)
	return "unknown metric" + didYouMeanOr(text, known)
}

// alertRules checks what no single value tells.
func (l *loader) alertRules(at string, a *Alerting) {
	names := map[string]bool{}
	if len(a.Rules) > maxAlertRules {
		l.bad(join(at, "rules"), "there are %d rules; at most %d are looked at", len(a.Rules), maxAlertRules)
	}
	for i := range a.Rules {
		here, r := doctree.Index(join(at, "rules"), i), &a.Rules[i]
		if r.Name != "" && names[r.Name] {
			l.bad(join(here, "name"), "the name %q is taken by another rule", r.Name)
		}
		names[r.Name] = true
		if r.Metric != "" && !l.faulty(join(here, "metric")) {
			l.bounds(here, r)
			l.toldApart(here, r)
		}
		for j, name := range r.Channels {
			if !slices.ContainsFunc(a.Channels, func(c Channel) bool { return c.Name == name }) {
				l.bad(doctree.Index(join(here, "channels"), j), "there is no channel %q below alerts.channels", name)
			}
		}
	}
}

// bounds checks that a rule says what is too much, in the unit of its metric.
func (l *loader) bounds(at string, r *AlertRule) {
	kind := gateway.AlertMetrics()[r.Metric]
	given := 0
	for key, text := range map[string]string{"above": r.Above, "below": r.Below, "clear": r.Clear} {
		if text == "" {
			continue
		}
		if key != "clear" {
			given++
		}
		v, unit, _ := parseFigure(text)
		share := kind == "share" || r.Metric == "budget_share"
		switch {
		case unit == "share" && !share, unit == "ms" && kind != "ms":
			l.bad(join(at, key), "%s is not measured so; write a number", r.Metric)
		case r.Metric == gateway.BudgetEndsIn && (key == "above" || unit != "ms"):
			l.bad(join(at, key), "%s is told below a time, as in below: 3d", r.Metric)
		case kind == "share" && v > 1:
			l.bad(join(at, key), "a share is 1 at most; did you mean %s%%?", strings.TrimSuffix(text, "%"))
		}
	}
	anomaly := l.given(join(at, "anomaly"))
	switch {
	case r.Metric == "silence" && (given > 0 || anomaly):
		l.bad(at, "silence has no bound: it means that there was no call in the window")
	case r.Metric == "silence":
	case anomaly && given > 0, given > 1:
		l.bad(at, "above, below and anomaly exclude each other; write a rule for each")
	case anomaly && (!slices.Contains([]string{"requests", "errors", "tokens", "spend"}, r.Metric) || r.Anomaly.Weeks == 0):
		l.bad(join(at, "anomaly"), "an anomaly is one of requests, errors, tokens or spend against some weeks, as in anomaly: 6")
	case !anomaly && given == 0:
		l.bad(at, "nothing is too much; write above, below or anomaly")
	}
	if above, clear := figure(r.Above), figure(r.Clear); above != nil && clear != nil && *clear > *above {
		l.bad(join(at, "clear"), "clear must not lie above the bound")
	}
	if below, clear := figure(r.Below), figure(r.Clear); below != nil && clear != nil && *clear < *below {
		l.bad(join(at, "clear"), "clear must not lie below the bound")
	}
	if r.Window%time.Minute != 0 {
		l.bad(join(at, "window"), "a window is whole minutes")
	}
}

// toldApart checks that sums are kept which answer the rule: looking at it must be cheap.
func (l *loader) toldApart(at string, r *AlertRule) {
	named := r.Filter.Values()
	if r.Per != "" {
		named[r.Per] = r.Per
	}
	switch {
	case gateway.AlertMetrics()[r.Metric] == "live" && len(named) > 0:
		l.bad(at, "%s is not told apart; leave filter and per out", r.Metric)
		return
	case r.Metric == gateway.BudgetEndsIn && r.Per != "":
		l.bad(join(at, "per"), "%s is told of each budget as it is; leave per out", r.Metric)
		return
	case (r.Metric == "new_networks" || r.Metric == "forbidden") && r.Per != "" && r.Per != "key":
		l.bad(join(at, "per"), "%s can be told apart by key alone", r.Metric)
	}
	if r.Per == "network" && !l.given(join(at, "anomaly")) {
		l.bad(join(at, "per"), "networks are told apart for anomalies alone, as in anomaly: 6; new_networks counts calls from those that are new")
	}
	delete(named, "gateway")
	delete(named, "workspace")
	delete(named, "network")
	var allowed []string
	switch r.Metric {
	case gateway.BudgetEndsIn:
	case "new_networks", "forbidden":
		allowed = []string{"key"}
	default:
		if r.Per == "network" {
			allowed = []string{"key"}
			break
		}
		for _, with := range []string{"provider", "key", "route", "operation"} {
			if _, ok := named[with]; ok {
				allowed = append(allowed, with)
			}
		}
		allowed = append(allowed[:min(len(allowed), 1)], "model")
	}
	for d := range named {
		if !slices.Contains(allowed, d) {
			l.bad(at, "calls are not told apart by all of these at once: beside gateway and workspace, filter and per may name one of provider, key, route and operation, and model; forbidden, new_networks and networks key alone, budget_ends_in none")
			return
		}
	}
}
