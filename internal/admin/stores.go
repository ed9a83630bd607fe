package admin

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Store is where records live. Its errors are those of package store.
type Store interface {
	EntryStore
	SearchStore
	KeyStore
	WorkspaceStore
	UserStore
	MemberStore
	TokenStore
	CredentialStore
	BudgetStore
	AlertStore
	DrainStore
	ExportStore
	CacheStore
	OutcomeStore
	AnalyticsStore
	SettingStore
	RevisionStore
	AuditStore
	BackupStore
	PrivacyStore
	Ping(ctx context.Context) error
}

// EntryStore keeps entries.
type EntryStore interface {
	ListEntries(ctx context.Context, q store.EntryQuery) (store.EntryPage, error)
	Entry(ctx context.Context, id string) (*gateway.Entry, error)
	DeleteEntry(ctx context.Context, id string) error
	DeleteEntries(ctx context.Context, q store.EntryQuery, step int) (int, error)
	PutFeedback(ctx context.Context, f gateway.Feedback) error
	FeedbackOf(ctx context.Context, ids []string) (map[string]gateway.Feedback, error)
	Sessions(ctx context.Context, q store.SessionQuery) (store.SessionPage, error)
	Redactions(ctx context.Context, q store.RedactionQuery) ([]store.Redaction, error)
}

// KeyStore keeps keys.
type KeyStore interface {
	Keys(ctx context.Context, q store.KeyQuery) (store.KeyPage, error)
	Key(ctx context.Context, id string) (gateway.Key, error)
	CreateKey(ctx context.Context, k gateway.Key) error
	UpdateKey(ctx context.Context, k gateway.Key) error
	RotateKey(ctx context.Context, id string, hash gateway.KeyHash, hint string, oldUntil time.Time) error
	DisableKey(ctx context.Context, id string, at time.Time) error
	EnableKey(ctx context.Context, id string) error
	RevokeKey(ctx context.Context, id string, at time.Time) error
	LastUse(ctx context.Context, ids []string) (map[string]time.Time, error)
}

// WorkspaceStore keeps workspaces.
type WorkspaceStore interface {
	WorkspacesWithin(ctx context.Context, ids []string, cursor string, limit int) (store.WorkspacePage, error)
	Workspace(ctx context.Context, id string) (gateway.Workspace, error)
	CreateWorkspace(ctx context.Context, w gateway.Workspace) error
	UpdateWorkspace(ctx context.Context, w gateway.Workspace) error
	DeleteWorkspace(ctx context.Context, id string) error
	Contents(ctx context.Context, id string) (store.WorkspaceContents, error)
}

// UserStore keeps users.
type UserStore interface {
	Users(ctx context.Context, cursor string, limit int) (store.UserPage, error)
	User(ctx context.Context, id string) (gateway.User, error)
	UserByEmail(ctx context.Context, email string) (gateway.User, error)
	UserBySubject(ctx context.Context, subject string) (gateway.User, error)
	CreateUser(ctx context.Context, u gateway.User) error
	UpdateUser(ctx context.Context, u gateway.User) error
	DeleteUser(ctx context.Context, id string) error
}

// MemberStore keeps members.
type MemberStore interface {
	Members(ctx context.Context, workspace, cursor string, limit int) (store.MemberPage, error)
	MembershipsOf(ctx context.Context, user string) ([]gateway.Member, error)
	PutMember(ctx context.Context, m gateway.Member) error
	RemoveMember(ctx context.Context, workspace, user string) error
}

// TokenStore keeps tokens and sessions.
type TokenStore interface {
	Tokens(ctx context.Context, q store.TokenQuery) (store.TokenPage, error)
	Token(ctx context.Context, id string) (gateway.Token, error)
	TokenByHash(ctx context.Context, hash gateway.KeyHash) (gateway.Token, error)
	CreateToken(ctx context.Context, t gateway.Token) error
	RevokeToken(ctx context.Context, id string, at time.Time) error
	RevokeSessions(ctx context.Context, user string, at time.Time) (int, error)
	DeleteExpired(ctx context.Context, before time.Time) (int, error)
}

// CredentialStore keeps providers' credentials, sealed.
type CredentialStore interface {
	Credentials(ctx context.Context, q store.CredentialQuery) (store.CredentialPage, error)
	Credential(ctx context.Context, id string) (gateway.Credential, error)
	DeleteCredential(ctx context.Context, id string) error
}

// BudgetStore keeps what was spent, and by how much budgets are raised.
type BudgetStore interface {
	Spend(ctx context.Context, q store.SpendQuery) ([]store.SpendRow, error)
	SpentBetween(ctx context.Context, counter string, edges []time.Time) ([]gateway.USD, error)
	SpentByHour(ctx context.Context, counters []string, from, to time.Time) (map[string][]gateway.USD, error)
	Raises(ctx context.Context, q store.RaiseQuery) (store.RaisePage, error)
	Raise(ctx context.Context, id string) (gateway.Raise, error)
	CreateRaise(ctx context.Context, r gateway.Raise) error
	EndRaise(ctx context.Context, id string, at time.Time) error
}

// AlertStore keeps alerts.
type AlertStore interface {
	Alerts(ctx context.Context, q store.AlertQuery) (store.AlertPage, error)
	Alert(ctx context.Context, id string) (gateway.Alert, error)
	RetryAlert(ctx context.Context, id string, at time.Time) error
	AlertStates(ctx context.Context) ([]gateway.AlertState, error)
	AlertMutes(ctx context.Context, within []string, at time.Time) ([]gateway.AlertMute, error)
	AlertMute(ctx context.Context, id string) (gateway.AlertMute, error)
	CreateAlertMute(ctx context.Context, m gateway.AlertMute) error
	EndAlertMute(ctx context.Context, id string, at time.Time) error
}

// SettingStore keeps values by name.
type SettingStore interface {
	Setting(ctx context.Context, name string) ([]byte, error)
	PutSetting(ctx context.Context, name string, value []byte) error
}

// RevisionStore keeps the history of the configuration.
type RevisionStore interface {
	Revisions(ctx context.Context, q store.RevisionQuery) (store.RevisionPage, error)
	Revision(ctx context.Context, number int64) (gateway.Revision, error)
	NewestRevision(ctx context.Context) (gateway.Revision, error)
	AddRevision(ctx context.Context, r gateway.Revision, after int64) (int64, error)
}

// ExportStore keeps how far exports have come.
type ExportStore interface {
	Exports(ctx context.Context) ([]gateway.ExportState, error)
	Export(ctx context.Context, name string) (gateway.ExportState, error)
	PauseExport(ctx context.Context, name string, paused bool, by string) error
	SetAside(ctx context.Context, name string, limit int) ([]gateway.SetAside, error)
}
