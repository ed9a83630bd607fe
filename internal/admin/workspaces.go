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
	ID   string `json:"id" required:"true" doc:"Lower-case letters, digits, - and _, up to 64; it never changes."`
	Name string `json:"name" doc:"What people call it; the id unless given."`
}

func (a *api) listWorkspaces(c *call) (WorkspacePage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return WorkspacePage{}, err
	}
	page, err := a.Store.Workspaces(c.ctx(), cursor, limit)
	return WorkspacePage{Data: notNil(page.Workspaces), Next: page.Next}, err
}

var workspaceID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (a *api) createWorkspace(c *call, body *NewWorkspace) (gateway.Workspace, error) {
	w := gateway.Workspace{ID: body.ID, Name: strings.TrimSpace(body.Name), Created: a.Clock().UTC().Truncate(time.Microsecond)}
	if !workspaceID.MatchString(w.ID) {
		return w, invalid("id", "id needs lower-case letters, digits, - and _, up to 64, and begins with a letter or digit")
	}
	if w.Name == "" {
		w.Name = w.ID
	}
	if err := checkText("name", w.Name, maxName); err != nil {
		return w, err
	}
	err := a.Store.CreateWorkspace(c.ctx(), w)
	if errors.Is(err, store.ErrExists) {
		e := explain(err)
		e.Message, e.Details.Field = "there is a workspace "+strconv.Quote(w.ID)+" already", "id"
		return w, e
	}
	return w, err
}

func (a *api) getWorkspace(c *call) (gateway.Workspace, error) {
	w, err := a.Store.Workspace(c.ctx(), c.path["id"])
	return w, named(err, "workspace", c.path["id"])
}
