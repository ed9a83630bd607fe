package proxy

import (
	"strconv"
	"strings"
	"time"
)

// cacheAsk is what a caller asks of the cache (see RFC 9111 section 5.2.1 for the words
// that it shares with HTTP).
type cacheAsk struct {
	noStore bool          // neither served nor kept
	noCache bool          // not served, but kept
	only    bool          // nothing but an answer that is kept
	paced   bool          // a stream that is kept comes as slowly as it once came
	aged    bool          // maxAge was given
	maxAge  time.Duration // an older answer is not served, and what is kept lives so long
	ifError time.Duration // an answer past its time serves so long where the vendor fails; < 0 = as the gateway says
	key     string        // stands in the place of the request's content; "" = none is given
}

// maxCacheTime bounds what callers may ask for.
const maxCacheTime = 30 * 24 * time.Hour

func readCache(c *controls, v string) error {
	for _, d := range strings.Split(v, ",") {
		name, arg, has := strings.Cut(strings.TrimSpace(d), "=")
		if err := c.cache.directive(name, arg, has); err != nil {
			return err
		}
	}
	if c.cache.only && (c.cache.noStore || c.cache.noCache) {
		return badHeader("sluice-cache", "only-if-cached and no-cache or no-store exclude each other")
	}
	return nil
}

func (a *cacheAsk) directive(name, arg string, has bool) error {
	flags := map[string]*bool{"no-store": &a.noStore, "no-cache": &a.noCache, "only-if-cached": &a.only, "paced": &a.paced}
	if on := flags[name]; on != nil {
		if has {
			return badHeader("sluice-cache", name+" takes no value")
		}
		*on = true
		return nil
	}
	switch name {
	case "max-age", "stale-if-error":
		n, err := strconv.ParseUint(arg, 10, 31)
		if err != nil {
			return badHeader("sluice-cache", name+" needs a whole number of seconds")
		}
		d := min(time.Duration(n)*time.Second, maxCacheTime)
		if name == "max-age" {
			a.aged, a.maxAge = true, d
		} else {
			a.ifError = d
		}
		return nil
	}
	return badHeader("sluice-cache", "'"+clip(name)+"' is none of no-store, no-cache, max-age, stale-if-error, only-if-cached, paced")
}

// maxCacheKey bounds a key that callers give.
const maxCacheKey = 512

func readCacheKey(c *controls, v string) error {
	if v == "" || len(v) > maxCacheKey || headerSafe(v) == "" {
		return badHeader("sluice-cache-key", "it is empty, longer than 512 bytes, or holds control characters")
	}
	c.cache.key = v
	return nil
}

// readSkipCache reads Cloudflare's word for no-store.
// https://developers.cloudflare.com/ai-gateway/features/caching/
func readSkipCache(c *controls, name, v string) error {
	on, err := flag(name, v)
	c.cache.noStore = c.cache.noStore || on
	return err
}

// readCacheTTL reads Cloudflare's word for max-age.
func readCacheTTL(c *controls, name, v string) error {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return badHeader(name, "it is no whole number of seconds")
	}
	c.cache.aged, c.cache.maxAge = true, min(time.Duration(n)*time.Second, maxCacheTime)
	return nil
}

func readSchemeCacheKey(c *controls, name, v string) error {
	if err := readCacheKey(c, v); err != nil {
		return badHeader(name, "it is empty, longer than 512 bytes, or holds control characters")
	}
	return nil
}
