// Package exporttest is the suite that every sink passes: what export promises is tested
// here once, through the real store and the real worker, never per sink.
package exporttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// Place is where a sink sends to.
type Place struct {
	Open func() (export.Sink, error)
	// Read gives the rows that are there, in the order in which they came, as far as the
	// place has one.
	Read func(t *testing.T) []Got
	// Away makes the place unreachable or useless, and gives it back. nil = it cannot.
	Away func(away bool)
	// Refuse makes it refuse rows of these ids for good. nil = it never refuses any.
	Refuse func(ids ...string)
	// Busy makes it take only every other row of the next batch. nil = it takes all or none.
	Busy func()
}

// Got is one row at its place.
type Got struct {
	ID  string
	Doc []byte // as JSON; members that are null may be missing
}

// Suite says what is particular about a sink.
type Suite struct {
	New func(t *testing.T) *Place
	// Once says that a row that is sent again replaces the one that is there.
	Once bool
	// Unordered says that the place knows no order.
	Unordered bool
	// Same compares what came with what was stored; nil = the JSON is the same.
	Same func(t *testing.T, doc []byte, got Got)
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	for name, f := range map[string]func(*testing.T, *Suite){
		"every row arrives as it is in the store": testAll, "nothing is lost while the sink is away": testAway,
		"after a crash the rest comes": testCrash, "rows that are refused are set aside": testRefused, "only what failed is sent again": testBusy,
		"a sample is marked": testSample,
	} {
		t.Run(name, func(t *testing.T) { f(t, &s) })
	}
}

// rig is a store, a place and what exports from one to the other.
type rig struct {
	t     *testing.T
	suite *Suite
	store *store.Store
	place *Place
	spec  *export.Spec
	fake  *fragile
	stop  func()
	ex    *export.Exports
}

const name = "out"

func newRig(t *testing.T, s *Suite) *rig {
	t.Helper()
	url := "sqlite:" + t.TempDir() + "/s.db"
	storetest.Seed(t, url[len("sqlite:"):])
	r := &rig{t: t, suite: s, store: storetest.Open(t, url), place: s.New(t)}
	r.spec = &export.Spec{Name: name, Kind: "test", Fingerprint: "1", Rows: 16, Bytes: 1 << 20, Wait: 5 * time.Millisecond, Timeout: 20 * time.Second, Open: r.place.Open}
	if err := r.store.SeeExports(t.Context(), []string{name}, time.Now(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

// start starts a process that exports.
func (r *rig) start() {
	r.fake = &fragile{Store: r.store}
	r.ex = export.New(export.Options{Store: r.fake, Node: "node", Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Poll: 3 * time.Millisecond,
		Bodies: func(context.Context, string, bool) (json.RawMessage, error) { return nil, nil }})
	r.ex.Set([]*export.Spec{r.spec})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.ex.Run(ctx) }()
	r.stop = func() { cancel(); <-done }
}

func (r *rig) put(from, to int) {
	r.t.Helper()
	for i := from; i < to; i += 5 {
		var all []*gateway.Entry
		for n := i; n < min(i+5, to); n++ {
			all = append(all, Entry(n))
		}
		if err := r.store.PutEntries(r.t.Context(), all); err != nil {
			r.t.Fatal(err)
		}
	}
}

// Entry is an entry with everything that is hard to carry.
func Entry(n int) *gateway.Entry {
	e := storetest.Entry(n)
	switch n % 4 {
	case 1:
		e.User, e.Session = "Zoë \"🦊\" \u2028\n\t\\", "line\r\nline"
		e.Metadata = json.RawMessage(`{"a":{"b":[1,2.5,null,true]},"x\"y":"ü"}`)
	case 2:
		score := 0.25
		e.Score, e.Feedback, e.Comment = &score, "up", "</script>"
		e.DroppedParams, e.Limits = []string{"top_k"}, []string{"a", "b"}
	}
	return e
}

// wait waits until something holds.
func (r *rig) wait(what string, holds func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("%s: not within a minute; %+v", what, r.state())
		}
	}
}

func (r *rig) state() gateway.ExportState {
	r.t.Helper()
	st, err := r.store.Export(context.WithoutCancel(r.t.Context()), name)
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

func (r *rig) caughtUp(last int64) {
	r.t.Helper()
	r.wait(fmt.Sprintf("all %d are exported", last), func() bool { st := r.state(); return st.Passed == last && st.Last == last })
}

// check compares what came with the store, row by row. missing are the ids that must not
// be there.
func (r *rig) check(total int, repeats bool, missing ...string) {
	r.t.Helper()
	got := r.place.Read(r.t)
	var first []string
	docs := map[string]Got{}
	for _, g := range got {
		if _, again := docs[g.ID]; again && (r.suite.Once || !repeats) {
			r.t.Errorf("%s came twice", g.ID)
		}
		if docs[g.ID].ID == "" {
			first = append(first, g.ID)
		}
		docs[g.ID] = g
	}
	var want []string
	for n := range total {
		id := storetest.ID(n)
		if slices.Contains(missing, id) {
			continue
		}
		want = append(want, id)
		e, err := r.store.Entry(r.t.Context(), id)
		if err != nil {
			r.t.Fatal(err)
		}
		r.same(e.AppendJSON(nil), docs[id])
	}
	if r.suite.Unordered || repeats && r.place.Busy != nil {
		slices.Sort(first)
	}
	if !slices.Equal(first, want) {
		r.t.Errorf("came %d, want %d\n%v\n%v", len(first), len(want), first, want)
	}
}

func (r *rig) same(doc []byte, got Got) {
	r.t.Helper()
	if got.ID == "" {
		return // its absence is told by the list
	}
	if r.suite.Same != nil {
		r.suite.Same(r.t, doc, got)
		return
	}
	if a, b := canonical(r.t, doc), canonical(r.t, got.Doc); !bytes.Equal(a, b) {
		r.t.Errorf("came\n%s\nnot\n%s", b, a)
	}
}

func canonical(t *testing.T, doc []byte) []byte {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", doc, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fragile is a store that stops to hear of progress, as when the process is killed after
// a batch was sent.
type fragile struct {
	*store.Store
	after   atomic.Int64 // AdvanceExport fails once that many have worked, 0 = never
	crashed atomic.Bool
}

// AdvanceExport implements export.Store.
func (f *fragile) AdvanceExport(ctx context.Context, name, holder string, step gateway.ExportStep) error {
	if n := f.after.Load(); n > 0 && f.after.Add(-1) == 0 || f.crashed.Load() {
		f.crashed.Store(true)
		return errors.New("killed")
	}
	return f.Store.AdvanceExport(ctx, name, holder, step)
}

// Arrivals implements export.Store.
func (f *fragile) Arrivals(ctx context.Context, after int64, limit int) ([]gateway.Arrival, error) {
	if f.crashed.Load() {
		return nil, errors.New("killed")
	}
	return f.Store.Arrivals(ctx, after, limit)
}
