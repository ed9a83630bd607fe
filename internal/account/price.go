package account

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// unknown marks a rate that nobody knows.
const unknown Nano = -1

// applied are the rates of one model, prompt size and service tier with every kind
// filled in. It is immutable.
type applied struct {
	rates    [kinds]Nano // unknown where a consumed kind would leave the cost unknown
	own      [kinds]bool // kinds with a price of their own
	byTokens bool        // tokens are billed at all
	free     bool        // every rate is 0
	price    *gateway.Price
}

// Price gives what u costs and the price that was applied: of model m (nil = not in
// the catalogue) with the configured prices in override (by kind, see Kinds; nil =
// none) instead of the catalogue's, at the time the call was served, on the service
// tier that the answer reports (not the one asked for; "" = standard), in a batch or not.
//
// The cost is unknown when the usage, the model's price or the tier's price is
// unknown. The Price is shared: it must not be changed; nil = unpriced. A model with
// an explicit price of 0 costs 0. Without override Price does not allocate but once
// per model, prompt size and tier; callers with lasting overrides use Override.
func (c *Catalogue) Price(m *Model, override map[string]float64, u *llm.Usage, at time.Time, tier string, batch bool) (gateway.Cost, *gateway.Price) {
	if len(override) > 0 {
		var err error
		if m, err = c.Override(m, override); err != nil {
			return gateway.Cost{}, nil
		}
	}
	if !m.Priced() || u == nil {
		return gateway.Cost{}, nil
	}
	i := m.tierIndex(tier, batch)
	if i < 0 || i > 0 && m.tiers[i-1].refuses(u.InputTokens) {
		return gateway.Cost{}, nil
	}
	a := m.priceAt(at).band(u.InputTokens.N).on(m, i)
	return a.cost(u), a.price
}

func (t *tier) refuses(inputTokens llm.Count) bool {
	return t.maxInput > 0 && inputTokens.N > t.maxInput
}

func newApplied(m *Model, b *band, tierIndex int) *applied {
	var t *tier
	if tierIndex > 0 {
		t = m.tiers[tierIndex-1]
	}
	a := &applied{price: shown(m, b, t), free: true}
	for k := range a.rates {
		a.rates[k] = unknown
	}
	for _, r := range b.rates {
		n, ok := onTier(r, t)
		if !ok {
			n = unknown
		}
		a.rates[r.kind], a.own[r.kind] = n, true
		a.byTokens = a.byTokens || r.kind < tokenKinds
		a.free = a.free && n == 0
	}
	a.inherit(t)
	return a
}

// parents says whose rate a kind without one takes. Audio and images from a cache
// take the dearer reading, that of their medium, when that has a price of its own.
var parents = [...]struct{ kind, first, second kind }{
	{cacheRead, input, input},
	{cacheWrite, input, input},
	{cacheWrite1h, cacheWrite, cacheWrite},
	{cacheAudioRead, inputAudio, cacheRead},
	{cacheImageRead, inputImage, cacheRead},
	{inputAudio, input, input},
	{inputImage, input, input},
	{inputVideo, input, input},
	{outputAudio, output, output},
	{outputImage, output, output},
	{outputVideo, output, output},
	{outputReasoning, output, output},
}

func (a *applied) inherit(t *tier) {
	if !a.byTokens {
		clear(a.rates[:tokenKinds])
		return
	}
	for _, p := range parents {
		switch {
		case a.own[p.kind]:
		case t != nil && t.factors[p.kind] < 0:
			a.rates[p.kind] = unknown
		case a.own[p.first]:
			a.rates[p.kind] = a.rates[p.first]
		default:
			a.rates[p.kind] = a.rates[p.second]
		}
	}
	if !a.own[citation] {
		a.rates[citation] = 0 // not billed apart
	}
}
