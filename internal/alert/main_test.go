package alert_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// log is a log that can be read.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// office is one installation: a store, channels, and processes that come and go.
type office struct {
	t     testing.TB
	store *store.Store
	log   *log
	alert.Options
}

func newOffice(t testing.TB, channels ...catalog.Channel) *office {
	t.Helper()
	o := &office{t: t, store: storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "alerts.db")), log: &log{}}
	o.Options = alert.Options{
		Store: o.store, Logger: slog.New(slog.NewTextHandler(o.log, nil)), AdminURL: "https://sluice.example.com",
		Channels: func(gateway string) []catalog.Channel {
			if gateway == "default" {
				return channels
			}
			return nil
		},
	}
	return o
}

// start starts one process; stop waits for its end.
func (o *office) start() (a *alert.Alerts, stop func()) {
	a = alert.New(o.Options)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		a.Run(ctx)
		close(done)
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	o.t.Cleanup(stop)
	return a, stop
}

// alerts gives all that were raised, newest first.
func (o *office) alerts() []gateway.Alert {
	o.t.Helper()
	page, err := o.store.Alerts(context.Background(), store.AlertQuery{Limit: 500})
	if err != nil {
		o.t.Fatal(err)
	}
	return page.Alerts
}

// raised tells what was raised, oldest first: "2026-03:50 2026-03:80".
func (o *office) raised() string {
	found := o.alerts()
	slices.SortFunc(found, func(a, b gateway.Alert) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Threshold, b.Threshold))
	})
	var all []string
	for _, a := range found {
		all = append(all, fmt.Sprint(a.Period, ":", a.Threshold))
	}
	return strings.Join(all, " ")
}

func (o *office) delivered(n int) func() bool {
	return func() bool {
		count := 0
		for _, a := range o.alerts() {
			if a.Delivered != nil {
				count++
			}
		}
		return count == n
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(end) {
			t.Fatal("not within 20 s: " + what)
		}
		<-tick.C
	}
}

// month is a budget of ten dollars.
func month() *gateway.Rule {
	return &gateway.Rule{
		Name: "month", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitCost, Alert: []int{50, 80, 100},
		Windows: []gateway.Window{{Max: int64(10 * gateway.Dollar), Period: gateway.Month, Zone: "Europe/Berlin"}},
	}
}

// standing is a counter of month with some cents used.
func standing(cents int64) gateway.Standing {
	r := month()
	return gateway.Standing{
		Rule: r, ID: "gateway/default/month", Counter: [16]byte{1, 2, 3}, Window: &r.Windows[0], Values: "workspace=default",
		Gateway: "default", Workspace: "default", Used: gateway.USD(cents) * gateway.Dollar / 100, Max: 10 * gateway.Dollar,
		Time: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC),
	}
}
