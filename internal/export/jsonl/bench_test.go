//go:build unix

package jsonl_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/jsonl"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// BenchmarkEntriesAreExported tells what an export takes for one entry, from the store to
// the disk.
func BenchmarkEntriesAreExported(b *testing.B) {
	url := "sqlite:" + b.TempDir() + "/s.db"
	storetest.Seed(b, url[len("sqlite:"):])
	store := storetest.Open(b, url)
	if err := store.SeeExports(b.Context(), []string{"out"}, time.Now(), time.Time{}); err != nil {
		b.Fatal(err)
	}
	total := 0
	put := func() { // as much as the drainer hands over at once
		var all []*gateway.Entry
		for range 500 {
			all = append(all, exporttest.Entry(total))
			total++
		}
		if err := store.PutEntries(b.Context(), all); err != nil {
			b.Fatal(err)
		}
	}
	for b.N > total {
		put()
	}
	x := export.New(export.Options{Store: store, Node: "node", Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Poll: time.Millisecond,
		Bodies: func(context.Context, string, bool) (json.RawMessage, error) { return nil, nil }})
	x.Set([]*export.Spec{{Name: "out", Kind: "jsonl", Fingerprint: "1", Rows: 500, Bytes: 1 << 20, Timeout: time.Minute,
		Open: func() (export.Sink, error) { return jsonl.Open(jsonl.Config{Dir: b.TempDir(), Name: "out"}, time.Now) }}})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	b.ResetTimer()
	began := cpu()
	go func() { defer close(done); x.Run(ctx) }()
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		st, err := store.Export(b.Context(), "out")
		if err != nil {
			b.Fatal(err)
		}
		if st.Passed >= int64(b.N) {
			tick.Stop()
			break
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-ns/entry")
	cancel()
	<-done
}

// cpu is the CPU time of this process in nanoseconds: other work of the machine is not in it.
func cpu() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
