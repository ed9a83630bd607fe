package litellm

import (
	"strconv"
	"strings"
)

// facts are what a deployment says of its model.
type facts struct {
	price              map[string]string // by kind of price, US dollars as a decimal
	context, maxOutput int64
}

// priced is a price of LiteLLM's and its kind here.
type priced struct {
	theirs, ours string
	unit         float64 // how many of LiteLLM's units ours has
}

// prices are per token there and per million here. https://docs.litellm.ai/docs/proxy/custom_pricing
func prices() []priced {
	const million = 1e6
	return []priced{
		{"input_cost_per_token", "input", million}, {"output_cost_per_token", "output", million},
		{"cache_read_input_token_cost", "cache_read", million}, {"cache_creation_input_token_cost", "cache_write", million},
		{"cache_creation_input_token_cost_above_1hr", "cache_write_1h", million}, {"output_cost_per_reasoning_token", "reasoning", million},
		{"input_cost_per_audio_token", "input_audio", million}, {"output_cost_per_audio_token", "output_audio", million},
		{"input_cost_per_character", "character", million}, {"input_cost_per_second", "second", 1}, {"output_cost_per_second", "second", 1},
		{"output_cost_per_image", "image", 1}, {"input_cost_per_query", "search_unit", 1}, {"input_cost_per_request", "request", 1}, {"ocr_cost_per_page", "page", 1},
	}
}

// read takes the facts out of litellm_params or model_info; what is known already stays.
func (f *facts) read(s *section) {
	for _, p := range prices() {
		n, ok := s.number(p.theirs)
		if !ok {
			continue
		}
		if f.price == nil {
			f.price = map[string]string{}
		}
		if _, known := f.price[p.ours]; !known {
			f.price[p.ours] = decimal(n * p.unit)
		}
	}
	if !strings.HasSuffix(s.path, "model_info") {
		return // max_tokens is there a default of requests
	}
	most, input, output := s.count("max_tokens"), s.count("max_input_tokens"), s.count("max_output_tokens")
	f.context = input
	if f.maxOutput = output; output == 0 {
		f.maxOutput = most
	}
}

// decimal renders a number of dollars without the dust of binary fractions.
func decimal(f float64) string {
	text := strconv.FormatFloat(f, 'f', 9, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func (f *facts) empty() bool { return len(f.price) == 0 && f.context == 0 && f.maxOutput == 0 }
