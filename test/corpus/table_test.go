package corpus_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// table says what became of every recording, by vendor and API.
type table struct {
	rows     map[string]*row
	names    map[string][]string // by what is noted of them
	failures []string
}

type row struct {
	cases, passed, failed, left int
	unread                      int            // passed, but by a path whose answers Sluice does not read
	why                         map[string]int // notes: how many recordings each is of
}

func newTable() *table { return &table{rows: map[string]*row{}, names: map[string][]string{}} }

func (tb *table) row(r *recording) *row {
	name := fmt.Sprintf("%-17s %s", r.Vendor, r.API)
	if tb.rows[name] == nil {
		tb.rows[name] = &row{why: map[string]int{}}
	}
	tb.rows[name].cases++
	return tb.rows[name]
}

// leaveOut counts a recording that is not covered.
func (tb *table) leaveOut(r *recording, why string) {
	row := tb.row(r)
	row.left++
	tb.note(r, row, why)
}

func (tb *table) note(r *recording, row *row, what string) {
	row.why[what]++
	tb.names[what] = append(tb.names[what], r.Name)
}

// add counts a recording with all that is wrong with it.
// unread says why Sluice reads no usage of it, "" = it does; shortfall what it does not.
func (tb *table) add(r *recording, unread, shortfall string, wrong []string) {
	row := tb.row(r)
	if len(wrong) > 0 {
		row.failed++
		tb.failures = append(tb.failures, r.Name+": "+wrong[0])
		return
	}
	row.passed++
	if unread != "" {
		row.unread++
		tb.note(r, row, unread)
	}
	if shortfall != "" {
		tb.note(r, row, shortfall)
	}
}

// report prints the table, and fails the test when a recording failed.
func (tb *table) report(t *testing.T) {
	t.Helper()
	var b strings.Builder
	var sum row
	line := func(name string, r *row, notes string) {
		fmt.Fprintf(&b, "%-36s %6d %7d %7d %12d  %s\n", name, r.cases, r.passed, r.failed, r.left, notes)
	}
	fmt.Fprintf(&b, "\n%-36s %6s %7s %7s %12s\n", "vendor, API", "cases", "passed", "failed", "not covered")
	for _, name := range slices.Sorted(maps.Keys(tb.rows)) {
		r := tb.rows[name]
		var notes []string
		for _, why := range slices.Sorted(maps.Keys(r.why)) {
			notes = append(notes, fmt.Sprintf("%d %s", r.why[why], why))
		}
		line(name, r, strings.Join(notes, "; "))
		sum.cases, sum.passed, sum.failed, sum.left, sum.unread = sum.cases+r.cases, sum.passed+r.passed, sum.failed+r.failed, sum.left+r.left, sum.unread+r.unread
	}
	line("all", &sum, fmt.Sprintf("%d passed on unread", sum.unread))
	for _, what := range slices.Sorted(maps.Keys(tb.names)) {
		slices.Sort(tb.names[what])
		fmt.Fprintf(&b, "\n%s:\n    %s\n", what, strings.Join(tb.names[what], "\n    "))
	}
	t.Log(b.String())
	slices.Sort(tb.failures)
	for _, f := range tb.failures[:min(30, len(tb.failures))] {
		t.Error(f)
	}
	if n := len(tb.failures); n > 0 {
		t.Errorf("%d of %d recordings failed", n, sum.cases-sum.left)
	}
}
