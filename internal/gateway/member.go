package gateway

import "time"

// Role is what a member may do in a workspace.
type Role string

// The roles, in falling order of rights: an owner manages members, keys, budgets and
// credentials; an editor manages keys and sees everything of the workspace; a viewer sees.
const (
	Owner  Role = "owner"
	Editor Role = "editor"
	Viewer Role = "viewer"
)

// Allows reports whether the role has at least the rights of another.
func (r Role) Allows(other Role) bool { return r.rank() >= other.rank() && other.rank() > 0 }

func (r Role) rank() int {
	switch r {
	case Owner:
		return 3
	case Editor:
		return 2
	case Viewer:
		return 1
	}
	return 0
}

// User is a person who may look and manage; callers of models are keys.
type User struct {
	ID       string     `json:"id"` // usr_…
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Admin    bool       `json:"admin"` // of the whole system
	Created  time.Time  `json:"created"`
	Disabled *time.Time `json:"disabled"` // nil = may log in
	// Password is the verifier (argon2id, PHC string); "" = no password login.
	Password string `json:"-"`
	// Subject is issuer + " " + subject of single sign-on; "" = never used.
	Subject string `json:"-"`
}

// Member is a user's role in a workspace.
type Member struct {
	Workspace string    `json:"workspace"`
	User      string    `json:"user"`
	Email     string    `json:"email"` // the user's
	Role      Role      `json:"role"`
	Created   time.Time `json:"created"`
}

// Token opens the admin API for a program, or a session for a browser. Only its
// SHA-256 is kept.
type Token struct {
	ID        string     `json:"id"` // tok_… or ses_…
	Name      string     `json:"name"`
	User      string     `json:"user"`      // whose rights it has; "" = the rights below
	Workspace string     `json:"workspace"` // "" = every one (with Admin)
	Role      Role       `json:"role"`      // in Workspace
	Admin     bool       `json:"admin"`
	Session   bool       `json:"session"` // of a browser: also needs the CSRF header
	Hash      KeyHash    `json:"-"`
	Created   time.Time  `json:"created"`
	Expires   *time.Time `json:"expires"` // nil = never
	Revoked   *time.Time `json:"revoked"`
}

// Credential is a provider's credential kept in the store, its secret sealed.
type Credential struct {
	ID        string    `json:"id"`        // crd_…
	Workspace string    `json:"workspace"` // "" = shared by all
	Provider  string    `json:"provider"`
	Name      string    `json:"name"` // the alias callers choose by; unique within provider and workspace
	Weight    int       `json:"weight"`
	Hint      string    `json:"hint"` // first characters
	Created   time.Time `json:"created"`
	Changed   time.Time `json:"changed"`
	Sealed    []byte    `json:"-"` // of the secret, or of a JSON object of the fields of a cloud's credential
}
