//go:build linux

package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// samples are the figures of all rounds.
type samples struct {
	round int // the running one
	by    map[string]map[string]map[int]float64
	worst float64 // the largest share of a CPU that other work had in a measurement
	fails map[string]*failures
}

// failures are the calls to one target that went wrong.
type failures struct {
	failed, all int
	example     string
}

func newSamples() *samples {
	return &samples{by: map[string]map[string]map[int]float64{}, fails: map[string]*failures{}}
}

// lost counts the calls that went wrong, of all.
func (s *samples) lost(target string, r result) {
	if s.fails[target] == nil {
		s.fails[target] = &failures{}
	}
	f := s.fails[target]
	f.failed, f.all = f.failed+r.Errors, f.all+r.Errors+r.Requests
	if r.Example != "" {
		f.example = r.Example
	}
}

func (s *samples) add(round int, target, what string, v float64) {
	if s.by[what] == nil {
		s.by[what] = map[string]map[int]float64{}
	}
	if s.by[what][target] == nil {
		s.by[what][target] = map[int]float64{}
	}
	s.by[what][target][round] = v
}

func (s *samples) disturbed(share float64) { s.worst = max(s.worst, share) }

// median gives the middle of a target's figures; false when there are none.
func (s *samples) median(what, target string) (float64, bool) {
	var all []float64
	for _, v := range s.by[what][target] {
		all = append(all, v)
	}
	return middle(all)
}

// ratio gives the middle of the figures over another target's of the same round.
func (s *samples) ratio(what, target, to string) (float64, bool) {
	return s.pairs(what, target, to, func(a, b float64) float64 { return a / b })
}

// added gives the middle of the figures less another target's of the same round.
func (s *samples) added(what, target, to string) (float64, bool) {
	return s.pairs(what, target, to, func(a, b float64) float64 { return a - b })
}

func (s *samples) pairs(what, target, to string, f func(a, b float64) float64) (float64, bool) {
	var all []float64
	for round, a := range s.by[what][target] {
		if b, ok := s.by[what][to][round]; ok {
			all = append(all, f(a, b))
		}
	}
	return middle(all)
}

func middle(all []float64) (float64, bool) {
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2, true
}

// row is one line of the table of figures.
type row struct {
	what, unit, form string
	ratio            bool // to goproxy, shown beside
}

var rows = []row{
	{"throughput 1 KB", "calls/s", "%.0f", true},
	{"CPU per call 1 KB", "µs", "%.1f", true},
	{"throughput 20 KB", "calls/s", "%.0f", true},
	{"CPU per call 20 KB", "µs", "%.1f", true},
	{"CPU per call in turn", "µs", "%.1f", false},
	{inProcess, "µs", "%.1f", false},
	{"CPU per call at fixed rate", "µs", "%.1f", true},
	{"p50 at fixed rate", "µs", "%.0f", false},
	{"p99 at fixed rate", "µs", "%.0f", false},
	{"CPU per chunk", "µs", "%.2f", true},
	{"CPU per chunk in turn", "µs", "%.2f", false},
	{"first chunk p50", "µs", "%.0f", false},
	{"first chunk p99", "µs", "%.0f", false},
	{"RSS idle", "MB", "%.0f", false},
	{"RSS with 1,000 streams", "MB", "%.0f", false},
	{"RSS peak 1 KB", "MB", "%.0f", false},
	{"RSS peak 20 KB", "MB", "%.0f", false},
	{"ready", "ms", "%.0f", false},
}

// print writes the table of figures and the table of bars.
func (s *samples) print(w io.Writer, p *plan) error {
	columns := []string{direct, nginx, goproxy, paused, draining, foreign, limited, crowded, cached, traced, watched}
	fmt.Fprintf(w, "# Bench\n\n%d rounds, %d s a phase, %s, %d CPUs: proxies on core %d, upstream and callers on core %d. Medians; in brackets the median of the ratios to %s of the same round.\n", p.rounds, p.secs, runtime.Version(), runtime.NumCPU(), p.core, p.loadCore, goproxy)
	fmt.Fprintf(w, "`%s` has `storage.drain: paused`; of `%s` CPU counts until the store holds every entry. Other work had at most %.0f %% of a CPU in a measurement that counts.\n\n| |", paused, draining, 100*max(s.worst, 0))
	for _, c := range columns {
		fmt.Fprintf(w, " %s |", c)
	}
	fmt.Fprint(w, "\n|---"+strings.Repeat("|---", len(columns))+"|\n")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s (%s) |", r.what, r.unit)
		for _, c := range columns {
			fmt.Fprintf(w, " %s |", s.cell(r, c))
		}
		fmt.Fprintln(w)
	}
	return s.bars(w, p)
}

func (s *samples) cell(r row, column string) string {
	v, ok := s.median(r.what, column)
	if !ok {
		return "–"
	}
	text := fmt.Sprintf(r.form, v)
	if x, ok := s.ratio(r.what, column, goproxy); ok && r.ratio && column != goproxy {
		text += fmt.Sprintf(" (%.2f×)", x)
	}
	return text
}

