package canary

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Fingerprint names all that a canary says.
func Fingerprint(c *gateway.Canary) string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("BUG: a canary that is no JSON: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Share gives how much of the calls, in per cent, go to the new target.
func Share(c *gateway.Canary, s *gateway.CanaryState) float64 {
	switch {
	case s.RolledBack:
		return 0
	case s.Stage >= len(c.Stages):
		return 100
	}
	return c.Stages[s.Stage].Share
}

// leastCalls is how many calls are judged at least where the canary does not say.
const leastCalls = 20

// Verdict is what is to be done about a canary.
type Verdict struct {
	Do  Do
	Why string // for people
}

// Do is what is done.
type Do string

// What can be done about a canary.
const (
	Wait   Do = "wait"   // for the end of the stage
	StepUp Do = "up"     // to the next stage
	Hold   Do = "hold"   // the stage is over, and it is not sure that the next may come
	Back   Do = "back"   // to the old target
	Rest   Do = "nobody" // nothing is to be done any more
)

// Decide says what is to be done at a time, by how both targets did in the present stage.
func Decide(c *gateway.Canary, s *gateway.CanaryState, from, to *compare.Figures, now time.Time) Verdict {
	if s.RolledBack || s.Stage >= len(c.Stages) {
		return Verdict{Rest, s.Why}
	}
	stage := &c.Stages[s.Stage]
	over := now.Sub(s.Since) >= stage.For
	least := leastCalls
	if c.Rollback.MinCalls > 0 {
		least = c.Rollback.MinCalls
	}
	rules, ruled := rulesOf(c, from, to, least)
	switch {
	case !ruled || stage.Share <= 0:
	case to.Calls < least:
		if over {
			return Verdict{Hold, fmt.Sprintf("the new target had %d calls in this stage, and %d are needed to judge it", to.Calls, least)}
		}
	default:
		if v, broken := judge(rules); broken && (v.Do == Back || over) {
			return v
		}
	}
	if over {
		return Verdict{StepUp, fmt.Sprintf("stage %d was over and no rule was broken", s.Stage+1)}
	}
	return Verdict{Wait, ""}
}

// rule is one rule of a canary with what it is about.
type rule struct {
	value *compare.Estimate
	limit float64
	says  func() string
}

// rulesOf gives the rules that can be judged; ruled is whether the canary has any.
func rulesOf(c *gateway.Canary, from, to *compare.Figures, least int) (rules []rule, ruled bool) {
	r := &c.Rollback
	both := from.Calls >= least
	add := func(limit float64, value func() *compare.Estimate, says func(v float64) string) {
		if limit <= 0 {
			return
		}
		ruled = true
		if v := value(); v != nil {
			rules = append(rules, rule{v, limit, func() string { return says(v.Value) }})
		}
	}
	beside := func(v func() *compare.Estimate) func() *compare.Estimate {
		return func() *compare.Estimate {
			if !both {
				return nil
			}
			return v()
		}
	}
	add(r.ErrorRate, func() *compare.Estimate { return to.Errors }, func(v float64) string {
		return fmt.Sprintf("the new target failed in %.1f %% of %d calls, and %g %% are allowed", v*100, to.Calls, r.ErrorRate*100)
	})
	add(r.ErrorMargin, beside(func() *compare.Estimate { return compare.Apart(from.Errors, to.Errors) }), func(float64) string {
		return fmt.Sprintf("the new target failed in %.1f %% of %d calls and the old one in %.1f %% of %d; %g points more are allowed", to.Errors.Value*100, to.Calls, from.Errors.Value*100, from.Calls, r.ErrorMargin*100)
	})
	add(r.Latency, beside(func() *compare.Estimate { return compare.Ratio(from.LatencyP95, to.LatencyP95) }), func(v float64) string {
		return fmt.Sprintf("the new target's p95 latency is %.0f ms, %.2f times the old one's, and %g times are allowed", to.LatencyP95.Value, v, r.Latency)
	})
	add(r.Cost, beside(func() *compare.Estimate { return compare.Ratio(from.Cost, to.Cost) }), func(v float64) string {
		return fmt.Sprintf("a call of the new target costs %.2f times what one of the old does, and %g times are allowed", v, r.Cost)
	})
	return rules, ruled
}

// judge gives the worst of what rules say; broken is whether one is broken at all.
func judge(rules []rule) (v Verdict, broken bool) {
	for _, r := range rules {
		switch {
		case r.value.Low > r.limit:
			return Verdict{Back, r.says()}, true
		case r.value.Value > r.limit && !broken:
			v, broken = Verdict{Hold, r.says() + "; there are too few calls to be sure"}, true
		}
	}
	return v, broken
}
