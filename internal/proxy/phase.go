package proxy

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxPhases bounds what an entry tells apart of the gateway's own time.
const maxPhases = 8

// phases are stretches of the call's time, in the order in which they began.
type phases struct {
	n    int
	all  [maxPhases]gateway.Phase
	open time.Time // when the look into the cache began that is under way; zero = none is
}

// phase notes what a stretch of the call's time was spent on. What is past the bound is
// only part of the whole.
func (x *exchange) phase(name string, from, until time.Time) {
	p := &x.phases
	if p.n == maxPhases {
		return
	}
	p.all[p.n] = gateway.Phase{Name: name, FromUS: from.Sub(x.began).Microseconds(), TookUS: until.Sub(from).Microseconds()}
	p.n++
}

// looksUp begins a look into the cache; lookedUp ends it, if one is under way.
func (x *exchange) looksUp(from time.Time) { x.phases.open = from }

func (x *exchange) lookedUp() {
	if from := x.phases.open; !from.IsZero() {
		x.phases.open = time.Time{}
		x.phase(gateway.PhaseCache, from, time.Now())
	}
}

// entryPhases gives the entry its phases: the usual few in the entry's own block.
func (x *exchange) entryPhases(e *gateway.Entry) {
	if p := &x.phases; p.n > 0 {
		e.Phases = append(x.log.phases[:0], p.all[:p.n]...)
	}
}
