package admin

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// WorkspacePage is one page of a list of workspaces.
type WorkspacePage struct {
	Data []gateway.Workspace `json:"data"`
	Next string              `json:"next"`
}

// NewWorkspace is what a workspace is created from.
type NewWorkspace struct {
	ID      string   `json:"id" required:"true" doc:"Lower-case letters, digits, - and _, up to 64; it never changes."`
	Name    string   `json:"name" doc:"What people call it; the id unless given."`
	Regions []string `json:"regions" doc:"Regions, such as eu or us-east-1, where its calls may be served; what gateway and key allow unless given."`
	RetainS int64    `json:"retain_s" doc:"Seconds that its calls are kept, where the gateway does not let them go earlier; 0 = as the gateway says, else a minute at least."`
}

func (a *api) listWorkspaces(c *call) (WorkspacePage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return WorkspacePage{}, err
	}
	page, err := a.Store.WorkspacesWithin(c.ctx(), c.within(), cursor, limit)
	return WorkspacePage{Data: notNil(page.Workspaces), Next: page.Next}, err
}

var workspaceID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (a *api) createWorkspace(c *call, body *NewWorkspace) (gateway.Workspace, error) {
	w := gateway.Workspace{ID: body.ID, Name: strings.TrimSpace(body.Name), Created: a.Clock().UTC().Truncate(time.Microsecond), Regions: notNil(body.Regions), RetainS: body.RetainS}
	if !workspaceID.MatchString(w.ID) {
		return w, invalid("id", "id needs lower-case letters, digits, - and _, up to 64, and begins with a letter or digit")
	}
	if w.Name == "" {
		w.Name = w.ID
	}
	if err := errors.Join(checkText("name", w.Name, maxName), checkRegions(w.Regions), checkRetention(w.RetainS)); err != nil {
		return w, err
	}
	err := a.Store.CreateWorkspace(c.ctx(), w)
	if errors.Is(err, store.ErrExists) {
		e := explain(err)
		e.Message, e.Details.Field = "there is a workspace "+strconv.Quote(w.ID)+" already", "id"
		return w, e
	}
	if err == nil && len(w.Regions) > 0 {
		a.refreshKeys(c.ctx())
	}
	return w, err
}

func (a *api) getWorkspace(c *call) (gateway.Workspace, error) {
	if err := c.in(c.path["id"]); err != nil {
		return gateway.Workspace{}, named(err, "workspace", c.path["id"])
	}
	w, err := a.Store.Workspace(c.ctx(), c.path["id"])
	return w, named(err, "workspace", c.path["id"])
}

// WorkspaceChange is what may change of a workspace.
type WorkspaceChange struct {
	Name    *string  `json:"name,omitempty" doc:"What people call it."`
	Regions []string `json:"regions,omitempty" doc:"Regions where its calls may be served; an empty list takes them away."`
	RetainS *int64   `json:"retain_s,omitempty" doc:"Seconds that its calls are kept; 0 = as the gateway says. What is older than a new time is deleted within minutes."`
}

func (a *api) updateWorkspace(c *call, body *WorkspaceChange) (gateway.Workspace, error) {
	w, err := a.getWorkspace(c)
	if err != nil {
		return w, err
	}
	if body.Name != nil {
		w.Name = strings.TrimSpace(*body.Name)
	}
	if body.Regions != nil {
		w.Regions = body.Regions
	}
	if body.RetainS != nil {
		w.RetainS = *body.RetainS
	}
	if err := errors.Join(checkText("name", w.Name, maxName), checkRegions(w.Regions), checkRetention(w.RetainS)); err != nil {
		return gateway.Workspace{}, err
	}
	if err := a.Store.UpdateWorkspace(c.ctx(), w); err != nil {
		return gateway.Workspace{}, named(err, "workspace", w.ID)
	}
	a.refreshKeys(c.ctx())
	return a.getWorkspace(c)
}

// Bounds of how long a workspace's calls are kept, in seconds.
const (
	minRetention = 60
	maxRetention = 100 * 365 * 24 * 60 * 60
)

func checkRetention(seconds int64) error {
	if seconds == 0 || seconds >= minRetention && seconds <= maxRetention {
		return nil
	}
	return invalid("retain_s", "retain_s is 0, or from 60 seconds to 100 years")
}

func (a *api) deleteWorkspace(c *call) (gateway.Workspace, error) {
	w, err := a.getWorkspace(c)
	if err != nil {
		return w, err
	}
	held, err := a.Store.HeldUnderKeys(c.ctx(), w.ID)
	if err != nil {
		return w, err
	}
	switch err := a.Store.DeleteWorkspace(c.ctx(), w.ID); {
	case errors.Is(err, store.ErrNotEmpty):
		return w, conflict("", "this workspace cannot be deleted: "+reason(err, store.ErrNotEmpty))
	case err != nil:
		return w, named(err, "workspace", w.ID)
	}
	if held["keys"] > 0 { // which are gone with it, but for the pages of the database's files
		e := gateway.Erasure{Kind: gateway.ErasureOfKeys, Workspace: w.ID, By: c.who.name(), Created: a.now(), Counts: held}
		if e.ID, err = newID("ers_"); err != nil {
			return w, err
		}
		if _, err := a.beginErasure(c, e); err != nil {
			return w, err
		}
	}
	a.refreshKeys(c.ctx())
	return w, nil
}

// reason gives what the store says before the error that callers tell apart.
func reason(err, kind error) string {
	text := strings.TrimSuffix(err.Error(), ": "+kind.Error())
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}
