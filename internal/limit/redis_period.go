package limit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ledgerPatience bounds a question to the ledger.
const ledgerPatience = 10 * time.Second

// calendar is a period in a zone; bounds are those of its last one that was asked for.
type calendar struct {
	period gateway.Period
	zone   string
}

type bounds struct{ from, till time.Time }

// bounds gives the calendar period that a moment lies in.
func (r *Redis) bounds(w *gateway.Window, at time.Time) (from, till time.Time, err error) {
	key := calendar{w.Period, w.Zone}
	if v, ok := r.periods.Load(key); ok {
		if b := v.(*bounds); !at.Before(b.from) && at.Before(b.till) {
			return b.from, b.till, nil
		}
	}
	zone, err := r.zones.load(w.Zone)
	if err != nil {
		return from, till, err
	}
	from, till = PeriodOf(w.Period, zone, at)
	r.periods.Store(key, &bounds{from, till})
	return from, till, nil
}

// begin begins the counters of some claims with what the ledger says. Many who come at
// once do it once; of several nodes the first begins a counter.
func (r *Redis) begin(ctx context.Context, claims []Claim, which []int64) error {
	for _, i := range which {
		c := &claims[i]
		from, _, err := r.bounds(c.Window, r.now())
		if err != nil {
			return err
		}
		key := string(c.Counter[:]) + strconv.FormatInt(from.Unix(), 10)
		done := r.asking.DoChan(key, func() (any, error) {
			// Others wait for this even if who came first goes.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerPatience)
			defer cancel()
			return nil, r.beginOne(ctx, *c)
		})
		select {
		case d := <-done:
			if d.Err != nil {
				return d.Err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// beginOne begins a counter, unless somebody has in the meantime.
func (r *Redis) beginOne(ctx context.Context, c Claim) error {
	look := &ask{mode: modePeek, claims: []Claim{c}}
	reply, err := r.question(ctx, look)
	if err != nil || reply[0] != codeUnbegun {
		return err
	}
	from, _, err := r.bounds(c.Window, r.now())
	if err != nil {
		return err
	}
	spent, err := r.opts.Spent(ctx, c.Counter, from)
	if err != nil {
		return fmt.Errorf("limit: what a budget has spent: %w", err)
	}
	look.from, look.spent = from, amount(spent)
	_, err = r.question(ctx, look)
	return err
}
