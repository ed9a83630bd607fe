package alert

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	poll     = 5 * time.Second // between looks for what other nodes raised, or left
	batch    = 16              // alerts that are read at once
	abreast  = 8 * batch       // alerts that are sent at once
	lease    = 2 * time.Minute // longer than sendTime and the store's answers
	sendTime = 30 * time.Second

	// keep is how long delivered alerts stay visible: longer than any budget's period.
	keep       = 400 * 24 * time.Hour
	sweepEvery = time.Hour
)

// delivery brings what is in the outbox to the channels.
type delivery struct {
	store    Outbox
	channels func(gateway string) []catalog.Channel
	send     sender
	log      *slog.Logger
	wake     <-chan struct{}

	away  bool // the last look into the outbox failed
	swept time.Time
	have  had     // what the store has not been told yet
	rest  resting // channels that asked for a pause

	sending sync.WaitGroup
	slots   chan struct{} // has one for each alert that is being sent
}

func newDelivery(o *Options, wake <-chan struct{}) *delivery {
	return &delivery{store: o.Store, channels: o.Channels, send: newSender(o), log: o.Logger, wake: wake, slots: make(chan struct{}, abreast)}
}

func (d *delivery) run(ctx context.Context) {
	defer d.send.close()
	defer d.sending.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
		for d.round(ctx) {
		}
		d.sweep(ctx)
		timer.Reset(poll)
	}
}

