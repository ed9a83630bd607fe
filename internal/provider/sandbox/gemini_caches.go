package sandbox

import (
	"cmp"
	"strings"
	"time"
)

// Cached contents: https://ai.google.dev/api/caching.

const cachedPrefix = "cachedContents/"

// cachedContent is a prompt's beginning kept under a name.
type cachedContent struct {
	Name        string `json:"name"`
	Model       string `json:"model"`
	DisplayName string `json:"displayName,omitempty"`
	Created     string `json:"createTime"`
	Updated     string `json:"updateTime"`
	Expires     string `json:"expireTime"`
	Usage       struct {
		Total int `json:"totalTokenCount"`
	} `json:"usageMetadata"`
	size int // bytes of what it was made of
}

// recall counts what a request's cached content stands for.
func (x *exchange) recall(q *geminiRequest) *problem {
	if q.Cached == "" {
		return nil
	}
	c, ok := x.server.caches.get(strings.TrimPrefix(q.Cached, cachedPrefix))
	if !ok {
		return notFound("cached content", q.Cached)
	}
	q.cachedTokens = c.Usage.Total
	return nil
}

func createCache(x *exchange) *problem {
	var q geminiRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	a, _, p := q.parse()
	if p != nil {
		return p
	}
	if p := x.use(converse, strings.TrimPrefix(q.Model, "models/")); p != nil {
		return p
	}
	id := x.seed.id("", x.server.caches.next())
	c := cachedContent{
		Name: cachedPrefix + id, Model: "models/" + x.name, DisplayName: q.DisplayName, Created: epochText, Updated: epochText,
	}
	c.Usage.Total, c.size = a.prompt, len(x.body)
	if p := c.expire(q.TTL); p != nil {
		return p
	}
	x.server.caches.put(id, c, c.size)
	return x.answer(c)
}

// expire sets the end of a cache that lives for a duration, one hour unless said. What
// is kept does not really end: time stands still in the sandbox.
func (c *cachedContent) expire(ttl string) *problem {
	d, err := time.ParseDuration(cmp.Or(ttl, "3600s"))
	if err != nil || d <= 0 {
		return invalid("ttl", "ttl must be a duration in seconds, as 3600s")
	}
	c.Expires = time.Unix(epoch, 0).UTC().Add(d).Format(time.RFC3339Nano)
	return nil
}

func (x *exchange) cacheByID() (string, cachedContent, *problem) {
	id := x.r.PathValue("id")
	c, ok := x.server.caches.get(id)
	if !ok {
		return id, c, notFound("cached content", id)
	}
	return id, c, nil
}

func getCache(x *exchange) *problem {
	_, c, p := x.cacheByID()
	if p != nil {
		return p
	}
	return x.answer(c)
}

func listCaches(x *exchange) *problem {
	return x.answer(struct {
		Caches []cachedContent `json:"cachedContents"`
	}{x.server.caches.list()})
}

// patchCache changes when a cache ends, which is all that may change.
func patchCache(x *exchange) *problem {
	var q struct {
		TTL string `json:"ttl"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	id, c, p := x.cacheByID()
	if p != nil {
		return p
	}
	if p := c.expire(q.TTL); p != nil {
		return p
	}
	x.server.caches.put(id, c, c.size)
	return x.answer(c)
}

func deleteCache(x *exchange) *problem {
	id, _, p := x.cacheByID()
	if p != nil {
		return p
	}
	x.server.caches.remove(id)
	return x.answer(struct{}{})
}
