package admin

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// metric is one figure of calls that were added up.
type metric struct {
	name  string
	rank  analytics.Number // what series are in order of
	of    analytics.Number // with a sketch that it needs; Requests = none
	value func(f *analytics.Figures) *float64
}

// spread are the figures of a number that is a time.
type spread struct {
	name string
	of   analytics.Number
	unit float64 // in a millisecond
}

var spreads = []spread{{"latency", analytics.LatencyMS, 1}, {"first_byte", analytics.FirstByteMS, 1}, {"gateway", analytics.GatewayUS, 1000}, {"provider", analytics.ProviderMS, 1}}

var quantiles = []int{50, 90, 95, 99}

// metrics lists what there is.
func metrics() []metric {
	all := []metric{
		sumMetric("requests", analytics.Requests), sumMetric("errors", analytics.Errors), sumMetric("blocked", analytics.Blocked), sumMetric("cancelled", analytics.Cancelled),
		{"error_rate", analytics.Errors, 0, func(f *analytics.Figures) *float64 {
			return share(f.Numbers[analytics.Errors], f.Numbers[analytics.Requests])
		}},
		{"hits", analytics.Hits, 0, func(f *analytics.Figures) *float64 { return number(f.Served()) }}, sumMetric("misses", analytics.Misses),
		{"hit_ratio", analytics.Hits, 0, func(f *analytics.Figures) *float64 { return share(f.Served(), f.Served()+f.Numbers[analytics.Misses]) }},
		knownMetric("input_tokens", analytics.InputTokens, 1), knownMetric("output_tokens", analytics.OutputTokens, 1), {"tokens", analytics.InputTokens, 0, allTokens},
		knownMetric("cache_read_tokens", analytics.CacheReadTokens, 1), knownMetric("cache_write_tokens", analytics.CacheWriteTokens, 1), knownMetric("reasoning_tokens", analytics.ReasoningTokens, 1),
		knownMetric("cost_usd", analytics.Cost, 1e9), knownMetric("saved_usd", analytics.Saved, 1e9),
		{"unpriced", analytics.Requests, 0, func(f *analytics.Figures) *float64 { return number(unpriced(f)) }},
		meanMetric("queue_avg_ms", analytics.QueueMS, 1), meanMetric("caller_avg_ms", analytics.CallerUS, 1000),
		knownMetric("provider_total_ms", analytics.ProviderMS, 1), knownMetric("gateway_total_ms", analytics.GatewayUS, 1000),
		knownMetric("queue_total_ms", analytics.QueueMS, 1), knownMetric("caller_total_ms", analytics.CallerUS, 1000),
	}
	for _, s := range spreads {
		all = append(all, meanMetric(s.name+"_avg_ms", s.of, s.unit))
		for _, q := range quantiles {
			all = append(all, metric{s.name + "_p" + strconv.Itoa(q) + "_ms", analytics.Requests, s.of, func(f *analytics.Figures) *float64 { return s.quantile(f, q) }})
		}
	}
	return all
}

func (s *spread) quantile(f *analytics.Figures, q int) *float64 {
	v, ok := f.Quantile(s.of, float64(q)/100)
	if !ok {
		return nil
	}
	v /= s.unit
	return &v
}

func number(n int64) *float64 {
	v := float64(n)
	return &v
}

// share is null where there is nothing to have a share of.
func share(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}

// unpriced are the calls whose cost is not known.
func unpriced(f *analytics.Figures) int64 {
	return max(f.Numbers[analytics.Requests]-f.Numbers[analytics.CostKnown], 0)
}

// allTokens are those that went in and out, as far as known.
func allTokens(f *analytics.Figures) *float64 {
	if f.Numbers[analytics.Requests] > 0 && f.Numbers[analytics.InputKnown]+f.Numbers[analytics.OutputKnown] == 0 {
		return nil
	}
	return number(f.Numbers[analytics.InputTokens] + f.Numbers[analytics.OutputTokens])
}

func sumMetric(name string, n analytics.Number) metric {
	return metric{name, n, 0, func(f *analytics.Figures) *float64 { return number(f.Numbers[n]) }}
}

// knownMetric is null where there were calls, and it is known of none.
func knownMetric(name string, n analytics.Number, unit float64) metric {
	return metric{name, n, 0, func(f *analytics.Figures) *float64 {
		if f.Numbers[analytics.Requests] > 0 && f.Numbers[n+1] == 0 {
			return nil
		}
		v := float64(f.Numbers[n]) / unit
		return &v
	}}
}

func meanMetric(name string, n analytics.Number, unit float64) metric {
	return metric{name, n, 0, func(f *analytics.Figures) *float64 { return mean(f, n, unit) }}
}

func mean(f *analytics.Figures, n analytics.Number, unit float64) *float64 {
	if f.Numbers[n+1] == 0 {
		return nil
	}
	v := float64(f.Numbers[n]) / float64(f.Numbers[n+1]) / unit
	return &v
}

func metricNames() []string {
	var names []string
	for _, m := range metrics() {
		names = append(names, m.name)
	}
	return names
}

// metricsOf reads which figures are wanted.
func metricsOf(text string) ([]metric, error) {
	if text == "" {
		text = "requests"
	}
	var wanted []metric
	for name := range strings.SplitSeq(text, ",") {
		found := false
		for _, m := range metrics() {
			if m.name == strings.TrimSpace(name) {
				wanted, found = append(wanted, m), true
			}
		}
		if !found {
			e := invalid("metric", "there is no metric "+strconv.Quote(name)+"; there are "+strings.Join(metricNames(), ", "))
			e.Details.Suggestion = nearest(name, metricNames())
			return nil, e
		}
	}
	return wanted, nil
}
