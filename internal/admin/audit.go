package admin

import (
	"context"
	"errors"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/store"
)

func (a *api) auditRoutes() []route {
	return []route{
		read(owners, get, "/audit", "listAudit", "The audit log: who did and saw what, newest first unless order is oldest. Owners see what belongs to their workspaces.", concat(auditFilters, paging), a.listAudit),
		read(admins, get, "/audit/verify", "verifyAudit", "Prove that nothing in the audit log was altered or removed. A long log takes several calls: give next as after.", verifyParams, a.verifyAudit),
		read(owners, get, "/audit/{seq}", "getAuditEvent", "One event of the audit log.", nil, a.getAuditEvent),
	}
}

var auditFilters = []Param{
	{"who", "Id or name of who did it."},
	{"action", "Exact action, or a noun with a point behind it: key. is all that was done to keys."},
	{"object", "Id or name of what it was done to."},
	{"kind", "Kind of what it was done to."},
	{"workspace", "Events of this workspace."},
	{"outcome", "ok, refused or begun."},
	{"ip", "Address that it came from."},
	{"from", "Events from this time on (RFC 3339)."},
	{"to", "Events before this time (RFC 3339)."},
	{"order", "oldest: the oldest first."},
}

// AuditPage is one page of the audit log.
type AuditPage struct {
	Data []audit.Event `json:"data"`
	Next string        `json:"next"`
}

func (a *api) listAudit(c *call) (AuditPage, error) {
	limit, cursor, err := c.page()
	g := c.query.Get
	q := store.AuditQuery{Who: g("who"), Action: g("action"), Object: g("object"), Kind: g("kind"), Workspace: g("workspace"), Outcome: g("outcome"), IP: g("ip"), Limit: limit, Cursor: cursor, Within: c.within()}
	var badFrom, badTo error
	q.From, badFrom = c.moment("from")
	q.To, badTo = c.moment("to")
	if err := errors.Join(err, badFrom, badTo); err != nil {
		return AuditPage{}, err
	}
	switch g("order") {
	case "", "newest":
	case "oldest":
		q.Oldest = true
	default:
		return AuditPage{}, invalid("order", "order is newest or oldest")
	}
	switch q.Outcome {
	case "", audit.OK, audit.Refused, audit.Begun:
	default:
		return AuditPage{}, invalid("outcome", "outcome is ok, refused or begun")
	}
	page, err := a.Store.Audit(c.ctx(), q)
	return AuditPage{Data: notNil(page.Events), Next: page.Next}, err
}

func (a *api) getAuditEvent(c *call) (audit.Event, error) {
	c.scoped = true
	text := c.path["seq"]
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return audit.Event{}, notFound("there is no event " + asStored(text) + "; they are numbers")
	}
	e, err := a.Store.AuditEvent(c.ctx(), seq)
	if err == nil {
		err = c.in(e.Workspace)
	}
	if err != nil {
		return audit.Event{}, named(err, "event", text)
	}
	return e, nil
}

var verifyParams = []Param{
	{"after", "Begin behind this event, which was verified before: the next of the answer before."},
	{"head", "A hash that was kept elsewhere: it must be that of an event, so that nothing that was there then can be gone."},
	{"limit", "Events that one call verifies, 1 to 100000; 20000 unless given."},
}

// AuditVerified is what a walk over the audit log found.
type AuditVerified struct {
	OK     bool          `json:"ok" doc:"Everything that was looked at holds. With head: and the event was seen, or the log goes on."`
	Broken *audit.Broken `json:"broken" doc:"The first place where it does not hold; null = none."`
	Rows   int64         `json:"rows" doc:"Events that hold, in this call."`
	First  int64         `json:"first"`
	Last   int64         `json:"last" doc:"The last one that holds."`
	Hash   audit.Hash    `json:"hash" doc:"Of that one. Keep it elsewhere: with head it proves later that nothing was cut off."`
	Pruned *audit.Pruned `json:"pruned" doc:"What retention removed before the first event; null = nothing."`
	Seen   int64         `json:"seen" doc:"The event whose hash head is; 0 = not in this call."`
	End    int64         `json:"end" doc:"The last event of the log."`
	Next   int64         `json:"next" doc:"Give this as after to go on; 0 = that was all."`
}

const (
	verifyStep = 20000
	maxVerify  = 100000
)

