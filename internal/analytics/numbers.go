package analytics

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Number is one sum of a roll-up. Roll-ups are kept by position: new ones go to the end.
type Number int

// The sums. Known tells for how many calls the sum before it is known; money is in
// billionths of a dollar.
const (
	Requests  Number = iota // calls; refusals that share an entry by their count
	Errors                  // of them: answered with an error, neither blocked nor cancelled
	Blocked                 // of them: refused for a limit or budget
	Cancelled               // of them: the caller left first

	Hits // what the cache did, by its words
	Stale
	Coalesced
	Semantic
	Misses
	Bypassed

	InputTokens
	InputKnown
	OutputTokens
	OutputKnown
	CacheReadTokens
	CacheReadKnown
	CacheWriteTokens
	CacheWriteKnown
	ReasoningTokens
	ReasoningKnown

	Cost
	CostKnown
	Saved
	SavedKnown

	LatencyMS
	LatencyKnown
	FirstByteMS
	FirstByteKnown
	GatewayUS // time that Sluice itself took: queues and slow callers are left out
	GatewayKnown
	ProviderMS // time spent waiting for vendors
	ProviderKnown
	QueueMS
	QueueKnown
	CallerUS // time spent waiting for callers who read slowly
	CallerKnown

	numbers
)

// Numbers are the sums of some calls.
type Numbers [numbers]int64

// Add adds what other calls sum up to.
func (n *Numbers) Add(o *Numbers) {
	for i := range n {
		n[i] += o[i]
	}
}

// Served are the calls that the cache answered.
func (n *Numbers) Served() int64 { return n[Hits] + n[Stale] + n[Coalesced] + n[Semantic] }

// Append appends the numbers as they are kept, zeros at the end left out.
func (n *Numbers) Append(dst []byte) []byte {
	last := len(n)
	for last > 0 && n[last-1] == 0 {
		last--
	}
	for _, v := range n[:last] {
		dst = binary.AppendVarint(dst, v)
	}
	return dst
}

var errDamaged = errors.New("a roll-up is damaged")

// Decode adds numbers as they are kept.
func (n *Numbers) Decode(kept []byte) error {
	for i := 0; len(kept) > 0; i++ {
		v, size := binary.Varint(kept)
		if size <= 0 || i >= len(n) {
			return errDamaged
		}
		n[i] += v
		kept = kept[size:]
	}
	return nil
}

var blockedCodes = []string{"rate_limited", "budget_exceeded"}

// BlockedCodes lists the error codes of calls that a limit or budget refused.
func BlockedCodes() []string { return slices.Clone(blockedCodes) }

// outcome gives what became of a call: Requests where all is well.
func outcome(e *gateway.Entry) Number {
	switch {
	case slices.Contains(blockedCodes, e.ErrorCode):
		return Blocked
	case e.Status == statusLeft:
		return Cancelled
	case e.Status >= 400, e.ErrorCode != "":
		return Errors
	}
	return Requests
}

// statusLeft is the status of calls whose caller left first.
const statusLeft = 499

// cacheNumber gives the number of a cache's word; Requests where there is none.
func cacheNumber(word string) Number {
	switch word {
	case "hit":
		return Hits
	case "stale":
		return Stale
	case "coalesced":
		return Coalesced
	case "semantic":
		return Semantic
	case "miss":
		return Misses
	case "bypass":
		return Bypassed
	}
	return Requests
}

// measured is what one call adds to every row that it is counted in.
type measured struct {
	numbers Numbers
	keys    [Sketches]uint16 // of its values; noKey = unknown
}

// measure reads a call that stands for count ones. A call that was counted before, when
// it stood for fewer, adds its count alone.
func measure(e *gateway.Entry, count int64, first bool) measured {
	var m measured
	n := &m.numbers
	n[Requests] = count
	if o := outcome(e); o != Requests {
		n[o] = count
	}
	if c := cacheNumber(e.Cache); c != Requests {
		n[c] = count
	}
	if !first {
		return m
	}
	n.usage(&e.Usage)
	n.money(Cost, e.Cost)
	n.money(Saved, e.Saved)
	m.times(e)
	return m
}

func (n *Numbers) usage(u *llm.Usage) {
	n.count(InputTokens, u.InputTokens)
	n.count(OutputTokens, u.OutputTokens)
	n.count(CacheReadTokens, u.CacheReadTokens)
	n.count(CacheWriteTokens, u.CacheWriteTokens)
	n.count(ReasoningTokens, u.ReasoningTokens)
}

// times reads how long the call took, and whom it waited for.
func (m *measured) times(e *gateway.Entry) {
	n := &m.numbers
	n.count(LatencyMS, e.LatencyMS)
	n.count(FirstByteMS, e.FirstByteMS)
	n.count(QueueMS, e.QueueMS)
	n.count(CallerUS, e.CallerUS)
	if e.OverheadUS.Known {
		own := max(e.OverheadUS.N-1000*e.QueueMS.Or(0)-e.CallerUS.Or(0), 0)
		n.count(GatewayUS, llm.Known(own))
	}
	if e.OverheadUS.Known && e.LatencyMS.Known && len(e.Attempts) > 0 {
		n.count(ProviderMS, llm.Known(max(e.LatencyMS.N-e.OverheadUS.N/1000, 0)))
	}
	for i, number := range sketched {
		if n[number+1] > 0 {
			m.keys[i] = keyOf(n[number])
		}
	}
}

func (n *Numbers) count(to Number, c llm.Count) {
	if c.Known {
		n[to], n[to+1] = c.N, 1
	}
}

func (n *Numbers) money(to Number, c gateway.Cost) {
	if c.Known {
		n[to], n[to+1] = int64(c.USD), 1
	}
}
