package app

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/store"
)

// replay makes a recorded call once more.
func (p *process) replay(ctx context.Context, r *admin.Replay) (string, int, error) {
	e := r.Entry
	again := &proxy.Again{
		Gateway: e.Gateway, Who: r.Who, From: r.From, Dialect: e.ClientDialect, Operation: e.Operation, Endpoint: e.Endpoint, Model: r.Model, Stream: e.Stream,
		ContentType: r.Body.ContentType, Body: r.Body.Bytes,
	}
	if r.Direct {
		again.Dialect, again.Provider = e.ProviderDialect, e.Provider
	}
	id, status, err := p.proxy.Replay(ctx, again)
	var f *fault.Fault
	if errors.As(err, &f) {
		return id, status, admin.Invalid(f.Param, f.Message)
	}
	return id, status, err
}

// proxyFeedback keeps what callers think of their answers.
type proxyFeedback struct{ p *process }

// Rate implements proxy.Feedback.
func (x proxyFeedback) Rate(ctx context.Context, who *gateway.Principal, id string, r *gateway.Rating) error {
	e, waiting := x.p.recorder.PendingEntry(id)
	if !waiting {
		var err error
		if e, err = x.p.store.Entry(ctx, id); err != nil {
			return noFeedback(err)
		}
	}
	if e.Workspace != who.Workspace || e.KeyID != who.KeyID() || who.User != "" && e.User != who.User {
		return noFeedback(store.ErrNotFound) // others' calls are none of its business
	}
	by := "its caller"
	if who.User != "" {
		by = who.User
	}
	return noFeedback(x.p.store.PutFeedback(ctx, gateway.Feedback{
		EntryID: e.ID, Workspace: e.Workspace, Feedback: string(r.Feedback), Score: r.Score, Comment: x.p.keptComment(e.Gateway, r.Comment), By: by, At: time.Now(),
	}))
}

// keptComment is a comment on a gateway's call without what its policy takes out.
func (p *process) keptComment(name, comment string) string {
	if g := p.snapshot.Load().Gateways[name]; g != nil {
		return g.Log.Redact.Text(comment, nil)
	}
	return comment
}

// noFeedback says why none could be kept; nil where it could.
func noFeedback(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		f := fault.New(fault.NotFound, "There is no call of yours with this id: it is the sluice-request-id that came with the answer.").Field("id")
		f.NoRetry = true
		return f
	}
	return fault.New(fault.Overloaded, "The store is away, so the feedback could not be kept; send it again.").With(err).After(5 * time.Second)
}
