package llm

// Answer is a whole answer.
type Answer struct {
	ID      string
	Model   string // as the vendor spells it
	Created int64  // Unix seconds, 0 = not said
	Choices []Choice
	Usage   Usage
	Tier    string
	// Blocked is why the vendor answered nothing at all; "" = it did answer.
	Blocked string
	Own     []Member
}

// Choice is one alternative.
type Choice struct {
	Parts    []Part
	Finish   Finish
	Vendor   string // the vendor's own word for the finish
	StopText Raw    // the stop sequence that ended it, a JSON string
	Logprobs Raw    // OpenAI's array of {token, logprob, bytes, top_logprobs}
}

// Finish is why an answer ended.
type Finish string

// The finishes; an unknown one keeps the vendor's word in Choice.Vendor.
const (
	FinishStop    Finish = "stop"
	FinishLength  Finish = "length"
	FinishTools   Finish = "tool_calls"
	FinishFilter  Finish = "content_filter"
	FinishRefusal Finish = "refusal" // the model itself refused
	FinishPause   Finish = "pause"   // the vendor wants to go on with the same turn
	FinishContext Finish = "context" // the context window is full
	FinishError   Finish = "error"   // the vendor gave up in the middle
	FinishUnknown Finish = "unknown"
)

// Refused reports whether the model spoke a refusal.
func (c *Choice) Refused() bool {
	for i := range c.Parts {
		if c.Parts[i].Kind == Refusal {
			return true
		}
	}
	return false
}

// OrRefusal gives the finish for a dialect that has no refusals as parts of an answer: one that
// stopped with a refusal is one that the model refused.
func (f Finish) OrRefusal(spoken bool) Finish {
	if spoken && f == FinishStop {
		return FinishRefusal
	}
	return f
}
