package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// AnalyticsQuery asks what calls add up to: those of a time that match every filter, for
// each span of it, and for each combination of the values of By.
type AnalyticsQuery struct {
	// From ≤ time < To, by the minute, or by 15 where they are older than rows by the minute
	// are kept: From is rounded down and To up.
	From, To time.Time
	Step     analytics.Step // none: one span
	Zone     *time.Location // of the steps; nil = UTC
	By       []analytics.Dimension
	Where    []AnalyticsFilter
	Within   []string         // workspaces; nil = every one
	Top      int              // series by Rank, the others are one: 0 = 10
	Rank     analytics.Number // the largest first
	Sketches [analytics.Sketches]bool
}

// AnalyticsFilter chooses calls by one value of a dimension; "" = those that have none.
type AnalyticsFilter struct {
	Dimension analytics.Dimension
	Value     string
}

// Analytics is what calls add up to.
type Analytics struct {
	Edges  []time.Time // where spans begin, and where the last one ends
	Series []AnalyticsSeries
	// Entries says that the entries were read, since no roll-ups tell these dimensions
	// apart; deleted ones are not in there. Cut says that there were more of them than are
	// read, and only the newest count.
	Entries, Cut bool
	// Missing is how many calls that match the filters had been deleted when the entries were
	// read; -1 = no roll-ups tell.
	Missing int64
}

// AnalyticsSeries are the calls that have the same values.
type AnalyticsSeries struct {
	Values []string // of By; "" = none
	// Rest says that these are all calls whose values have no series of their own.
	Rest  bool
	Total *analytics.Figures
	Spans []*analytics.Figures // nil where there were no calls
}

// Dimensions lists what calls can be told apart by.
func (s *Store) Dimensions() []analytics.Dimension { return s.rollups.kinds.Dimensions() }

const defaultTop = 10

// Analytics answers the question. Within one dimension that is no limit, the sums over all
// series are those over all calls.
func (s *Store) Analytics(ctx context.Context, q AnalyticsQuery) (*Analytics, error) {
	if err := s.checkAnalytics(&q); err != nil {
		return nil, err
	}
	edges := q.Step.Edges(q.From, q.To, q.Zone)
	if edges == nil {
		return nil, fmt.Errorf("%w: there would be more than %d spans; ask for a longer step or a shorter time", ErrBadFilter, analytics.MaxSpans)
	}
	out := &Analytics{Edges: edges}
	g := gathering{query: &q, edges: make([]int64, len(edges))}
	for i, t := range edges {
		g.edges[i] = t.UnixMicro()
	}
	read := func(each func(*summand) error, totals bool) error {
		return s.readRollups(ctx, &g, totals, each)
	}
	var known bool
	var err error
	if g.kind, known, err = s.kindFor(ctx, &q); err != nil {
		return nil, err
	}
	if known {
		err = s.one(ctx, "SELECT until FROM rollup_days WHERE kind = ?", []any{g.kind.String()}, &g.built)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, s.failed("analytics", err)
		}
	} else {
		called, err := s.called(ctx, &q) // first: what comes meanwhile is not missing
		if err != nil {
			return nil, err
		}
		found, err := s.readEntries(ctx, &q)
		if err != nil {
			return nil, s.failed("analytics", err)
		}
		out.Entries, out.Cut, out.Missing = true, found.cut, found.missing(called)
		read = func(each func(*summand) error, _ bool) error { return eachSummand(found.summands, each) }
	}
	out.Series, err = g.run(read)
	return out, s.failed("analytics", err)
}

// kindFor gives the kind of rows that answer a query, if one does.
func (s *Store) kindFor(ctx context.Context, q *AnalyticsQuery) (kind analytics.Kind, known bool, err error) {
	asked := q.dimensions()
	if kind, known = s.rollups.kinds.For(asked...); !known || !slices.Contains(asked, analytics.ByProvider) || !kind.Splits(analytics.ByProvider) {
		return kind, known, nil
	}
	var since int64 // older rows know the model alone
	if err = s.one(ctx, "SELECT since FROM rollup_targets", nil, &since); err != nil {
		return kind, false, s.failed("analytics", err)
	}
	return kind, q.From.UnixMicro() >= since, nil
}

func (s *Store) checkAnalytics(q *AnalyticsQuery) error {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	q.From, q.To = q.From.Truncate(time.Minute), q.To.Add(time.Minute-1).Truncate(time.Minute)
	if !q.From.Before(q.To) {
		return fmt.Errorf("%w: from is not before to", ErrBadFilter)
	}
	if err := q.keepWithin(time.Now().Add(-analytics.Minute.Keep())); err != nil {
		return err
	}
	if q.Top <= 0 {
		q.Top = defaultTop
	}
	for _, d := range q.dimensions() {
		if !slices.Contains(s.Dimensions(), d) {
			return fmt.Errorf("%w: calls cannot be told apart by %q", ErrBadFilter, d)
		}
	}
	if len(q.By) > 2 {
		return fmt.Errorf("%w: calls are told apart by two dimensions at most", ErrBadFilter)
	}
	return nil
}

