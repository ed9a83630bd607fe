package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/alert/rules"
	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
)

// receiver is where alerts go: it notes what it took, and refuses while it is down.
type receiver struct {
	mu    sync.Mutex
	down  bool
	tries int
	took  []alert.RuleMessage
}

// RoundTrip implements http.RoundTripper.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var m alert.RuleMessage
	err := json.NewDecoder(req.Body).Decode(&m)
	status := http.StatusOK
	if r.tries++; r.down {
		status = http.StatusServiceUnavailable
	} else {
		r.took = append(r.took, m)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req}, err
}

func (r *receiver) be(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// told is what it took: firing(key=a) resolved.
func (r *receiver) told() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, m := range r.took {
		text := m.State
		for _, s := range m.Firing {
			text += fmt.Sprintf("(%s=%s %v)", m.Per, s.Value, *s.Figure)
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// telling are nodes of which only alerts matter, over one store.
type telling struct {
	*process
	t    *testing.T
	to   *receiver
	call int
}

func newTelling(t *testing.T, rules ...config.AlertRule) *telling {
	p := swept(t)
	for i := range rules {
		r := &rules[i]
		r.Severity, r.NoData, r.Window, r.Above = "warning", "ok", 5*time.Minute, "2"
	}
	p.config.Store(&config.Config{Alerts: config.Alerting{Rules: rules}})
	return &telling{process: p, t: t, to: &receiver{}}
}

// start starts a node; stop waits for its end.
func (x *telling) start() (stop func()) {
	p := &process{store: x.store, log: x.log}
	p.config.Store(x.config.Load())
	p.alerts = alert.New(alert.Options{Store: x.store, Logger: x.log, Transport: x.to, Channels: func(string) []catalog.Channel {
		return []catalog.Channel{{Name: "people", Webhook: "https://hooks.example.com/"}}
	}})
	p.openAlertRules(x.config.Load())
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { p.alerts.Run(ctx) })
	wg.Go(func() { p.rules.Run(ctx) })
	return func() { cancel(); wg.Wait() }
}

// minutes lets time pass, with so many calls of a key from each address in each of them.
func (x *telling) minutes(n int, key string, status int, calls int, from ...string) {
	x.t.Helper()
	for range n {
		for _, ip := range from {
			for range calls {
				x.call++
				e := entryAt(time.Now(), x.call)
				e.Gateway, e.Workspace, e.KeyID, e.ClientIP, e.Status, e.Count = "default", "default", key, ip, status, 1
				if err := x.store.PutEntries(x.t.Context(), []*gateway.Entry{e}); err != nil {
					x.t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
	}
}

func TestCallsToForbiddenModelsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTelling(t, config.AlertRule{Name: "probing", Metric: "forbidden", Per: "key"})
		stop := x.start()
		defer stop()
		x.minutes(2, "good", 200, 5, "192.0.2.1")
		x.minutes(1, "", 403, 1, "192.0.2.1") // somebody without a key: too few
		if got := x.to.told(); got != "" {
			t.Errorf("told %q", got)
		}
		x.minutes(2, "evil", 403, 3, "192.0.2.1")
		if got := x.to.told(); got != "firing(key=evil 3)" {
			t.Errorf("told %q", got)
		}
		x.minutes(6, "good", 200, 1, "192.0.2.1")
		if got := x.to.told(); got != "firing(key=evil 3) resolved" {
			t.Errorf("told %q", got)
		}
	})
}

func TestASurgeFromUnfamiliarNetworksIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTelling(t, config.AlertRule{Name: "strangers", Metric: "new_networks", Per: "key"})
		stop := x.start()
		defer stop()
		x.minutes(2, "ours", 200, 1, "192.0.2.1", "198.51.100.1", "203.0.113.1", "10.0.0.1") // the first day: all are new, and none is strange
		time.Sleep(26 * time.Hour)
		x.minutes(2, "ours", 200, 1, "192.0.2.77", "198.51.100.1", "10.0.1.1") // one that is new: two calls
		if got := x.to.told(); got != "" {
			t.Errorf("told %q", got)
		}
		x.minutes(2, "ours", 200, 1, "10.1.0.1", "10.2.0.1", "2001:db8::1")
		if got := x.to.told(); got != "firing(key=ours 5)" {
			t.Errorf("told %q", got)
		}
		x.minutes(8, "ours", 200, 1, "10.1.0.1", "192.0.2.1")
		if got := x.to.told(); got != "firing(key=ours 5) resolved" {
			t.Errorf("told %q", got)
		}
	})
}

