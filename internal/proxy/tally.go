package proxy

import (
	"context"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// bills are what the call's attempts cost, and what of it is somebody else's to count. A
// vendor bills an answer that broke off, or that nobody waited for, like any other.
type bills struct {
	lost     gateway.Cost // of the attempts before the present one, as far as that is known
	partial  bool         // one of them gave a part of the answer, and nobody knows for how much
	held     gateway.USD  // of the call when its present hold was taken
	extended gateway.USD  // by how much that hold has been extended
	turn     gateway.USD  // of the call when the present target's turn began
	asked    int          // how many attempts there were then
}

func (b *bills) lose(c gateway.Cost) {
	if c.Known {
		b.lost = gateway.Cost{USD: b.lost.USD + c.USD, Known: true}
	}
}

// spent is what is known of what the call has cost so far.
func (x *exchange) spent() gateway.USD {
	if x.cost.Known {
		return x.bills.lost.USD + x.cost.USD
	}
	return x.bills.lost.USD
}

// lose counts the present attempt among those that are over, and leaves room for the next.
func (x *exchange) lose() {
	x.bill()
	x.bills.lose(x.cost)
	x.report, x.billed, x.cost, x.price = nil, false, gateway.Cost{}, nil
}

// callCost is what the call costs: all its attempts together. It is unknown when that of
// the answer is; of the others counts what is known.
func (x *exchange) callCost() gateway.Cost {
	lost := x.bills.lost
	switch {
	case x.bills.partial:
		return gateway.Cost{}
	case !lost.Known:
		return x.cost
	case !x.cost.Known && x.report != nil && (x.failed == nil || !x.report.Usage.IsZero()):
		return gateway.Cost{}
	}
	return gateway.Cost{USD: x.spent(), Known: true}
}

// holdMore takes what one more attempt may cost, where those before it have used of what
// is held: a hold pays for one answer, and what is hard is never overrun. A twin cannot
// take more of what the call holds for it, and ends with the first answer that is billed.
func (x *exchange) holdMore(ctx context.Context) error {
	if x.held != nil && x.held.beside && x.held.money && x.spent() > 0 {
		return fault.New(fault.BudgetExceeded, "What the call holds of its budgets for a second target is used up.")
	}
	if x.held == nil || x.held.call.hold == nil {
		return nil
	}
	lost := x.spent() - x.bills.held
	if lost <= x.bills.extended {
		return nil
	}
	t := &x.held.call
	more, some := make([]int64, len(t.Claims)), false
	for i, r := range t.Of {
		if r.Kind == rules.Cost {
			more[i], some = int64(lost-x.bills.extended), true
		}
	}
	if !some {
		return nil
	}
	v, err := x.p.limits.Extend(ctx, t.hold, more)
	switch {
	case err != nil:
		return x.countFault(ctx, err)
	case v.Hold == nil:
		return x.noRoom(t.Of[v.Refused], t.Claims[v.Refused].Window, v.Retry)
	}
	t.verdict.States, x.bills.extended = v.States, lost
	return nil
}

// atOnce is how many attempts may be under way side by side.
func (x *exchange) atOnce() int64 {
	if h := x.way.Hedge; h != nil && (len(h.To) > 0 || len(x.plan) > 1) {
		return 2
	}
	return 1
}
