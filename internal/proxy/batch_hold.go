package proxy

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// batchLife is how long a hold for a batch counts of which nobody says what became of
// it: a day, which vendors give a batch, and time to ask for the results.
const batchLife = 36 * time.Hour

// batchHold is what is held for a batch.
type batchHold struct {
	hold   *limit.Hold
	claims []limit.Claim
	of     []*rules.Rule
	values []string
	models [][]string // whose lines a claim counts
}

// leaveAmounts takes the amounts out of the claims of a call that submits a batch: of them
// a batch takes more than one call does, so they are held for the batch.
func leaveAmounts(t *taken) {
	n := 0
	for i := range t.Claims {
		if !t.Of[i].Kind.Amount() {
			t.Claims[n], t.Of[n] = t.Claims[i], t.Of[i]
			n++
		}
	}
	t.Claims, t.Of = t.Claims[:n], t.Of[:n]
}

// batchSets are the rules that may count a batch at the present target.
func (x *exchange) batchSets() [3]*rules.Set {
	return [3]*rules.Set{x.held.sets[0], x.held.sets[1], x.view.held[x.target.Provider.Name]}
}

// countsBatch reports whether some rule counts the tokens or the money of a batch. What
// runs on the caller's own credential lives in its own account, and is not followed.
func (x *exchange) countsBatch() bool {
	if x.held == nil || x.ownCredential() {
		return false
	}
	for _, s := range x.batchSets() {
		if s.NeedsAmounts() {
			return true
		}
	}
	return false
}

// holdBatch reserves what all lines together may take at the most, or nothing.
func (x *exchange) holdBatch(ctx context.Context) error {
	if err := x.claimBatch(); err != nil {
		return err
	}
	h := &x.batch.held
	if len(h.claims) == 0 {
		return nil
	}
	v, err := x.p.limits.Reserve(ctx, h.claims, batchLife)
	if err != nil {
		return x.countFault(ctx, err)
	}
	x.p.full.Note(h.claims, &v, time.Now())
	if v.Hold == nil {
		return x.noRoom(h.of[v.Refused], h.claims[v.Refused].Window, v.Retry)
	}
	h.hold = v.Hold
	for i, s := range v.States {
		if h.claims[i].Observe && s.Used > s.Max {
			x.noteOver(h.of[i])
		}
	}
	return nil
}

// claimBatch makes the claims, model by model, since rules may depend on that.
func (x *exchange) claimBatch() error {
	b, f := x.batch, &x.held.facts
	asked, served := f.Model, f.Provider
	defer func() { f.Model, f.Provider = asked, served; f.Ready() }()
	if b.unknown || len(b.models) == 0 {
		b.models = map[string]*batchMost{bareModel(x.target.Model): {output: math.MaxInt32, unpriced: !x.lane.provider.Spec.Free}}
	}
	for _, model := range slices.Sorted(maps.Keys(b.models)) {
		most := b.models[model]
		f.Model, f.Provider, f.Input = model, x.target.Provider.Name, most.input
		f.Ready()
		want := rules.Want{Input: most.input, Output: most.output, Cost: most.cost, Least: most.cost, Priced: !most.unpriced}
		var t rules.Taken
		for _, s := range x.batchSets() {
			for _, stage := range []rules.Stage{rules.Call, rules.Attempt} {
				if err := s.Add(&t, f, &want, stage, nil); err != nil {
					return x.batchFault(err, model)
				}
			}
		}
		x.mergeClaims(&t, model)
	}
	return nil
}

// mergeClaims takes the amounts over. Of a counter there is one claim.
func (x *exchange) mergeClaims(t *rules.Taken, model string) {
	h := &x.batch.held
	for i := range t.Claims {
		c, r := t.Claims[i], t.Of[i]
		if !r.Kind.Amount() {
			continue
		}
		at := slices.IndexFunc(h.claims, func(k limit.Claim) bool { return k.Counter == c.Counter })
		if at < 0 {
			c.Min = 0
			h.claims, h.of = append(h.claims, c), append(h.of, r)
			h.values, h.models = append(h.values, x.kept(r.Values(&x.held.facts))), append(h.models, []string{model})
			continue
		}
		h.models[at] = append(h.models[at], model)
		known := &h.claims[at]
		known.Want += c.Want
		if r.Kind != rules.Cost { // as of one call
			known.Want = min(known.Want, c.Window.Max+c.Window.Burst)
		}
	}
}

// batchFault is the fault of a rule that could not be applied.
func (x *exchange) batchFault(err error, model string) error {
	un, ok := err.(*rules.Unpriced)
	if !ok {
		return x.conditionFault(err)
	}
	x.noteOver(un.Rule)
	why := "a price, or how long an answer may become, is unknown of '" + clip(model) + "': configure a price (providers.<name>.models), state a maximum of output tokens on every line"
	if x.batch.unknown {
		why = "its requests stand in a file that Sluice cannot read: send them in the body"
	}
	f := fault.Newf(fault.BudgetExceeded, "The batch cannot be submitted under the limit of money '%s', since %s, or set unpriced: allow.", un.Rule.Name, why)
	f.NoRetry = true
	return f
}

// giveBackBatch gives back what was held for a batch that does not exist.
func (x *exchange) giveBackBatch() {
	b := x.batch
	if b == nil || b.held.hold == nil || b.kept {
		return
	}
	if n := len(x.attempts); n > 0 && x.attempts[n-1].Status/100 == 2 {
		return // it may exist, under an id that nobody could read: it counts until the hold expires
	}
	x.settleHold(b.held.hold, make([]int64, len(b.held.claims)))
	b.held = batchHold{}
}

// settleHold settles and makes room known.
func (x *exchange) settleHold(h *limit.Hold, used []int64) {
	if err := x.p.limits.Settle(context.Background(), h, used); err != nil { // the caller may have left
		x.p.log.Warn("a hold of a batch could not be settled; it counts in full until it expires", "request_id", x.id, "error", err)
	}
	x.p.full.Forget(h.Claims)
	x.p.queues.Freed(h.Claims)
}
