package health

import (
	"maps"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// vendors are the providers that are probed, by name. The map is immutable.
type vendors struct{ known map[string]*vendor }

// vendor is how a provider as a whole answers to probes.
type vendor struct {
	until atomic.Int64 // it is taken to be down until then, unless a probe or call succeeds; 0 = it is not
	row   atomic.Int32 // probes that failed in a row
	why   atomic.Uint32
}

// down reports whether probes say that a provider does not answer.
func (v *vendors) down(provider string, b *Board) bool {
	one := v.known[provider]
	if one == nil {
		return false
	}
	until := one.until.Load()
	return until != 0 && b.now() < until
}

// failedProbes is how many in a row say that a provider is down.
const failedProbes = 2

// Probed feeds the result of a probe of a provider: nil when it answered. model is what
// the probe really asked, "" when it asked for something else than a model's answer.
//
// A provider that failed two probes in a row rests with all its targets until a probe or
// a call succeeds, or until nobody has probed it for the time it is to be believed.
func (b *Board) Probed(provider, model string, f *fault.Fault, believed time.Duration) {
	switch judge(f) {
	case worked:
		b.eachTarget(provider, func(t *target) { t.answered(b, model) })
		b.vendorWorks(provider)
	case failed:
		v := b.needVendor(provider)
		if v.row.Add(1) < failedProbes {
			return
		}
		v.why.Store(uint32(f.Kind))
		if v.until.Swap(b.now()+int64(believed)) == 0 {
			b.opts.Log.Warn("a provider does not answer to probes and rests", "provider", provider, "fault", f.Kind.String())
		}
	}
}

func (b *Board) eachTarget(provider string, do func(*target)) {
	for i := range b.shards {
		for _, t := range b.shards[i].all() {
			if t.key.Provider == provider {
				do(t)
			}
		}
	}
}

// answered takes note of a probe that succeeded. It heals the model that it asked, and
// lets other models that rest because the provider could not be reached be tried at
// once. What rests because of its credential goes on to rest: the probe had another one.
func (t *target) answered(b *Board, model string) {
	now := b.now()
	t.mu.Lock()
	var healed []news
	for _, s := range *t.credentials.Load() {
		until := s.until.Load()
		unreachable := s.why == fault.Connect || s.why == fault.Timeout
		switch {
		case until == 0:
		case model != "" && model == t.key.Model && (unreachable || s.why == fault.Upstream):
			healed = append(healed, s.heal(now))
		case unreachable && until > now:
			s.until.Store(now)
		}
	}
	t.mu.Unlock()
	for _, n := range healed {
		b.tell(n)
	}
}

// rests reports whether anything of a provider rests, or is half open.
func (b *Board) rests(provider string) (any bool) {
	if v := b.vendor.Load(); v != nil && v.known[provider] != nil && v.known[provider].row.Load() > 0 {
		return true
	}
	b.eachTarget(provider, func(t *target) {
		for _, s := range *t.credentials.Load() {
			any = any || s.until.Load() != 0
		}
	})
	return any
}

// vendorWorks heals a provider that probes held to be down.
func (b *Board) vendorWorks(provider string) {
	all := b.vendor.Load()
	if all == nil {
		return
	}
	v := all.known[provider]
	if v == nil || v.row.Load() == 0 {
		return
	}
	v.row.Store(0)
	if v.until.Swap(0) != 0 {
		b.opts.Log.Info("a provider answers again", "provider", provider)
	}
}

func (b *Board) needVendor(provider string) *vendor {
	for {
		was := b.vendor.Load()
		next := &vendors{known: map[string]*vendor{}}
		if was != nil {
			if v := was.known[provider]; v != nil {
				return v
			}
			maps.Copy(next.known, was.known)
		}
		v := new(vendor)
		next.known[provider] = v
		if b.vendor.CompareAndSwap(was, next) {
			return v
		}
	}
}
