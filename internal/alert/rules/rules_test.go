package rules_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/alert/rules"
	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is what rules look at: figures by value, at each time. mu carries what a test sets
// over to the engine, which only time wakes.
type world struct {
	mu    sync.Mutex
	t     *testing.T
	store *store.Store
	rules []gateway.AlertRule
	calls func(q rules.Question) map[string]*analytics.Figures
	live  func() (float64, bool, error)
	ends  map[string]float64
}

func newWorld(t *testing.T, all ...gateway.AlertRule) *world {
	return &world{t: t, store: storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "rules.db")), rules: all}
}

func (w *world) Calls(_ context.Context, q rules.Question) (out []rules.Series, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for value, f := range w.calls(q) {
		out = append(out, rules.Series{Value: value, Total: f})
	}
	return out, nil
}

func (w *world) Live(context.Context, string) (float64, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.live()
}

func (w *world) Counted(context.Context, *gateway.AlertRule, time.Time, time.Time) (map[string]float64, error) {
	return nil, nil
}

func (w *world) Ending(context.Context, *gateway.AlertRule) (map[string]float64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ends, nil
}

func (w *world) engine() *rules.Engine {
	return rules.New(rules.Options{Store: w.store, Source: w, Rules: func() []gateway.AlertRule { return w.rules }, Logger: slog.New(slog.DiscardHandler)})
}

// run lets a node run; stop waits for its end.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	e := w.engine()
	go func() { e.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// told gives what was raised, oldest first: "firing resolved"; muted ones in brackets.
func (w *world) told() string {
	w.t.Helper()
	page, err := w.store.Alerts(context.Background(), store.AlertQuery{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, a := range page.Alerts {
		text := a.State
		if a.Values != "" {
			text += "(" + a.Values + ")"
		}
		if a.Muted {
			text = "[" + text + "]"
		}
		all = append([]string{text}, all...)
	}
	return strings.Join(all, " ")
}

// minutes lets time pass.
func (w *world) minutes(n int) {
	w.mu.Lock()
	w.mu.Unlock() //lint:ignore SA2001 what was set before is seen by whoever locks next
	time.Sleep(time.Duration(n) * time.Minute)
	synctest.Wait()
}

func at(v float64) *float64 { return &v }

func spool() gateway.AlertRule {
	return gateway.AlertRule{Name: "spool", Metric: "spool_depth", Severity: "critical", Above: at(100), Clear: at(50), For: 2 * time.Minute, Repeat: time.Hour, NoData: "ok", Window: 5 * time.Minute}
}

func TestARuleFiresAfterItsTimeAndResolvesOnlyBelowItsClearBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, spool())
		depth := 200.0
		w.live = func() (float64, bool, error) { return depth, true, nil }
		stop := w.run()
		defer stop()
		w.minutes(2) // two looks: pending since one minute
		if got := w.told(); got != "" {
			t.Fatalf("told %q before its time", got)
		}
		depth = 10
		w.minutes(1) // well again: it begins anew
		depth = 200
		w.minutes(2)
		if got := w.told(); got != "" {
			t.Fatalf("told %q though it was well in between", got)
		}
		w.minutes(1)
		if got := w.told(); got != "firing" {
			t.Fatalf("told %q", got)
		}
		depth = 70 // below the bound, above clear
		w.minutes(30)
		if got := w.told(); got != "firing" {
			t.Fatalf("told %q between clear and bound", got)
		}
		w.minutes(35)
		if got := w.told(); got != "firing firing" {
			t.Fatalf("told %q: an hour after the first", got)
		}
		depth = 50
		w.minutes(1)
		if got := w.told(); got != "firing firing resolved" {
			t.Fatalf("told %q", got)
		}
	})
}

func TestARestartSendsNothingTwiceAndForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, spool())
		depth := 200.0
		w.live = func() (float64, bool, error) { return depth, true, nil }
		stop := w.run()
		w.minutes(2)
		stop() // pending
		stop = w.run()
		w.minutes(5) // the lease of the node that is gone passes
		if got := w.told(); got != "firing" {
			t.Errorf("told %q: what was pending goes on", got)
		}
		stop()
		depth = 0
		w.minutes(3)
		stop = w.run()
		w.minutes(2)
		if got := w.told(); got != "firing resolved" {
			t.Errorf("told %q: what fired resolves after a restart", got)
		}
		stop()
	})
}

func TestTwoNodesTellOnceAndOneTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, spool())
		depth := 200.0
		w.live = func() (float64, bool, error) { return depth, true, nil }
		first, second := w.run(), w.run()
		w.minutes(10)
		if got := w.told(); got != "firing" {
			t.Errorf("told %q", got)
		}
		first()
		depth = 0
		w.minutes(5)
		if got := w.told(); got != "firing resolved" {
			t.Errorf("told %q after one node has gone", got)
		}
		second()
	})
}

func TestWhoIsMutedIsToldWhenTheMuteEndsWhileItFires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := spool()
		r.For = 0
		w := newWorld(t, r)
		depth := 200.0
		w.live = func() (float64, bool, error) { return depth, true, nil }
		if err := w.store.CreateAlertMute(t.Context(), gateway.AlertMute{ID: "mut_1", Rule: "alerts/spool", Created: time.Now(), Until: time.Now().Add(10 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		stop := w.run()
		w.minutes(9)
		if got := w.told(); got != "[firing]" {
			t.Errorf("told %q", got)
		}
		w.minutes(3)
		if got := w.told(); got != "[firing] firing" {
			t.Errorf("told %q after the mute", got)
		}
		depth = 0
		w.minutes(1)
		if got := w.told(); got != "[firing] firing resolved" {
			t.Errorf("told %q", got)
		}
		stop()
	})
}

func TestWhatCannotBeReadChangesNothingAndAMissingFigureMeansWhatTheRuleSays(t *testing.T) {
	for noData, want := range map[string]string{"ok": "firing resolved", "keep": "firing", "alert": "firing"} {
		t.Run(noData, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := spool()
				r.For, r.NoData = 0, noData
				w := newWorld(t, r)
				var known, broken = true, error(nil)
				w.live = func() (float64, bool, error) { return 200, known, broken }
				stop := w.run()
				w.minutes(1)
				broken = errors.New("away")
				w.minutes(10)
				if got := w.told(); got != "firing" {
					t.Errorf("told %q while nothing can be read", got)
				}
				known, broken = false, nil
				w.minutes(2)
				if got := w.told(); got != want {
					t.Errorf("told %q, want %q", got, want)
				}
				stop()
			})
		})
	}
}

func TestARuleThatIsTakenOutResolvesWhatFires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := spool()
		r.For = 0
		w := newWorld(t, r)
		w.live = func() (float64, bool, error) { return 200, true, nil }
		stop := w.run()
		w.minutes(1)
		stop()
		w.rules = nil
		w.minutes(3)
		stop = w.run()
		w.minutes(2)
		if got := w.told(); got != "firing resolved" {
			t.Errorf("told %q", got)
		}
		if left, err := w.store.AlertStates(t.Context()); err != nil || len(left) != 0 {
			t.Errorf("%+v %v", left, err)
		}
		stop()
	})
}

func calls(requests, failed int64) *analytics.Figures {
	f := new(analytics.Figures)
	f.Numbers[analytics.Requests], f.Numbers[analytics.Errors] = requests, failed
	return f
}

func TestValuesThatFireAreGatheredIntoOneAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, gateway.AlertRule{Name: "errors", Metric: "error_rate", Severity: "warning", Above: at(0.05), Window: 5 * time.Minute, Per: "model", MinCalls: 20, NoData: "ok"})
		models := map[string]*analytics.Figures{"a": calls(100, 10), "b": calls(100, 50), "few": calls(19, 19), "well": calls(100, 5)}
		w.calls = func(rules.Question) map[string]*analytics.Figures { return models }
		stop := w.run()
		w.minutes(1)
		models["c"] = calls(50, 50)
		w.minutes(3)
		if got := w.told(); got != "firing(model=a model=b)" {
			t.Errorf("told %q", got)
		}
		w.minutes(4)
		if got := w.told(); got != "firing(model=a model=b) firing(model=a model=b model=c)" {
			t.Errorf("told %q", got)
		}
		models = nil // no calls, no figure
		w.minutes(1)
		if got := w.told(); !strings.HasSuffix(got, " resolved") {
			t.Errorf("told %q", got)
		}
		page, _ := w.store.Alerts(t.Context(), store.AlertQuery{})
		var first, last alert.RuleMessage
		if errors.Join(json.Unmarshal(page.Alerts[2].Payload, &first), json.Unmarshal(page.Alerts[0].Payload, &last)) != nil || first.Episode != last.Episode ||
			first.Total != 2 || *first.Firing[1].Figure != 0.5 || *first.Firing[1].Bound != 0.05 || last.Number != 3 || page.Alerts[0].Preceding != page.Alerts[1].ID {
			t.Errorf("%+v %+v", first, last)
		}
		stop()
	})
}

func TestSilenceIsNoCallInTheWholeWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, gateway.AlertRule{Name: "quiet", Metric: "silence", Severity: "warning", Window: 30 * time.Minute, NoData: "ok"})
		some := calls(1, 0)
		w.calls = func(q rules.Question) map[string]*analytics.Figures {
			if q.To.Sub(q.From) != 30*time.Minute || q.To.Second() != 0 {
				t.Errorf("asked for %v", q)
			}
			return map[string]*analytics.Figures{"": some}
		}
		stop := w.run()
		w.minutes(3)
		some = nil
		w.minutes(1)
		some = calls(1, 0)
		w.minutes(1)
		if got := w.told(); got != "firing resolved" {
			t.Errorf("told %q", got)
		}
		stop()
	})
}

// A value that had calls within a day and has none now is in no sum, and missed all the same;
// one that was silent for longer is not missed any more.
func TestWhatFellSilentIsMissed(t *testing.T) {
	for name, r := range map[string]gateway.AlertRule{
		"silence":            {Name: "quiet", Metric: "silence", Per: "key", Severity: "warning", Window: 10 * time.Minute, NoData: "ok", Repeat: 100 * time.Hour},
		"fewer than one":     {Name: "quiet", Metric: "requests", Per: "key", Below: at(1), Severity: "warning", Window: 10 * time.Minute, NoData: "ok", Repeat: 100 * time.Hour},
		"less than a dollar": {Name: "quiet", Metric: "spend", Per: "key", Below: at(0.000001), Severity: "warning", Window: 10 * time.Minute, NoData: "ok", Repeat: 100 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, r)
				paid := calls(1, 0)
				paid.Numbers[analytics.Cost] = 1e9
				last := map[string]time.Time{} // when each key called last; zero = it does so always
				w.calls = func(q rules.Question) map[string]*analytics.Figures {
					out := map[string]*analytics.Figures{}
					for key, at := range last {
						if at.IsZero() || !at.Before(q.From) {
							out[key] = paid
						}
					}
					return out
				}
				last["a"], last["b"] = time.Time{}, time.Time{}
				stop := w.run()
				w.minutes(3)
				if got := w.told(); got != "" {
					t.Errorf("told %q while both call", got)
				}
				w.mu.Lock()
				last["a"] = time.Now()
				w.mu.Unlock()
				w.minutes(13)
				if got := w.told(); got != "firing(key=a)" {
					t.Errorf("told %q after one fell silent", got)
				}
				w.minutes(24 * 60)
				if got := w.told(); got != "firing(key=a) resolved" {
					t.Errorf("told %q a day later", got)
				}
				stop()
			})
		})
	}
}

// Eleven quiet weeks of five keys in each of four towns, looked at each hour after six
// weeks of history, and a surge of one key that is planted behind them.
func TestASurgeIsFoundAndQuietWeeksRaiseNoFalseAlarm(t *testing.T) {
	looks, alarms := 0, 0
	for town := range uint64(4) {
		n, quiet := surges(t, town)
		looks, alarms = looks+n, alarms+quiet
	}
	t.Logf("%d false alarms in %d looks at a key's hour", alarms, looks)
	if alarms > looks/10_000 {
		t.Errorf("%d false alarms in %d looks", alarms, looks)
	}
}

