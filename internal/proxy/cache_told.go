package proxy

import (
	"maps"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// keptTold is what a kept answer says about itself, as it was read once for all calls of an
// operation that it serves in its own dialect.
type keptTold struct {
	dialect *dialect.Dialect
	op      llm.Operation
	report  dialect.Report
}

// keptWhole gives the answer that is replayed and there as a whole; nil when the call's is
// none: what another call's vendor is still sending is read as it comes.
func (x *exchange) keptWhole() *cache.Answer {
	if !x.isKept() || x.caching.word == cacheCoalesced {
		return nil
	}
	return x.caching.served
}

// readKept is learn and sound for a kept answer. Who reads it first does so for all.
func (x *exchange) readKept(resp *upstream.Response, a *cache.Answer) error {
	if t, ok := a.Told.Get().(*keptTold); ok && t.dialect == x.dialect && t.op == x.ep.Op {
		x.report = copied(&t.report)
		x.bill()
		return nil
	}
	x.learn(resp, a.Body)
	if err := x.sound(resp, a.Body); err != nil {
		return err
	}
	if x.report != nil && x.report.Fault == nil {
		a.Told.Set(&keptTold{x.dialect, x.ep.Op, *copied(x.report)})
	}
	return nil
}

// copied gives a report that its owner may write to.
func copied(r *dialect.Report) *dialect.Report {
	own := *r
	own.Usage.Units = maps.Clone(r.Usage.Units)
	return &own
}
