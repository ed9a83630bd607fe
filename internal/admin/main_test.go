package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "sluice-admin-0123456789abcdef"

// rig is the API over a real store and a real recorder.
type rig struct {
	t         *testing.T
	store     *store.Store
	file      string // of the store
	recorder  *record.Recorder
	handler   http.Handler
	now       time.Time
	refreshed atomic.Int64
}

type option func(*rigOptions)

type rigOptions struct {
	paused, unmigrated bool
	change             func(*admin.Config)
}

func paused(o *rigOptions)     { o.paused = true }
func unmigrated(o *rigOptions) { o.unmigrated = true }
func with(f func(*admin.Config)) option {
	return func(o *rigOptions) { o.change = f }
}

func newRig(t *testing.T, opts ...option) *rig {
	t.Helper()
	var o rigOptions
	for _, f := range opts {
		f(&o)
	}
	g := &rig{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	g.file = filepath.Join(t.TempDir(), "a.db")
	if !o.unmigrated {
		storetest.Seed(t, g.file)
	}
	var err error
	if g.store, err = store.Open(t.Context(), "sqlite:"+g.file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.store.Close() })
	if !o.unmigrated {
		if err := g.store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	silent := slog.New(slog.NewTextHandler(io.Discard, nil))
	g.recorder, err = record.Open(record.Options{Dir: t.TempDir(), Store: g.store, Paused: o.paused, Logger: silent})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = g.recorder.Close(ctx) // what is left stays in a folder that goes away
	})
	c := admin.Config{
		Store: g.store, Spool: g.recorder, Version: "v1.2.3", Log: silent, Clock: func() time.Time { return g.now },
		Verify:      auth.NewAdminToken(token).Verify,
		RefreshKeys: func(context.Context) error { g.refreshed.Add(1); return nil },
	}
	if o.change != nil {
		o.change(&c)
	}
	c.Alerting = alarms{}
	g.handler = admin.New(c)
	return g
}

// do asks with the token and gives status and body.
func (g *rig) do(method, path, body string) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return w
}

// get reads a 200 into v.
func (g *rig) get(path string, v any) {
	g.t.Helper()
	g.answered(g.do(http.MethodGet, path, ""), http.StatusOK, v)
}

func (g *rig) answered(w *httptest.ResponseRecorder, status int, v any) {
	g.t.Helper()
	if w.Code != status {
		g.t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		g.t.Fatalf("%v: %s", err, w.Body)
	}
}

type failure struct {
	Error struct {
		Code, Message string
		Details       struct{ Field, Suggestion string }
	}
}

// fails asserts an error answer.
func (g *rig) fails(w *httptest.ResponseRecorder, status int, code string) failure {
	g.t.Helper()
	var f failure
	g.answered(w, status, &f)
	if f.Error.Code != code || f.Error.Message == "" {
		g.t.Fatalf("error %+v, want code %s", f, code)
	}
	if !bytes.Contains(w.Body.Bytes(), []byte(`"details":{`)) {
		g.t.Fatalf("no details in %s", w.Body)
	}
	return f
}

type page struct {
	Data    []gateway.Entry
	Next    string
	Partial bool
	Warning string
}

func (p page) ids() string {
	var ids []string
	for _, e := range p.Data {
		ids = append(ids, e.ID[len(e.ID)-2:])
	}
	return strings.Join(ids, " ")
}

// alarms are a rule of each workspace.
type alarms struct{}

func (alarms) Rules() (all []gateway.AlertRule) {
	for _, id := range []string{"own", "foreign"} {
		all = append(all, gateway.AlertRule{Name: "rule-" + id, Metric: "errors", Filter: map[string]string{"workspace": id, "model": "model-of-" + id}})
	}
	return all
}

func (alarms) Channels() []admin.AlertChannel { return nil }

func (alarms) Try(context.Context, string) (bool, error) { return false, nil }

func (alarms) Past(context.Context, gateway.AlertRule, time.Time, time.Time) ([]time.Time, []*float64, error) {
	return nil, nil, nil
}
