package admin

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// AnalyticsSummary is what calls add up to, at a glance.
type AnalyticsSummary struct {
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	Figures SummaryFigures  `json:"figures"`
	Before  *SummaryFigures `json:"before" doc:"Of the period before; null unless compare is given."`
	Blocks  []LimitBlocks   `json:"blocks" doc:"What limits refused, and whom, the most first; 20 at most."`
	Source  string          `json:"source" enum:"rollups,entries" doc:"entries: no roll-ups tell these dimensions apart, and calls that were deleted are not in there."`
	Warning string          `json:"warning" doc:"What to know about the figures, for people; empty = nothing."`
}

// SummaryFigures are sums of calls.
type SummaryFigures struct {
	Requests         int64       `json:"requests"`
	PerSecond        float64     `json:"requests_per_second"`
	Errors           int64       `json:"errors" doc:"Answered with an error, neither blocked nor cancelled."`
	Blocked          int64       `json:"blocked" doc:"Refused for a limit or budget."`
	Cancelled        int64       `json:"cancelled" doc:"Their caller left first."`
	ErrorRate        *float64    `json:"error_rate" doc:"Share of errors in requests, 0 to 1."`
	InputTokens      *float64    `json:"input_tokens"`
	OutputTokens     *float64    `json:"output_tokens"`
	CacheReadTokens  *float64    `json:"cache_read_tokens"`
	CacheWriteTokens *float64    `json:"cache_write_tokens"`
	ReasoningTokens  *float64    `json:"reasoning_tokens"`
	Cost             gateway.USD `json:"cost_usd" doc:"Of the calls whose cost is known."`
	Unpriced         int64       `json:"unpriced" doc:"Calls whose cost is not known, refused ones included."`
	Saved            gateway.USD `json:"saved_usd"`
	Hits             int64       `json:"hits" doc:"What the cache served: hits, stale, coalesced and semantic together."`
	Misses           int64       `json:"misses"`
	HitRatio         *float64    `json:"hit_ratio" doc:"Share of hits in hits and misses, 0 to 1."`
	Latency          TimeFigures `json:"latency"`
	FirstByte        TimeFigures `json:"first_byte"`
	Gateway          TimeFigures `json:"gateway" doc:"What Sluice itself took, without queues and slow callers."`
	Provider         TimeFigures `json:"provider" doc:"What was spent waiting for providers."`
	QueueAvgMS       *float64    `json:"queue_avg_ms"`
	CallerAvgMS      *float64    `json:"caller_avg_ms" doc:"Spent waiting for callers who read slowly."`
}

// TimeFigures tell how long something took, in milliseconds; null = no call tells. The
// quantiles are within 1 % of a call's.
type TimeFigures struct {
	Known int64    `json:"known" doc:"Calls that tell."`
	Avg   *float64 `json:"avg_ms"`
	P50   *float64 `json:"p50_ms"`
	P90   *float64 `json:"p90_ms"`
	P95   *float64 `json:"p95_ms"`
	P99   *float64 `json:"p99_ms"`
}

// LimitBlocks are the calls of one key that one limit refused.
type LimitBlocks struct {
	Limit    string   `json:"limit" doc:"As calls name it: one of the gateway, or, with key/ before it, of the key."`
	Gateways []string `json:"gateways" doc:"Where calls met a limit of this name; several may have one of it."`
	KeyID    string   `json:"key_id"`
	Requests int64    `json:"requests"`
	Rest     bool     `json:"rest" doc:"All others together."`
}

// mostBlocks is how many limits and whom they refused are shown.
const mostBlocks = 20

// mostOwners is how many pairs of limit and gateway are looked at for them.
const mostOwners = 200

