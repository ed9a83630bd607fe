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
	apart     bool   // reasoning is counted beside the output
	tier      []byte // the service tier
}

// ReadUsage sets u to what a usage object says; u keeps what the object is silent on.
//
// Most vendors count reasoning in the output and audio in the input. Some do not: their
// total is larger than input and output. What the total has more is the reasoning or
// audio where these are of just that size, else it is output: one vendor hides its
// reasoning from all but the total. Another leaves reasoning out of output and total;
// it is known by its market_cost, or by more reasoning than output.
func ReadUsage(u *llm.Usage, usage []byte) {
	in := jsonscan.NewReader(usage)
	ReadUsageFrom(u, &in)
}

// ReadUsageFrom is ReadUsage for the object that in stands before. It gives the service
// tier that some vendors name there, nil when it does not stand there.
func ReadUsageFrom(u *llm.Usage, in *jsonscan.Reader) (tier []byte) {
	r := usageReader{u: u}
	r.read(in)
	r.reconcile()
	return r.tier
}

// ToldUsage is ToldUsageFrom for a usage object.
func ToldUsage(u *llm.Usage, usage []byte) {
	in := jsonscan.NewReader(usage)
	ToldUsageFrom(u, &in)
}

// ToldUsageFrom is ReadUsageFrom without the corrections: what callers of another
// dialect are told is what the vendor said. What it costs is reckoned from the other.
func ToldUsageFrom(u *llm.Usage, in *jsonscan.Reader) (tier []byte) {
	r := usageReader{u: u}
	r.read(in)
	return r.tier
}

func (r *usageReader) read(in *jsonscan.Reader) {
	u := r.u
	in.Object(func(key []byte) { r.member(key, in) })
	if !u.CacheReadTokens.Known {
		u.CacheReadTokens = r.cached
	}
	if !u.CacheWriteTokens.Known {
		u.CacheWriteTokens = r.written
	}
}

func (r *usageReader) member(key []byte, in *jsonscan.Reader) {
	u := r.u
	switch string(key) {
	case "prompt_tokens", "input_tokens":
		count(&u.InputTokens, in.Raw())
	case "completion_tokens", "output_tokens":
		count(&u.OutputTokens, in.Raw())
	case "total_tokens":
		count(&r.total, in.Raw())
	case "prompt_tokens_details", "prompt_token_details", "input_tokens_details", "input_token_details":
		r.inputDetails(in)
	case "completion_tokens_details", "completion_token_details", "output_tokens_details", "output_token_details":
		r.outputDetails(in)
	case "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens":
		count(&r.cached, in.Raw())
	case "cache_creation_input_tokens":
		count(&r.written, in.Raw())
	case "reasoning_tokens":
		count(&u.ReasoningTokens, in.Raw())
	case "market_cost":
		r.apart = true
	case "seconds":
		unit(u, llm.UnitSeconds, in.Raw())
	case "prompt_audio_seconds":
		r.audioSecs = unit(u, llm.UnitSeconds, in.Raw())
	case "num_search_queries", "num_sources_used":
		unit(u, llm.UnitSearches, in.Raw())
	case "server_tool_use", "server_tool_use_details":
		unit(u, llm.UnitSearches, jsonscan.Get(in.Raw(), "web_search_requests"))
	case "server_side_tool_usage_details":
		r.searchCalls(in.Raw())
	case "service_tier":
		if r.tier == nil {
			r.tier = in.Raw()
		}
	}
}

func (r *usageReader) inputDetails(in *jsonscan.Reader) {
	u := r.u
	in.Object(func(key []byte) {
		switch string(key) {
		case "cached_tokens":
			count(&u.CacheReadTokens, in.Raw())
		case "cache_write_tokens":
			count(&u.CacheWriteTokens, in.Raw())
		case "audio_tokens":
			count(&u.AudioInputTokens, in.Raw())
		case "image_tokens":
			unit(u, llm.UnitImageInputTokens, in.Raw())
		case "cached_tokens_details":
			unit(u, llm.UnitCachedAudio, jsonscan.Get(in.Raw(), "audio_tokens"))
		}
	})
}

func (r *usageReader) outputDetails(in *jsonscan.Reader) {
	u := r.u
	in.Object(func(key []byte) {
		switch string(key) {
		case "reasoning_tokens":
			count(&u.ReasoningTokens, in.Raw())
		case "audio_tokens":
			count(&u.AudioOutputTokens, in.Raw())
		case "image_tokens":
			unit(u, llm.UnitImageTokens, in.Raw())
		}
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
