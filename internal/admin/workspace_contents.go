package admin

// WorkspaceContents is what a workspace holds. Counts end at 1000, which stands for as
// many or more.
type WorkspaceContents struct {
	Keys        int `json:"keys" doc:"That are not revoked: while there are any, the workspace cannot be deleted."`
	RevokedKeys int `json:"revoked_keys" doc:"Deleted with it."`
	Credentials int `json:"credentials" doc:"While there are any, it cannot be deleted."`
	Entries     int `json:"entries" doc:"While there are any, it cannot be deleted."`
	Members     int `json:"members" doc:"They lose their role; the users stay."`
	Tokens      int `json:"tokens" doc:"API tokens with a role in it; deleted with it."`
	Raises      int `json:"raises" doc:"Deleted with it."`
	Alerts      int `json:"alerts" doc:"Deleted with it."`
}

func (a *api) getContents(c *call) (WorkspaceContents, error) {
	w, err := a.getWorkspace(c)
	if err != nil {
		return WorkspaceContents{}, err
	}
	found, err := a.Store.Contents(c.ctx(), w.ID)
	return WorkspaceContents(found), err
}
