//go:build unix

package record_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

// sink takes everything and keeps nothing.
type sink struct{}

func (sink) PutEntries(context.Context, []*gateway.Entry) error { return nil }

func benchRecorder(b *testing.B, paused bool) *record.Recorder {
	return open(b, record.Options{Dir: b.TempDir(), Store: sink{}, MaxBytes: 1 << 40, MaxMemory: 1 << 30, Paused: paused})
}

// reportCPU adds the CPU time of the whole process, flusher and drainer included, which
// means more than the time on the wall when the machine is shared.
func reportCPU(b *testing.B) {
	began := cpuTime(b)
	b.Cleanup(func() { b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op") })
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAppendAlone leaves out what making an entry costs.
func BenchmarkAppendAlone(b *testing.B) {
	r, e := benchRecorder(b, true), entry(1)
	b.ReportAllocs()
	for b.Loop() {
		r.Append(e)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{0, 4 << 10, 64 << 10} {
		e := entry(1)
		if size > 0 {
			e = withBodies(e, size)
		}
		b.Run(fmt.Sprintf("bodies=2x%d/serial", size), func(b *testing.B) {
			r := benchRecorder(b, true)
			b.ReportAllocs()
			reportCPU(b)
			for b.Loop() {
				own := *e
				r.Append(&own)
			}
		})
		b.Run(fmt.Sprintf("bodies=2x%d/parallel", size), func(b *testing.B) {
			r := benchRecorder(b, true)
			b.ReportAllocs()
			reportCPU(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					own := *e
					r.Append(&own)
				}
			})
		})
	}
}

// BenchmarkPaced appends 20,000 entries a second, as real load comes, instead of as many
// as possible; only cpu-ns/op says something.
func BenchmarkPaced(b *testing.B) {
	for _, paused := range []bool{true, false} {
		b.Run(fmt.Sprintf("paused=%v", paused), func(b *testing.B) {
			r := benchRecorder(b, paused)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			b.ReportAllocs()
			reportCPU(b)
			for n := range b.N {
				if n%20 == 0 {
					<-tick.C
				}
				r.Append(entry(n))
			}
			if !paused {
				flush(b, r)
			}
		})
	}
}

// BenchmarkEncode is the part of Append that renders the entry's JSON.
func BenchmarkEncode(b *testing.B) {
	e := entry(1)
	buf := e.AppendJSON(nil)
	reportCPU(b)
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

func BenchmarkRefuseInAFlood(b *testing.B) {
	r := benchRecorder(b, false)
	e := refused(1, "203.0.113.9")
	b.ReportAllocs()
	reportCPU(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			own := *e
			r.Refuse(&own)
		}
	})
}

func BenchmarkOpen100k(b *testing.B) {
	dir := b.TempDir()
	r := open(b, record.Options{Dir: dir, Store: sink{}, Paused: true})
	for n := range 100_000 {
		r.Append(entry(n))
	}
	closeNow(b, r)
	for b.Loop() {
		r := open(b, record.Options{Dir: dir, Store: sink{}, Paused: true})
		if r.Depth() != 100_000 {
			b.Fatal(r.Depth())
		}
		closeNow(b, r)
	}
}

func BenchmarkPendingFirst50Of100k(b *testing.B) {
	r := benchRecorder(b, true)
	for n := range 100_000 {
		r.Append(entry(n))
	}
	for b.Loop() {
		left := 50
		r.Pending(func(*gateway.Entry) bool { left--; return left > 0 })
	}
}

func BenchmarkRedact64KiB(b *testing.B) {
	prose := strings.Repeat(`{"role":"user","content":"The quick brown fox - of the 3 Big_Brown kind - jumps over a lazy dog, Again and again."},`, 700)[:64<<10]
	base64 := strings.Repeat("QUFBQkJCQ0NDRERERWVKaGJHY2lPaUpJVXpJMU5pSjk", 1600)[:64<<10]
	var exact []string
	for n := range 40 {
		exact = append(exact, fmt.Sprintf("%dexact-%d-%s", n, n*7919, fake(30)))
	}
	redactor := record.NewRedactor(exact)
	for name, text := range map[string]string{"prose": prose, "base64": base64, "secret": prose[:1000] + " sk-" + fake(48) + prose[1052:]} {
		body := []byte(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			reportCPU(b)
			for b.Loop() {
				record.Redact(body)
			}
		})
		b.Run(name+"/40 exact", func(b *testing.B) {
			reportCPU(b)
			for b.Loop() {
				redactor.Redact(body)
			}
		})
	}
}