// round begins to send what is due, up to a batch, and says whether there may be more. It
// waits for none of it, as long as not too many are being sent.
func (d *delivery) round(ctx context.Context) (more bool) {
	slots := d.take(ctx)
	if slots == 0 {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	due, err := d.store.DueAlerts(asking, time.Now(), lease, slots)
	if err != nil && !d.away && ctx.Err() == nil {
		d.log.Warn("alerts cannot be read; it is tried again", "error", err)
	}
	d.away = err != nil
	for i := range due {
		d.sending.Go(func() {
			defer func() { <-d.slots }()
			d.deliver(ctx, &due[i])
		})
	}
	for range slots - len(due) {
		<-d.slots
	}
	return len(due) == slots
}

// take gives how many alerts may be sent now, at least one and at most a batch; none when
// ctx has ended. It waits while too many are being sent.
func (d *delivery) take(ctx context.Context) (slots int) {
	select {
	case <-ctx.Done():
		return 0
	case d.slots <- struct{}{}:
	}
	for slots = 1; slots < batch; slots++ {
		select {
		case d.slots <- struct{}{}:
		default:
			return slots
		}
	}
	return slots
}

// deliver sends one alert to the channels that do not have it, and writes down what
// became of that.
func (d *delivery) deliver(ctx context.Context, a *gateway.Alert) {
	m, of, err := read(a.Payload)
	if err != nil {
		d.failed(ctx, a, "its payload cannot be read", time.Time{})
		return
	}
	if a.State == "" && d.muted(ctx, a) {
		return
	}
	before, err := d.before(ctx, a)
	if err != nil {
		d.failed(ctx, a, "what came before it cannot be read", time.Now().Add(firstWait))
		return
	}
	have := d.have.add(a.ID, a.Reached...)
	var missing []catalog.Channel
	var failures []failing
	for _, c := range d.channels(of) {
		switch {
		case slices.Contains(have, c.Name), len(a.Channels) > 0 && !slices.Contains(a.Channels, c.Name):
		case before.blocks(c.Name):
			failures = append(failures, failing{c.Name, failed("it does not have the alert before this one yet")})
		default:
			missing = append(missing, c)
		}
	}
	if len(have)+len(missing)+len(failures) == 0 {
		for _, name := range a.Channels {
			failures = append(failures, failing{name, failed("no channel has this name now")})
		}
	}
	failures = append(failures, d.sendAll(ctx, a, m, missing)...)
	switch {
	case len(failures) == 0:
		d.delivered(ctx, a)
	case ctx.Err() != nil:
		d.failed(ctx, a, "the process was stopped while it was sent", time.Now())
	default:
		reason, next := sumUp(a, failures)
		d.failed(ctx, a, reason, next)
	}
}

// previous is the alert that channels must have before another.
type previous struct {
	*gateway.Alert // nil = none
	reached        []string
}

// before reads it: people are told in the order in which things happened.
func (d *delivery) before(ctx context.Context, a *gateway.Alert) (previous, error) {
	if a.Preceding == "" {
		return previous{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	p, err := d.store.Alert(ctx, a.Preceding)
	if err != nil || p.Delivered != nil {
		return previous{}, err
	}
	return previous{&p, d.have.add(p.ID, p.Reached...)}, nil
}

// blocks reports whether a channel still waits for the alert before: not for one that was
// given up.
func (p *previous) blocks(channel string) bool {
	return p.Alert != nil && p.Delivered == nil && !GivenUp(p.Alert) && !slices.Contains(p.reached, channel) &&
		(len(p.Channels) == 0 || slices.Contains(p.Channels, channel))
}

// failing is a channel that an alert has not reached.
type failing struct {
	channel string
	failure
}

// sendAll sends to all channels at once, so that a slow one delays nothing.
func (d *delivery) sendAll(ctx context.Context, a *gateway.Alert, m *told, channels []catalog.Channel) (failures []failing) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range channels {
		wg.Go(func() {
			c := &channels[i]
			err := d.sendOne(ctx, a, m, c)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				d.reached(ctx, a.ID, c.Name)
				return
			}
			failures = append(failures, failing{c.Name, asFailure(err)})
		})
	}
	wg.Wait()
	slices.SortFunc(failures, func(x, y failing) int { return cmp.Compare(x.channel, y.channel) })
	return failures
}

func (d *delivery) sendOne(ctx context.Context, a *gateway.Alert, m *told, c *catalog.Channel) error {
	at := address(c)
	if wait := time.Until(d.rest.until(at)); wait > 0 {
		return failure{"it asked for a pause", wait}
	}
	err := d.send.channel(ctx, a, m, c)
	if f := (failure{}); errors.As(err, &f) && f.wait > 0 {
		d.rest.put(at, time.Now().Add(f.wait))
	}
	return err
}

func sumUp(a *gateway.Alert, failures []failing) (reason string, next time.Time) {
	now := time.Now()
	var reasons []string
	for _, f := range failures {
		reasons = append(reasons, f.channel+": "+f.reason)
		try := nextTry(a, now)
		if asked := now.Add(f.wait); f.wait > 0 && !try.IsZero() && asked.After(try) {
			try = asked
		}
		if next.IsZero() || try.Before(next) {
			next = try
		}
	}
	return strings.Join(reasons, "; "), next
}

// reached notes that one more channel has an alert.
func (d *delivery) reached(ctx context.Context, id, channel string) {
	d.write(ctx, id, func(ctx context.Context) error { return d.store.AlertReached(ctx, id, d.have.add(id, channel)) })
}

func (d *delivery) delivered(ctx context.Context, a *gateway.Alert) {
	if d.write(ctx, a.ID, func(ctx context.Context) error { return d.store.AlertDelivered(ctx, a.ID, time.Now()) }) {
		d.have.forget(a.ID)
	}
}

// failed writes down why an alert is still waiting, and until when; zero = for good.
func (d *delivery) failed(ctx context.Context, a *gateway.Alert, reason string, next time.Time) {
	if next.IsZero() {
		next = never
		d.have.forget(a.ID)
	}
	d.log.Warn("an alert was not delivered", "alert", a.ID, "rule", a.Rule, "tries", a.Tries+1, "reason", reason, "next", next)
	d.write(ctx, a.ID, func(ctx context.Context) error { return d.store.AlertFailed(ctx, a.ID, reason, next) })
}

// write tells the store something, though ctx may have ended: what was sent was sent.
func (d *delivery) write(ctx context.Context, id string, tell func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	err := tell(ctx)
	if err != nil {
		d.log.Warn("what became of an alert cannot be written down", "alert", id, "error", err)
	}
	return err == nil
}

// sweep deletes alerts that were delivered long ago.
func (d *delivery) sweep(ctx context.Context) {
	now := time.Now()
	if now.Sub(d.swept) < sweepEvery || d.away {
		return
	}
	d.swept = now
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if _, err := d.store.DeleteAlerts(ctx, now.Add(-keep)); err != nil && ctx.Err() == nil {
		d.log.Warn("old alerts cannot be deleted; the next round tries again", "error", err)
	}
}
