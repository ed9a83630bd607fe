// Package catalog is the immutable view of everything configured: gateways,
// providers, and which model names mean what. A reload builds a new Snapshot; a
// request reads the pointer once and keeps it. It opens nothing and sends nothing.
package catalog

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/redact"
)

// Snapshot is everything configured at one moment. It is immutable.
type Snapshot struct {
	Gateways  map[string]*Gateway
	Hosts     map[string]*Gateway // lower-case host name without port → its gateway
	Providers map[string]*provider.Provider
	Limits    Limits
	// Held are the rules of providers, by provider: held per attempt, so that a full one
	// is passed over.
	Held map[string][]*gateway.Rule
	// Routes by name; nil = none. Their texts are known to compile, their targets to exist,
	// and no route leads back to itself.
	Routes map[string]*gateway.Route
	// Proxies says whose word is taken for a caller's address.
	Proxies Proxies
	// CacheSize bounds where answers are kept.
	CacheSize CacheStore
	// Lister says which vendor ids a provider is known to offer.
	Lister Lister
	names  *nameCache
}

// Lister knows the vendor ids of a provider beyond its configured ones. It must be
// safe for concurrent use.
type Lister interface {
	// Lists reports whether the provider is known to offer the vendor id.
	Lists(p *provider.Provider, model string) bool
	// Models lists the known vendor ids of a provider.
	Models(p *provider.Provider) []string
}

// Gateway is one named set of policies.
type Gateway struct {
	Name string
	// Open is true when callers need no key (auth: none).
	Open bool
	// Keyed is true when callers may present a key (auth: key).
	Keyed bool
	// Certified is true when callers may present a client certificate (auth: mtls).
	Certified bool
	// Issuers are those whose JWTs are taken (auth: jwt); empty = none are.
	Issuers []*Issuer
	// Networks are the addresses that may call.
	Networks Networks
	// Rules are the limits and then the budgets, each in the order written; names are
	// unique. Their conditions and values are known to compile.
	Rules []*gateway.Rule
	// Queue is how waiting callers share what becomes free.
	Queue Queue
	// Channels are where this gateway's alerts go; empty = nowhere.
	Channels []Channel
	// Default is the provider for new objects and ambiguous names, by dialect family.
	Default map[string]string
	// Only is, for families without a default, the provider for operations that name no
	// model where just one can be meant.
	Only map[string]string
	Log  LogPolicy
	// Traces says which calls become spans; nil = none do.
	Traces *Traces
	// Propagates are the providers that are sent the caller's trace context; nil = none.
	Propagates map[string]bool
	CORS       *CORS // nil = off
	// CallerCredentials lets callers bring their own vendor credential.
	CallerCredentials bool
	// Controls are the sluice-* request headers that callers may use, without the prefix.
	Controls []string
	// RefuseUnsupported refuses calls of which a target would not get everything.
	RefuseUnsupported bool
	// CommitAfter is how long nothing of a stream is sent while its targets are tried; 0 =
	// the usual time.
	CommitAfter time.Duration
	// Timeout bounds all attempts of a call together, until its answer begins; 0 = the
	// usual time.
	Timeout time.Duration
	// Regions are where calls may be served (see InRegion); empty = anywhere.
	Regions []string
	// Media is how media given by URL is fetched for targets that take only bytes; nil =
	// not at all.
	Media     *Media
	Providers []string // globs of provider names that may be used; empty = all
	Models    []string // globs of provider/model and of routes' names; empty = all
	// RetryBudget is the share of the calls by which repeats on the same target may add to
	// them.
	RetryBudget float64
	// Cache is how answers are kept and served again; nil = not at all. Its conditions are
	// known to compile.
	Cache *gateway.Cache
}

// CacheStore bounds the places where answers are kept.
type CacheStore struct {
	Memory int64 // bytes
	Disk   int64 // bytes; 0 = there is no such place
	Shared bool  // with other nodes, where there is a server for that
}

// Bodies says what is kept of what was said.
type Bodies uint8

// The policies, in rising order.
const (
	BodiesNone Bodies = iota
	BodiesMetadata
	BodiesFull
)

// BodiesPolicies gives the policies' names, in rising order.
func BodiesPolicies() []string { return []string{"none", "metadata", "full"} }

// ParseBodies reads none, metadata or full.
func ParseBodies(s string) (Bodies, bool) {
	i := slices.Index(BodiesPolicies(), s)
	return Bodies(max(i, 0)), i >= 0
}

// LogPolicy says what an entry keeps and for how long.
type LogPolicy struct {
	Bodies  Bodies
	MaxBody int64
	Retain  time.Duration
	Sample  float64 // share of the calls whose bodies are kept
	Errors  bool    // bodies of calls that fail are kept whatever Sample says
	Encrypt bool    // bodies are written under a key of the workspace alone
	Redact  *redact.Redactor
}

// Media bounds the fetching of media.
type Media struct {
	MaxBytes int64
	Networks []netip.Prefix // reachable though they are not public
}

// CORS says which browsers' pages may call.
type CORS struct {
	Origins []string // exact, "*", or with one leading wildcard label: https://*.example.com
	Headers []string // additional request headers
	Expose  []string // additional answer headers that pages may read
	MaxAge  time.Duration
}

// Limits bound what one process takes on. Zero is no limit nowhere: defaults are
// filled in by the configuration.
type Limits struct {
	JSONBody      int64         // bytes of a JSON request body
	MultipartBody int64         // bytes of a form with files
	OpaqueBody    int64         // bytes of an upload that flows through
	InFlight      int64         // calls at once
	Memory        int64         // bytes of request and answer bodies held at once
	BodyIdle      time.Duration // between two reads of a body
	WriteIdle     time.Duration // a caller may take nothing for so long
}

// New finishes a snapshot: it makes the index of names. The maps become the
// snapshot's own and must not change afterwards.
func New(s Snapshot) *Snapshot {
	s.names = newNameCache()
	return &s
}

// Gateway gives a gateway by name, nil when there is none.
func (s *Snapshot) Gateway(name string) *Gateway { return s.Gateways[name] }

// GatewayOfHost gives the gateway that owns the host of a Host header, else the
// default one.
func (s *Snapshot) GatewayOfHost(host string) *Gateway {
	if len(s.Hosts) > 0 {
		if g := s.hostOwner(hostName(host)); g != nil {
			return g
		}
	}
	return s.Gateways["default"]
}

// hostOwner gives the gateway that names the host, else the one with the longest
// wildcard (*.example.com) that covers it.
func (s *Snapshot) hostOwner(name string) *Gateway {
	if g, ok := s.Hosts[name]; ok {
		return g
	}
	for {
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			return nil
		}
		if g, ok := s.Hosts["*."+parent]; ok {
			return g
		}
		name = parent
	}
}

// hostName gives a Host header's name in lower case, without port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(strings.TrimSuffix(host, "."), "[]"))
}
