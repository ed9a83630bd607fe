package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// PrivacyStore keeps erasures and knows what is kept of users.
type PrivacyStore interface {
	CreateErasure(ctx context.Context, e gateway.Erasure) error
	Erasure(ctx context.Context, id string) (gateway.Erasure, error)
	Erasures(ctx context.Context, within []string, cursor string, limit int) (store.ErasurePage, error)
	HeldOf(ctx context.Context, p store.Person) (map[string]int, error)
	HeldUnderKeys(ctx context.Context, workspace string) (map[string]int, error)
	EntriesOf(ctx context.Context, p store.Person, below string, n int) ([]string, error)
}

// NewErasure names the user whose data is to be erased.
type NewErasure struct {
	User      string `json:"user" doc:"As entries name him."`
	Workspace string `json:"workspace" doc:"Whose calls are meant; needed of all but system admins, for whom nothing means all of them."`
	DryRun    bool   `json:"dry_run" doc:"Only count what would be erased."`
}

// NewShred names the workspace whose keys of bodies are to be destroyed.
type NewShred struct {
	Workspace string `json:"workspace" required:"true" doc:"Whose bodies can be read by nobody any more."`
	DryRun    bool   `json:"dry_run" doc:"Only count what would be lost."`
}

// Erasure is one erasure: a job while it is under way, then its receipt.
type Erasure struct {
	gateway.Erasure
	Genuine *bool `json:"genuine" doc:"Whether hash and signature belong to the receipt; null while there is none, and in lists."`
}

// ErasureList are erasures.
type ErasureList struct {
	Data []Erasure `json:"data"`
	Next string    `json:"next"`
}

func (a *api) privacyRoutes() []route {
	return []route{
		read(owners, get, "/privacy/erasures", "listErasures", "Erasures of users and of keys of bodies, newest first: what is under way, and the receipts of what is done.", concat([]Param{{"workspace", "Only those of this workspace."}}, paging), a.listErasures),
		write(owners, post, "/privacy/erasures", "createErasure", "Erase what is kept of one user's calls everywhere, or count it with dry_run. It is done in the background; what it cost stays in the figures.", http.StatusOK, a.createErasure),
		write(owners, post, "/privacy/shreds", "createShred", "Destroy the keys under which bodies of a workspace's calls are kept (log.encrypt), so that nobody can read them any more, or count them with dry_run. It is done in the background and ends with a receipt among the erasures; the calls' figures stay.", http.StatusOK, a.createShred),
		read(viewers, get, "/privacy/redactions", "getRedactions", "What redaction took out of what is kept of calls, by kind over time.", redactionParams, a.getRedactions),
		read(owners, get, "/privacy/erasures/{id}", "getErasure", "One erasure and how far it is, or its receipt.", nil, a.getErasure),
		{Access: owners, Method: get, Path: "/privacy/users/{user}", Name: "exportUser", Summary: "Everything that is kept of one user's calls, an entry with its bodies a line, oldest last.",
			Query: []Param{{"workspace", "Whose calls are meant; needed of all but system admins."}}, Stream: "entries with their bodies, one JSON object a line", Status: http.StatusOK, serve: a.exportUser},
	}
}

// person reads who is meant, and where.
func (a *api) person(c *call, user, workspace string) (store.Person, error) {
	if user == "" {
		return store.Person{}, invalid("user", "user is needed: whose data?")
	}
	if len(user) > maxSecret {
		return store.Person{}, invalid("user", "user is longer than "+strconv.Itoa(maxSecret)+" bytes")
	}
	return store.Person{User: gateway.UserName(user), Workspace: workspace}, a.inOwnWorkspace(c, workspace)
}

func (a *api) createErasure(c *call, body *NewErasure) (Erasure, error) {
	p, err := a.person(c, body.User, body.Workspace)
	if err != nil {
		return Erasure{}, err
	}
	counts, err := a.Store.HeldOf(c.ctx(), p)
	if err != nil {
		return Erasure{}, err
	}
	e := gateway.Erasure{Workspace: p.Workspace, By: c.who.name(), Created: a.now(), State: gateway.ErasureDry, Counts: counts}
	if body.DryRun {
		return Erasure{Erasure: e}, nil
	}
	if e.ID, err = newID("ers_"); err != nil {
		return Erasure{}, err
	}
	e.User, e.UserHash = p.User, gateway.HashUser(e.ID, p.User)
	c.object = audit.Object{Kind: "erasure", ID: e.ID}
	return a.beginErasure(c, e)
}

