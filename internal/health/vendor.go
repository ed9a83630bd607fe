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

// Probed feeds the result of a probe of a whole provider: nil when it answered. A provider
// that failed two probes in a row rests with all its targets until a probe or a call
// succeeds, or until nobody has probed it for the time it is to be believed.
func (b *Board) Probed(provider string, f *fault.Fault, believed time.Duration) {
	switch judge(f) {
	case worked:
		b.vendorAnswers(provider)
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

// vendorAnswers heals a provider, and lets those of its targets that rest because it
// could not be reached be tried at once.
func (b *Board) vendorAnswers(provider string) {
	b.vendorWorks(provider)
	now := b.now()
	for i := range b.shards {
		for _, t := range b.shards[i].all() {
			if t.key.Provider == provider {
				t.open(now)
			}
		}
	}
}

// open makes credentials half open that rest because the provider could not be reached.
func (t *target) open(now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range *t.credentials.Load() {
		if s.until.Load() > now && (s.why == fault.Connect || s.why == fault.Timeout) {
			s.until.Store(now)
		}
	}
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
