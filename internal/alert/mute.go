package alert

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// muteLook is how soon it is seen that a mute was ended before its time.
const muteLook = time.Minute

// muted keeps the alert of a budget back while a mute covers it; rules keep theirs back
// themselves. Once the mute is over people are told, unless the budget's period is over, too.
func (d *delivery) muted(ctx context.Context, a *gateway.Alert) bool {
	now := time.Now()
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	all, err := d.store.AlertMutes(asking, nil, now)
	if err != nil {
		d.failed(ctx, a, "mutes cannot be read", now.Add(firstWait))
		return true
	}
	var until time.Time
	for i := range all {
		if m := &all[i]; m.Covers(a.Rule, a.Values, now) && m.Until.After(until) {
			until = m.Until
		}
	}
	if until.IsZero() {
		return false
	}
	if over(a.Period, now) {
		d.write(ctx, a.ID, func(ctx context.Context) error { return d.store.AlertMuted(ctx, a.ID, now) })
		return true
	}
	next := until
	if look := now.Add(muteLook); look.Before(next) {
		next = look
	}
	d.write(ctx, a.ID, func(ctx context.Context) error {
		return d.store.AlertPostponed(ctx, a.ID, "muted until "+until.UTC().Format(time.RFC3339), next)
	})
	return true
}

// lastZone is how far the last zone on earth is behind UTC.
const lastZone = 12 * time.Hour

// over reports whether a period has ended in every zone, by its name: those of one length
// sort by time.
func over(period string, now time.Time) bool {
	for _, p := range []gateway.Period{gateway.Day, gateway.Week, gateway.Month} {
		if name := periodName(p, now.UTC().Add(-lastZone)); len(name) == len(period) {
			return period < name
		}
	}
	return false
}
