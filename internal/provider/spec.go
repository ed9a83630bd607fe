// Package provider is the contract of vendors: a Spec is a vendor as data, a
// Provider is one configured use of it. It sends nothing itself.
package provider

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Spec is a vendor (a kind) as data. Optional abilities are nil. A Spec is
// immutable and safe for concurrent use.
type Spec struct {
	Name    string   // the kind, the vendor's usual name
	Aliases []string // other kinds that mean the same
	Title   string   // for people
	Page    string   // the vendor's API page, where these facts were read
	AsOf    string   // when, YYYY-MM-DD

	BaseURL string   // default; "" = the configuration must give one
	Env     []string // environment variables that usually hold the key; the first set one counts
	BaseEnv string   // environment variable that usually holds the base URL, "" = none
	KeyFree bool     // works without a credential (a server of one's own)

	Auth Auth
	// NewSigner makes the Signer of one provider; nil = Auth says it all. A nil Signer
	// without an error means the same for this provider's configuration.
	NewSigner func(p *Provider) (Signer, error)
	// SignsBody says that the Signer needs the whole body.
	SignsBody bool
	// Ambient says that the machine may have a credential of its own (an instance's role,
	// a profile), so that none has to be configured.
	Ambient bool
	// Fields are what a credential may consist of instead of a key.
	Fields []Field
	// Region and Project say what the vendor makes of these settings; nil = it has none.
	Region, Project *Setting
	// Base gives the base URL of a region, for vendors that have one for each; nil =
	// BaseURL. Complete fills what a Provider's configuration leaves to be known from its
	// credentials; nil = nothing.
	Base     func(region string) string
	Complete func(p *Provider)
	Headers  []Header // sent unless the caller sends the same name
	// Forward are request headers of the caller, beyond the dialect's own, that this
	// vendor understands (canonical names).
	Forward []string

	Speaks     []dialect.Name // conversation dialects, preferred first
	Operations []llm.Operation
	Shape      Shape

	// Traits are the ways in which its form of its dialects differs from their own
	// vendors', for requests that are written for it.
	Traits dialect.Traits
	// StreamUsage says how streams come to report usage.
	StreamUsage StreamUsage
	// Tongue gives the dialect of a model, for vendors that speak each of their dialects
	// with other models; nil = any that the provider speaks, with any model.
	Tongue func(model string) dialect.Name
	// Forms gives the dialect in which this vendor has an operation beside conversation,
	// where that is none of those it speaks or differs by model; nil = as the dialects
	// that it speaks have it. One without the operation says that it is not there.
	Forms func(op llm.Operation, model string) *dialect.Dialect
	// Path rewrites the path for vendors whose paths are not their dialect's; nil = as is.
	Path func(p *Provider, r PathRequest) string
	// Edits are the changes to a JSON body for vendors whose form of a dialect differs in
	// single members, however the body came about; nil = none.
	Edits func(p *Provider, r PathRequest) Edits
	// Native are formats of the vendor's own that are understood below
	// /providers/{provider} alone. Their patterns stand behind base_url.
	Native []*dialect.Dialect
	// Beside reports native paths that stand beside base_url's trailing /v1 instead of
	// below it; nil = none do.
	Beside func(rest string) bool
	// Classify corrects what the dialect's ParseError made of an error answer; nil = right as is.
	Classify func(f *fault.Fault, status int, h http.Header, body []byte)

	// Dial connects to a vendor that lives in this process; nil = the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Free says that calls cost nothing: their cost is 0, not unknown.
	Free bool
	// GenAI is the vendor's name in OpenTelemetry's conventions (gen_ai.provider.name); "" =
	// Name. https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
	GenAI string
	// Catalogue are the names under which the price catalogue knows this vendor;
	// empty = Name.
	Catalogue []string
	// Models are the vendor ids of a kind that no catalogue knows.
	Models []string
	// Quirks are the ways in which this vendor differs, for the docs: one sentence each.
	Quirks []string
}

// Shape says what base_url is and how a data-plane path is appended to it.
type Shape uint8

const (
	// OpenAIShape: base_url is what the OpenAI SDK is given; the path's leading /v1 is not repeated.
	OpenAIShape Shape = iota
	// HostShape: base_url is the host; the whole path is appended.
	HostShape
)

