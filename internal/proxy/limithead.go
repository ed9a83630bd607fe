package proxy

import (
	"math"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// budgets gives how the budgets stand that apply to the call.
func (x *exchange) budgets() (share, left float64) {
	var t rules.Taken
	for _, s := range x.held.sets {
		if s.AddBudgets(&t, &x.held.facts) != nil {
			return 0, 0
		}
	}
	if len(t.Claims) == 0 {
		return 0, 0
	}
	v, err := x.p.limits.Peek(x.r.Context(), t.Claims)
	if err != nil {
		return 0, 0
	}
	left = math.Inf(1)
	for _, s := range v.States {
		if s.Max > 0 {
			share = max(share, float64(s.Used)/float64(s.Max))
		}
		left = min(left, float64(s.Left())/float64(gateway.Dollar))
	}
	return share, left
}

// limitHead tells the caller how its tightest limits stand: as the IETF drafts
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), and by the
// names that OpenAI's SDKs know.
func (x *exchange) limitHead(w *headWriter) {
	h := x.held
	if h == nil {
		return
	}
	var tightest [3]struct { // of all, of requests, of tokens
		rule *rules.Rule
		win  *gateway.Window
		st   limit.State
	}
	for _, t := range []*taken{&h.call, &h.attempt} {
		for i := range t.verdict.States {
			r, c, st := t.Of[i], &t.Claims[i], t.verdict.States[i]
			if c.Observe || r.Unit == gateway.UnitConcurrent || r.Unit == gateway.UnitCost {
				continue
			}
			kind := 1
			if r.Unit != gateway.UnitRequests {
				kind = 2
			}
			for _, k := range []int{0, kind} {
				if one := &tightest[k]; one.rule == nil || fraction(st) < fraction(one.st) {
					one.rule, one.win, one.st = r, c.Window, st
				}
			}
		}
	}
	if one := tightest[0]; one.rule != nil {
		name := strconv.Quote(headerSafe(one.rule.Name))
		w.set("Ratelimit-Policy", name+";q="+itoa(one.st.Max)+";w="+itoa(int64(one.win.Span/time.Second)))
		w.set("Ratelimit", name+";r="+itoa(one.st.Left())+";t="+itoa(seconds(one.st.Reset)))
	}
	for k, unit := range []string{1: "Requests", 2: "Tokens"} {
		if one := tightest[k]; k > 0 && one.rule != nil {
			w.replace("X-Ratelimit-Limit-"+unit, itoa(one.st.Max))
			w.replace("X-Ratelimit-Remaining-"+unit, itoa(one.st.Left()))
			w.replace("X-Ratelimit-Reset-"+unit, one.st.Reset.Round(time.Millisecond).String())
		}
	}
}

func fraction(s limit.State) float64 {
	if s.Max <= 0 {
		return 0
	}
	return float64(s.Left()) / float64(s.Max)
}

// seconds rounds up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// replace sets one value in place of what a vendor said.
func (w *headWriter) replace(name, value string) {
	delete(w.h, name)
	w.set(name, value)
}
