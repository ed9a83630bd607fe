package proxy

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// Units that mark how much of a usage is no vendor's count but an estimate.
const (
	unitEstimatedInput  = "estimated_input_tokens"
	unitEstimatedOutput = "estimated_output_tokens"
)

// estimate completes the report of an answer that was cut after something had been
// said, in so many tokens: vendors bill it, and tell how much only at the end. What was
// reported stays. Where nothing had been said nobody knows whether it is billed, and
// what is not known stays so.
func (x *exchange) estimate(said int64) {
	u := &x.report.Usage
	if !x.report.Ended && (said == 0 || !x.asksUsage()) {
		u.OutputTokens = llm.Count{} // a count so far is no count
	}
	if said == 0 || !x.asksUsage() {
		return
	}
	if !u.InputTokens.Known {
		n := x.weigh()
		u.InputTokens = llm.Known(n)
		u.SetUnit(unitEstimatedInput, float64(n))
	}
	if more := said - u.OutputTokens.Or(0); more > 0 && !(x.report.Ended && u.OutputTokens.Known) {
		u.OutputTokens = llm.Known(said)
		u.SetUnit(unitEstimatedOutput, float64(more))
	}
}

// weigh estimates the tokens of the request.
func (x *exchange) weigh() int64 {
	if x.bodyLeft != nil {
		return x.bodyLeft.input
	}
	return tokens.Input(x.words(), x.target.Model)
}

// maxLooked is how much of an answer that is no stream is read for its estimate.
const maxLooked = 64 << 10

// estimateWhole does the same for an answer that is no stream, from what came of it.
func (x *exchange) estimateWhole(resp *upstream.Response, came []byte) {
	if !x.asksUsage() {
		return
	}
	begun, _ := decoded(resp.Header.Get("Content-Encoding"), came, maxLooked) // as far as it goes
	if said := tokens.Output(begun[:min(len(begun), maxLooked)]); said > 0 {
		x.report = &dialect.Report{}
		x.estimate(said)
	}
}
