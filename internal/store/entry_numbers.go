package store

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Number is a number of entries that lists bound by min_NAME and max_NAME. What is not
// known lies within no bounds.
type Number struct {
	Name   string
	Doc    string // what it is: "input tokens"
	column string // of the store; "" = it is read from the document
	path   [2]string
	list   bool // it is how many the list at path has
	of     func(*gateway.Entry) llm.Count
	money  bool
}

// Numbers lists them.
func Numbers() []Number {
	usd := func(c gateway.Cost) llm.Count { return llm.Count{N: int64(c.USD), Known: c.Known} }
	type e = gateway.Entry
	return []Number{
		{Name: "cost", Doc: "dollars that calls cost", column: "cost_nusd", money: true, of: func(e *e) llm.Count { return usd(e.Cost) }},
		{Name: "saved", Doc: "dollars that the cache saved", column: "saved_nusd", money: true, of: func(e *e) llm.Count { return usd(e.Saved) }},
		{Name: "latency_ms", Doc: "milliseconds until the end of the answer", column: "latency_ms", of: func(e *e) llm.Count { return e.LatencyMS }},
		{Name: "first_byte_ms", Doc: "milliseconds until the first byte, of streams the first token", column: "first_byte_ms", of: func(e *e) llm.Count { return e.FirstByteMS }},
		{Name: "queue_ms", Doc: "milliseconds of waiting for a limit's room", path: [2]string{"queue_ms"}, of: func(e *e) llm.Count { return e.QueueMS }},
		{Name: "overhead_us", Doc: "microseconds that were not spent waiting for the vendor", path: [2]string{"overhead_us"}, of: func(e *e) llm.Count { return e.OverheadUS }},
		{Name: "caller_us", Doc: "microseconds of waiting for a caller who reads slowly", path: [2]string{"caller_us"}, of: func(e *e) llm.Count { return e.CallerUS }},
		{Name: "input_tokens", Doc: "input tokens", column: "input_tokens", of: func(e *e) llm.Count { return e.Usage.InputTokens }},
		{Name: "output_tokens", Doc: "output tokens", column: "output_tokens", of: func(e *e) llm.Count { return e.Usage.OutputTokens }},
		{Name: "total_tokens", Doc: "input and output tokens together, where both are known", column: "input_tokens + output_tokens", of: allTokens},
		{Name: "cache_read_tokens", Doc: "input tokens that came from the vendor's own cache", path: [2]string{"usage", "cache_read_tokens"}, of: func(e *e) llm.Count { return e.Usage.CacheReadTokens }},
		{Name: "reasoning_tokens", Doc: "output tokens of reasoning", path: [2]string{"usage", "reasoning_tokens"}, of: func(e *e) llm.Count { return e.Usage.ReasoningTokens }},
		{Name: "cache_age_ms", Doc: "milliseconds of age of the answer that the cache had", column: "cache_age_ms", of: func(e *e) llm.Count { return e.CacheAgeMS }},
		{Name: "attempts", Doc: "attempts", path: [2]string{"attempts"}, list: true, of: func(e *e) llm.Count { return llm.Known(int64(len(e.Attempts))) }},
		{Name: "count", Doc: "calls that share the entry", column: "count", of: func(e *e) llm.Count { return llm.Known(int64(e.Count)) }},
	}
}

func allTokens(e *gateway.Entry) llm.Count {
	in, out := e.Usage.InputTokens, e.Usage.OutputTokens
	return llm.Count{N: in.N + out.N, Known: in.Known && out.Known}
}

// Bound asks that a number is at least or at most something.
type Bound struct {
	number *Number
	most   bool
	value  int64
}

// setBound sets min_NAME or max_NAME of a number; false when there is no such number.
// At least 0 asks nothing.
func (q *EntryQuery) setBound(name, value string) (there bool, err error) {
	of, most := strings.CutPrefix(name, "max_")
	if !most {
		if of, there = strings.CutPrefix(name, "min_"); !there {
			return false, nil
		}
	}
	for _, n := range Numbers() {
		if n.Name != of {
			continue
		}
		b := Bound{number: &n, most: most}
		if b.value, err = n.parse(value); err == nil && (most || b.value > 0) {
			q.Bounds = append(q.Bounds, b)
		}
		return true, err
	}
	return false, nil
}

func (n *Number) parse(value string) (int64, error) {
	if n.money {
		usd, err := gateway.ParseUSD(value)
		return int64(usd), err
	}
	v, err := strconv.ParseInt(value, 10, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("%q is no whole number from 0 on", value)
	}
	return v, nil
}

// Match reports whether the entry's number is within the bound.
func (b *Bound) Match(e *gateway.Entry) bool {
	have := b.number.of(e)
	return have.Known && (b.most && have.N <= b.value || !b.most && have.N >= b.value)
}

// bounds adds the bounds of numbers; those of documents are read row by row.
func (e *engine) bounds(c *conditions, q *EntryQuery) {
	for i := range q.Bounds {
		b := &q.Bounds[i]
		term := b.number.column
		switch {
		case b.number.list:
			term = e.docLength(b.number.path[0])
		case term == "":
			term = e.docNumber(b.number.path)
		}
		if b.most {
			c.add(term+" <= ?", b.value)
		} else {
			c.add(term+" >= ?", b.value)
		}
	}
}

// dotted gives a path with points between.
func dotted(path [2]string) string { return strings.TrimSuffix(path[0]+"."+path[1], ".") }
