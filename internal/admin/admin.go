// Package admin serves the admin listener: the JSON API under /api/v1, its OpenAPI
// document, health, metrics and a plain front page. It holds no state but failed logins,
// decides no policy of the data plane and knows no vendor; what it shows and changes
// comes through the interfaces of Config.
//
// Everything under /api/ needs the admin token as a bearer token. There are no cookies,
// so that no page in a browser can act for somebody. /metrics, /livez, /readyz and the
// front page are open to whoever reaches the listener, and say nothing secret.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
)

// EntryStore keeps entries.
type EntryStore interface {
	ListEntries(ctx context.Context, q store.EntryQuery) (store.EntryPage, error)
	Entry(ctx context.Context, id string) (*gateway.Entry, error)
	DeleteEntry(ctx context.Context, id string) error
	DeleteEntries(ctx context.Context, q store.EntryQuery, step int) (int, error)
}

// KeyStore keeps keys.
type KeyStore interface {
	Keys(ctx context.Context, q store.KeyQuery) (store.KeyPage, error)
	Key(ctx context.Context, id string) (gateway.Key, error)
	CreateKey(ctx context.Context, k gateway.Key) error
	RevokeKey(ctx context.Context, id string, at time.Time) error
}

// WorkspaceStore keeps workspaces.
type WorkspaceStore interface {
	Workspaces(ctx context.Context, cursor string, limit int) (store.WorkspacePage, error)
	Workspace(ctx context.Context, id string) (gateway.Workspace, error)
	CreateWorkspace(ctx context.Context, w gateway.Workspace) error
}

// Store is where records live. Its errors are those of package store.
type Store interface {
	EntryStore
	KeyStore
	WorkspaceStore
	Ping(ctx context.Context) error
}

// Spool holds the entries that the store does not have yet.
type Spool interface {
	PendingBefore(id string, fn func(*gateway.Entry) bool)
	PendingEntry(id string) (*gateway.Entry, bool)
	Flush(ctx context.Context) error
	Stats() record.Stats
}

// Facts is what is known of a model beside its name; zero means unknown.
type Facts struct {
	Name       string // for people
	Context    int    // tokens
	MaxOutput  int    // tokens
	Deprecated bool
	Price      *gateway.Price // nil = unknown
}

// Config is what the API shows and changes. Without a running gateway, as when the command
// line works offline, the functions that tell of one are nil, and the routes that need
// them answer 503 unavailable.
type Config struct {
	Store Store // needed
	Spool Spool // needed

	Verify      func(token string) bool         // needed; must compare in constant time
	RefreshKeys func(ctx context.Context) error // makes a change of keys effective at once; nil = others poll
	Metrics     http.Handler                    // /metrics; nil = none
	Ready       func() error                    // nil = always ready
	InFlight    func() int64                    // calls being served
	Document    func() any                      // the configuration in force, without secrets
	Snapshot    func() *catalog.Snapshot        // gateways, providers, models
	Facts       func(p *provider.Provider, model string) Facts
	Validate    func(document []byte) config.Problems

	Version string
	Log     *slog.Logger     // default slog.Default
	Clock   func() time.Time // default time.Now
}

// api is the handler of the admin listener.
type api struct {
	Config
	routes  []route
	guesses *throttle
	tails   chan struct{} // one place for each open tail
	started time.Time
	page    frontPage
}

// New makes the handler of the admin listener. It is safe for concurrent use.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	a := &api{Config: c, guesses: newThrottle(), tails: make(chan struct{}, maxTails), started: c.Clock(), page: newFrontPage(c.Version)}
	a.routes = a.table()
	return a
}

// ServeHTTP answers one request. What is not named here needs the token or is not found.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	switch r.URL.Path {
	case "/":
		a.open(w, r, a.page)
	case "/livez":
		a.open(w, r, http.HandlerFunc(a.livez))
	case "/readyz":
		a.open(w, r, http.HandlerFunc(a.readyz))
	case "/metrics":
		if a.Metrics != nil {
			a.open(w, r, a.Metrics)
			return
		}
		a.fail(w, r, notFound("there are no metrics here"))
	default:
		a.serveAPI(w, r)
	}
}

// open serves what needs no token, to GET and HEAD alone.
func (a *api) open(w http.ResponseWriter, r *http.Request, h http.Handler) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		a.fail(w, r, &apiError{Status: http.StatusMethodNotAllowed, Code: codeMethod, Message: "use GET here"})
		return
	}
	h.ServeHTTP(w, r)
}

func (a *api) livez(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") }

func (a *api) readyz(w http.ResponseWriter, _ *http.Request) {
	if a.Ready != nil {
		if err := a.Ready(); err != nil {
			writeText(w, http.StatusServiceUnavailable, err.Error()+"\n")
			return
		}
	}
	writeText(w, http.StatusOK, "ok\n")
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a client that left needs no answer
}
