// Package admin serves the admin listener: the JSON API under /api/v1, its OpenAPI
// document, health, metrics and the dashboard. It holds no state but failed logins,
// decides no policy of the data plane and knows no vendor; what it shows and changes
// comes through the interfaces of Config.
//
// Who asks is the admin token, an API token, or a person with a session, by cookie. Each
// route says who may call it; one that says nothing is closed to all. What belongs to a
// workspace exists only for its members and for system admins. /metrics, /livez, /readyz
// and the dashboard's own files are open to whoever reaches the listener, and say nothing secret.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/auth/password"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/web"
)

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
	Abilities  *Abilities     // nil = unknown
}

// Config is what the API shows and changes. Without a running gateway, as when the command
// line works offline, the functions that tell of one are nil, and the routes that need
// them answer 503 unavailable.
type Config struct {
	Store Store // needed
	Spool Spool // needed

	Verify      func(token string) bool         // needed: the admin token; must compare in constant time
	RefreshKeys func(ctx context.Context) error // makes a change of keys effective at once; nil = others poll
	// RefreshCredentials and RefreshRaises are RefreshKeys for these.
	RefreshCredentials func(ctx context.Context) error
	RefreshRaises      func(ctx context.Context) error
	// Limits tells how counters stand; nil = nobody knows. States of other workspaces than
	// the one asked for are not shown.
	Limits     func(ctx context.Context, q LimitQuery) ([]LimitState, error)
	WakeEraser func() // lets an erasure begin at once; nil = others poll
	Vault      Vault  // nil = no credential can be made or changed here

	// Explain tells what would become of a call, without making it.
	Explain func(ctx context.Context, q *Explain) (gateway.Explained, error)
	// Ask makes a call through the data plane in this process, as who: policy, limits, cache,
	// routes and the entry are those of any call, and only its proof of who is calling is not
	// asked for. r is as on the data plane, its path with /gateways/{gateway} before it where
	// that is not the default one; its context ends the call. w gets the answer as it comes,
	// with the sluice-… headers, and may be c.w or whatever keeps what is written. Who asks,
	// c.who.as gives. It returns when the answer is over; like any handler it may panic with
	// http.ErrAbortHandler when an answer broke off.
	Ask func(w http.ResponseWriter, r *http.Request, who *gateway.Principal)
	// Diagnose looks for what is commonly wrong; nil = it cannot.
	Diagnose func(ctx context.Context) []doctor.Finding
	// Try makes one small call at a provider and tells what came of it; it leaves no entry.
	Try   func(ctx context.Context, t Try) (Trial, error)
	Kinds func() []Kind // the vendors that are known
	// Replay makes a recorded call once more and gives its id; nil = it cannot.
	Replay        func(ctx context.Context, r *Replay) (id string, status int, err error)
	Targets       func() []TargetHealth           // how targets stand, by name
	RefreshDrains func(ctx context.Context) error // RefreshKeys for drains
	Canaries      Canaries
	Exports       Exports                         // nil = entries are exported nowhere
	Backups       func() *BackupSchedule          // nil, or what gives nil = none are made by the clock
	Alerting      Alerting                        // rules and channels of alerts; nil = there are none
	Cache         CacheView                       // what is kept of answers; nil = nobody knows
	RefreshPurges func(ctx context.Context) error // RefreshKeys for purges of the cache
	Reach         func(name string) []string      // the targets that a name leads to; nil = nobody knows

	URL       string            // how people reach this listener, as configured; "" = unknown
	Session   time.Duration     // how long people stay logged in; 0 = 12 hours
	OIDC      config.OIDC       // single sign-on; off without an issuer or Keyring
	Keyring   *jwt.Keyring      // the keys of issuers; closed by whoever made it
	Transport http.RoundTripper // to the issuer; nil = http.DefaultTransport

	Metrics  http.Handler             // /metrics; nil = none
	Ready    func() error             // nil = always ready
	InFlight func() int64             // calls being served
	Document func() Document          // the configuration in force
	Snapshot func() *catalog.Snapshot // gateways, providers, models
	Facts    func(p *provider.Provider, model string) Facts
	// Validate checks a document as if it were to come into force, and names the settings of
	// it that would wait for a restart.
	Validate func(document []byte) (problems config.Problems, restart []string)
	// RefreshConfig is RefreshKeys for the configuration's revisions.
	RefreshConfig func(ctx context.Context) error

	// Local is who works here, as the audit log names him, where no network is between: the
	// command line on the store itself. "" = requests come over the network.
	Local string

	Version string
	Log     *slog.Logger     // default slog.Default
	Clock   func() time.Time // default time.Now
}

// api is the handler of the admin listener.
type api struct {
	Config
	routes     []route
	guesses    *throttle[netip.Prefix] // of tokens and passwords, by address
	logins     *throttle[string]       // of passwords, by account
	passwords  *password.Hasher
	sameOrigin *http.CrossOriginProtection
	sso        *sso       // nil = none
	changes    sync.Mutex // one change of users and members at a time
	refusals   *flood
	past       *rememberedPast // what counters spent
	uses       uses
	tails      chan struct{} // one place for each open tail
	backups    chan struct{} // one place for the backup that is made
	diagnosing sync.Mutex    // one at a time, since vendors are called
	started    time.Time
	dashboard  *web.Site
}

// hashing bounds how many passwords are checked at a time, each of which fills a core.
const hashing = 2

// New makes the handler of the admin listener. It is safe for concurrent use.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	a := &api{
		Config: c, guesses: newThrottle[netip.Prefix](), logins: newThrottle[string](), passwords: password.NewHasher(hashing), sameOrigin: trust(c.URL),
		past:     &rememberedPast{of: c.Store, now: c.Clock},
		refusals: newFlood(), uses: uses{seen: map[[2]string]bool{}}, tails: make(chan struct{}, maxTails), backups: make(chan struct{}, 1), started: c.Clock(), dashboard: web.New(),
	}
	var err error
	if a.sso, err = newSSO(&c); err != nil {
		c.Log.Error("single sign-on is off", "error", err)
	}
	a.routes = a.table()
	return a
}

// trust takes the pages at the configured URL for our own, whatever a proxy before us
// makes of the host.
func trust(address string) *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		_ = p.AddTrustedOrigin(u.Scheme + "://" + u.Host) // a URL without scheme was refused with the configuration
	}
	return p
}

// ServeHTTP answers one request. What is not named here is the API's or is not found.
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
		a.open(w, r, a.dashboard)
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
		if a.dashboard.Serves(r) {
			a.dashboard.ServeHTTP(w, r)
			return
		}
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
