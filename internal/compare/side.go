package compare

import (
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Side collects what became of the calls that a target got.
type Side struct {
	calls, failed  int
	latency, first []float64 // milliseconds
	input, output  sum
	cost, score    sum // dollars, 0 to 1
	spent          gateway.USD
	up, down       int // thumbs
}

// Figures are how a side did. What is unknown is null.
type Figures struct {
	Calls  int       `json:"calls" doc:"Calls that tried it first, but for those that the caller left or that were refused here."`
	Failed int       `json:"failed" doc:"Calls in which its last attempt failed, whatever another target made of them."`
	Errors *Estimate `json:"error_rate" doc:"Of failed among calls."`

	LatencyP50 *Estimate `json:"latency_p50_ms" doc:"Of calls that it answered, to the end of the answer."`
	LatencyP95 *Estimate `json:"latency_p95_ms"`
	FirstP50   *Estimate `json:"first_token_p50_ms" doc:"Of streams that it answered."`
	FirstP95   *Estimate `json:"first_token_p95_ms"`

	Input  *Estimate   `json:"input_tokens" doc:"Mean of a call."`
	Output *Estimate   `json:"output_tokens"`
	Cost   *Estimate   `json:"cost_usd" doc:"Mean of a call, of those whose cost is known."`
	Spent  gateway.USD `json:"spent_usd" doc:"All of these."`
	Score  *Estimate   `json:"score" doc:"Mean feedback of a call that has some."`
	Up     int         `json:"thumbs_up"`
	Down   int         `json:"thumbs_down"`
	Liked  *Estimate   `json:"liked" doc:"Of thumbs up among all thumbs."`
}

// add notes one call: its attempts at this side, in order, of which there is one.
func (s *Side) add(o *gateway.Outcome, trials []*gateway.Trial) {
	last := trials[len(trials)-1]
	if silent(last.Fault) {
		return
	}
	s.calls++
	s.pay(trials)
	if last.Fault != "" {
		s.failed++
		return
	}
	if last.LatencyMS.Known {
		s.latency = append(s.latency, float64(last.LatencyMS.N))
	}
	if o.Stream && last.FirstByteMS.Known {
		s.first = append(s.first, float64(last.FirstByteMS.N))
	}
	if last.Usage.Input.Known {
		s.input.add(float64(last.Usage.Input.N))
	}
	if last.Usage.Output.Known {
		s.output.add(float64(last.Usage.Output.N))
	}
	if o.Score != nil {
		s.score.add(*o.Score)
	}
	switch o.Feedback {
	case "up":
		s.up++
	case "down":
		s.down++
	}
}

// pay adds up what a call's attempts cost.
func (s *Side) pay(trials []*gateway.Trial) {
	var all gateway.USD
	known := false
	for _, t := range trials {
		if t.Cost.Known {
			known, all = true, all+t.Cost.USD
		}
	}
	if known {
		s.spent += all
		s.cost.add(float64(all) / float64(gateway.Dollar))
	}
}

// silent reports faults that say nothing about the target.
func silent(fault string) bool {
	switch fault {
	case "gone", "policy", "internal", "overload":
		return true
	}
	return false
}

// Figures works out how the side did so far.
func (s *Side) Figures() Figures {
	f := Figures{Calls: s.calls, Failed: s.failed, Errors: share(s.failed, s.calls), Spent: s.spent,
		Input: s.input.mean(), Output: s.output.mean(), Cost: s.cost.mean(), Score: s.score.mean(),
		Up: s.up, Down: s.down, Liked: share(s.up, s.up+s.down)}
	latency, first := sorted(s.latency), sorted(s.first)
	f.LatencyP50, f.LatencyP95 = quantile(latency, 0.5), quantile(latency, 0.95)
	f.FirstP50, f.FirstP95 = quantile(first, 0.5), quantile(first, 0.95)
	return f
}
