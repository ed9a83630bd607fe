package account

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Model is one model of one vendor. It is immutable and safe for concurrent use.
type Model struct {
	ID         string     // as the vendor spells it
	Provider   string     // the catalogue's name of the vendor
	Name       string     // for people; "" = none
	Context    int        // tokens, 0 = unknown
	MaxOutput  int        // tokens, 0 = unknown
	Abilities  *Abilities // nil = unknown
	Deprecated bool       // the vendor has announced its end
	AsOf       string     // the day of the facts
	Source     string     // where they were read

	prices []price
	tiers  []*tier
}

// Priced reports whether any price of the model is known.
func (m *Model) Priced() bool { return m != nil && len(m.prices) > 0 }

// price is a Dated ready for use.
type price struct {
	from     int64 // first second, 0 = ever
	min, end int   // minutes of the day
	bands    []*band
}

// band are the rates of one prompt size, and what they come to on each service tier:
// made at first use, then shared by all calls.
type band struct {
	above   int64
	rates   []rate
	applied []atomic.Pointer[applied] // standard first, then the model's tiers
}

type rate struct {
	kind kind
	nano Nano
}

// tier is a Tier ready for use.
type tier struct {
	names    []string
	factors  [kinds]Nano // -1 = not known
	maxInput int64
}

func newModel(d *Document, f *Facts, shared []*tier) (*Model, error) {
	m := &Model{
		ID: f.ID, Provider: d.Provider, Name: f.Name, Context: f.Context, MaxOutput: f.MaxOutput,
		Abilities: f.Abilities, Deprecated: f.Deprecated, AsOf: f.AsOf, Source: f.Source,
	}
	if m.AsOf == "" {
		m.AsOf = d.AsOf
	}
	if m.Source == "" {
		m.Source = d.Sources[0]
	}
	m.tiers = shared
	if len(f.Tiers) > 0 {
		m.tiers = slices.Concat(newTiers(f.Tiers), shared)
	}
	for i := range f.Prices {
		p, err := newPrice(&f.Prices[i], len(m.tiers))
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", f.ID, err)
		}
		m.prices = append(m.prices, p)
	}
	return m, nil
}

func newPrice(d *Dated, tiers int) (p price, err error) {
	if d.From != "" {
		day, err := time.Parse(time.DateOnly, d.From)
		if err != nil {
			return p, err
		}
		p.from = day.Unix()
	}
	if p.min, p.end, err = parseHours(d.Hours); err != nil {
		return p, err
	}
	p.bands = append(p.bands, newBand(0, newRates(d.Rates), tiers))
	for _, b := range d.Above {
		p.bands = append(p.bands, newBand(b.Tokens, newRates(b.Rates), tiers))
	}
	return p, nil
}

func newBand(above int64, rates []rate, tiers int) *band {
	return &band{above: above, rates: rates, applied: make([]atomic.Pointer[applied], 1+tiers)}
}

func newRates(r Rates) []rate {
	rates := make([]rate, 0, len(r))
	for name, nano := range r {
		if k, ok := kindNamed(name); ok {
			rates = append(rates, rate{k, nano})
		}
	}
	slices.SortFunc(rates, func(a, b rate) int { return int(a.kind) - int(b.kind) })
	return rates
}

func newTiers(from []Tier) []*tier {
	tiers := make([]*tier, 0, len(from))
	for _, f := range from {
		t := &tier{names: f.Names, maxInput: f.MaxInput}
		for k := range kinds {
			t.factors[k] = factor(f.Factors, k)
		}
		tiers = append(tiers, t)
	}
	return tiers
}

func factor(factors map[string]*Nano, k kind) Nano {
	f, named := factors[kindTable[k].name]
	if !named && k >= tokenKinds {
		return one
	}
	if !named {
		f = factors["*"]
	}
	if f == nil {
		return -1
	}
	return *f
}

// priceAt gives the price in force: the last whose time has come, else the first.
func (m *Model) priceAt(at time.Time) *price {
	sec := at.Unix()
	minute := int(sec % 86400 / 60)
	for i := len(m.prices) - 1; i > 0; i-- {
		if m.prices[i].holds(sec, minute) {
			return &m.prices[i]
		}
	}
	return &m.prices[0]
}

func (p *price) holds(sec int64, minute int) bool {
	if sec < p.from {
		return false
	}
	if p.min <= p.end {
		return p.min <= minute && minute < p.end
	}
	return p.min <= minute || minute < p.end
}

// band gives the rates for a prompt of so many tokens.
func (p *price) band(inputTokens int64) *band {
	b := p.bands[0]
	for _, next := range p.bands[1:] {
		if inputTokens > next.above {
			b = next
		}
	}
	return b
}

// batchTier is the name under which vendors' batch prices are kept.
const batchTier = "batch"

// standardTiers are the names that mean the list price. "auto" is what some answers
// echo when no other tier was granted.
var standardTiers = [...]string{"default", "standard", "auto", "on_demand", "standard_only"}

// tierIndex finds the tier that was served: 0 is the standard one, -1 one whose price
// is not known.
func (m *Model) tierIndex(served string, batch bool) int {
	standard := served == "" || named(standardTiers[:], served)
	switch {
	case batch && (standard || strings.EqualFold(served, batchTier)):
		served = batchTier
	case batch:
		return -1
	case standard:
		return 0
	}
	for i, t := range m.tiers {
		if named(t.names, served) {
			return i + 1
		}
	}
	return -1
}

// named reports whether name is one of names; letter case is ignored.
func named(names []string, name string) bool {
	for _, n := range names {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// on gives the band's rates on a tier, made once.
func (b *band) on(m *Model, tierIndex int) *applied {
	if a := b.applied[tierIndex].Load(); a != nil {
		return a
	}
	b.applied[tierIndex].CompareAndSwap(nil, newApplied(m, b, tierIndex))
	return b.applied[tierIndex].Load()
}

// label says what chose the rates: the prompt's size, the service tier, or both.
func label(b *band, t *tier) string {
	var parts []string
	if t != nil {
		parts = append(parts, t.names[0])
	}
	if b.above > 0 {
		parts = append(parts, fmt.Sprintf(">%d", b.above))
	}
	return strings.Join(parts, " ")
}

// shown is the price as an entry shows it.
func shown(m *Model, b *band, t *tier) *gateway.Price {
	p := &gateway.Price{Rates: make(map[string]float64, len(b.rates)), Tier: label(b, t), Source: m.Source, AsOf: m.AsOf}
	for _, r := range b.rates {
		if n, ok := onTier(r, t); ok {
			p.Rates[kindTable[r.kind].name] = n.Float()
		}
	}
	p.Share()
	return p
}

func onTier(r rate, t *tier) (Nano, bool) {
	if t == nil {
		return r.nano, true
	}
	f := t.factors[r.kind]
	if f < 0 {
		return 0, false
	}
	return r.nano.times(f), true
}