func (a *api) verifyAudit(c *call) (AuditVerified, error) {
	v := &audit.Verifier{}
	after, err := c.number("after", 0, 0, 1<<62)
	if err != nil {
		return AuditVerified{}, err
	}
	limit, err := c.number("limit", verifyStep, 1, maxVerify)
	if err != nil {
		return AuditVerified{}, err
	}
	if text := c.query.Get("head"); text != "" {
		head, err := audit.ParseHash(text)
		if err != nil {
			return AuditVerified{}, invalid("head", "head is 64 hexadecimal digits, as verify tells them")
		}
		v.Anchor = &head
	}
	if after > 0 {
		e, err := a.Store.AuditEvent(c.ctx(), after)
		if err != nil {
			return AuditVerified{}, named(err, "event", strconv.FormatInt(after, 10))
		}
		v.From(e.Seq, e.Hash)
		if err := a.seenBefore(c.ctx(), v, after); err != nil {
			return AuditVerified{}, err
		}
	}
	return a.walkAudit(c.ctx(), v, limit)
}

// seenBefore looks for the anchor in what was verified before.
func (a *api) seenBefore(ctx context.Context, v *audit.Verifier, through int64) error {
	if v.Anchor == nil {
		return nil
	}
	page, err := a.Store.Audit(ctx, store.AuditQuery{Hash: v.Anchor, Limit: 1})
	if err == nil && len(page.Events) == 1 && page.Events[0].Seq <= through {
		v.Seen = page.Events[0].Seq
	}
	return err
}

// number reads a parameter that is a number between two others.
func (c *call) number(name string, unless, low, high int64) (int64, error) {
	text := c.query.Get(name)
	if text == "" {
		return unless, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, invalid(name, name+" is a number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
	}
	return n, nil
}

// walkAudit verifies events up to the end of the log, at most about limit.
func (a *api) walkAudit(ctx context.Context, v *audit.Verifier, limit int64) (AuditVerified, error) {
	var err error
	if v.Pruned, err = a.Store.AuditPrunes(ctx); err != nil {
		return AuditVerified{}, err
	}
	for {
		page, unread := a.Store.Audit(ctx, store.AuditQuery{Oldest: true, After: v.Last, Limit: maxPage})
		if broken := (*audit.Broken)(nil); unread != nil && !errors.As(unread, &broken) {
			return AuditVerified{}, unread
		}
		end, head, err := a.Store.AuditHead(ctx) // behind the page: events may have come since
		if errors.Is(err, store.ErrNotFound) {
			return verified(v, 0, false, &audit.Broken{Seq: v.Last + 1, Why: "the row that tells where the log ends was removed"})
		}
		if err != nil {
			return AuditVerified{}, err
		}
		for i := range page.Events {
			if err := v.Add(&page.Events[i]); err != nil {
				return verified(v, end, false, err)
			}
		}
		switch {
		case unread != nil:
			return verified(v, end, false, unread)
		case page.Next == "" && end == 0 && v.Last == 0:
			return verified(v, end, true, a.mayBeEmpty(ctx, v))
		case page.Next == "" && (v.Last >= end || len(page.Events) == 0):
			return verified(v, end, true, v.End(end, head))
		case v.Rows >= limit:
			return verified(v, end, false, nil)
		}
	}
}

// mayBeEmpty says whether a log without any event can be whole: not where something was
// done that every log tells of. Making a key is, and so is each start.
func (a *api) mayBeEmpty(ctx context.Context, v *audit.Verifier) error {
	keys, err := a.Store.Keys(ctx, store.KeyQuery{Limit: 1})
	if err != nil {
		return err
	}
	if len(keys.Keys) > 0 {
		return &audit.Broken{Seq: 1, Why: "the log is empty, though the store has keys: every event was removed, and the row that tells where it ended was changed"}
	}
	return v.End(0, audit.Hash{})
}

func verified(v *audit.Verifier, end int64, whole bool, err error) (AuditVerified, error) {
	out := AuditVerified{OK: err == nil, Rows: v.Rows, First: v.First, Last: v.Last, Hash: v.Head, Pruned: v.Begins, Seen: v.Seen, End: end}
	if err != nil && !errors.As(err, &out.Broken) {
		return out, err
	}
	if err == nil && !whole {
		out.Next = v.Last
	}
	return out, nil
}
