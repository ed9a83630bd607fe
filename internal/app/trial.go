package app

import (
	"context"
	"errors"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// try makes one small call at a provider, for the admin API.
func (p *process) try(ctx context.Context, t admin.Try) (admin.Trial, error) {
	found, err := p.proxy.Try(ctx, &proxy.Try{Provider: t.Provider, Model: t.Model, Credential: t.Credential, Workspace: t.Workspace})
	var f *fault.Fault
	if errors.As(err, &f) {
		return admin.Trial{}, admin.Invalid(f.Param, f.Message)
	}
	out := admin.Trial{
		OK: err == nil && found.Fault == nil, Asked: found.Asked, Credential: found.Credential, LatencyMS: found.Latency.Milliseconds(),
		Models: found.Models, Problem: string(found.Problem), Said: found.Said, ClockS: int64(found.Clock.Seconds()),
	}
	if found.Status != 0 {
		out.Status = &found.Status
	}
	if found.Fault != nil {
		out.Message = found.Fault.Message
	}
	return out, err
}
