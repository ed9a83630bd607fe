// Package alert tells people that a budget has reached a threshold: once per counter,
// period and threshold, whatever number of nodes see it. Note raises alerts, Run brings
// them, and those of package rules, to channels: webhooks, Slack, PagerDuty, mail. It
// counts nothing and stops no call.
package alert

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// Raiser keeps alerts that were raised.
type Raiser interface {
	// RaiseAlert says whether the alert is new: a counter has one a period and threshold.
	RaiseAlert(ctx context.Context, a gateway.Alert) (fresh bool, err error)
}

// Outbox is what alerts are delivered from.
type Outbox interface {
	// DueAlerts gives alerts whose next try has come and keeps them from others for lease.
	DueAlerts(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]gateway.Alert, error)
	AlertReached(ctx context.Context, id string, channels []string) error
	AlertDelivered(ctx context.Context, id string, at time.Time) error
	AlertFailed(ctx context.Context, id, reason string, next time.Time) error
	AlertPostponed(ctx context.Context, id, reason string, next time.Time) error
	AlertMuted(ctx context.Context, id string, at time.Time) error
	AlertMutes(ctx context.Context, within []string, at time.Time) ([]gateway.AlertMute, error)
	Alert(ctx context.Context, id string) (gateway.Alert, error)
	DeleteAlerts(ctx context.Context, before time.Time) (int, error)
}

// Store is both; *store.Store is one.
type Store interface {
	Raiser
	Outbox
}

// Options are what alerts need.
type Options struct {
	Store Store
	// Channels gives the channels of a gateway as they are now; nil for one that is gone.
	// "" asks for those of alert rules.
	Channels func(gateway string) []catalog.Channel
	// Spent is what a counter has really spent since a time, on all nodes and without
	// holds; nil = the word of Note is taken for it.
	Spent limit.Spent
	// AdminURL is how people reach this installation; "" = alerts hold no link.
	AdminURL string
	Logger   *slog.Logger

	Transport http.RoundTripper // nil = the net, by the environment's proxy
	Roots     *x509.CertPool    // of channels' certificates; nil = the system's
}

// Alerts watches budgets and delivers alerts. Note is safe for concurrent use.
type Alerts struct {
	watch    *watch
	delivery *delivery
}

// New makes Alerts. It starts nothing; without Run, what is noted is lost.
func New(o Options) *Alerts {
	wake := make(chan struct{}, 1)
	return &Alerts{watch: newWatch(&o, wake), delivery: newDelivery(&o, wake)}
}

// Note is told how a budget stands after a call. It does not wait for anything; what it
// drops under load is seen with the next call.
func (a *Alerts) Note(s gateway.Standing) { a.watch.note(&s) }

// Run raises and delivers until ctx ends. What is being sent then is broken off, and is
// sent again by whoever runs next.
func (a *Alerts) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.watch.run(ctx) })
	wg.Go(func() { a.delivery.run(ctx) })
	wg.Wait()
}
