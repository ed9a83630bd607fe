package proxy

import (
	"context"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// Who has the turn in a queue tries again at least and at most so often: other nodes
// give back without a word.
const (
	lineLeast = time.Millisecond
	lineMost  = 100 * time.Millisecond
)

// line waits until the claims of t have room, in the queue of the rule that had none.
// It gives the rule's refusal when the queue is full or the wait too long.
func (x *exchange) line(ctx context.Context, r *rules.Rule, t *taken) error {
	x.tookRoom()
	claim := t.verdict.Refused
	window, began := t.Claims[claim].Window, time.Now()
	flow, weight := x.asWhom()
	place := x.p.queues.Join(t.Claims[claim].Counter, r.Over.Max, flow, weight)
	if place == nil {
		return x.noRoom(r, window, max(t.verdict.Retry, 0))
	}
	defer place.Leave()
	defer func() {
		until := time.Now()
		x.held.queued += until.Sub(began)
		x.phase(gateway.PhaseQueue, began, until)
	}()
	late := time.NewTimer(r.Over.Wait)
	defer late.Stop()
	select {
	case <-place.Turn:
	case <-late.C:
		return x.noRoom(r, window, max(t.verdict.Retry, 0))
	case <-ctx.Done():
		return gone(ctx.Err())
	}
	for {
		refused, err := x.take(ctx, t)
		if err != nil || refused == nil {
			return err
		}
		if refused.Over.Do != gateway.OverQueue || t.verdict.Retry < 0 {
			return x.noRoom(refused, t.Claims[t.verdict.Refused].Window, t.verdict.Retry)
		}
		again := time.NewTimer(min(max(t.verdict.Retry, lineLeast), lineMost))
		select {
		case <-again.C:
		case <-place.Wake:
		case <-late.C:
			again.Stop()
			return x.noRoom(refused, t.Claims[t.verdict.Refused].Window, t.verdict.Retry)
		case <-ctx.Done():
			again.Stop()
			return gone(ctx.Err())
		}
		again.Stop()
	}
}

// waits gives the first claim of t whose queue has others in it: nobody overtakes them.
// What the call has of it already, and gives up, is no room for them.
func (x *exchange) waits(t *taken) int {
	for i := range t.Claims {
		c := &t.Claims[i]
		if t.Of[i].Queues && !x.p.queues.Empty(c.Counter) && (x.held.former.hold == nil || x.held.back(c.Counter) < c.Want) {
			return i
		}
	}
	return -1
}

// asWhom says as whom the call waits, and with which weight.
func (x *exchange) asWhom() (name string, weight float64) {
	x.held.facts.NeedAddress()
	place, class := x.view.waiting[x.gw.Name].place(&x.held.facts), catalog.Normal
	if place != nil {
		class, weight = place.Class, float64(place.Weight)
	}
	if c := x.ctl.priority; c != "" && rank(c) < rank(class) {
		class = c // a caller may ask for less, not for more
	}
	who := x.who.KeyID()
	if who == "" {
		who = x.ip.String()
	}
	return string(class) + " " + who, max(weight, 1) * float64(max(x.gw.Queue.Weights[class], 1))
}

func rank(p catalog.Priority) int {
	return slices.Index([]catalog.Priority{catalog.Low, catalog.Normal, catalog.High}, p)
}