// keepWithin rounds times for which there are no rows by the minute any more.
func (q *AnalyticsQuery) keepWithin(oldest time.Time) error {
	if q.From.Before(oldest) {
		if q.Step == analytics.StepMinute || q.Step == analytics.Step5 {
			return fmt.Errorf("%w: spans of less than 15 minutes are kept for %d days", ErrBadFilter, analytics.Minute.Keep()/(24*time.Hour))
		}
		q.From = q.From.Truncate(15 * time.Minute)
	}
	if q.To.Before(oldest) {
		q.To = q.To.Add(15*time.Minute - 1).Truncate(15 * time.Minute)
	}
	return nil
}

func (q *AnalyticsQuery) dimensions() []analytics.Dimension {
	all := slices.Clone(q.By)
	for _, f := range q.Where {
		all = append(all, f.Dimension)
	}
	return all
}

// summand is something that is added up: a roll-up or a call.
type summand struct {
	time              int64
	values            [2]string // of By
	rest              bool      // the values stand for others
	numbers, sketches []byte    // of a roll-up
	call              *analytics.Row
}

func (t *summand) addTo(f *analytics.Figures) error {
	if t.call != nil {
		f.AddRow(t.call)
		return nil
	}
	return f.AddKept(t.numbers, t.sketches)
}

func eachSummand(all []summand, each func(*summand) error) error {
	for i := range all {
		if err := each(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// seriesKey tells series apart.
type seriesKey struct {
	values [2]string
	rest   bool
}

// gathering makes the series of an answer.
type gathering struct {
	query *AnalyticsQuery
	edges []int64
	kind  analytics.Kind
	built int64 // up to when days have rows
}

// run reads twice where there may be many series: what all of them add up to first, to
// know which are shown.
func (g *gathering) run(read func(each func(*summand) error, totals bool) error) ([]AnalyticsSeries, error) {
	shown := map[seriesKey]bool{{}: true}
	if len(g.query.By) > 0 {
		totals := map[seriesKey]*analytics.Figures{}
		err := read(func(t *summand) error {
			key := seriesKey{t.values, t.rest}
			if totals[key] == nil {
				totals[key] = new(analytics.Figures)
			}
			return (&summand{numbers: t.numbers, call: t.call}).addTo(totals[key])
		}, true)
		if err != nil {
			return nil, err
		}
		shown = g.top(totals)
	}
	series := map[seriesKey]*AnalyticsSeries{}
	err := read(func(t *summand) error {
		key := seriesKey{t.values, t.rest}
		if !shown[key] {
			key = seriesKey{rest: true}
		}
		one := series[key]
		if one == nil {
			one = &AnalyticsSeries{Values: slices.Clone(key.values[:len(g.query.By)]), Rest: key.rest,
				Total: analytics.NewFigures(g.query.Sketches), Spans: make([]*analytics.Figures, len(g.edges)-1)}
			series[key] = one
		}
		i := analytics.SpanOf(g.edges, t.time)
		if one.Spans[i] == nil {
			one.Spans[i] = analytics.NewFigures(g.query.Sketches)
		}
		return t.addTo(one.Spans[i])
	}, false)
	for _, one := range series { // rather than to read each row twice
		for _, f := range one.Spans {
			if f != nil {
				one.Total.Merge(f)
			}
		}
	}
	return g.sorted(series), err
}

// top gives the largest series; the rest is never one of them.
func (g *gathering) top(totals map[seriesKey]*analytics.Figures) map[seriesKey]bool {
	var keys []seriesKey
	for key := range totals {
		if !key.rest {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b seriesKey) int {
		return cmp.Or(cmp.Compare(totals[b].Numbers[g.query.Rank], totals[a].Numbers[g.query.Rank]), slices.Compare(a.values[:], b.values[:]))
	})
	shown := map[seriesKey]bool{}
	for _, key := range keys[:min(len(keys), g.query.Top)] {
		shown[key] = true
	}
	return shown
}

// sorted gives the series, the largest first and the rest last.
func (g *gathering) sorted(series map[seriesKey]*AnalyticsSeries) []AnalyticsSeries {
	all := make([]AnalyticsSeries, 0, len(series))
	for _, one := range series {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b AnalyticsSeries) int {
		return cmp.Or(cmp.Compare(bit(a.Rest), bit(b.Rest)), cmp.Compare(b.Total.Numbers[g.query.Rank], a.Total.Numbers[g.query.Rank]),
			slices.Compare(a.Values, b.Values))
	})
	return all
}
