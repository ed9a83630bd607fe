package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Names of units that llm has no constant for.
const (
	unitAdvisorInput  = "advisor_input_tokens"
	unitAdvisorOutput = "advisor_output_tokens"
)

// sampling is the token counts of one run of a model, in the vendor's meaning:
// input excludes what was read from or written to the cache.
type sampling struct {
	input, cacheWrite, cacheRead, cacheWrite1h, output llm.Count
}

// tally is an answer's usage as told so far. In a stream it is told twice, and the
// later word replaces the earlier member by member, never adds to it.
type tally struct {
	message sampling
	started llm.Count // output as message_start had it: a placeholder
	think   llm.Count
	tier    string
	tools   map[string]float64

	// The vendor leaves these out of the message's own counts.
	compaction sampling // the same model's work on shortening the conversation
	advisor    sampling // another model, billed at its own rates
}

// read takes a usage object; start says that it is message_start's.
func (t *tally) read(usage []byte, start bool) {
	_ = jsonscan.Members(usage, func(key, value []byte) bool {
		switch string(key) {
		case "output_tokens":
			if start {
				set1(&t.started, value)
				return true
			}
			set1(&t.message.output, value)
		case "output_tokens_details":
			set1(&t.think, jsonscan.Get(value, "thinking_tokens"))
		case "server_tool_use":
			t.readTools(value)
		case "service_tier":
			t.readTier(value)
		case "speed":
			t.readSpeed(value)
		case "iterations":
			t.readIterations(value)
		default:
			t.message.set(key, value)
		}
		return true
	})
}

// set takes one member of a usage object; it passes over those it does not know.
func (s *sampling) set(key, value []byte) {
	switch string(key) {
	case "input_tokens":
		set1(&s.input, value)
	case "output_tokens":
		set1(&s.output, value)
	case "cache_creation_input_tokens":
		set1(&s.cacheWrite, value)
	case "cache_read_input_tokens":
		set1(&s.cacheRead, value)
	case "cache_creation":
		set1(&s.cacheWrite1h, jsonscan.Get(value, "ephemeral_1h_input_tokens"))
	}
}

// set1 takes a count; what is no plausible number (null, text, negative) changes nothing.
func set1(c *llm.Count, raw []byte) {
	if n, ok := jsonscan.Int(raw); ok && n >= 0 && n < 1<<53 {
		*c = llm.Known(n)
	}
}

func (s *sampling) add(o *sampling) {
	s.input = s.input.Add(o.input)
	s.cacheWrite = s.cacheWrite.Add(o.cacheWrite)
	s.cacheRead = s.cacheRead.Add(o.cacheRead)
	s.cacheWrite1h = s.cacheWrite1h.Add(o.cacheWrite1h)
	s.output = s.output.Add(o.output)
}

// allInput is all input, cached or not.
func (s *sampling) allInput() llm.Count {
	return s.input.Add(s.cacheWrite).Add(s.cacheRead)
}

// readTier keeps a tier; fast speed is a price list of its own and wins over
// "standard" (https://platform.claude.com/docs/en/build-with-claude/fast-mode).
func (t *tally) readTier(value []byte) {
	if t.tier != "fast" {
		set(&t.tier, value)
	}
}

func (t *tally) readSpeed(value []byte) {
	if string(text(value)) == "fast" {
		t.tier = "fast"
	}
}

// readTools takes the counts of the vendor's own tools, by the vendor's names but for
// web searches.
func (t *tally) readTools(value []byte) {
	_ = jsonscan.Members(value, func(key, value []byte) bool {
		var n llm.Count
		if set1(&n, value); n.N == 0 || len(t.tools) >= maxTools {
			return true
		}
		name := llm.UnitSearches
		if string(key) != "web_search_requests" {
			name = string(key)
		}
		if t.tools == nil {
			t.tools = make(map[string]float64, 2)
		}
		t.tools[name] = float64(n.N)
		return true
	})
}

// maxTools bounds what a strange answer can make us keep.
const maxTools = 16

// readIterations adds up the runs that the message's own counts leave out: compaction
// (https://platform.claude.com/docs/en/build-with-claude/compaction#understanding-usage)
// and the advisor's. Runs of type message and fallback_message are in those counts.
func (t *tally) readIterations(list []byte) {
	t.compaction, t.advisor = sampling{}, sampling{}
	_ = jsonscan.Elements(list, func(run []byte) bool {
		var into *sampling
		switch string(text(jsonscan.Get(run, "type"))) {
		case "compaction":
			into = &t.compaction
		case "advisor_message":
			into = &t.advisor
		default:
			return true
		}
		var s sampling
		_ = jsonscan.Members(run, func(key, value []byte) bool { s.set(key, value); return true })
		into.add(&s)
		return true
	})
}

// end is told when the answer came to its proper end: then message_start's word on
// output is all there will be.
func (t *tally) end() {
	if !t.message.output.Known {
		t.message.output = t.started
	}
}

// usage renders the tally in the meaning of llm.Usage.
func (t *tally) usage() llm.Usage {
	sum := t.message
	sum.add(&t.compaction)
	u := llm.Usage{
		InputTokens:      sum.allInput(),
		OutputTokens:     sum.output,
		CacheReadTokens:  sum.cacheRead,
		CacheWriteTokens: sum.cacheWrite,
		ReasoningTokens:  t.think,
	}
	for name, n := range t.tools {
		u.SetUnit(name, n)
	}
	unit(&u, llm.UnitCacheWrite1h, sum.cacheWrite1h)
	unit(&u, unitAdvisorInput, t.advisor.allInput())
	unit(&u, unitAdvisorOutput, t.advisor.output)
	return u
}

func unit(u *llm.Usage, name string, c llm.Count) {
	if c.N > 0 {
		u.SetUnit(name, float64(c.N))
	}
}
