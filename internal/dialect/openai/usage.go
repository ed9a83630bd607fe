package openai

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// usageReader gathers what one usage object says in the family's many spellings, so
// that the sums can be made once all of it is known.
type usageReader struct {
	u         *llm.Usage
	total     llm.Count
	cached    llm.Count // weaker spellings, for when the usual one is absent
	written   llm.Count
	audioSecs bool
	apart     bool // reasoning is counted beside the output
}

// ReadUsage sets u to what a usage object says; u keeps what the object is silent on.
//
// Most vendors count reasoning in the output and audio in the input. Some do not: their
// total is larger than input and output. What the total has more is the reasoning or
// audio where these are of just that size, else it is output: one vendor hides its
// reasoning from all but the total. Another leaves reasoning out of output and total;
// it is known by its market_cost, or by more reasoning than output.
func ReadUsage(u *llm.Usage, usage []byte) {
	r := usageReader{u: u}
	_ = jsonscan.Members(usage, func(key, v []byte) bool {
		r.member(string(key), v)
		return true
	})
	if !u.CacheReadTokens.Known {
		u.CacheReadTokens = r.cached
	}
	if !u.CacheWriteTokens.Known {
		u.CacheWriteTokens = r.written
	}
	r.reconcile()
}

func (r *usageReader) member(key string, v []byte) {
	u := r.u
	switch key {
	case "prompt_tokens", "input_tokens":
		count(&u.InputTokens, v)
	case "completion_tokens", "output_tokens":
		count(&u.OutputTokens, v)
	case "total_tokens":
		count(&r.total, v)
	case "prompt_tokens_details", "prompt_token_details", "input_tokens_details", "input_token_details":
		r.inputDetails(v)
	case "completion_tokens_details", "completion_token_details", "output_tokens_details", "output_token_details":
		r.outputDetails(v)
	case "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens":
		count(&r.cached, v)
	case "cache_creation_input_tokens":
		count(&r.written, v)
	case "reasoning_tokens":
		count(&u.ReasoningTokens, v)
	case "market_cost":
		r.apart = true
	case "seconds":
		unit(u, llm.UnitSeconds, v)
	case "prompt_audio_seconds":
		r.audioSecs = unit(u, llm.UnitSeconds, v)
	case "num_search_queries", "num_sources_used":
		unit(u, llm.UnitSearches, v)
	case "server_tool_use", "server_tool_use_details":
		unit(u, llm.UnitSearches, jsonscan.Get(v, "web_search_requests"))
	case "server_side_tool_usage_details":
		r.searchCalls(v)
	}
}

func (r *usageReader) inputDetails(v []byte) {
	u := r.u
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "cached_tokens":
			count(&u.CacheReadTokens, v)
		case "cache_write_tokens":
			count(&u.CacheWriteTokens, v)
		case "audio_tokens":
			count(&u.AudioInputTokens, v)
		case "image_tokens":
			unit(u, llm.UnitImageInputTokens, v)
		case "cached_tokens_details":
			unit(u, llm.UnitCachedAudio, jsonscan.Get(v, "audio_tokens"))
		}
		return true
	})
}

func (r *usageReader) outputDetails(v []byte) {
	u := r.u
	_ = jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "reasoning_tokens":
			count(&u.ReasoningTokens, v)
		case "audio_tokens":
			count(&u.AudioOutputTokens, v)
		case "image_tokens":
			unit(u, llm.UnitImageTokens, v)
		}
		return true
	})
}

// searchCalls sums the searches of a server's own tools.
func (r *usageReader) searchCalls(v []byte) {
	web, _ := jsonscan.Int(jsonscan.Get(v, "web_search_calls"))
	x, _ := jsonscan.Int(jsonscan.Get(v, "x_search_calls"))
	if web+x > 0 {
		r.u.SetUnit(llm.UnitSearches, float64(web+x))
	}
}

// reconcile makes input and output what the total says they are.
func (r *usageReader) reconcile() {
	u := r.u
	if !u.InputTokens.Known && r.total.Known {
		u.InputTokens = llm.Known(max(0, r.total.N-u.OutputTokens.Or(0)))
	}
	if !u.InputTokens.Known || !u.OutputTokens.Known {
		return
	}
	reasoning := u.ReasoningTokens.Or(0)
	switch rest := r.total.Or(0) - u.InputTokens.N - u.OutputTokens.N; {
	case rest > 0 && rest == u.AudioInputTokens.Or(0):
		u.InputTokens.N += rest
	case rest > 0 && r.audioSecs && !u.AudioInputTokens.Known:
		u.InputTokens.N += rest
		u.AudioInputTokens = llm.Known(rest)
	case rest > 0:
		u.OutputTokens.N += rest
	case r.apart || reasoning > u.OutputTokens.N:
		u.OutputTokens.N += reasoning
	}
}

// count sets dst to a number; null and anything else change nothing.
func count(dst *llm.Count, v []byte) {
	if n, ok := jsonscan.Int(v); ok && n >= 0 {
		*dst = llm.Known(n)
	}
}

// unit records a number of a unit, unless it is zero, and says whether it did.
func unit(u *llm.Usage, name string, v []byte) bool {
	n, ok := jsonscan.Float(v)
	if !ok || n <= 0 {
		return false
	}
	u.SetUnit(name, n)
	return true
}
