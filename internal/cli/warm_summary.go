package cli

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// warmSummary gathers what became of the lines.
type warmSummary struct {
	progress *progress
	state    *warmState
	dry      bool
	saved    time.Time
	unsaved  error // the state could not be written
	seen     int

	Good     int         `json:"good,omitempty"` // of a dry run: lines that could be sent
	Stored   int         `json:"stored"`
	There    int         `json:"already_there"`
	Skipped  int         `json:"skipped"` // done by an earlier run
	Failed   int         `json:"failed"`
	Failures []warmFault `json:"failures"`
}

// warmFault is a line that failed.
type warmFault struct {
	Line int    `json:"line"`
	Why  string `json:"why"`
}

const (
	saveEvery = time.Second
	shownMost = 20 // failures for people
	keptMost  = 10_000
)

func (s *warmSummary) note(r warmResult) {
	s.seen++
	switch r.kind {
	case warmGood:
		s.Good++
	case warmStored:
		s.Stored++
	case warmThere:
		s.There++
	case warmSkipped:
		s.Skipped++
	case warmUnsent:
		return
	default:
		if s.Failed++; len(s.Failures) < keptMost {
			s.Failures = append(s.Failures, warmFault{r.line, r.why})
		}
	}
	if !s.dry {
		s.keep(r)
	}
	s.progress.tell(s.seen, fmt.Sprintf("%d stored, %d already there, %d failed", s.Stored, s.There, s.Failed))
}

// keep notes a line in the state, which is written now and then.
func (s *warmSummary) keep(r warmResult) {
	s.state.done(r.line, r.kind != warmFailed)
	if now := time.Now(); now.Sub(s.saved) >= saveEvery {
		s.saved = now
		s.unsaved = s.state.save()
	}
}

// end prints the summary; lines that failed are an error.
func (s *warmSummary) end(env *Env, json, complete bool) error {
	s.progress.end()
	if !s.dry {
		s.unsaved = s.state.end(complete)
	}
	if s.unsaved != nil {
		fmt.Fprintf(env.Stderr, "How far this run came could not be noted, so that --resume begins anew: %v\n", s.unsaved)
	}
	slices.SortFunc(s.Failures, func(a, b warmFault) int { return cmp.Compare(a.Line, b.Line) })
	if json {
		s.Failures = append([]warmFault{}, s.Failures...)
		if err := printJSON(env.Stdout, s); err != nil {
			return err
		}
	} else {
		s.print(env)
	}
	if s.Failed > 0 {
		return fmt.Errorf("%d of %d lines failed", s.Failed, s.Good+s.Stored+s.There+s.Failed)
	}
	return nil
}

func (s *warmSummary) print(env *Env) {
	for _, f := range s.Failures[:min(len(s.Failures), shownMost)] {
		fmt.Fprintln(env.Stderr, plain(fmt.Sprintf("line %d: %s", f.Line, f.Why)))
	}
	if more := s.Failed - shownMost; more > 0 {
		fmt.Fprintf(env.Stderr, "… and %d more; --json lists them\n", more)
	}
	if s.dry {
		fmt.Fprintf(env.Stdout, "%d lines can be sent, %d cannot; nothing was sent\n", s.Good, s.Failed)
		return
	}
	done := ""
	if s.Skipped > 0 {
		done = fmt.Sprintf(", %d done before or blank", s.Skipped)
	}
	fmt.Fprintf(env.Stdout, "%d stored, %d already there, %d failed%s\n", s.Stored, s.There, s.Failed, done)
}
