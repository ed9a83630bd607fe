package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/store"
)

// keyUsePeriod is the period where none is given, maxUsedKeys how many keys are told of.
const (
	keyUsePeriod = 30 * 24 * time.Hour
	maxUsedKeys  = 100
)

var keyUseParams = []Param{
	{"id", "Ids of keys, with commas, 100 at most. Needed. Those of other workspaces are left out."},
	{"from", "Calls from this time on (RFC 3339); 30 days before the end unless given."},
	{"to", "Calls before this time (RFC 3339); now unless given."},
	{"tz", "The time zone of days, as in Europe/Berlin; UTC unless given."},
}

// KeyUsage is what some keys did, by the day.
type KeyUsage struct {
	From  time.Time   `json:"from"`
	To    time.Time   `json:"to"`
	Times []time.Time `json:"times" doc:"When each day begins."`
	Data  []KeyUse    `json:"data" doc:"In the order of the ids that were asked for."`
}

// KeyUse is what one key did.
type KeyUse struct {
	ID       string       `json:"id"`
	LastUsed *time.Time   `json:"last_used" doc:"Of its calls that are still kept; null = there is none."`
	Total    MetricTotals `json:"total" doc:"requests, errors, blocked and cost_usd of the period."`
	Requests []*float64   `json:"requests" doc:"By day."`
}

func (a *api) getKeyUsage(c *call) (KeyUsage, error) {
	out := KeyUsage{Data: []KeyUse{}}
	ids, err := a.ownKeys(c)
	if err != nil {
		return out, err
	}
	q, err := a.keyUseQuery(c)
	if err != nil {
		return out, err
	}
	last, err := a.Store.LastUse(c.ctx(), ids)
	if err != nil {
		return out, err
	}
	got, err := a.Store.Analytics(c.ctx(), q)
	if err != nil {
		return out, err
	}
	out.From, out.To, out.Times = q.From, q.To, got.Edges[:len(got.Edges)-1]
	wanted, _ := metricsOf("requests,errors,blocked,cost_usd")
	for _, id := range ids {
		one := &store.AnalyticsSeries{Total: new(analytics.Figures)}
		if i := slices.IndexFunc(got.Series, func(s store.AnalyticsSeries) bool { return !s.Rest && s.Values[0] == id }); i >= 0 {
			one = &got.Series[i]
		}
		use := KeyUse{ID: id, Total: totalsOf(wanted, one.Total), Requests: spansOf(wanted[:1], one.Spans, len(out.Times))["requests"]}
		if t, ok := last[id]; ok {
			use.LastUsed = &t
		}
		out.Data = append(out.Data, use)
	}
	return out, nil
}

// keyUseQuery asks for all keys by day; of those that were asked for it is known then.
func (a *api) keyUseQuery(c *call) (store.AnalyticsQuery, error) {
	q, err := a.analyticsQuery(c)
	if err != nil {
		return q, err
	}
	if err := a.readSeries(c, &q); err != nil {
		return q, err
	}
	if !c.query.Has("from") {
		q.From = q.To.Add(-keyUsePeriod)
	}
	q.By, q.Step, q.Top = []analytics.Dimension{analytics.ByKey}, analytics.StepDay, 10_000
	return q, nil
}

// ownKeys gives the keys that were asked for, without those that the caller may not see.
func (a *api) ownKeys(c *call) ([]string, error) {
	c.scoped = true
	text := c.query.Get("id")
	ids := strings.Split(text, ",")
	switch {
	case text == "":
		return nil, invalid("id", "id is needed: of which keys?")
	case len(ids) > maxUsedKeys:
		return nil, invalid("id", "id names "+strconv.Itoa(maxUsedKeys)+" keys at most")
	}
	page, err := a.Store.Keys(c.ctx(), store.KeyQuery{IDs: ids, Within: c.within(), Limit: len(ids)})
	known := map[string]bool{}
	for _, k := range page.Keys {
		known[k.ID] = true
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !known[id] }), err
}
