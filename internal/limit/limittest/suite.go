package limittest

import (
	"testing"
)

type scenario struct {
	name string
	sets bool // needs a clock that can be set
	asks bool // needs a ledger
	run  func(*bench)
}

// Run runs the suite. open gives a new engine, whose counters are all empty, for each
// test; it registers with t what has to be closed.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	var all []scenario
	for _, part := range [][]scenario{windows, holds, swaps, places, budgets, crowds, properties} {
		all = append(all, part...)
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			h := open(t)
			if s.sets && h.Advance == nil {
				t.Skip("the clock cannot be set")
			}
			if s.asks && h.Ledger == nil {
				t.Skip("no ledger")
			}
			s.run(&bench{t, h})
		})
	}
}
