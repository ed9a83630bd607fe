package cache

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Outcome is what the cache was to a call.
type Outcome uint8

// The outcomes, in the words of the sluice-cache header.
const (
	Miss Outcome = iota
	Hit
	Stale
	Coalesced
	SemanticHit
	Bypass
	outcomes
)

// String gives the word of the header.
func (o Outcome) String() string {
	return [...]string{"miss", "hit", "stale", "coalesced", "semantic", "bypass"}[o]
}

// Call is what is counted of one call.
type Call struct {
	Gateway, Model, Route, Workspace, KeyID string // "" is not counted by this
	Outcome                                 Outcome
	// What a vendor's answer would have been, where none was asked; 0 otherwise.
	Bytes int64
	Cost  gateway.Cost
	Took  time.Duration
}

// The dimensions by which is counted.
const (
	ByGateway   = "gateway"
	ByModel     = "model"
	ByRoute     = "route"
	ByWorkspace = "workspace"
	ByKey       = "key"
)

// Other is the name under which is counted what came when there were enough names.
const Other = "other"

// Stats count what the cache was to calls since the process began. The zero value is
// ready. It is safe for concurrent use; counting takes no lock and allocates nothing but
// for a name that is new.
type Stats struct {
	dimensions [5]dimension
}

// maxNames bounds the names of each dimension.
const maxNames = 512

// Count counts a call.
func (s *Stats) Count(c *Call) {
	for i, name := range [...]string{c.Gateway, c.Model, c.Route, c.Workspace, c.KeyID} {
		if name != "" {
			s.dimensions[i].of(name).count(c)
		}
	}
}

// Figures are what was counted under one name.
type Figures struct {
	By   string `json:"by"` // gateway, model, route, workspace or key
	Name string `json:"name"`

	Hits      int64 `json:"hits"`
	Misses    int64 `json:"misses"`
	Stale     int64 `json:"stale"`
	Coalesced int64 `json:"coalesced"`
	Semantic  int64 `json:"semantic"`
	Bypassed  int64 `json:"bypassed"`

	SavedBytes int64         `json:"saved_bytes"`
	SavedUSD   gateway.USD   `json:"saved_usd"`
	SavedTime  time.Duration `json:"saved_ns"` // that callers did not wait
}

// Ratio is the share of the calls that needed no vendor, of those that asked the cache; 0
// when none did.
func (f *Figures) Ratio() float64 {
	served := f.Hits + f.Stale + f.Coalesced + f.Semantic
	if served == 0 {
		return 0
	}
	return float64(served) / float64(served+f.Misses)
}

// Snapshot gives all figures: by dimension, and by name in each.
func (s *Stats) Snapshot() []Figures {
	var all []Figures
	for i, by := range [...]string{ByGateway, ByModel, ByRoute, ByWorkspace, ByKey} {
		from := len(all)
		for name, c := range s.dimensions[i].counted() {
			f := c.figures()
			f.By, f.Name = by, name
			all = append(all, f)
		}
		slices.SortFunc(all[from:], func(a, b Figures) int { return cmp.Compare(a.Name, b.Name) })
	}
	return all
}

// dimension is counters by name. The map is replaced when a name is new, never changed.
type dimension struct {
	by atomic.Pointer[map[string]*counters]
	mu sync.Mutex // held by who replaces it
}

func (d *dimension) counted() map[string]*counters {
	if by := d.by.Load(); by != nil {
		return *by
	}
	return nil
}

func (d *dimension) of(name string) *counters {
	if c := d.counted()[name]; c != nil {
		return c
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	had := d.counted()
	if len(had) >= maxNames-1 && had[name] == nil {
		name = Other
	}
	if c := had[name]; c != nil {
		return c
	}
	by := make(map[string]*counters, len(had)+1)
	maps.Copy(by, had)
	c := new(counters)
	by[strings.Clone(name)] = c // a copy: the name may be a part of a request
	d.by.Store(&by)
	return c
}

// counters are figures that are counted.
type counters struct {
	calls              [outcomes]atomic.Int64
	bytes, cost, spent atomic.Int64
}

func (c *counters) count(call *Call) {
	c.calls[call.Outcome].Add(1)
	if call.Bytes != 0 {
		c.bytes.Add(call.Bytes)
	}
	if call.Cost.Known && call.Cost.USD != 0 {
		c.cost.Add(int64(call.Cost.USD))
	}
	if call.Took != 0 {
		c.spent.Add(int64(call.Took))
	}
}

func (c *counters) figures() Figures {
	n := func(o Outcome) int64 { return c.calls[o].Load() }
	return Figures{
		Hits: n(Hit), Misses: n(Miss), Stale: n(Stale), Coalesced: n(Coalesced), Semantic: n(SemanticHit), Bypassed: n(Bypass),
		SavedBytes: c.bytes.Load(), SavedUSD: gateway.USD(c.cost.Load()), SavedTime: time.Duration(c.spent.Load()),
	}
}