// bar is a promise: the figure must not be above the limit.
type bar struct {
	name  string
	limit float64
	form  string
	value func(*samples) (float64, bool)
}

func ratioOf(what, target string) func(*samples) (float64, bool) {
	return func(s *samples) (float64, bool) { return s.ratio(what, target, goproxy) }
}

func medianOf(what string) func(*samples) (float64, bool) {
	return func(s *samples) (float64, bool) { return s.median(what, paused) }
}

var bars = []bar{
	{"CPU per call, 1 KB", 1.0, "%.2f×", ratioOf("CPU per call 1 KB", paused)},
	{"CPU per call, 20 KB", 1.0, "%.2f×", ratioOf("CPU per call 20 KB", paused)},
	{"CPU until the store holds every entry, 1 KB", 1.6, "%.2f×", ratioOf("CPU per call 1 KB", draining)},
	{"CPU until the store holds every entry, 20 KB", 1.6, "%.2f×", ratioOf("CPU per call 20 KB", draining)},
	{"CPU per stream chunk", 1.0, "%.2f×", ratioOf("CPU per chunk", paused)},
	{"translation: CPU per call, 1 KB, to the same dialect's", 2.0, "%.2f×", func(s *samples) (float64, bool) { return s.ratio("CPU per call 1 KB", foreign, paused) }},
	{"translation: CPU per further KB", 2.0, "%.2f µs", perKB},
	{"translation: CPU per stream event", 3.0, "%.2f µs", func(s *samples) (float64, bool) { return s.added("CPU per chunk in turn", foreign, paused) }},
	{"limits on the call's way (key, 3 limits, 1 budget, journal): CPU over the plain call", 3.0, "%.2f µs", func(s *samples) (float64, bool) { return s.added(inProcess, limited, paused) }},
	{"100,000 keys: CPU per call to one key's", 1.05, "%.3f×", func(s *samples) (float64, bool) { return s.ratio("CPU per call in turn", crowded, limited) }},
	{"traces of every tenth call: CPU per call to the plain one's", 1.05, "%.3f×", func(s *samples) (float64, bool) { return s.ratio("CPU per call in turn", traced, paused) }},
	{"the same and one export, until everything is sent: CPU per call to that of draining alone", 1.05, "%.3f×", func(s *samples) (float64, bool) { return s.ratio("CPU per call in turn", watched, draining) }},
	{"an answer from memory: CPU per call, 1 KB", 0.5, "%.2f×", ratioOf("CPU per call 1 KB", cached)},
	{"added p50 at the fixed rate", 200, "%.0f µs", func(s *samples) (float64, bool) { return s.added("p50 at fixed rate", paused, direct) }},
	{"RSS idle", 45, "%.0f MB", medianOf("RSS idle")},
	{"RSS with 1,000 streams", 120, "%.0f MB", medianOf("RSS with 1,000 streams")},
	{"first 200 after the start", 200, "%.0f ms", medianOf("ready")},
}

// perKB is what translation costs for each further KB of a request.
func perKB(s *samples) (float64, bool) {
	large, ok := s.added("CPU per call 20 KB", foreign, paused)
	small, ok2 := s.added("CPU per call 1 KB", foreign, paused)
	return (large - small) / 19, ok && ok2
}

// bars writes the promises; a missed one is told, and is no error.
func (s *samples) bars(w io.Writer, p *plan) error {
	fmt.Fprint(w, "\n| bar | measured | limit | |\n|---|---|---|---|\n")
	for _, b := range bars {
		v, ok := b.value(s)
		verdict, shown := "pass", fmt.Sprintf(b.form, v)
		switch {
		case !ok:
			verdict, shown = "not measured", "–"
		case v > b.limit:
			verdict = "**missed**"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", b.name, shown, fmt.Sprintf(b.form, b.limit), verdict)
	}
	p99, ok := s.added("p99 at fixed rate", paused, direct)
	first, ok2 := s.added("first chunk p50", paused, direct)
	if ok && ok2 {
		fmt.Fprintf(w, "\nAdded by the gateway: %.0f µs at p99 and %d calls/s; %.0f µs to the first chunk with %d streams.\n", p99, p.rate, first, p.streams)
	}
	if more, ok := s.added("CPU per call in turn", limited, paused); ok {
		fmt.Fprintf(w, "\nLimits beside the call's way too (snapshots, the spool's rows, garbage), between two processes that differ by microseconds for reasons of their own: %.1f µs a call.\n", more)
	}
	for _, name := range slices.Sorted(maps.Keys(s.fails)) {
		if f := s.fails[name]; f.failed > 0 {
			fmt.Fprintf(w, "\n%s: %d of %d calls failed, the last with: %s\n", name, f.failed, f.all, f.example)
		}
	}
	return nil
}

// own is the CPU time of this run's lasting processes.
func (p *plan) own(t *target) time.Duration {
	return p.mock.cpu() + t.cpu() + usage(syscall.RUSAGE_SELF) + usage(syscall.RUSAGE_CHILDREN)
}

func usage(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