// A receiver that is down over a restart gets what fired and what resolved meanwhile, once
// each and in their order.
func TestWhatARefusingReceiverMissedComesAfterARestartOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTelling(t, config.AlertRule{Name: "probing", Metric: "forbidden", Per: "key"})
		x.to.be(true)
		stop := x.start()
		x.minutes(2, "evil", 403, 3, "192.0.2.1")
		stop()
		if x.to.tries == 0 || x.to.told() != "" {
			t.Fatalf("%d tries, told %q", x.to.tries, x.to.told())
		}
		stop = x.start()
		x.minutes(15, "", 200, 0)
		if got := x.to.told(); got != "" {
			t.Fatalf("told %q though it refuses", got)
		}
		stop()
		x.to.be(false)
		stop = x.start()
		x.minutes(70, "", 200, 0) // the longest pause between two tries
		stop()
		if got := x.to.told(); got != "firing(key=evil 3) resolved" {
			t.Errorf("told %q", got)
		}
		first, last := x.to.took[0], x.to.took[len(x.to.took)-1]
		if first.Episode != last.Episode || first.Number != 1 || last.Number != 2 {
			t.Errorf("%+v, then %+v", first, last)
		}
		stop = x.start()
		x.minutes(70, "", 200, 0)
		stop()
		if len(x.to.took) != 2 {
			t.Errorf("told again: %q", x.to.told())
		}
	})
}

// Of two budgets, the one that is foreseen to end before its period does is told by name,
// with the time until then.
func TestABudgetThatIsForeseenToEndIsAskedForByRules(t *testing.T) {
	p := swept(t)
	p.opt.DataDir = t.TempDir()
	var err error
	if p.recorder, err = record.Open(record.Options{Dir: filepath.Join(p.opt.DataDir, "spool"), Store: p.store, Logger: p.log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.recorder.Close(context.Background()) })
	if err := p.openCounters(&config.Config{}); err != nil {
		t.Fatal(err)
	}
	budget := func(name string, max gateway.USD) *gateway.Rule {
		return &gateway.Rule{Name: name, Per: []gateway.Per{"workspace"}, Unit: gateway.UnitCost, Windows: []gateway.Window{{Max: int64(max), Period: gateway.Month}}}
	}
	p.snapshot.Store(catalog.New(catalog.Snapshot{Gateways: map[string]*catalog.Gateway{
		"default": {Name: "default", Rules: []*gateway.Rule{budget("small", 50*gateway.Dollar), budget("large", 5000*gateway.Dollar), {Name: "pace", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitRequests, Windows: []gateway.Window{{Max: 9, Span: time.Minute}}}}},
		"other":   {Name: "other", Rules: []*gateway.Rule{budget("small", 5000*gateway.Dollar)}},
	}}))
	now := time.Now()
	states, err := p.limitStates(t.Context(), admin.LimitQuery{Workspace: "default"})
	if err != nil || len(states) != 4 {
		t.Fatalf("%+v %v", states, err)
	}
	counters := map[string]string{}
	for _, st := range states {
		counters[st.Rule] = st.Counter
	}
	for hour := range 30 * 24 { // a dollar an hour, of each
		e := entryAt(now.Add(-time.Duration(hour+1)*time.Hour), hour)
		e.Settlements = nil
		for _, rule := range []string{"gateway/default/small", "gateway/default/large", "gateway/other/small"} {
			e.Settlements = append(e.Settlements, gateway.Settlement{Rule: rule, Counter: counters[rule], Values: "workspace=default", Amount: gateway.Dollar, Time: e.Time})
		}
		if err := p.store.PutEntries(t.Context(), []*gateway.Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		filter map[string]string
		want   string
	}{{nil, "gateway/default/small workspace=default"}, {map[string]string{"gateway": "default", "workspace": "default"}, "gateway/default/small workspace=default"}, {map[string]string{"gateway": "other"}, ""}, {map[string]string{"workspace": "nobody"}, ""}} {
		found, err := alertSource{p: p}.Ending(t.Context(), &gateway.AlertRule{Metric: gateway.BudgetEndsIn, Filter: c.filter})
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Collect(maps.Keys(found))
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%v: %q, want %q", c.filter, got, c.want)
		}
		if ms, there := found[c.want]; there && (ms < 0 || ms > float64(50*time.Hour/time.Millisecond)) {
			t.Errorf("it ends in %v ms", ms)
		}
	}
}

