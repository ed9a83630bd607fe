package admin

import (
	"cmp"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Cached is one answer that is kept.
type Cached struct {
	Key        string    `json:"key"`
	Tier       string    `json:"tier" enum:"memory,disk,redis" doc:"Where it was found, the fastest place first."`
	Size       int64     `json:"size" doc:"Bytes of the answer."`
	Fresh      bool      `json:"fresh"`
	Stored     time.Time `json:"stored"`
	AgeS       float64   `json:"age_s"`
	FreshUntil time.Time `json:"fresh_until"`
	KeptUntil  time.Time `json:"kept_until" doc:"Past its time it serves only where nothing better is left."`

	Gateway       string   `json:"gateway" doc:"As the rest of the call that brought it."`
	Workspace     string   `json:"workspace"`
	KeyID         string   `json:"key_id"`
	Entry         string   `json:"entry" doc:"Of the call that brought it."`
	Route         string   `json:"route"`
	Operation     string   `json:"operation"`
	ClientDialect string   `json:"client_dialect"`
	Provider      string   `json:"provider"`
	Model         string   `json:"model"`
	Region        string   `json:"region"`
	Dialect       string   `json:"provider_dialect" doc:"Of the answer as it is kept."`
	Tags          []string `json:"tags"`

	Stream      bool         `json:"stream"`
	ContentType string       `json:"content_type"`
	Encoding    string       `json:"content_encoding"`
	Cost        gateway.Cost `json:"cost_usd" doc:"What each hit saves."`
	TookMS      float64      `json:"took_ms" doc:"The call that brought it."`
	Body        *Body        `json:"body" doc:"Only where it was asked for and the gateway records bodies."`
	BodyNote    string       `json:"body_note,omitempty" doc:"Why there is no body."`
}

var cachedParams = []Param{{"body", "true: with the answer itself, as the vendor gave it."}}

// shownBody bounds the body that is shown.
const shownBody = 1 << 20

func (a *api) getCached(c *call) (Cached, error) {
	wants, err := c.boolean("body")
	if err != nil {
		return Cached{}, err
	}
	text := c.path["key"]
	key, ok := cache.ParseKey(text)
	if !ok {
		return Cached{}, invalid("key", "key is 64 hexadecimal digits")
	}
	if a.Cache == nil {
		return Cached{}, a.noCache(c)
	}
	answer, tier, err := a.Cache.Lookup(c.ctx(), key)
	if err == nil && answer == nil {
		err = store.ErrNotFound
	}
	if err == nil {
		err = c.in(answer.Workspace)
	}
	if err != nil {
		return Cached{}, named(err, "answer", text)
	}
	out := newCached(key, answer, tier, a.Clock())
	if wants != nil && *wants {
		out.Body, out.BodyNote = a.cachedBody(answer)
	}
	return out, nil
}

// noCache says that nobody can tell; who has no role anywhere learns not even that.
func (a *api) noCache(c *call) error {
	c.within()
	return notServing()
}

func newCached(key cache.Key, a *cache.Answer, tier string, now time.Time) Cached {
	return Cached{
		Key: key.String(), Tier: tier, Size: int64(len(a.Body)), Fresh: a.Fresh(now), Stored: a.Stored.UTC(), AgeS: a.Age(now).Seconds(),
		FreshUntil: a.Stored.Add(a.TTL).UTC(), KeptUntil: a.Stored.Add(max(a.TTL, a.Keep)).UTC(),
		Gateway: a.Gateway, Workspace: a.Workspace, KeyID: a.KeyID, Entry: a.RequestID, Route: a.Route, Operation: a.Operation, ClientDialect: a.CallerDialect,
		Provider: a.Provider, Model: a.Model, Region: a.Region, Dialect: a.Dialect, Tags: notNil(a.Tags),
		Stream: a.Stream, ContentType: a.ContentType, Encoding: a.Encoding, Cost: a.Cost, TookMS: float64(a.Took) / float64(time.Millisecond),
	}
}

// cachedBody gives the answer itself where calls of its gateway are recorded with bodies:
// what the log may not show, the cache does not show either.
func (a *api) cachedBody(x *cache.Answer) (*Body, string) {
	s, err := a.snapshot()
	if err != nil {
		return nil, err.Error()
	}
	g := s.Gateway(x.Gateway)
	if g == nil || g.Log.Bodies < catalog.BodiesFull {
		return nil, "the gateway " + cmp.Or(x.Gateway, "of this answer") + " does not record bodies (log.bodies)"
	}
	b := x.Body[:min(len(x.Body), shownBody)]
	return newBody(&gateway.Body{ContentType: x.ContentType, Bytes: b, Size: int64(len(x.Body)), Truncated: len(b) < len(x.Body)}), ""
}
