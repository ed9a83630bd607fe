package app

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/store"
)

// receiverChecks have the doctor look at who gets what this gateway tells: exports,
// destinations of telemetry and people.
func (p *process) receiverChecks() []doctor.Check {
	return []doctor.Check{doctor.Exports(p.exportsForDoctor), doctor.Telemetry(p.destinationsForDoctor), doctor.Alerts(p.undelivered)}
}

func (p *process) exportsForDoctor() (all []doctor.Export) {
	if p.exports == nil {
		return nil
	}
	states, now := p.exports.States(), time.Now()
	for i := range states {
		st := &states[i]
		lag := export.LagOf(st, now)
		all = append(all, doctor.Export{
			Name: st.Name, Behind: time.Duration(lag.Seconds * float64(time.Second)), Entries: lag.Entries, Paused: st.Paused, Failing: st.Failing, Error: st.Error,
		})
	}
	return all
}

func (p *process) destinationsForDoctor() (all []doctor.Destination) {
	for _, s := range p.otlp.Standings() {
		all = append(all, doctor.Destination{Name: s.Destination, Signal: s.Signal, Away: s.Away, Rejects: s.Rejects, Error: s.Error})
	}
	return all
}

// manyAlerts bounds the alerts that are looked at.
const manyAlerts = 500

func (p *process) undelivered(ctx context.Context) (all []doctor.Undelivered, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	waiting, now := false, time.Now()
	page, err := p.store.Alerts(ctx, store.AlertQuery{Delivered: &waiting, Limit: manyAlerts})
	if err != nil {
		return nil, err
	}
	for i := range page.Alerts {
		if a := &page.Alerts[i]; !alert.GivenUp(a) {
			all = append(all, doctor.Undelivered{Rule: a.Rule, Age: now.Sub(a.Created), Tries: a.Tries, Error: a.LastError})
		}
	}
	return all, nil
}
