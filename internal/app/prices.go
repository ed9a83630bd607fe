package app

import "github.com/sluice-gateway/sluice/internal/config"

// priceKinds says what a configured price means to the catalogue, and how often the
// catalogue's unit holds the configured one.
var priceKinds = map[string]struct {
	kind  string
	times float64
}{
	"input": {"input", 1}, "output": {"output", 1},
	"cache_read": {"cache_read", 1}, "cache_write": {"cache_write", 1}, "cache_write_1h": {"cache_write_1h", 1},
	"reasoning": {"output_reasoning", 1}, "input_audio": {"input_audio", 1}, "output_audio": {"output_audio", 1}, "cached_audio": {"cache_audio_read", 1},
	"input_image": {"input_image", 1}, "output_image": {"output_image", 1},
	"character": {"per_million_characters", 1}, "request": {"per_1000_requests", 1000}, "image": {"per_image", 1},
	"second": {"per_hour", 3600}, "page": {"per_1000_pages", 1000}, "search": {"per_1000_searches", 1000}, "search_unit": {"per_1000_search_units", 1000},
}

// prices gives a model's configured prices in the catalogue's kinds.
func prices(m *config.Model) map[string]float64 {
	if len(m.Price) == 0 {
		return nil
	}
	out := make(map[string]float64, len(m.Price))
	for name, v := range m.Price {
		k, ok := priceKinds[name]
		if !ok {
			panic("BUG: a checked configuration has the unknown price " + name)
		}
		out[k.kind] = v * k.times
	}
	return out
}
