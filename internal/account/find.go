package account

import (
	"hash/maphash"
	"slices"
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
	if len(provider) == 0 || len(model) > maxName {
		return nil, false
	}
	slot := c.answers.slot(provider[0], model)
	if a := slot.Load(); a != nil && a.name == model && slices.Equal(a.provider, provider) {
		return a.model, a.model != nil
	}
	m := c.search(provider, model)
	slot.Store(&answer{provider: slices.Clone(provider), name: strings.Clone(model), model: m})
	return m, m != nil
}

func (c *Catalogue) search(provider []string, model string) *Model {
	for _, p := range provider {
		if v := c.vendors[p]; v != nil && v.models().exact[model] != nil {
			return v.models().exact[model]
		}
	}
	for _, p := range provider {
		if v := c.vendors[p]; v != nil {
			if m := v.models().guess(model); m != nil {
				return m
			}
		}
	}
	return nil
}

// answers remembers what some searches gave, hits and misses alike: a table of fixed
// size in which a newer name takes the place of an older one.
type answers struct {
	seed  maphash.Seed
	slots [512]atomic.Pointer[answer]
}

type answer struct {
	provider []string
	name     string
	model    *Model // nil = none
}

func (a *answers) slot(provider, name string) *atomic.Pointer[answer] {
	h := maphash.String(a.seed, name) ^ maphash.String(a.seed, provider)
	return &a.slots[h%uint64(len(a.slots))]
}

// guess finds a model by another letter case or by the rules.
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