// A network that brings far more calls than in the same hours of past weeks is told; others,
// and one that was never there, are not.
func TestASurgeFromANetworkIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := config.AlertRule{Name: "surge", Metric: "requests", Per: "network"}
		rule.Anomaly.Weeks, rule.Anomaly.Sensitivity = 4, 6
		x := newTelling(t, rule)
		const week = 7 * 24 * time.Hour
		for range 4 { // weeks of ten calls an hour
			x.minutes(1, "ours", 200, 5, "192.0.2.1", "198.51.100.1", "192.0.2.2")
			time.Sleep(week - time.Minute)
		}
		stop := x.start()
		defer stop()
		x.minutes(1, "ours", 200, 5, "192.0.2.7", "198.51.100.1", "192.0.2.8")
		x.minutes(1, "ours", 200, 40, "203.0.113.5") // nobody knows it: that is for new_networks
		x.minutes(15, "", 200, 0)
		if got := x.to.told(); got != "" {
			t.Errorf("told %q", got)
		}
		x.minutes(1, "", 200, 40, "198.51.100.99")
		x.minutes(20, "", 200, 0)
		if got := x.to.told(); got != "firing(network=198.51.100.0/24 45)" {
			t.Errorf("told %q", got)
		}
		x.minutes(90, "", 200, 0)
		if got := x.to.told(); got != "firing(network=198.51.100.0/24 45) resolved" {
			t.Errorf("told %q", got)
		}
	})
}

func TestStepsOfNetworksAreReadOnceAndForgotten(t *testing.T) {
	now, reads := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 0
	s := networkSums{now: func() time.Time { return now }, read: func(context.Context, store.NetworkQuery) (map[string]*analytics.Figures, error) {
		reads++
		f := new(analytics.Figures)
		f.Numbers[analytics.Requests] = 1
		return map[string]*analytics.Figures{"10.0.0.0/24": f}, nil
	}}
	ask := func(to time.Time, want int) {
		t.Helper()
		reads = 0
		got, err := s.calls(t.Context(), rules.Question{From: to.Add(-time.Hour), To: to, Per: rules.Network})
		if err != nil || len(got) != 1 || got[0].Total.Numbers[analytics.Requests] != 4 || reads != want {
			t.Errorf("%v %v, %d reads", got, err, reads)
		}
	}
	past := now.Add(-24 * time.Hour)
	ask(past, 4)
	ask(past, 0)
	ask(past.Add(15*time.Minute), 1)
	ask(now, 4)
	ask(now, 0)
	now = now.Add(freshStep)
	ask(now.Truncate(time.Hour), 4) // calls may have come
	ask(past, 0)
	now = now.Add(unusedStep + time.Minute)
	ask(past, 4)
	if len(s.kept) != 4 {
		t.Errorf("%d steps are kept", len(s.kept))
	}
}
