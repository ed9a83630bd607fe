package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/store"
)

// AuditStore keeps the audit log.
type AuditStore interface {
	Atomically(ctx context.Context, fn func(context.Context) error) error
	AppendAudit(ctx context.Context, e audit.Event) (audit.Event, error)
	Audit(ctx context.Context, q store.AuditQuery) (store.AuditPage, error)
	AuditEvent(ctx context.Context, seq int64) (audit.Event, error)
	AuditHead(ctx context.Context) (int64, audit.Hash, error)
	AuditPrunes(ctx context.Context) ([]audit.Pruned, error)
}

// requestIDHeader names the request in the answer and in the audit log.
const requestIDHeader = "Sluice-Request-Id"

// act serves a call and tells the audit log what it changed or showed. What cannot be told
// is not done.
func (a *api) act(c *call, r *route) (answer any, err error) {
	switch {
	case r.deed.Action == "":
		return r.serve(c)
	case !r.changes() && r.Answer != nil:
		if answer, err = r.serve(c); err != nil {
			return nil, err
		}
		if d, ok := answer.(discloser); !ok || !d.discloses() {
			return answer, nil
		}
		return answer, a.tell(c, r, audit.OK, nil, answer)
	case r.deed.Apart:
		return a.actApart(c, r)
	case r.deed.Sealed && a.Vault != nil:
		if err := a.Vault.Unlock(c.ctx()); err != nil {
			return nil, err
		}
	}
	whole := c.r
	err = a.Store.Atomically(c.ctx(), func(ctx context.Context) error {
		c.r = whole.WithContext(ctx)
		before := a.recordBefore(c, r)
		if answer, err = r.serve(c); err != nil {
			return err
		}
		c.r = whole.WithContext(ctx) // the handler may have had one that has ended
		return a.tell(c, r, audit.OK, before, answer)
	})
	c.r = whole
	if err != nil {
		return nil, err
	}
	if c.then != nil {
		answer = c.then(answer)
	}
	return answer, nil
}

// actApart tells of a deed before it is done, since it cannot be undone, and how it ended.
func (a *api) actApart(c *call, r *route) (any, error) {
	before := a.recordBefore(c, r)
	if err := a.tell(c, r, audit.Begun, nil, nil); err != nil {
		return nil, err
	}
	answer, err := r.serve(c)
	if err != nil {
		return nil, err
	}
	if err := a.tell(c, r, audit.OK, before, answer); err != nil {
		a.Log.Warn("the audit log has the beginning of this, but not its end", "action", r.deed.Action, "request_id", c.id, "error", err)
	}
	return answer, nil
}

// tell adds an event to the audit log.
func (a *api) tell(c *call, r *route, outcome string, before, answer any) error {
	e, err := a.event(c, r, before, answer)
	if err != nil {
		return err
	}
	if e.Outcome = outcome; outcome == audit.Begun {
		e.Object.ID = asName(e.Object.ID) // whether there is such a thing will be seen
	}
	_, err = a.Store.AppendAudit(c.ctx(), e)
	return err
}

// event makes the event of a call.
func (a *api) event(c *call, r *route, before, answer any) (audit.Event, error) {
	e := audit.Event{Time: a.now(), Action: r.deed.Action, IP: a.addressOf(c.r), UserAgent: c.r.UserAgent(), RequestID: c.id, Workspace: c.workspace}
	e.Object = c.objectOf(r)
	after := shownRecord(answer)
	was, err := audit.Fields(before)
	if err != nil {
		return e, err
	}
	is, err := audit.Fields(after)
	if err != nil {
		return e, err
	}
	tellOf(&e, was)
	tellOf(&e, is)
	if strings.HasSuffix(e.Action, ".delete") && before != nil {
		is = nil
	}
	e.Actor = a.actor(c, e.Workspace)
	changes := slices.Concat(audit.Diff(was, is), c.filters(r), c.changed)
	if e.Changes, err = json.Marshal(notNil(changes)); err != nil {
		return e, err
	}
	hideSecrets(&e)
	return e, nil
}

// actor is who asks, as the audit log names him.
func (a *api) actor(c *call, workspace string) audit.Actor {
	switch {
	case c.actor != nil:
		return *c.actor
	case c.who == nil:
		return audit.Actor{Kind: "unknown", Name: c.claimed}
	}
	return a.actorOf(c.who, workspace)
}

func (a *api) actorOf(w *caller, workspace string) audit.Actor {
	by := w.author()
	who := audit.Actor{Kind: by.Kind, ID: by.ID, Name: by.Name, Role: string(w.roles[workspace])}
	if w.admin {
		who.Role = "admin"
	}
	if w.token == nil && a.Local != "" {
		who.Kind, who.Name = "cli", a.Local
	}
	return who
}

// addressOf is where a request comes from, behind trusted proxies too.
func (a *api) addressOf(r *http.Request) string {
	if a.Local != "" {
		return ""
	}
	var header http.Header
	var trusted []netip.Prefix
	if a.Snapshot != nil {
		if s := a.Snapshot(); s != nil && len(s.Proxies.Trusted) > 0 {
			header, trusted = http.Header{s.Proxies.Header: r.Header[s.Proxies.Header]}, s.Proxies.Trusted
		}
	}
	ip := auth.ClientIP(r.RemoteAddr, header, trusted)
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

// refuse tells the audit log of a deed that was refused. Equal ones are added up, so that
// a flood of them does not fill the log; where they cannot be told, they are refused all
// the same.
func (a *api) refuse(c *call, r *route, refused error) {
	why := explain(refused)
	action, object := r.deed.Action, audit.Object{}
	switch {
	case why.Code == codeStoreAway:
		return
	case c.who == nil && r.Access != anyone:
		if _, given := c.r.Header["Authorization"]; !given {
			return // nobody tried to be anybody
		}
		action = "auth.token"
	case action == "" || !r.changes() && r.Answer != nil && (len(c.path) == 0 || why.Status != http.StatusForbidden && why.Status != http.StatusNotFound):
		return
	default:
		object = c.objectOf(r)
		if why.Status == http.StatusNotFound || why.Status == http.StatusBadRequest {
			object.ID = asName(object.ID)
		}
	}
	e := audit.Event{
		Time: a.now(), Action: action, Object: object, Workspace: c.workspace, IP: a.addressOf(c.r), UserAgent: c.r.UserAgent(), RequestID: c.id,
		Outcome: audit.Refused, Code: why.Code, Actor: a.actor(c, c.workspace),
	}
	hideSecrets(&e)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), 5*time.Second)
	defer cancel()
	if e.Count = a.refusals.take(floodKey{e.Actor.ID, action, why.Code, clientOf(c.r).String()}, &e, e.Time); e.Count > 0 {
		a.append(ctx, e)
	}
	for _, rest := range a.refusals.over(e.Time) {
		a.append(ctx, rest)
	}
}

func (a *api) append(ctx context.Context, e audit.Event) {
	if _, err := a.Store.AppendAudit(ctx, e); err != nil {
		a.Log.Warn("the audit log does not have a refusal", "action", e.Action, "code", e.Code, "times", cmp.Or(e.Count, 1), "error", err)
	}
}