func (a *api) getAnalyticsSummary(c *call) (AnalyticsSummary, error) {
	out := AnalyticsSummary{Source: "rollups", Blocks: []LimitBlocks{}}
	q, err := a.analyticsQuery(c)
	if err != nil {
		return out, err
	}
	q.Sketches = [analytics.Sketches]bool{true, true, true, true}
	got, err := a.Store.Analytics(c.ctx(), q)
	if err != nil {
		return out, err
	}
	out.From, out.To, out.Figures = got.Edges[0], got.Edges[len(got.Edges)-1], figuresOf(&q, got)
	if out.Warning = warning(&q, got); got.Entries {
		out.Source = "entries"
	}
	if c.query.Has("compare") {
		past, err := a.Store.Analytics(c.ctx(), before(q))
		if err != nil {
			return out, err
		}
		figures := figuresOf(&q, past)
		out.Before = &figures
	}
	out.Blocks, err = a.blocks(c, q)
	return out, err
}

// blocks tells what limits refused, and whom.
func (a *api) blocks(c *call, q store.AnalyticsQuery) ([]LimitBlocks, error) {
	q.By, q.Top, q.Rank, q.Sketches = []analytics.Dimension{analytics.ByLimit, analytics.ByKey}, mostBlocks, analytics.Blocked, [analytics.Sketches]bool{}
	out := []LimitBlocks{}
	got, err := a.Store.Analytics(c.ctx(), q)
	if err != nil || len(got.Series) == 0 {
		return out, err
	}
	q.By, q.Top = []analytics.Dimension{analytics.ByLimit, analytics.ByGateway}, mostOwners
	owners, err := a.Store.Analytics(c.ctx(), q)
	if err != nil {
		return out, err
	}
	of := map[string][]string{}
	for _, one := range owners.Series {
		of[one.Values[0]] = append(of[one.Values[0]], one.Values[1])
	}
	for _, one := range got.Series {
		b := LimitBlocks{Limit: one.Values[0], Gateways: []string{}, KeyID: one.Values[1], Requests: one.Total.Numbers[analytics.Blocked], Rest: one.Rest}
		if !b.Rest {
			b.Gateways = notNil(of[b.Limit])
		}
		out = append(out, b)
	}
	return out, nil
}

func figuresOf(q *store.AnalyticsQuery, got *store.Analytics) SummaryFigures {
	f := analytics.NewFigures(q.Sketches)
	for i := range got.Series {
		f.Merge(got.Series[i].Total)
	}
	n := &f.Numbers
	tokens := func(of analytics.Number) *float64 { return knownMetric("", of, 1).value(f) }
	return SummaryFigures{
		Requests: n[analytics.Requests], PerSecond: float64(n[analytics.Requests]) / q.To.Sub(q.From).Seconds(),
		Errors: n[analytics.Errors], Blocked: n[analytics.Blocked], Cancelled: n[analytics.Cancelled], ErrorRate: share(n[analytics.Errors], n[analytics.Requests]),
		InputTokens: tokens(analytics.InputTokens), OutputTokens: tokens(analytics.OutputTokens), CacheReadTokens: tokens(analytics.CacheReadTokens),
		CacheWriteTokens: tokens(analytics.CacheWriteTokens), ReasoningTokens: tokens(analytics.ReasoningTokens),
		Cost: gateway.USD(n[analytics.Cost]), Unpriced: unpriced(f), Saved: gateway.USD(n[analytics.Saved]),
		Hits: n.Served(), Misses: n[analytics.Misses], HitRatio: share(n.Served(), n.Served()+n[analytics.Misses]),
		Latency: timesOf(f, &spreads[0]), FirstByte: timesOf(f, &spreads[1]), Gateway: timesOf(f, &spreads[2]), Provider: timesOf(f, &spreads[3]),
		QueueAvgMS: mean(f, analytics.QueueMS, 1), CallerAvgMS: mean(f, analytics.CallerUS, 1000),
	}
}

func timesOf(f *analytics.Figures, s *spread) TimeFigures {
	return TimeFigures{
		Known: f.Numbers[s.of+1], Avg: mean(f, s.of, s.unit),
		P50: s.quantile(f, 50), P90: s.quantile(f, 90), P95: s.quantile(f, 95), P99: s.quantile(f, 99),
	}
}
