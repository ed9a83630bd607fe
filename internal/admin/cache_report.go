package admin

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// CacheReport are figures of the cache, the latest day and what saved most first.
type CacheReport struct {
	Data CacheRows `json:"data"`
	Next string    `json:"next" doc:"Always empty: ask with a higher limit, or for less."`
	More bool      `json:"more" doc:"There are more rows than limit."`
}

// CacheRow is what the cache did for some calls. All but saved_ms are exact sums of their
// entries.
type CacheRow struct {
	By        map[string]string `json:"by" doc:"The value of each dimension; empty = the calls that have none. A call with several tags counts at each of them. age is how old the answer was that the cache had: below 1m, 10m, 1h, 6h, 1d, 7d, or older."`
	Rest      bool              `json:"rest" doc:"The tag stands for all but the 100 with the most calls."`
	Calls     int64             `json:"calls" doc:"All of them, with and without a cache."`
	Served    int64             `json:"served" doc:"Those that the cache answered: hits, stale, coalesced and semantic together."`
	Hits      int64             `json:"hits"`
	Stale     int64             `json:"stale"`
	Coalesced int64             `json:"coalesced"`
	Semantic  int64             `json:"semantic"`
	Misses    int64             `json:"misses"`
	Bypassed  int64             `json:"bypassed"`
	Ratio     *float64          `json:"hit_ratio" doc:"Share of served in served and misses, 0 to 1; null = nothing was looked up."`
	Saved     gateway.USD       `json:"saved_usd"`
	SavedMS   int64             `json:"saved_ms" doc:"Estimated: against the mean of the misses of the same provider, model and operation in the same time."`
	Untimed   int64             `json:"untimed" doc:"Served calls that saved_ms leaves out: there is no miss to compare with."`
}

func newCacheRows(by []store.Dimension, rows []store.CacheRow) CacheRows {
	out := CacheRows{}
	for i := range rows {
		r := &rows[i]
		row := CacheRow{
			By: map[string]string{}, Rest: r.Rest, Calls: r.Calls, Served: r.Served(), Hits: r.Hits, Stale: r.Stale, Coalesced: r.Coalesced, Semantic: r.Semantic,
			Misses: r.Misses, Bypassed: r.Bypassed, Saved: r.Saved, SavedMS: r.SavedMS, Untimed: r.Untimed,
		}
		if r.Served()+r.Misses > 0 {
			ratio := r.Ratio()
			row.Ratio = &ratio
		}
		for i, d := range by {
			row.By[string(d)] = r.Values[i]
		}
		out = append(out, row)
	}
	return out
}

var cacheFilters = []Param{
	{"by", "What is added up separately, with commas: gateway, model, provider, key, workspace, route, tag, age, day (UTC). One sum unless given."},
	{"from", "Calls from this time on (RFC 3339)."},
	{"to", "Calls before this time (RFC 3339)."},
	{"workspace", "Calls of this workspace."},
	{"key_id", "Calls of this key."},
	{"gateway", "Calls of this gateway."},
	{"provider", "Calls whose answer this provider gave."},
	{"model", "Calls whose answer this model gave."},
	{"route", "Calls of this route."},
	{"tag", "Calls whose answer has this tag."},
	{"limit", "Rows at most, 1 to 10000; 1000 unless given."},
}

func (a *api) getCacheReport(c *call) (CacheReport, error) {
	q := store.CacheQuery{Within: c.within()}
	for name, field := range map[string]*string{"workspace": &q.Workspace, "key_id": &q.KeyID, "gateway": &q.Gateway, "provider": &q.Provider, "model": &q.Model, "route": &q.Route, "tag": &q.Tag} {
		*field = c.query.Get(name)
	}
	var badBy, badFrom, badTo, badLimit error
	q.By, badBy = dimensionsOf(c.query.Get("by"), store.CacheDimensions(), "figures of the cache")
	q.From, badFrom = c.moment("from")
	q.To, badTo = c.moment("to")
	asked, badLimit := c.rows()
	if err := errors.Join(badBy, badFrom, badTo, badLimit); err != nil {
		return CacheReport{}, err
	}
	q.Limit = asked + 1
	rows, err := a.Store.CacheReport(c.ctx(), q)
	return CacheReport{Data: newCacheRows(q.By, rows[:min(len(rows), asked)]), More: len(rows) > asked}, err
}

// rows reads how many rows of a report are wanted.
func (c *call) rows() (int, error) {
	text := c.query.Get("limit")
	if text == "" {
		return defaultRows, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxRows {
		return 0, invalid("limit", "limit is a number from 1 to "+strconv.Itoa(maxRows))
	}
	return n, nil
}

// dimensionsOf reads what is added up separately.
func dimensionsOf(text string, known []store.Dimension, what string) ([]store.Dimension, error) {
	if text == "" {
		return nil, nil
	}
	var by []store.Dimension
	for name := range strings.SplitSeq(text, ",") {
		d := store.Dimension(strings.TrimSpace(name))
		switch {
		case !slices.Contains(known, d):
			e := invalid("by", what+" cannot be added up by "+strconv.Quote(name)+"; there are "+strings.Join(texts(known), ", "))
			e.Details.Suggestion = nearest(string(d), texts(known))
			return nil, e
		case slices.Contains(by, d):
			return nil, invalid("by", "by names "+name+" twice")
		}
		by = append(by, d)
	}
	return by, nil
}
