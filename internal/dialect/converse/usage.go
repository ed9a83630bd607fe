package converse

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// readUsage reads a TokenUsage. The vendor's inputTokens exclude what was read from or
// written to the cache; totalTokens include it
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html).
func readUsage(raw []byte) (u llm.Usage) {
	var input llm.Count
	_ = jsonscan.Members(raw, func(key, value []byte) bool {
		switch string(key) {
		case "inputTokens":
			input = count(value)
		case "outputTokens":
			u.OutputTokens = count(value)
		case "cacheReadInputTokens":
			u.CacheReadTokens = count(value)
		case "cacheWriteInputTokens":
			u.CacheWriteTokens = count(value)
		case "cacheDetails":
			readDetails(&u, value)
		case "serverToolUsage":
			readTools(&u, value)
		}
		return true
	})
	u.InputTokens = input.Add(u.CacheReadTokens).Add(u.CacheWriteTokens)
	return u
}

// readDetails takes the part of the cache writes that lives for an hour.
func readDetails(u *llm.Usage, list []byte) {
	_ = jsonscan.Elements(list, func(one []byte) bool {
		if n := count(jsonscan.Get(one, "inputTokens")); n.N > 0 && string(jsonscan.Get(one, "ttl")) == `"1h"` {
			u.SetUnit(llm.UnitCacheWrite1h, float64(n.N))
		}
		return true
	})
}

// maxTools bounds what a strange answer can make us keep.
const maxTools = 16

// readTools takes the counts of tools that the vendor ran itself, by the vendor's names.
func readTools(u *llm.Usage, tools []byte) {
	_ = jsonscan.Members(tools, func(key, value []byte) bool {
		if n := count(value); n.N > 0 && len(u.Units) < maxTools {
			u.SetUnit(string(key), float64(n.N))
		}
		return true
	})
}

// count takes what is a plausible number of tokens.
func count(raw []byte) llm.Count {
	if n, ok := jsonscan.Int(raw); ok && n >= 0 && n < 1<<53 {
		return llm.Known(n)
	}
	return llm.Count{}
}

// writeUsage writes a TokenUsage. Its three counts are required, so that a number that
// is not known is 0 here.
func writeUsage(w *jsonout.Writer, u *llm.Usage) {
	read, write, output := u.CacheReadTokens.Or(0), u.CacheWriteTokens.Or(0), u.OutputTokens.Or(0)
	input := max(u.InputTokens.Or(0)-read-write, 0)
	w.Object("usage")
	w.Number("inputTokens", input)
	w.Number("outputTokens", output)
	w.Number("totalTokens", input+read+write+output)
	if u.CacheReadTokens.Known {
		w.Number("cacheReadInputTokens", read)
	}
	if u.CacheWriteTokens.Known {
		w.Number("cacheWriteInputTokens", write)
	}
	if hour := int64(u.Units[llm.UnitCacheWrite1h]); hour > 0 {
		writeDetails(w, hour, max(write-hour, 0))
	}
	w.End('}')
}

// writeDetails splits the cache writes by lifetime, the longer one first.
func writeDetails(w *jsonout.Writer, hour, short int64) {
	w.Array("cacheDetails")
	for _, d := range [...]struct {
		ttl string
		n   int64
	}{{"1h", hour}, {"5m", short}} {
		if d.n > 0 {
			w.Begin('{')
			w.Text("ttl", d.ttl)
			w.Number("inputTokens", d.n)
			w.End('}')
		}
	}
	w.End(']')
}
