// Package doctor finds what is commonly wrong with a gateway and where it runs, and says
// how to mend it. A check looks, and changes nothing that outlives it. Which checks a
// gateway needs, and what it has of its own to look at, is told by whoever runs them;
// every check has a section in docs/doctor.md.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Level says how bad a finding is.
type Level string

// Levels, the best first.
const (
	OK      Level = "ok"
	Skipped Level = "skipped" // it could not be looked at, or there is nothing to look at
	Warning Level = "warning" // it works, but not for long or not well
	Problem Level = "problem" // something does not work
)

func (l Level) rank() int { return slices.Index([]Level{OK, Skipped, Warning, Problem}, l) }

// Finding is what a check found.
type Finding struct {
	Check   string `json:"check" doc:"Name of the check, which is its section in docs/doctor.md."`
	Object  string `json:"object" doc:"What was looked at, such as a provider or a file; empty = the gateway or its machine."`
	Level   Level  `json:"level" enum:"ok,skipped,warning,problem" doc:"problem: something does not work; warning: it works, but not well or not for long; skipped: it could not be looked at."`
	Message string `json:"message" doc:"What was found, for people."`
	Mend    string `json:"mend" doc:"What to do about it; empty = nothing."`
	TookMS  int64  `json:"took_ms"`
}

// Check looks at one thing. Name and Object stand in each of its findings.
type Check struct {
	Name   string
	Object string
	// Run looks, until the context ends at the latest; it gives a finding or several.
	Run func(ctx context.Context) []Finding
}

// Bounds of a run.
const (
	together = 16               // checks at a time
	patience = 15 * time.Second // of each
)

// Run runs the checks side by side and gives what they found, the worst first, else in
// their order. A check that does not end in time is a problem of its own: what it waits
// for, such as a file system that does not answer, may keep its goroutine.
func Run(ctx context.Context, checks []Check) []Finding { return run(ctx, checks, patience) }

func run(ctx context.Context, checks []Check, each time.Duration) []Finding {
	found := make([][]Finding, len(checks))
	places := make(chan struct{}, together)
	var wg sync.WaitGroup
	for i := range checks {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			found[i] = checks[i].within(ctx, each)
		})
	}
	wg.Wait()
	all := slices.Concat(found...)
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Level.rank(), a.Level.rank()) })
	return all
}

// within runs a check, but not for longer than a time.
func (c *Check) within(ctx context.Context, most time.Duration) []Finding {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	began := time.Now()
	done := make(chan []Finding, 1)
	go func() { done <- c.Run(ctx) }()
	var found []Finding
	select {
	case found = <-done:
	case <-ctx.Done():
		select {
		case found = <-done: // it ended by itself because of that
		case <-time.After(most / 10):
			found = []Finding{{Level: Problem, Message: fmt.Sprintf("this check did not come to an end within %s: what it looks at does not answer", most), Mend: "See whether the disk, the network or the server behind it hangs."}}
		}
	}
	for i := range found {
		found[i].Check, found[i].TookMS = c.Name, time.Since(began).Milliseconds()
		found[i].Object = cmp.Or(found[i].Object, c.Object)
	}
	return found
}

// Worst gives the worst level of the findings, OK when there are none.
func Worst(found []Finding) Level {
	worst := OK
	for i := range found {
		if l := found[i].Level; l.rank() > worst.rank() && l != Skipped {
			worst = l
		}
	}
	return worst
}

func well(format string, args ...any) []Finding {
	return []Finding{{Level: OK, Message: fmt.Sprintf(format, args...)}}
}

func skipped(format string, args ...any) []Finding {
	return []Finding{{Level: Skipped, Message: fmt.Sprintf(format, args...)}}
}

func problem(mend, format string, args ...any) []Finding {
	return []Finding{{Level: Problem, Mend: mend, Message: fmt.Sprintf(format, args...)}}
}

func warning(mend, format string, args ...any) []Finding {
	return []Finding{{Level: Warning, Mend: mend, Message: fmt.Sprintf(format, args...)}}
}
