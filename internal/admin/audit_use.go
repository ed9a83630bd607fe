package admin

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/store"
)

// maxUses bounds how many uses of tokens are remembered; the store knows the others.
const maxUses = 4096

// uses remembers from which addresses tokens came.
type uses struct {
	mu   sync.Mutex
	seen map[[2]string]bool
}

func (u *uses) known(token, address string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen[[2]string{token, address}]
}

func (u *uses) add(token, address string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.seen) >= maxUses {
		clear(u.seen)
	}
	u.seen[[2]string{token, address}] = true
}

// used tells the audit log when a token comes from an address for the first time. Where
// that cannot be told just now, it will be at the next use.
func (a *api) used(c *call, r *http.Request) {
	who := c.who
	if a.Local != "" || who.token != nil && who.token.Session {
		return
	}
	actor := a.actorOf(who, "")
	object := audit.Object{Kind: "token", ID: "admin_token", Name: "admin token"}
	workspace := ""
	if who.token != nil {
		object.ID, object.Name, workspace = who.token.ID, who.token.Name, who.token.Workspace
	}
	address := a.addressOf(r)
	if a.uses.known(object.ID, address) {
		return
	}
	err := a.tellOnce(r.Context(), audit.Event{
		Time: a.now(), Actor: actor, Action: "token.use", Object: object, Workspace: workspace, IP: address, UserAgent: r.UserAgent(), RequestID: c.id, Outcome: audit.OK,
	})
	if err != nil {
		a.Log.Debug("the audit log does not know yet that a token came from a new address", "error", err)
		return
	}
	a.uses.add(object.ID, address)
}

// errTold ends a transaction that would have told something twice.
var errTold = errors.New("the audit log has it already")

// tellOnce adds an event unless there is one of the same action, object and address: also
// when several requests, or nodes, come to tell it at once.
func (a *api) tellOnce(ctx context.Context, e audit.Event) error {
	same := store.AuditQuery{Action: e.Action, Object: e.Object.ID, IP: e.IP, Limit: 2}
	before, err := a.Store.Audit(ctx, same)
	if err != nil || len(before.Events) > 0 {
		return err
	}
	err = a.Store.Atomically(ctx, func(ctx context.Context) error {
		if _, err := a.Store.AppendAudit(ctx, e); err != nil { // whoever else tells it waits for this
			return err
		}
		all, err := a.Store.Audit(ctx, same)
		if err == nil && len(all.Events) > 1 {
			err = errTold
		}
		return err
	})
	if errors.Is(err, errTold) {
		return nil
	}
	return err
}
