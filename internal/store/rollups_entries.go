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

// readEntries adds calls up one by one.
func (s *Store) readEntries(ctx context.Context, q *AnalyticsQuery) (all []summand, cut bool, err error) {
	c := q.ofEntries()
	n := 0
	var doc sql.RawBytes
	err = s.query(ctx, "SELECT doc FROM entries"+c.where()+" ORDER BY id DESC LIMIT ?", append(c.args, MaxAnalysed+1), func(rows *sql.Rows) error {
		if n++; n > MaxAnalysed {
			cut = true
			return nil
		}
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		var e gateway.Entry
		if err := e.UnmarshalJSON(doc); err != nil {
			return err
		}
		all = q.summands(all, &e)
		return nil
	})
	return all, cut, err
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
	c.in("workspace", q.Within)
	c.within(q.From, q.To)
	return c
}

// summands appends what a call adds: nothing where it does not match, and several where
// it has several values.
func (q *AnalyticsQuery) summands(all []summand, e *gateway.Entry) []summand {
	for _, f := range q.Where {
		if !slices.ContainsFunc(analytics.ValuesOf(e, f.Dimension), func(v string) bool { return clean(v) == clean(f.Value) }) {
			return all
		}
	}
	one := summand{time: e.Time.UnixMicro(), call: analytics.RowOf(e)}
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
			all = append(all, one)
		}
	}
	return all
}
