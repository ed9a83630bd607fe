package cohere

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Names of units that llm has no constant for, where what is billed is not what the
// model processed: what a meter puts beside the one, and a codec beside the other.
const (
	unitProcessedInput  = "processed_input_tokens"
	unitProcessedOutput = "processed_output_tokens"
	unitCachedTokens    = "processed_cached_tokens"
	unitBilledInput     = "billed_input_tokens"
	unitBilledOutput    = "billed_output_tokens"
)

// spent is one answer's usage in the vendor's own counts. Billed units are what has a
// price; tokens are all that the model processed, the vendor's own template
// included, of which cached were read from its cache
// (https://docs.cohere.com/docs/how-does-cohere-pricing-work).
type spent struct {
	billedIn, billedOut llm.Count
	in, out             llm.Count
	reasoning, cached   llm.Count
}

// read takes the usage of a conversation.
func (s *spent) read(usage []byte) {
	_ = jsonscan.Members(usage, func(key, v []byte) bool {
		switch string(key) {
		case "billed_units":
			setCount(&s.billedIn, jsonscan.Get(v, "input_tokens"))
			setCount(&s.billedOut, jsonscan.Get(v, "output_tokens"))
		case "tokens":
			setCount(&s.in, jsonscan.Get(v, "input_tokens"))
			setCount(&s.out, jsonscan.Get(v, "output_tokens"))
			setCount(&s.reasoning, jsonscan.Get(v, "reasoning_tokens"))
		case "cached_tokens":
			setCount(&s.cached, v)
		}
		return true
	})
}

// setCount takes a count; what is no plausible number changes nothing.
func setCount(c *llm.Count, raw []byte) {
	if n, ok := jsonscan.Int(raw); ok && n >= 0 && n < 1<<53 {
		*c = llm.Known(n)
	}
}

// billed gives what the call costs, for a meter: input and output are what is billed;
// what was processed beside it stands in Units.
func (s *spent) billed() (u llm.Usage) {
	u.InputTokens, u.OutputTokens, u.ReasoningTokens = either(s.billedIn, s.in), either(s.billedOut, s.out), s.reasoning
	u.CacheReadTokens = s.billedCached()
	u.ReasoningTokens.N = min(u.ReasoningTokens.N, u.OutputTokens.N)
	beside(&u, unitProcessedInput, s.in, u.InputTokens)
	beside(&u, unitProcessedOutput, s.out, u.OutputTokens)
	beside(&u, unitCachedTokens, s.cached, u.CacheReadTokens)
	return u
}

// processed gives what the model read and wrote, for callers: the counts of which
// cached and reasoning tokens are parts. What is billed stands in Units.
func (s *spent) processed() (u llm.Usage) {
	u.InputTokens, u.OutputTokens = either(s.in, s.billedIn), either(s.out, s.billedOut)
	u.CacheReadTokens, u.ReasoningTokens = s.cached, s.reasoning
	beside(&u, unitBilledInput, s.billedIn, u.InputTokens)
	beside(&u, unitBilledOutput, s.billedOut, u.OutputTokens)
	return u
}

// either gives the first count that is known.
func either(a, b llm.Count) llm.Count {
	if a.Known {
		return a
	}
	return b
}

// beside notes a count that differs from the one that is shown.
func beside(u *llm.Usage, name string, c, shown llm.Count) {
	if c.Known && c != shown {
		u.SetUnit(name, float64(c.N))
	}
}

// billedCached is how many of the billed tokens came from the cache at the least:
// cached tokens are counted with the template, which nobody is billed for. It is
// unknown where all of them may have been the template's.
func (s *spent) billedCached() llm.Count {
	if !s.billedIn.Known || !s.in.Known || s.cached == llm.Known(0) {
		return s.cached
	}
	if n := s.cached.N - (s.in.N - s.billedIn.N); s.cached.Known && n > 0 {
		return llm.Known(min(n, s.billedIn.N))
	}
	return llm.Count{}
}

// readMeta takes the meta of an embedding or reranking. Tokens of images are billed
// beside those of texts (https://docs.cohere.com/reference/embed).
func readMeta(u *llm.Usage, meta []byte) {
	var input, images llm.Count
	_ = jsonscan.Members(jsonscan.Get(meta, "billed_units"), func(key, v []byte) bool {
		switch string(key) {
		case "input_tokens":
			setCount(&input, v)
		case "image_tokens":
			setCount(&images, v)
		case "output_tokens":
			setCount(&u.OutputTokens, v)
		case "images":
			setCount(&u.Images, v)
		case "search_units":
			setUnit(u, llm.UnitSearchUnits, v)
		case "pages":
			setUnit(u, llm.UnitPages, v)
		case "classifications":
			setUnit(u, "classifications", v)
		}
		return true
	})
	u.InputTokens = input.Add(images)
	if images.N > 0 {
		u.SetUnit(llm.UnitImageInputTokens, float64(images.N))
	}
}

func setUnit(u *llm.Usage, name string, v []byte) {
	if n, ok := jsonscan.Float(v); ok && n >= 0 && n < 1<<53 {
		u.SetUnit(name, n)
	}
}

// appendUsage writes a usage in the vendor's words; nothing when nothing is known.
func appendUsage(w *jsonout.Writer, u *llm.Usage) {
	if !u.InputTokens.Known && !u.OutputTokens.Known {
		return
	}
	w.Object("usage")
	w.Object("billed_units")
	number(w, "input_tokens", unitOr(u, unitBilledInput, u.InputTokens))
	number(w, "output_tokens", unitOr(u, unitBilledOutput, u.OutputTokens))
	w.End('}')
	w.Object("tokens")
	number(w, "input_tokens", u.InputTokens)
	number(w, "output_tokens", u.OutputTokens)
	number(w, "reasoning_tokens", u.ReasoningTokens)
	w.End('}')
	number(w, "cached_tokens", u.CacheReadTokens)
	w.End('}')
}

func unitOr(u *llm.Usage, name string, c llm.Count) llm.Count {
	if n, ok := u.Units[name]; ok {
		return llm.Known(int64(n))
	}
	return c
}

// number writes a count that is known.
func number(w *jsonout.Writer, key string, c llm.Count) {
	if c.Known {
		w.Number(key, c.N)
	}
}
