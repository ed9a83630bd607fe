package account

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// maxName bounds the model names that are looked at: no vendor's is near it, and
// callers choose what they send.
const maxName = 256

// Find finds a model by the name that a caller or an answer gives, among some
// vendors: first under its exact name, then by the vendors' spelling rules, of which
// the most specific wins. Unknown names leave nothing behind.
func (c *Catalogue) Find(provider []string, model string) (*Model, bool) {
	if m := c.listed(provider, model); m != nil {
		return m, true
	}
	if len(model) > maxName {
		return nil, false
	}
	for _, p := range provider {
		if v := c.vendors[p]; v != nil {
			if m := c.guesses.find(v, model); m != nil {
				return m, true
			}
		}
	}
	return nil, false
}

func (c *Catalogue) listed(provider []string, model string) *Model {
	for _, p := range provider {
		if v := c.vendors[p]; v != nil {
			if m := v.models().exact[model]; m != nil {
				return m
			}
		}
	}
	return nil
}

// guesses remembers what the rules made of some names, hits and misses alike: a
// table of fixed size in which a newer name takes the place of an older one.
type guesses struct {
	seed  maphash.Seed
	slots [512]atomic.Pointer[guess]
}

type guess struct {
	vendor *vendor
	name   string
	model  *Model // nil = none
}

func (g *guesses) find(v *vendor, name string) *Model {
	slot := &g.slots[(maphash.String(g.seed, name)^v.salt)%uint64(len(g.slots))]
	if known := slot.Load(); known != nil && known.vendor == v && known.name == name {
		return known.model
	}
	m := v.models().guess(name)
	slot.Store(&guess{vendor: v, name: strings.Clone(name), model: m})
	return m
}

// guess applies the rules.
func (v *models) guess(name string) *Model {
	name = strings.ToLower(name)
	if m := v.exact[name]; m != nil {
		return m
	}
	if m := v.folded[name]; m != nil {
		return m
	}
	var best *Model
	most := 0
	for i := range v.rules {
		score := v.rules[i].score(name)
		if score > most || score == most && score > 0 && best.Deprecated && !v.rules[i].model.Deprecated {
			best, most = v.rules[i].model, score
		}
	}
	return best
}

func (r *rule) score(name string) int {
	most := 0
	for i := range r.match {
		most = max(most, r.match[i].match(name))
	}
	if most == 0 {
		return 0
	}
	for i := range r.except {
		if r.except[i].match(name) > 0 {
			return 0
		}
	}
	return most
}
