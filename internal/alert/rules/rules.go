// Package rules looks at alert rules each minute and raises alerts of what fires and what
// has resolved. It sends nothing: package alert delivers. Of several nodes one looks, by a
// lease, and a state is stored together with its alert, so that nothing is raised twice
// and nothing is forgotten over a restart.
package rules

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Store keeps what rules need; *store.Store is one.
type Store interface {
	AlertStates(ctx context.Context) ([]gateway.AlertState, error)
	SwapAlertState(ctx context.Context, s gateway.AlertState, raise *gateway.Alert) (bool, error)
	DeleteAlertState(ctx context.Context, rule string) error
	AlertMutes(ctx context.Context, within []string, at time.Time) ([]gateway.AlertMute, error)
	LeaseAlerts(ctx context.Context, holder string, now, until time.Time) (bool, error)
}

// Source tells how figures stand.
type Source interface {
	// Calls adds up the calls of each span between edges, in whole minutes.
	Calls(ctx context.Context, q Question) ([]Series, error)
	// Live gives a metric that is no sum of calls, false when it is not known.
	Live(ctx context.Context, metric string) (float64, bool, error)
	// Counted counts forbidden calls or new networks by key ("" = all together) in a time.
	Counted(ctx context.Context, r *gateway.AlertRule, from, to time.Time) (map[string]float64, error)
	// Ending gives the budgets that are foreseen to end before their period does, with the
	// milliseconds until then.
	Ending(ctx context.Context, r *gateway.AlertRule) (map[string]float64, error)
}

// Options are what looking at rules needs.
type Options struct {
	Store  Store
	Source Source
	Rules  func() []gateway.AlertRule // as they are now
	Raised func()                     // called when there is something to deliver
	Link   string                     // to people's view of alerts, "" = none
	Logger *slog.Logger
}

const (
	every  = time.Minute
	behind = 10 * time.Second // how long after a minute's end its calls are in the sums
	lease  = 150 * time.Second
	budget = 50 * time.Second // for one look at all rules
)

// Engine looks at rules.
type Engine struct {
	Options
	holder string
	failed map[string]bool // rules that could not be looked at the last time
	looked atomic.Int64    // rounds, for tests and people
}

// New makes an Engine; Run starts it.
func New(o Options) *Engine {
	return &Engine{Options: o, holder: rand.Text(), failed: map[string]bool{}}
}

// Run looks once a minute until ctx ends.
func (e *Engine) Run(ctx context.Context) {
	timer := time.NewTimer(untilNext(time.Now()))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			e.round(ctx)
			timer.Reset(untilNext(time.Now()))
		}
	}
}

// untilNext gives how long it is until the calls of the present minute are added up.
func untilNext(now time.Time) time.Duration {
	return now.Add(-behind).Truncate(every).Add(every + behind).Sub(now)
}

func (e *Engine) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	if err := e.Look(ctx, time.Now()); err != nil && ctx.Err() == nil {
		e.tell("", err)
	} else {
		delete(e.failed, "")
	}
}

// Look looks at all rules as they stand at a time, if this node has the lease.
func (e *Engine) Look(ctx context.Context, now time.Time) error {
	mine, err := e.Store.LeaseAlerts(ctx, e.holder, now, now.Add(lease))
	if err != nil || !mine {
		return err
	}
	stored, err := e.Store.AlertStates(ctx)
	if err != nil {
		return err
	}
	mutes, err := e.Store.AlertMutes(ctx, nil, now)
	if err != nil {
		return err
	}
	all := e.Rules()
	for i := range all {
		r := &all[i]
		st := gateway.AlertState{Rule: r.Name}
		if at := slices.IndexFunc(stored, func(s gateway.AlertState) bool { return s.Rule == r.Name }); at >= 0 {
			st = stored[at]
		}
		err := e.lookAt(ctx, r, st, mutes, now)
		if err != nil {
			e.tell(r.Name, err)
			continue // the state stays: what is not known changes nothing
		}
		delete(e.failed, r.Name)
	}
	e.looked.Add(1)
	return e.endGone(ctx, all, stored, mutes, now)
}

func (e *Engine) lookAt(ctx context.Context, r *gateway.AlertRule, st gateway.AlertState, mutes []gateway.AlertMute, now time.Time) error {
	readings, err := e.read(ctx, r, now.Add(-behind).Truncate(every))
	if err != nil {
		return err
	}
	before := st
	st.Workspace, st.Severity, st.Channels, st.Metric, st.Per = r.Workspace(), r.Severity, r.Channels, r.Metric, r.Per
	st.Series = judge(r, st.Series, readings, now)
	return e.store(ctx, r.Repeat, &before, st, mutes, now, "")
}

// endGone resolves what fires by rules that are no longer there, and forgets them.
func (e *Engine) endGone(ctx context.Context, rules []gateway.AlertRule, stored []gateway.AlertState, mutes []gateway.AlertMute, now time.Time) error {
	for _, st := range stored {
		if slices.ContainsFunc(rules, func(r gateway.AlertRule) bool { return r.Name == st.Rule }) {
			continue
		}
		before := st
		st.Series = nil
		if err := e.store(ctx, 0, &before, st, mutes, now, "the rule was taken out of the configuration"); err != nil {
			return err
		}
		if err := e.Store.DeleteAlertState(ctx, st.Rule); err != nil {
			return err
		}
	}
	return nil
}

// store writes a state down with the alert that it asks for.
func (e *Engine) store(ctx context.Context, repeat time.Duration, before *gateway.AlertState, st gateway.AlertState, mutes []gateway.AlertMute, now time.Time, reason string) error {
	st.Looked = now.UTC().Truncate(time.Microsecond)
	raise, err := announce(&st, repeat, mutes, now, reason, e.Link)
	if err != nil {
		return err
	}
	if raise == nil && len(before.Series) == 0 && len(st.Series) == 0 && before.Version > 0 && before.Episode == st.Episode {
		return nil // all is well, as before
	}
	swapped, err := e.Store.SwapAlertState(ctx, st, raise)
	if err != nil || !swapped || raise == nil {
		return err
	}
	e.Logger.Info("an alert rule has changed its state", "alert", raise.ID, "rule", st.Rule, "state", raise.State, "values", raise.Values, "muted", raise.Muted)
	if e.Raised != nil && !raise.Muted {
		e.Raised()
	}
	return nil
}

// tell logs the first of several failures in a row.
func (e *Engine) tell(rule string, err error) {
	if !e.failed[rule] {
		e.Logger.Warn("an alert rule cannot be looked at; it is tried again", "rule", rule, "error", err)
	}
	e.failed[rule] = true
}
