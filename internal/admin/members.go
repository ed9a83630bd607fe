package admin

import (
	"context"
	"errors"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// MemberPage is one page of a list of members.
type MemberPage struct {
	Data []gateway.Member `json:"data"`
	Next string           `json:"next"`
}

var memberFilters = []Param{{"workspace", "Members of this workspace; needed by whoever has a role in several."}}

func (a *api) listMembers(c *call) (MemberPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return MemberPage{}, err
	}
	workspace := c.query.Get("workspace")
	if ids := c.within(); workspace == "" {
		if len(ids) != 1 {
			return MemberPage{}, invalid("workspace", "workspace is needed: whose members?")
		}
		workspace = ids[0]
	}
	if err := c.in(workspace); err != nil {
		return MemberPage{}, named(err, "workspace", workspace)
	}
	page, err := a.Store.Members(c.ctx(), workspace, cursor, limit)
	return MemberPage{Data: notNil(page.Members), Next: page.Next}, err
}

// MemberRole is what a member may do.
type MemberRole struct {
	Role gateway.Role `json:"role" required:"true" enum:"owner,editor,viewer"`
}

// putMember makes a user a member or changes the role. Only owners come here, so nobody
// gives more than he has.
func (a *api) putMember(c *call, body *MemberRole) (gateway.Member, error) {
	defer store.Hold(c.ctx(), &a.changes)()
	u, err := a.memberOfPath(c)
	if err != nil {
		return gateway.Member{}, err
	}
	if !body.Role.Allows(gateway.Viewer) {
		return gateway.Member{}, invalid("role", "role is owner, editor or viewer")
	}
	m := gateway.Member{Workspace: c.path["workspace"], User: u.ID, Email: u.Email, Role: body.Role, Created: a.now()}
	before, err := a.membership(c.ctx(), m.Workspace, u.ID)
	if err != nil {
		return gateway.Member{}, err
	}
	if before != nil {
		m.Created = before.Created
		if before.Role == gateway.Owner && m.Role != gateway.Owner {
			if err := a.needOtherOwner(c.ctx(), m.Workspace, u.ID); err != nil {
				return gateway.Member{}, err
			}
		}
	}
	return m, named(a.Store.PutMember(c.ctx(), m), "workspace", m.Workspace)
}

func (a *api) deleteMember(c *call) (gateway.Member, error) {
	defer store.Hold(c.ctx(), &a.changes)()
	u, err := a.memberOfPath(c)
	if err != nil {
		return gateway.Member{}, err
	}
	m, err := a.membership(c.ctx(), c.path["workspace"], u.ID)
	switch {
	case err != nil:
		return gateway.Member{}, err
	case m == nil:
		return gateway.Member{}, notFound(asStored(u.Email) + " is no member of this workspace")
	case m.Role == gateway.Owner:
		if err := a.needOtherOwner(c.ctx(), m.Workspace, u.ID); err != nil {
			return gateway.Member{}, err
		}
	}
	return *m, named(a.Store.RemoveMember(c.ctx(), m.Workspace, u.ID), "member", u.ID)
}

// memberOfPath gives the user whom the path names, by id or by address, if the caller
// may manage the workspace.
func (a *api) memberOfPath(c *call) (u gateway.User, err error) {
	workspace, name := c.path["workspace"], c.path["user"]
	if err := c.in(workspace); err != nil {
		return u, named(err, "workspace", workspace)
	}
	if _, err := a.Store.Workspace(c.ctx(), workspace); err != nil {
		return u, named(err, "workspace", workspace)
	}
	if strings.Contains(name, "@") {
		u, err = a.Store.UserByEmail(c.ctx(), name)
	} else {
		u, err = a.Store.User(c.ctx(), name)
	}
	if errors.Is(err, store.ErrNotFound) {
		return u, notFound("there is no user " + asStored(name) + "; a system admin makes users, or they sign on once")
	}
	return u, err
}

// membership gives a user's place in a workspace, nil when there is none.
func (a *api) membership(ctx context.Context, workspace, user string) (*gateway.Member, error) {
	all, err := a.Store.MembershipsOf(ctx, user)
	for i := range all {
		if all[i].Workspace == workspace {
			return &all[i], nil
		}
	}
	return nil, err
}

// needOtherOwner refuses to leave a workspace without an owner.
func (a *api) needOtherOwner(ctx context.Context, workspace, user string) error {
	for cursor := ""; ; {
		page, err := a.Store.Members(ctx, workspace, cursor, maxPage)
		if err != nil {
			return err
		}
		for _, m := range page.Members {
			if m.Role == gateway.Owner && m.User != user {
				return nil
			}
		}
		if cursor = page.Next; cursor == "" {
			return conflict("", "this is the last owner of the workspace; make another one first")
		}
	}
}
