package app

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/telemetry"
)

// explain tells what would become of a call.
func (p *process) explain(ctx context.Context, q *admin.Explain) (gateway.Explained, error) {
	e, err := p.proxy.Explain(ctx, &proxy.Question{
		Gateway: q.Gateway, Who: q.Who, IP: q.IP, Model: q.Model, Operation: llm.Operation(q.Operation), Path: q.Path, Header: q.Header, Body: q.Body,
	})
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind == fault.Caller {
		return e, admin.Invalid(f.Param, f.Message)
	}
	return e, err
}

// targets tells how targets stand.
func (p *process) targets() []admin.TargetHealth {
	all := p.health.List()
	out := make([]admin.TargetHealth, len(all))
	for i := range all {
		out[i] = targetHealth(&all[i])
	}
	return out
}

// levels tells metrics how far targets may be used.
func (p *process) levels() []telemetry.TargetLevel {
	if p.health == nil {
		return nil
	}
	all := p.health.List()
	out := make([]telemetry.TargetLevel, len(all))
	for i := range all {
		id := &all[i].ID
		out[i] = telemetry.TargetLevel{Provider: id.Provider, Model: id.Model, Credential: id.Credential, Level: int(all[i].Level)}
	}
	return out
}

func targetHealth(s *health.State) admin.TargetHealth {
	t := admin.TargetHealth{
		Provider: s.ID.Provider, Model: s.ID.Model, Credential: s.ID.Credential, Level: s.Level.String(), Status: s.Status, Peer: s.Peer,
		Row: s.Row, Strikes: s.Strikes, Calls: s.Calls, Failed: s.Failed, Busy: s.Stats.Busy, Success: s.Stats.Success,
		FirstMS: millis(s.Stats.First), P95MS: millis(s.Stats.P95),
	}
	if !s.Until.IsZero() {
		until := s.Until.UTC()
		t.Until, t.Why = &until, s.Why.String()
	}
	if s.Stats.Speed > 0 {
		t.Speed = &s.Stats.Speed
	}
	return t
}

// millis gives nil for an unknown time.
func millis(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	ms := float64(d.Microseconds()) / 1000
	return &ms
}
