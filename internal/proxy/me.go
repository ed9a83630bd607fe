package proxy

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// self is what a caller is told about itself.
type self struct {
	Workspace string       `json:"workspace"`
	Gateway   string       `json:"gateway"`
	User      string       `json:"user,omitempty"`
	Key       *selfKey     `json:"key"`
	Rights    *selfRights  `json:"rights,omitempty"`
	Log       selfLog      `json:"log"`
	Limits    []selfLimit  `json:"limits"`
	Budgets   []selfBudget `json:"budgets"`
}

type selfKey struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Hint     string            `json:"hint"`
	Owner    string            `json:"owner,omitempty"`
	Kind     gateway.OwnerKind `json:"owner_kind,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Created  time.Time         `json:"created"`
	Expires  *time.Time        `json:"expires"`
	OldUntil *time.Time        `json:"old_secret_until,omitempty"`
}

type selfRights struct {
	Gateways   []string `json:"gateways"`
	Models     []string `json:"models"`
	Operations []string `json:"operations"`
	Networks   []string `json:"networks,omitempty"`
	MaxOutput  int64    `json:"max_output,omitempty"`
}

// selfLog is what is kept of the caller's calls: the least of what gateway and key say, and
// of what this call asks for.
type selfLog struct {
	Bodies    string  `json:"bodies"` // none, metadata or full
	Sample    float64 `json:"sample"` // of full: the share of calls whose bodies are kept
	Errors    float64 `json:"errors"` // of full: the share of those that fail
	Encrypted bool    `json:"encrypted"`
}

// logOfSelf is what keepsBodies decides by.
func (x *exchange) logOfSelf() selfLog {
	own := 1.0
	if k := x.who.Key; k != nil && k.Log.Sample != nil {
		own = min(*k.Log.Sample, 1)
	}
	l := selfLog{catalog.BodiesPolicies()[x.bodies()], min(own, x.gw.Log.Sample, 1), own, x.gw.Log.Encrypt}
	if !x.gw.Log.Errors {
		l.Errors = l.Sample
	}
	return l
}

// selfLimit is one window of a limit that applies to every call of the caller. Limits
// that depend on the model are not among them.
type selfLimit struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Counts string  `json:"counts"` // "key=key_1"
	Window string  `json:"window"` // a duration; "" = at once
	Max    any     `json:"max"`
	Used   any     `json:"used"`
	Left   any     `json:"left"`
	Reset  float64 `json:"reset_seconds"`
}

// selfBudget is one budget, in dollars.
type selfBudget struct {
	Name   string  `json:"name"`
	Counts string  `json:"counts"`
	Period string  `json:"period"`
	Zone   string  `json:"zone,omitempty"`
	Max    string  `json:"max_usd"`
	Spent  string  `json:"spent_usd"` // with what is held for calls that run
	Left   string  `json:"left_usd"`
	Share  float64 `json:"share"`
	Reset  float64 `json:"reset_seconds"`
}

// answerSelf tells a caller about its own key.
func (x *exchange) answerSelf() error {
	me := self{Workspace: x.who.Workspace, Gateway: x.gw.Name, User: x.who.User, Log: x.logOfSelf(), Limits: []selfLimit{}, Budgets: []selfBudget{}}
	if k := x.who.Key; k != nil {
		me.Key = &selfKey{k.ID, k.Name, k.Hint, k.Owner, k.OwnerKind, k.Tags, k.Created, k.Expires, k.OldUntil}
		me.Rights = &selfRights{orAll(k.Gateways), orAll(k.Models), orAll(k.Operations), k.Networks, k.MaxOutput}
	}
	h, err := x.newHolding()
	if err != nil {
		return err
	}
	if h != nil {
		x.held = h
		if err := x.tellLimits(&me); err != nil {
			return err
		}
	}
	return x.answerJSON(me)
}

func (x *exchange) tellLimits(me *self) error {
	h := x.held
	for _, s := range h.rules() {
		if err := s.Add(&h.call.Taken, &h.facts, &rules.Want{Priced: true}, rules.Call, nil); err != nil {
			return x.conditionFault(err)
		}
	}
	if len(h.call.Claims) == 0 {
		return nil
	}
	for i := range h.call.Claims {
		h.call.Claims[i].Want = 0 // to be looked at
	}
	v, err := x.p.limits.Peek(x.r.Context(), h.call.Claims)
	if err != nil {
		return x.countFault(x.r.Context(), err)
	}
	for i, st := range v.States {
		r, w := h.call.Of[i], h.call.Claims[i].Window
		if r.Budget() {
			me.Budgets = append(me.Budgets, toldBudget(r, w, st, r.Values(&h.facts)))
		} else {
			me.Limits = append(me.Limits, toldLimit(r, w, st, r.Values(&h.facts)))
		}
	}
	return nil
}

func toldLimit(r *rules.Rule, w *gateway.Window, st limit.State, counts string) selfLimit {
	out := selfLimit{Name: r.Name, Unit: string(r.Unit), Counts: counts, Max: st.Max, Used: st.Used, Left: st.Left(), Reset: st.Reset.Seconds()}
	if r.Kind == rules.Cost {
		out.Unit, out.Max, out.Used, out.Left = "cost_usd", gateway.USD(st.Max).String(), gateway.USD(st.Used).String(), gateway.USD(st.Left()).String()
	}
	if r.Kind != rules.Places {
		out.Window = w.Span.String()
	}
	return out
}

func toldBudget(r *rules.Rule, w *gateway.Window, st limit.State, counts string) selfBudget {
	out := selfBudget{
		Name: r.Name, Counts: counts, Period: string(w.Period), Zone: w.Zone, Reset: st.Reset.Seconds(),
		Max: gateway.USD(st.Max).String(), Spent: gateway.USD(st.Used).String(), Left: gateway.USD(st.Left()).String(),
	}
	if st.Max > 0 {
		out.Share = float64(st.Used) / float64(st.Max)
	}
	return out
}
