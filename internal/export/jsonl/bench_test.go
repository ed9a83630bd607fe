//go:build unix

package jsonl_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/jsonl"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// BenchmarkEntriesAreExported tells what an export that has to catch up takes for one entry,
// from the store to the disk.
func BenchmarkEntriesAreExported(b *testing.B) {
	p := newPlant(b, true)
	for b.N > p.total {
		p.put()
	}
	b.ResetTimer()
	began := cpu()
	p.run()
	p.until(int64(b.N), time.Millisecond)
	b.StopTimer()
	b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-ns/entry")
}

// BenchmarkWhatAnExportAdds tells what an export that keeps up adds for one entry to storing
// it. Two stores take turns, of which one is exported, so that other work of the machine
// strikes both.
func BenchmarkWhatAnExportAdds(b *testing.B) {
	plain, exported := newPlant(b, false), newPlant(b, true)
	exported.run()
	const turn = 20
	put := func(p *plant) int64 {
		began := cpu()
		for range turn {
			p.put()
		}
		if p == exported {
			p.until(int64(p.total), 20*time.Millisecond)
		}
		return cpu() - began
	}
	put(plain)
	put(exported)
	var without, with int64
	n := 0
	for n = 0; n < b.N; n += turn * perPut {
		without += put(plain)
		with += put(exported)
	}
	b.ReportMetric(float64(without)/float64(n), "cpu-ns/stored")
	b.ReportMetric(float64(with-without)/float64(n), "cpu-ns/entry")
}

// perPut is how many entries are put at once: as many as the drainer hands over.
const perPut = 500

// plant is a store that may be exported.
type plant struct {
	b     *testing.B
	store *store.Store
	total int
}

func newPlant(b *testing.B, wanted bool) *plant {
	url := "sqlite:" + b.TempDir() + "/s.db"
	storetest.Seed(b, url[len("sqlite:"):])
	p := &plant{b: b, store: storetest.Open(b, url)}
	if wanted {
		if err := p.store.SeeExports(b.Context(), []string{"out"}, time.Now(), time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

func (p *plant) put() {
	all := make([]*gateway.Entry, perPut)
	for i := range all {
		all[i] = exporttest.Entry(p.total)
		p.total++
	}
	if err := p.store.PutEntries(p.b.Context(), all); err != nil {
		p.b.Fatal(err)
	}
}

// run exports until the benchmark ends.
func (p *plant) run() {
	x := export.New(export.Options{Store: p.store, Node: "node", Logger: slog.New(slog.DiscardHandler),
		Bodies: func(context.Context, string, bool) (json.RawMessage, error) { return nil, nil }})
	p.store.OnArrivals(x.WakeAll)
	x.Set([]*export.Spec{{Name: "out", Kind: "jsonl", Fingerprint: "1", Rows: 2000, Bytes: 4e6, Wait: 50 * time.Millisecond, Timeout: time.Minute,
		Open: func() (export.Sink, error) {
			return jsonl.Open(jsonl.Config{Dir: p.b.TempDir(), Name: "out"}, time.Now)
		}}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	p.b.Cleanup(func() { cancel(); <-done })
}

// until waits until entries are exported.
func (p *plant) until(number int64, look time.Duration) {
	for tick := time.NewTicker(look); ; <-tick.C {
		st, err := p.store.Export(p.b.Context(), "out")
		if err != nil {
			p.b.Fatal(err)
		}
		if st.Passed >= number {
			tick.Stop()
			return
		}
	}
}

// cpu is the CPU time of this process in nanoseconds: other work of the machine is not in it.
func cpu() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