// Auth says how a credential is presented.
type Auth struct {
	Header string // canonical name; "" = no header
	Prefix string // before the key: "Bearer "
	Query  string // query parameter instead of a header
}

// Header is one name and value; Name is canonical.
type Header struct{ Name, Value string }

// StreamUsage says how a vendor's chat streams come to report usage.
type StreamUsage uint8

const (
	// UsageOnRequest: only with the dialect's UsageOption, which is spliced in.
	UsageOnRequest StreamUsage = iota
	// UsageAlways: by itself; the option is never added.
	UsageAlways
)

// PathRequest is what Path may need to know.
type PathRequest struct {
	Op    llm.Operation
	Path  string // data-plane path as the dialect has it, escaped
	Model string // the vendor's id, "" when none
	// Stream says that a stream is asked for, where that makes another path.
	Stream bool
	// Root says that the path stands on base_url's host, whatever base_url's own path.
	Root bool
}

// Provider is one configured provider. It is immutable but for the turn of its
// credentials, and must not be copied; a reload makes a new one.
type Provider struct {
	Name        string
	Spec        *Spec
	BaseURL     string // without a trailing slash
	Speaks      []dialect.Name
	Credentials []Credential // in the order of their Workspace: those that all share first
	Headers     []Header     // from configuration; they win over the Spec's
	APIVersion  string       // for vendors whose paths carry one
	Region      string       // where it serves; "" = unknown, for clouds as the base URL or the machine says
	Project     string       // likewise
	Timeouts    Timeouts
	Retries     Retries
	Health      Health
	Models      map[string]Model // facts from configuration, by vendor id
	ProxyURL    string           // upstream proxy, "" = environment's
	CAFile      string           // PEM, "" = system roots
	HTTP2       bool             // use HTTP/2 where the vendor offers it

	turn atomic.Uint64 // how often Pick has chosen; the only thing that changes
}

// Credential is one vendor key. Its Key never leaves the process but to the vendor.
type Credential struct {
	Name      string
	Workspace string // whose callers alone may use it; "" = all may
	Key       string
	Weight    int // ≥ 1
	// Fields are the further parts of credentials that are more than a key, by their
	// name in the configuration: access_key_id, service_account …
	Fields map[string]string
}

// Timeouts bound the phases of one attempt. Zero = the default.
type Timeouts struct {
	Connect    time.Duration // TCP and TLS together
	FirstByte  time.Duration // request written → answer's head
	FirstEvent time.Duration // answer's head → first content event of a stream
	Idle       time.Duration // between two reads of an answer
	Total      time.Duration // the whole attempt
}

// Retries says which faults are tried again, how often, and how far apart.
type Retries struct {
	Max   int
	For   []string // connect, timeout, 5xx, 429
	First time.Duration
	Cap   time.Duration
}

// Model is facts about a model given in configuration. Zero fields say nothing.
type Model struct {
	Context   int
	MaxOutput int
	Price     map[string]float64 // USD per million tokens by kind: input, output, cache_read, cache_write, …
	Region    string             // where it is served, when not in the provider's region
	Cache     CacheTime
}

// CacheTime is what becomes of a model's answers in a gateway's cache; zero says nothing.
type CacheTime struct {
	TTL    time.Duration
	Bypass bool
}

// RegionOf gives where a model is served, "" when that is unknown.
func (p *Provider) RegionOf(model string) string {
	if m, ok := p.Models[model]; ok && m.Region != "" {
		return m.Region
	}
	return p.Region
}

// Health says when a target or credential of a provider that fails must rest.
type Health struct {
	Cooldown    time.Duration // first rest after a failure that asks for one and names no time
	MaxCooldown time.Duration // each further failure in a row doubles the rest up to this
	Window      time.Duration // over which failures are counted
	FailureRate float64       // share of failures in it from which on it rests, 0 to 1
	MinCalls    int           // calls in it before the share counts
	Eject       bool          // a target that does far worse than its peers rests too
	Probe       Probe
}

// Probe says how a target that rests is asked for a sign of life. Every 0 = not at all.
type Probe struct {
	Every   time.Duration
	Timeout time.Duration
	Model   string // asked for one token; "" = Path says what is read
	Path    string // below base_url
}