// beginErasure notes what is to be done and lets it begin.
func (a *api) beginErasure(c *call, e gateway.Erasure) (Erasure, error) {
	e.State = gateway.ErasureWaiting
	if err := a.Store.CreateErasure(c.ctx(), e); err != nil {
		return Erasure{}, err
	}
	c.then = func(answer any) any {
		if a.WakeEraser != nil {
			a.WakeEraser()
		}
		return answer
	}
	return Erasure{Erasure: e}, nil
}

func (a *api) createShred(c *call, body *NewShred) (Erasure, error) {
	if body.Workspace == "" {
		return Erasure{}, invalid("workspace", "workspace is needed: whose keys?")
	}
	if err := a.inOwnWorkspace(c, body.Workspace); err != nil {
		return Erasure{}, err
	}
	counts, err := a.Store.HeldUnderKeys(c.ctx(), body.Workspace)
	if err != nil {
		return Erasure{}, err
	}
	e := gateway.Erasure{Kind: gateway.ErasureOfKeys, Workspace: body.Workspace, By: c.who.name(), Created: a.now(), State: gateway.ErasureDry, Counts: counts}
	if body.DryRun {
		return Erasure{Erasure: e}, nil
	}
	if e.ID, err = newID("ers_"); err != nil {
		return Erasure{}, err
	}
	c.object = audit.Object{Kind: "erasure", ID: e.ID}
	return a.beginErasure(c, e)
}

func (a *api) listErasures(c *call) (ErasureList, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return ErasureList{}, err
	}
	within := c.within()
	if w := c.query.Get("workspace"); w != "" {
		if within != nil && !slices.Contains(within, w) {
			return ErasureList{Data: []Erasure{}}, nil
		}
		within = []string{w}
	}
	page, err := a.Store.Erasures(c.ctx(), within, cursor, limit)
	out := ErasureList{Data: []Erasure{}, Next: page.Next}
	for _, e := range page.Erasures {
		out.Data = append(out.Data, Erasure{Erasure: e})
	}
	return out, err
}

func (a *api) getErasure(c *call) (Erasure, error) {
	e, err := a.Store.Erasure(c.ctx(), c.path["id"])
	if err == nil {
		err = c.in(e.Workspace)
	}
	if err != nil {
		return Erasure{}, named(err, "erasure", c.path["id"])
	}
	out := Erasure{Erasure: e}
	if e.State == gateway.ErasureDone && a.Vault != nil {
		genuine := e.Hash == e.Digest() && a.Vault.Verify(c.ctx(), e.ID, e.Hash, e.Signature) == nil
		out.Genuine = &genuine
	}
	return out, nil
}

// exportUser writes what is kept of a user. The audit log is told of it before, and not
// whom it was about: it could not forget him.
func (a *api) exportUser(c *call) (any, error) {
	p, err := a.person(c, c.path["user"], c.query.Get("workspace"))
	if err != nil {
		return nil, err
	}
	c.object = audit.Object{Kind: "user", ID: "sha256:" + gateway.HashUser(c.id, p.User)}
	if err := a.tell(c, &route{deed: deed{Action: "privacy.export"}}, audit.OK, nil, nil); err != nil {
		return nil, err
	}
	if err := a.flush(c.ctx()); err != nil {
		return nil, err
	}
	c.w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	c.w.Header().Set("Content-Disposition", `attachment; filename="user.jsonl"`)
	c.w.WriteHeader(http.StatusOK)
	return nil, a.writeUser(c, p)
}

// exportTime bounds one export.
const exportTime = 10 * time.Minute

func (a *api) writeUser(c *call, p store.Person) error {
	ctx, cancel := context.WithTimeout(c.ctx(), exportTime)
	defer cancel()
	for below := ""; ; {
		ids, err := a.Store.EntriesOf(ctx, p, below, 200)
		if err != nil || len(ids) == 0 {
			return a.broke(c, err)
		}
		for _, id := range ids {
			e, err := a.Store.Entry(ctx, id)
			if err != nil {
				continue // deleted meanwhile
			}
			line, err := json.Marshal(EntryDetail{Entry: *e, Bodies: NewBodies(e.Bodies)})
			if err == nil {
				_, err = c.w.Write(append(line, '\n'))
			}
			if err != nil {
				return nil // who asked has left
			}
		}
		below = ids[len(ids)-1]
	}
}

// broke ends an answer whose beginning has gone out so that its reader notices.
func (a *api) broke(_ *call, err error) error {
	if err != nil {
		a.Log.Warn("an export of a user broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
