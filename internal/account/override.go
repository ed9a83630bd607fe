package account

import "slices"

// SourceConfig is the source of a price that was configured.
const SourceConfig = "config"

// Override gives m with the prices of a configuration (by kind, see Kinds) in place
// of its own, kind by kind, for every prompt size and date; what is not given stays.
// Service tiers multiply configured prices as they do listed ones. m may be nil: a
// model that the catalogue does not know. m itself is not changed.
func (c *Catalogue) Override(m *Model, price map[string]float64) (*Model, error) {
	if err := CheckPrice(price); err != nil {
		return nil, err
	}
	rates := make(Rates, len(price))
	for name, f := range price {
		n, err := NanoOf(f)
		if err != nil {
			return nil, err
		}
		rates[name] = n
	}
	given := newRates(rates)
	changed := Model{}
	if m != nil {
		changed = *m
	}
	changed.Source, changed.AsOf = SourceConfig, ""
	changed.prices = replaced(changed.prices, given, len(changed.tiers))
	return &changed, nil
}

func replaced(prices []price, given []rate, tiers int) []price {
	if len(prices) == 0 {
		return []price{{end: 24 * 60, bands: []*band{newBand(0, given, tiers)}}}
	}
	out := slices.Clone(prices)
	for i := range out {
		bands := make([]*band, 0, len(out[i].bands))
		for _, b := range out[i].bands {
			bands = append(bands, newBand(b.above, merged(b.rates, given), tiers))
		}
		out[i].bands = bands
	}
	return out
}

func merged(rates, given []rate) []rate {
	out := slices.Clone(given)
	for _, r := range rates {
		if !slices.ContainsFunc(given, func(g rate) bool { return g.kind == r.kind }) {
			out = append(out, r)
		}
	}
	return out
}
