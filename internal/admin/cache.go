package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// CacheView is the cache of a running gateway.
type CacheView interface {
	// Lookup gives the answer that is kept under a key, whatever its age, and where it was
	// found; nil = none is kept. What a purge has named is not.
	Lookup(ctx context.Context, key cache.Key) (a *cache.Answer, tier string, err error)
	// Tiers tells how the places stand where answers are kept, the fastest first.
	Tiers() []CacheTier
	// Advice says what would make more calls hits.
	Advice() []CacheAdvice
}

// CacheStore keeps purges, and tells what the cache did.
type CacheStore interface {
	PutPurge(ctx context.Context, p gateway.CachePurge) error
	Purges(ctx context.Context) ([]gateway.CachePurge, error)
	CacheReport(ctx context.Context, q store.CacheQuery) ([]store.CacheRow, error)
}

// CacheTier is how one place stands where answers are kept. Counts are since the start of
// this node.
type CacheTier struct {
	Name     string `json:"name" enum:"memory,disk,redis"`
	Away     bool   `json:"away" doc:"It does not answer, and is left alone for a while."`
	Answers  *int64 `json:"answers" doc:"null = unknown."`
	Bytes    *int64 `json:"bytes" doc:"null = unknown."`
	MaxBytes *int64 `json:"max_bytes" doc:"null = not bounded here."`
	Hits     int64  `json:"hits"`
	Misses   int64  `json:"misses"`
	Stored   int64  `json:"stored"`
	Evicted  int64  `json:"evicted" doc:"Let go of to make room."`
	Dropped  int64  `json:"dropped" doc:"Not stored, because the queue of those to be stored was full."`
	Errors   int64  `json:"errors" doc:"Damaged or foreign data, and failures of the place itself."`
}

// CacheAdvice is one thing that would make more calls of a gateway hits.
type CacheAdvice struct {
	Gateway string   `json:"gateway"`
	Kind    string   `json:"kind" enum:"ttl,form,space" doc:"ttl: answers are asked for again after their time; form: requests differ only in form; space: answers had to go before their time."`
	Text    string   `json:"text" doc:"For people."`
	Share   float64  `json:"share" doc:"Of the misses lately that it would have made hits, 0 to 1."`
	TTLS    *float64 `json:"ttl_s" doc:"What to set, in seconds; null = it is about something else."`
}

// CacheOverview is how the cache does.
type CacheOverview struct {
	Tiers  []CacheTier   `json:"tiers" doc:"Of this node; null to all but system admins."`
	Advice []CacheAdvice `json:"advice" doc:"Of this node; null to all but system admins."`

	From     time.Time `json:"from" doc:"Since when the figures count: a day before now, unless from was given."`
	To       time.Time `json:"to" doc:"Until when they count: now, unless to was given."`
	Total    CacheRow  `json:"total"`
	Gateways CacheRows `json:"gateways" doc:"By gateway, what saved most first; at most 20."`
	Models   CacheRows `json:"models" doc:"By model."`
	Keys     CacheRows `json:"keys" doc:"By key."`
}

// CacheRows are figures of the cache.
type CacheRows []CacheRow

const (
	overviewTime = 24 * time.Hour
	overviewRows = 20
)

var overviewParams = []Param{
	{"from", "Calls from this time on (RFC 3339); a day before to unless given."},
	{"to", "Calls before this time (RFC 3339); now unless given."},
	{"workspace", "Calls of this workspace."},
}

func (a *api) getCache(c *call) (CacheOverview, error) {
	o, err := a.cacheOverview(c)
	if err != nil {
		return o, err
	}
	within, workspace := c.within(), c.query.Get("workspace")
	figures := func(limit int, by ...store.Dimension) (CacheRows, error) {
		rows, err := a.Store.CacheReport(c.ctx(), store.CacheQuery{By: by, Within: within, Workspace: workspace, From: o.From, To: o.To, Limit: limit})
		return newCacheRows(by, rows), err
	}
	total, err := figures(0)
	if err != nil {
		return o, err
	}
	o.Total = total[0]
	var errs [3]error
	o.Gateways, errs[0] = figures(overviewRows, store.ByGateway)
	o.Models, errs[1] = figures(overviewRows, store.ByModel)
	o.Keys, errs[2] = figures(overviewRows, store.ByKey)
	if c.who.admin && a.Cache != nil {
		o.Tiers, o.Advice = notNil(a.Cache.Tiers()), notNil(a.Cache.Advice())
	}
	return o, errors.Join(errs[:]...)
}

// cacheOverview reads which time is asked for.
func (a *api) cacheOverview(c *call) (CacheOverview, error) {
	from, badFrom := c.moment("from")
	to, badTo := c.moment("to")
	if err := errors.Join(badFrom, badTo); err != nil {
		return CacheOverview{}, err
	}
	if to.IsZero() {
		to = a.now()
	}
	if from.IsZero() {
		from = to.Add(-overviewTime)
	}
	if !from.Before(to) {
		return CacheOverview{}, invalid("to", "to lies behind from")
	}
	return CacheOverview{From: from.UTC(), To: to.UTC()}, nil
}

// cacheRoutes are about answers that are kept.
func (a *api) cacheRoutes() []route {
	return []route{
		read(viewers, get, "/cache", "getCache", "How the cache does: its places, what it saved, and what would make it save more.", overviewParams, a.getCache),
		read(viewers, get, "/cache/report", "getCacheReport", "What the cache served and saved, added up.", cacheFilters, a.getCacheReport),
		read(viewers, get, "/cache/purges", "listPurges", "What has been purged, the newest first; of several purges of the same things the latest.", purgeFilters, a.listPurges),
		write(editors, post, "/cache/purge", "purgeCache", "Serve answers no more, on every node, at once: those that have all of what the body says.", http.StatusOK, a.purgeCache),
		read(viewers, get, "/cache/entries/{key}", "getCached", "One answer that is kept, by its key: 64 hexadecimal digits.", cachedParams, a.getCached),
	}
}