// surges tells how often keys were looked at and how many alarms there were before the surge.
func surges(t *testing.T, town uint64) (looks, alarms int) {
	const keys = 5
	w := newWorld(t, gateway.AlertRule{Name: "surge", Metric: "requests", Severity: "warning", Weeks: 6, Sensitivity: 6, Per: "key", Window: 5 * time.Minute, NoData: "ok"})
	begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	surge := begin.Add(17*7*24*time.Hour + 50*time.Hour)
	byHour := [24]float64{18, 14, 12, 11, 12, 16, 26, 46, 72, 92, 100, 98, 84, 92, 100, 98, 92, 82, 66, 54, 46, 38, 30, 24}
	w.calls = func(q rules.Question) map[string]*analytics.Figures {
		out := map[string]*analytics.Figures{}
		for key := range keys {
			busy := byHour[q.From.Hour()] * float64(key+1)
			if day := q.From.Weekday(); day == time.Saturday || day == time.Sunday {
				busy *= 0.42
			}
			chance := rand.New(rand.NewPCG(uint64(q.From.Unix()), town<<8|uint64(key)))
			n := busy + chance.NormFloat64()*(0.15*busy+2)
			if key == 3 && !q.To.Before(surge) && q.To.Before(surge.Add(time.Hour)) {
				n = 5 * busy
			}
			if !q.From.Before(begin) && n >= 1 {
				out[fmt.Sprint("key-", key)] = calls(int64(n), 0)
			}
		}
		return out
	}
	e := w.engine()
	look := func(now time.Time) {
		if err := e.Look(t.Context(), now.Add(10*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for now := begin.Add(6 * 7 * 24 * time.Hour); now.Before(surge); now = now.Add(time.Hour) {
		look(now)
		looks += keys
	}
	alarms = strings.Count(w.told(), "firing")
	look(surge)
	if got := w.told(); !strings.HasSuffix(got, "firing(key=key-3)") {
		t.Errorf("the surge of town %d: %q", town, got)
	}
	look(surge.Add(time.Hour))
	if got := w.told(); !strings.HasSuffix(got, "resolved") {
		t.Errorf("after the surge of town %d: %q", town, got)
	}
	return looks, alarms
}

func TestBudgetsThatEndSoonAreToldByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		threeDays, hour := float64(72*time.Hour/time.Millisecond), float64(time.Hour/time.Millisecond)
		w := newWorld(t, gateway.AlertRule{Name: "ends", Metric: gateway.BudgetEndsIn, Severity: "warning", Below: &threeDays, NoData: "ok", Per: "budget", Window: 5 * time.Minute})
		w.ends = map[string]float64{"gateway/default/month workspace=a": 71 * hour, "gateway/default/month workspace=b": 73 * hour}
		stop := w.run()
		w.minutes(2)
		if got := w.told(); got != "firing(budget=gateway/default/month workspace=a)" {
			t.Errorf("told %q", got)
		}
		w.ends = map[string]float64{"gateway/default/month workspace=b": 73 * hour} // a was raised, and lasts
		w.minutes(1)
		if got := w.told(); !strings.HasSuffix(got, " resolved") {
			t.Errorf("told %q", got)
		}
		stop()
	})
}

func TestTooLittleHistoryIsNoAnomaly(t *testing.T) {
	w := newWorld(t, gateway.AlertRule{Name: "surge", Metric: "requests", Weeks: 6, Sensitivity: 6, NoData: "ok"})
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	w.calls = func(q rules.Question) map[string]*analytics.Figures {
		if q.From.Before(begin.Add(-2 * 7 * 24 * time.Hour)) {
			return nil
		}
		return map[string]*analytics.Figures{"": calls(q.From.Unix()-begin.Add(-30*24*time.Hour).Unix(), 0)}
	}
	if err := w.engine().Look(t.Context(), begin.Add(time.Hour+10*time.Second)); err != nil || w.told() != "" {
		t.Error(err, w.told())
	}
}

// What was healthy has weeks with calls and without errors, which is all that must be known.
func TestFirstErrorsOfWhatWasHealthyAreAnAnomaly(t *testing.T) {
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for errors, want := range map[int64]string{900: "firing", 3: ""} {
		w := newWorld(t, gateway.AlertRule{Name: "surge", Metric: "errors", Weeks: 6, Sensitivity: 6, NoData: "ok"})
		w.calls = func(q rules.Question) map[string]*analytics.Figures {
			if q.From.Before(begin) {
				return map[string]*analytics.Figures{"": calls(1000, 0)}
			}
			return map[string]*analytics.Figures{"": calls(1000, errors)}
		}
		if err := w.engine().Look(t.Context(), begin.Add(time.Hour+10*time.Second)); err != nil || w.told() != want {
			t.Errorf("%d errors: %v, told %q", errors, err, w.told())
		}
	}
}
