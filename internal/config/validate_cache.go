package config

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/expr"
)

// minDisk is the smallest file in which answers are worth keeping.
const minDisk = 16 << 20

func (l *loader) cacheStore() {
	if c := l.cfg.Cache; c.Disk > 0 && c.Disk < minDisk {
		l.bad("cache.disk", "must be 0 or at least %s", Size(minDisk))
	}
}

func (l *loader) cache(at string, c *Cache) {
	if c == nil || l.faulty(at) {
		return
	}
	if c.MaxEntry > l.cfg.Cache.Memory && l.given(join(at, "max_entry")) {
		l.bad(join(at, "max_entry"), "is more than all answers may take together (cache.memory: %s)", l.cfg.Cache.Memory)
	}
	for i := range c.Rules {
		l.cacheRule(doctree.Index(join(at, "rules"), i), &c.Rules[i])
	}
	l.semantic(join(at, "semantic"), c.Semantic)
	l.lifetime(at, c)
	if !l.keeps(c) && !l.given(join(at, "ttl")) {
		l.warn(l.at(at), "nothing says how long answers are fresh; write ttl: 5m, or callers alone decide with sluice-cache: max-age")
	}
}

// longest is how long an answer is kept at most, whatever else is said.
const longest = 31 * day

// lifetime warns of answers that go before their time.
func (l *loader) lifetime(at string, c *Cache) {
	ttl := c.TTL
	for _, r := range c.Rules {
		ttl = max(ttl, r.TTL)
	}
	if ttl > 0 && ttl+max(c.Refresh, c.IfError) > longest {
		l.warn(l.at(at), "answers are kept %s at most, so that not all of stale_while_revalidate and stale_if_error counts behind a ttl of %s", FormatDuration(longest), FormatDuration(ttl))
	}
}

// keeps reports whether the document says of any answer how long it is fresh.
func (l *loader) keeps(c *Cache) bool {
	if c.TTL > 0 || slices.ContainsFunc(c.Rules, func(r CacheRule) bool { return r.TTL > 0 }) {
		return true
	}
	for _, r := range l.cfg.Routes {
		if r.Cache.TTL > 0 {
			return true
		}
	}
	for _, p := range l.cfg.Providers {
		for _, m := range p.Models {
			if m.Cache.TTL > 0 {
				return true
			}
		}
	}
	return false
}

func (l *loader) cacheRule(at string, r *CacheRule) {
	l.cacheTime(at, CacheTime{r.TTL, r.Bypass})
	if !l.givenAny(at, "ttl", "bypass", "tags") && !l.faulty(at) {
		l.bad(at, "says nothing; write ttl, bypass or tags")
	}
	p, err := expr.Compile(r.When, expr.Bool)
	if r.When == "" || err != nil {
		return // told already
	}
	if p.Uses("intent") {
		l.bad(join(at, "when"), "a cache knows no intent; give it to a route, and the route a cache of its own")
	}
	if p.Uses("budget.share", "budget.left") {
		l.bad(join(at, "when"), "a cache is asked before budgets are; a limit can depend on them")
	}
}

func (l *loader) cacheTime(at string, t CacheTime) {
	if t.Bypass && t.TTL > 0 {
		l.bad(at, "ttl and bypass are given; keep one of the two")
	}
}

func (l *loader) semantic(at string, s *Semantic) {
	if s == nil || s.Model == "" || l.faulty(at) {
		return
	}
	here := join(at, "model")
	if _, isRoute := l.cfg.Routes[s.Model]; isRoute {
		l.bad(here, "is a route; write one model, so that all requests are measured alike")
		return
	}
	before := len(l.problems)
	if l.model(here, s.Model); len(l.problems) > before || l.vendors.Embeds == nil {
		return
	}
	provider, id := l.modelOf(s.Model)
	if embeds, known := l.vendors.Embeds(l.cfg.Providers[provider].Kind, id); known && !embeds {
		l.bad(here, "%s gives no embeddings", doctree.Quote(s.Model))
	}
}

// modelOf gives the provider and the vendor's id of a name that means one model.
func (l *loader) modelOf(name string) (provider, id string) {
	if provider, id, ok := strings.Cut(name, "/"); ok {
		if _, known := l.cfg.Providers[provider]; known {
			return provider, id
		}
	}
	if offered := l.offering(name); len(offered) == 1 {
		return offered[0], name
	}
	return "", name
}

// stale checks that a gateway whose limit serves expired answers keeps any.
func (l *loader) stale(at string) {
	if l.door != nil && l.door.Cache == nil {
		l.bad(at, "serves answers from the cache, and this gateway has none; write cache: {ttl: 5m}")
	}
}

// wholes are members that are the question itself, or how it is answered.
func wholes() []string {
	return []string{
		"model", "messages", "messages.*", "messages.*.content", "input", "input.*", "input.*.content", "contents", "contents.*", "contents.*.parts",
		"prompt", "query", "documents", "texts", "inputs", "file",
	}
}

// checkCache applies the named rules of caches.
func checkCache(check, text string) string {
	switch check {
	case "vary":
		if !varyForm.MatchString(text) {
			return "unknown value " + doctree.Quote(text) + "; expected user, header.<name> or metadata.<name>"
		}
	case "member":
		if slices.Contains(wholes(), text) {
			return "cannot be left out: requests that differ in it have different answers"
		}
		if !memberForm.MatchString(text) || len(text) > 256 {
			return "expected a member of request bodies such as user or metadata.trace, found " + doctree.Quote(text)
		}
	case "tag":
		if !tagForm.MatchString(text) {
			return "expected a word such as docs, of up to 128 letters, digits, '.', '_', ':', '/', '@', '+' and '-', or metadata.<name> or header.<name>, found " + doctree.Quote(text)
		}
	}
	return ""
}

// lowerHeaders gives names of headers as they are compared: in lower case.
func lowerHeaders(list []string) []string {
	out := slices.Clone(list)
	for i, text := range out {
		if strings.HasPrefix(text, "header.") {
			out[i] = strings.ToLower(text)
		}
	}
	return out
}
