package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// MaxAnalysed is how many entries are read where no roll-ups answer, the newest ones.
const MaxAnalysed = 50_000

// found is what entries tell.
type found struct {
	summands []summand
	calls    int64 // that match, each once
	cut      bool  // there are more
}

// missing tells how many of the calls that roll-ups know were not found; -1 = neither
// knows.
func (f *found) missing(called int64) int64 {
	if called < 0 || f.cut {
		return -1
	}
	return max(0, called-f.calls)
}

// called counts the calls that match the filters by the roll-ups, which outlive the
// entries; -1 = no kind of them tells these filters.
func (s *Store) called(ctx context.Context, q *AnalyticsQuery) (int64, error) {
	all := AnalyticsQuery{From: q.From, To: q.To, Where: q.Where, Within: q.Within}
	if _, known, err := s.kindFor(ctx, &all); err != nil || !known {
		return -1, err
	}
	got, err := s.Analytics(ctx, all)
	if err != nil || len(got.Series) == 0 {
		return 0, err
	}
	return got.Series[0].Total.Numbers[analytics.Requests], nil
}

// readEntries adds calls up one by one.
func (s *Store) readEntries(ctx context.Context, q *AnalyticsQuery) (*found, error) {
	c := q.ofEntries()
	out, n := new(found), 0
	var doc sql.RawBytes
	err := s.query(ctx, "SELECT doc FROM entries"+c.where()+" ORDER BY id DESC LIMIT ?", append(c.args, MaxAnalysed+1), func(rows *sql.Rows) error {
		if n++; n > MaxAnalysed {
			out.cut = true
			return nil
		}
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		var e gateway.Entry
		if err := e.UnmarshalJSON(doc); err != nil {
			return err
		}
		q.find(&e, out)
		return nil
	})
	return out, err
}

// ofEntries asks for the entries, or for more than those, where columns do not tell.
func (q *AnalyticsQuery) ofEntries() conditions {
	var c conditions
	for _, f := range q.Where {
		if column := f.Dimension; f.Value != "" && slices.Contains([]analytics.Dimension{analytics.ByWorkspace, analytics.ByGateway, analytics.ByProvider, analytics.ByModel, analytics.ByRoute, analytics.ByOperation, analytics.ByError, analytics.ByCache}, column) {
			c.equal(string(column), f.Value)
		}
		if f.Dimension == analytics.ByKey && f.Value != "" {
			c.equal("key_id", f.Value)
		}
	}
	if slices.Contains(q.dimensions(), analytics.ByLimit) { // which others do not have
		c.in("error_code", analytics.BlockedCodes())
	}
	c.in("workspace", q.Within)
	c.within(q.From, q.To)
	return c
}

// find adds what a call adds: nothing where it does not match, and several summands where
// it has several values.
func (q *AnalyticsQuery) find(e *gateway.Entry, out *found) {
	for _, f := range q.Where {
		if !slices.ContainsFunc(analytics.ValuesOf(e, f.Dimension), func(v string) bool { return clean(v) == clean(f.Value) }) {
			return
		}
	}
	one := summand{time: e.Time.UnixMicro(), call: analytics.RowOf(e)}
	out.calls += one.call.Numbers[analytics.Requests]
	first, second := []string{""}, []string{""}
	if len(q.By) > 0 {
		first = analytics.ValuesOf(e, q.By[0])
	}
	if len(q.By) > 1 {
		second = analytics.ValuesOf(e, q.By[1])
	}
	for _, a := range first {
		for _, b := range second {
			one.values = [2]string{clean(a), clean(b)}
			out.summands = append(out.summands, one)
		}
	}
}
