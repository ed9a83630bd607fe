package admin

import (
	"context"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// rateEntry keeps what somebody thinks of a call's answer.
func (a *api) rateEntry(c *call, body *gateway.Rating) (gateway.Rating, error) {
	if field, why := body.Check(); why != "" {
		return *body, invalid(field, why)
	}
	e, _, err := a.entry(c)
	if err != nil {
		return *body, err
	}
	err = a.Store.PutFeedback(c.ctx(), gateway.Feedback{
		EntryID: e.ID, Workspace: e.Workspace, Feedback: string(body.Feedback), Score: body.Score, Comment: a.keptComment(e.Gateway, body.Comment), By: c.who.name(), At: a.Clock(),
	})
	return *body, err
}

// keptComment is a comment on a gateway's call without what its policy takes out.
func (a *api) keptComment(name, comment string) string {
	if a.Snapshot == nil {
		return comment // offline, nobody knows the policy
	}
	if s := a.Snapshot(); s != nil && s.Gateways[name] != nil {
		return s.Gateways[name].Log.Redact.Text(comment, nil)
	}
	return comment
}

// ratedTime bounds how long a list waits for the feedback on calls that are still in the
// spool.
const ratedTime = time.Second

// ratedOnes puts feedback on entries that wait in the spool; those in the store have it.
// When the store is away they come without. The spool's own entries are not changed.
func (a *api) ratedOnes(ctx context.Context, waiting []*gateway.Entry) []*gateway.Entry {
	if len(waiting) == 0 || a.Spool.Stats().StoreAway {
		return waiting
	}
	ids := make([]string, len(waiting))
	for i, e := range waiting {
		ids[i] = e.ID
	}
	ctx, cancel := context.WithTimeout(ctx, ratedTime)
	defer cancel()
	found, err := a.Store.FeedbackOf(ctx, ids)
	if err != nil || len(found) == 0 {
		return waiting // the store's absence is told where the list asks it
	}
	waiting = slices.Clone(waiting)
	for i, e := range waiting {
		if f, ok := found[e.ID]; ok {
			rated := *e
			rated.Rate(&f)
			waiting[i] = &rated
		}
	}
	return waiting
}
