// Package config turns a file and the environment into one Config: decoded, completed
// with defaults and checked, every problem reported at once with its place. It builds
// nothing from it, knows no vendor but by the table that it is given, and starts nothing.
//
// The structs below are the single source of the document: names, types, defaults and
// help stand in their tags, and decoding, defaults, environment variables, reference
// documentation and the view without secrets all come from there (see Field).
package config

import "time"

// Config is the whole configuration, complete and checked. It is immutable once loaded
// and safe for concurrent reading. Paths in it are resolved against the data directory.
type Config struct {
	Providers map[string]Provider `yaml:"providers" example:"sandbox" check:"name" help:"Where models are, by a name of your choice. Callers say provider/model. A known vendor's name is its kind."`
	Discover  bool                `yaml:"discover" default:"true" help:"Also use every known vendor whose usual environment variables are set."`
	Routes    map[string]Route    `yaml:"routes" example:"{fast: [sandbox/chat, sandbox/echo]}" check:"route" help:"Names that callers give as the model, on every gateway, and what they lead to. A route goes before a vendor's model of the same name. A target alone, or a list of targets that are tried in order, is short for a route with one step."`
	Gateways  map[string]Gateway  `yaml:"gateways" example:"default" check:"name" help:"Doors for callers, each with its own policy. Gateways inherit nothing from each other; default always exists."`
	Cache     CacheStore          `yaml:"cache" help:"Where answers are kept that gateways with a cache serve again."`
	Storage   Storage             `yaml:"storage" help:"Where entries, keys and workspaces are kept."`
	Shared    Shared              `yaml:"shared" help:"What several nodes share."`
	Server    Server              `yaml:"server" help:"The data plane: what applications talk to."`
	Alerts    Alerting            `yaml:"alerts" help:"What raises alerts, and where they go. A gateway may have its own channels instead."`
	Exports   map[string]Export   `yaml:"exports" example:"{archive: {to: jsonl, path: exports, rotate: {size: 100MB, keep: 30}}}" check:"name" help:"Where entries are brought to, by names of your choice: at least once each, in order, from when the export was first configured. A name that stays keeps its place."`
	Admin     Admin               `yaml:"admin" help:"The admin API, the dashboard and /metrics, on a listener of their own."`
	Backups   Backups             `yaml:"backups" help:"Backups by the clock: what sluice backup writes, made by the gateway itself."`
	Audit     Audit               `yaml:"audit" help:"The audit log: who did and saw what through the admin API."`
	Telemetry Telemetry           `yaml:"telemetry" help:"What the process says about itself."`

	// Bootstrap is read from the environment alone, never from the document.
	Bootstrap Bootstrap `yaml:"-"`
	// Secrets are the names of the secrets in the store that the document refers to.
	Secrets []string `yaml:"-"`
	// DataDir is where relative paths begin, "" = the working directory.
	DataDir string `yaml:"-"`

	exposed []exposed `yaml:"-"` // see Conceal
}

// Bootstrap is what a fresh store begins with. Unset secrets are to be generated.
type Bootstrap struct {
	Key        Secret // SLUICE_KEY: the first gateway key
	AdminToken Secret // SLUICE_ADMIN_TOKEN
	MasterKey  Secret // SLUICE_MASTER_KEY: 32 bytes in base64 or hexadecimal, former ones behind it after commas; unset = the file in the data directory
}

// Provider is one configured vendor, or a server of one's own.
type Provider struct {
	Kind        string       `yaml:"kind" help:"What speaks there. Default: the provider's own name, when that is a known kind."`
	APIKey      Secret       `yaml:"api_key" example:"env:PROVIDER_API_KEY" check:"header" help:"The vendor key, as a reference: env:NAME, file:PATH or secret:NAME. Default: the vendor's usual environment variable."`
	Credentials []Credential `yaml:"credentials" example:"[{name: a, api_key: env:PROVIDER_KEY_A, weight: 2}, {name: b, api_key: env:PROVIDER_KEY_B}]" help:"Several credentials instead of api_key, chosen by weight. Each is a name with an api_key, or with the parts that its kind takes instead."`
	Identity    `yaml:",inline"`
	Region      string            `yaml:"region" example:"eu-central-1" check:"region" help:"Where it serves: for clouds the region that is called, for others a label of your own, such as eu. Gateways and keys may demand regions. Default: the cloud's usual environment variable."`
	Project     string            `yaml:"project" example:"my-project" check:"project" help:"Project, for clouds that have them. Default: the cloud's usual environment variable."`
	BaseURL     string            `yaml:"base_url" example:"https://llm.example.com/v1" check:"baseurl" help:"Where the API is. For kinds to which /chat/completions is appended, what stands before it, such as https://host/v1; for the others the host."`
	Speaks      []string          `yaml:"speaks" example:"[chat]" check:"dialect" help:"Conversation dialects it speaks: the caller's if listed, else the first. Default: what its kind speaks."`
	Headers     map[string]Secret `yaml:"headers" example:"{x-team: search}" plain:"true" check:"header" help:"Sent with every request, over the kind's own. A value may be a reference; one that holds a credential must be."`
	Timeouts    Timeouts          `yaml:"timeouts" help:"Bounds of one attempt, phase by phase."`
	Retries     Retries           `yaml:"retries" help:"What is tried again on the same target."`
	Health      Health            `yaml:"health" help:"When a target or credential that fails is left alone for a while. A target that rests is still used when nothing better is left."`
	Models      map[string]Model  `yaml:"models" example:"echo" help:"Facts about models, by the vendor's id. They add to the catalogue and never restrict what may be called."`
	Proxy       Secret            `yaml:"proxy" example:"http://proxy.example.com:3128" plain:"true" check:"proxy" help:"Proxy towards the vendor: a URL (http, https, socks5), a reference to one, or none. Default: what HTTPS_PROXY and NO_PROXY say."`
	CAFile      string            `yaml:"ca_file" example:"corporate-ca.pem" check:"file" help:"Certificates (PEM) to trust instead of the system's."`
	HTTP2       bool              `yaml:"http2" default:"true" help:"Use HTTP/2 where the vendor offers it."`
	APIVersion  string            `yaml:"api_version" example:"2026-01-01" help:"API version, for kinds whose URLs carry one."`

	Latency    time.Duration `yaml:"latency" example:"200ms" max:"10m" help:"Sandbox only: time before the first byte of an answer."`
	Chunks     int           `yaml:"chunks" example:"20" min:"1" max:"1000000" help:"Sandbox only: content events in a stream."`
	ChunkDelay time.Duration `yaml:"chunk_delay" example:"20ms" max:"10m" help:"Sandbox only: time between two events of a stream."`
	Failure    Failure       `yaml:"failure" help:"Sandbox only: answers that fail on purpose."`

	Limits []Limit `yaml:"limits" example:"[{concurrent: 10}, {per: model, tokens: 2000000/1m}]" help:"What may be asked of it, by all gateways together; held per attempt, so that a full provider is passed over. The items are those of a gateway's limits, but for over: reject or record."`

	// Discovered marks a provider that stands in no document.
	Discovered bool `yaml:"-"`
}

// Credential is one vendor key of a provider, or what stands for one.
type Credential struct {
	Name     string `yaml:"name" required:"true" check:"name" help:"Name in entries and in sluice-credential."`
	APIKey   Secret `yaml:"api_key" check:"header" help:"The key, as a reference: env:NAME, file:PATH or secret:NAME."`
	Weight   int    `yaml:"weight" default:"1" min:"1" max:"1000" help:"Share of the calls, relative to the others."`
	Identity `yaml:",inline"`
}

// Timeouts bound the phases of one attempt at a vendor.
type Timeouts struct {
	Connect    time.Duration `yaml:"connect" default:"5s" min:"1ms" max:"24h" help:"TCP and TLS together."`
	FirstByte  time.Duration `yaml:"first_byte" default:"120s" min:"1ms" max:"24h" help:"From the request sent to the head of the answer."`
	FirstEvent time.Duration `yaml:"first_event" default:"120s" min:"1ms" max:"24h" help:"From the head to the first content of a stream."`
	Idle       time.Duration `yaml:"idle" default:"60s" min:"1ms" max:"24h" help:"Between two reads of an answer."`
	Total      time.Duration `yaml:"total" default:"15m" min:"1ms" max:"24h" help:"The whole attempt."`
}

// Retries says which failures are tried again, how often and how far apart.
type Retries struct {
	Max     int      `yaml:"max" default:"2" min:"0" max:"10" help:"Further tries after the first; 0 switches them off."`
	For     []string `yaml:"for" default:"[connect, timeout, 5xx, 429]" enum:"connect|timeout|5xx|429" help:"Which failures."`
	Backoff Backoff  `yaml:"backoff" help:"Pause before a further try, doubled each time, with jitter. A vendor's retry-after goes first."`
}

// Backoff is the pause between tries.
type Backoff struct {
	First time.Duration `yaml:"first" default:"250ms" min:"1ms" max:"10m" help:"The first pause."`
	Max   time.Duration `yaml:"max" default:"8s" min:"1ms" max:"10m" help:"The longest pause."`
}

// Model is facts about one model. Zero and nil say nothing.
type Model struct {
	Price     map[string]float64 `yaml:"price" example:"{input: 0.1, output: 0.4}" min:"0" check:"price" help:"US dollars: per million of tokens or characters, else per single unit."`
	Context   int                `yaml:"context" example:"32768" min:"1" help:"Tokens that fit, input and output together."`
	MaxOutput int                `yaml:"max_output" example:"8192" min:"1" help:"Tokens that one answer may have at most."`
	Region    string             `yaml:"region" example:"eu-central-1" check:"region" help:"Where this model is served, when not in the provider's region."`
	Cache     CacheTime          `yaml:"cache" single:"ttl" help:"What becomes of its answers in a gateway's cache, where neither rule nor route says. A time alone stands for ttl."`
}

// Health says when what fails rests.
type Health struct {
	Cooldown    time.Duration `yaml:"cooldown" default:"5s" min:"100ms" max:"24h" help:"First rest of a credential with a model, after 401, 402, 403, 429, 5xx, a time-out or a failed connection. A vendor's own word about it goes first."`
	MaxCooldown time.Duration `yaml:"max_cooldown" default:"5m" min:"100ms" max:"24h" help:"Each further failure in a row doubles the rest, up to this."`
	Window      time.Duration `yaml:"window" default:"30s" min:"1s" max:"1h" help:"Over which failures are counted."`
	FailureRate float64       `yaml:"failure_rate" default:"0.5" min:"0.01" max:"1" help:"Share of failures in the window from which on it rests, though successes come between."`
	MinCalls    int           `yaml:"min_calls" default:"20" min:"1" max:"1000000" help:"Calls in the window before the share counts."`
	Eject       bool          `yaml:"eject" default:"true" help:"A target that does far worse than the others beside it rests too; never more than half of them."`
	Probe       Probe         `yaml:"probe" help:"Asks by itself whether a target that rests works again, so that no call has to try."`
}

// Probe asks a target for a sign of life.
type Probe struct {
	Every   time.Duration `yaml:"every" default:"off" off:"true" min:"1s" max:"24h" help:"How often; off: calls find out."`
	Timeout time.Duration `yaml:"timeout" default:"5s" min:"10ms" max:"10m" help:"How long an answer may take."`
	Model   string        `yaml:"model" example:"echo" help:"A model, by the vendor's id, that is asked for one token, which costs what it costs."`
	Path    string        `yaml:"path" example:"/models" check:"urlpath" help:"A path below base_url that is read instead, and must answer with a status below 400."`
}

// Failure makes the sandbox fail on purpose.
type Failure struct {
	Rate   float64 `yaml:"rate" example:"0.1" min:"0" max:"1" help:"Share of the calls that fail, 0 to 1."`
	Status int     `yaml:"status" example:"529" min:"400" max:"599" help:"HTTP status of a failure. 503 unless given."`
}

// Gateway is one door with its policy.
type Gateway struct {
	Auth            []string          `yaml:"auth" default:"key" single:"true" enum:"key|jwt|mtls|none" help:"How callers prove who they are: one of these or a list. jwt needs jwt below, mtls server.tls.client_ca; a certificate's subject is that of a key."`
	JWT             []Issuer          `yaml:"jwt" example:"[{issuer: https://login.example.com, audience: sluice, claims: {workspace: org, metadata: {team: department}}}]" help:"Whose tokens are taken, with auth: jwt."`
	Networks        Networks          `yaml:"networks" help:"From where callers may call. See server.trusted_proxies for callers behind a proxy."`
	Limits          []Limit           `yaml:"limits" example:"[{per: key, requests: [100/1m, 20/5s]}, {per: workspace, cost: 50.00/1d, over: {reroute: sandbox/echo}}]" help:"What callers may take. All that apply have to have room, and none is counted when another refuses. They count for this gateway alone."`
	Budgets         []Budget          `yaml:"budgets" example:"[{per: workspace, cost: 500.00/month, zone: Europe/Berlin, alert: [50, 80, 100]}]" help:"What callers may spend, by the calendar."`
	Queue           Queue             `yaml:"queue" help:"How those who wait (over: queue) share what becomes free: between classes, then between callers."`
	Alerts          Alerts            `yaml:"alerts" help:"Where this gateway's alerts go, instead of the alerts of all."`
	DefaultProvider map[string]string `yaml:"default_provider" example:"sandbox" single:"*" help:"The provider for operations without a model and for ambiguous names: one name, or one by family of dialects."`
	Providers       []string          `yaml:"providers" example:"['*']" check:"glob" help:"Providers that may be used here, as globs. Default: all."`
	Models          []string          `yaml:"models" example:"['sandbox/*']" check:"glob" help:"Models (provider/model) and routes that callers may name here, as globs. Default: all."`
	Regions         []string          `yaml:"regions" example:"[eu]" single:"true" check:"place" help:"Where calls may be served: the region of a target is one of these, matches one as a glob, or begins with one and a hyphen. A target of unknown region is not used. Default: anywhere."`
	CommitAfter     time.Duration     `yaml:"commit_after" default:"5s" min:"1ms" max:"10m" help:"How long the head of a stream waits for its first content, while other targets remain: so long can status and sluice-… headers still tell of another one. Then keep-alive comments are sent."`
	Timeout         time.Duration     `yaml:"timeout" default:"20m" min:"1s" max:"24h" help:"How long a call may take over all its attempts until its answer begins; an answer that has begun is not cut. timeouts of providers bound each attempt. A route's own timeout takes its place."`
	RetryBudget     float64           `yaml:"retry_budget" default:"0.1" min:"0" max:"1" help:"How much load further tries on the same target may add, as a share of the calls. Moving to another target is not counted."`
	Hosts           []string          `yaml:"hosts" example:"[ai.example.com]" check:"host" help:"Host names that mean this gateway, so that no path prefix is needed."`
	CORS            CORS              `yaml:"cors" help:"Which web pages may call from a browser. Off until origins are given."`
	Credentials     string            `yaml:"credentials" default:"gateway" enum:"gateway|caller" help:"Whose vendor credential is used: the gateway's, or the caller's own where one is sent beside sluice-key."`
	Controls        []string          `yaml:"controls" default:"[metadata, timeout-ms, provider, credential, fallback, cache, cache-key]" enum:"metadata|timeout-ms|provider|credential|priority|log|fallback|resume|cache|cache-key" help:"Which sluice-… request headers callers may use. With log they may lower what is recorded, never raise it."`
	Unsupported     string            `yaml:"unsupported" default:"drop" enum:"drop|error" help:"What becomes of a parameter that a target of another dialect cannot express. drop: it is left out and named in sluice-dropped-params; error: the call is refused. docs/fidelity.md lists them all."`
	Media           Media             `yaml:"media" help:"Images and documents that callers name by URL, for targets that take only bytes."`
	Cache           *Cache            `yaml:"cache" single:"ttl" example:"{ttl: 5m}" help:"Keeps answers and serves them to equal requests. Off unless given; a time alone stands for ttl. docs/cache.md says how."`
	Log             Log               `yaml:"log" help:"What is recorded of a call. Accounting always is."`
	Telemetry       GatewayTelemetry  `yaml:"telemetry" help:"What calls through this gateway tell over OTLP, where that differs from telemetry.traces."`
}

// CORS is the policy towards browsers; no origins = off.
type CORS struct {
	Origins []string      `yaml:"origins" example:"['https://app.example.com']" check:"origin" help:"Origins allowed: scheme://host[:port], https://*.example.com, or *."`
	Headers []string      `yaml:"headers" example:"[x-app]" check:"headername" help:"Request headers allowed beyond those of the dialects and sluice-…."`
	Expose  []string      `yaml:"expose" example:"[x-request-id]" check:"headername" help:"Answer headers that pages may read beyond sluice-…, ratelimit and retry-after."`
	MaxAge  time.Duration `yaml:"max_age" default:"10m" min:"0s" max:"24h" help:"How long a browser may remember this."`
}

// Media is the fetching of media for translated calls.
type Media struct {
	Fetch    bool     `yaml:"fetch" default:"true" help:"Whether Sluice fetches them. It calls public addresses only."`
	Max      Size     `yaml:"max" default:"20MiB" min:"1KiB" max:"256MiB" help:"The largest one that is fetched."`
	Networks []string `yaml:"networks" example:"[10.1.0.0/16]" check:"network" help:"Networks that may be called though they are not public."`
}

// Log is what entries keep.
type Log struct {
	Bodies  string        `yaml:"bodies" default:"full" enum:"none|metadata|full" help:"none: accounting only; metadata: all but bodies; full: bodies too."`
	MaxBody Size          `yaml:"max_body" default:"64KiB" min:"0" max:"64MiB" help:"How much of each body is kept."`
	Retain  time.Duration `yaml:"retain" default:"7d" min:"1m" help:"How long entries are kept."`
	Sample  float64       `yaml:"sample" default:"1" min:"0" max:"1" help:"Share of the calls whose bodies are kept, chosen by their ids. Everything else is kept of every call."`
	Errors  bool          `yaml:"sample_errors" default:"true" help:"Whether bodies of calls that fail are kept whatever sample says."`
	Encrypt bool          `yaml:"encrypt" default:"false" help:"Whether bodies are written nowhere but under a key of the call's workspace, in the spool and in the store: who destroys the key (sluice privacy shred) has destroyed them. What is said in such calls cannot be searched for. It counts for calls from then on."`

	Redact       []string          `yaml:"redact" single:"true" example:"[secrets, email, card]" enum:"secrets|email|card|phone|iban|ip" help:"What is taken out of what is recorded, before it is written anywhere: bodies, metadata, user, session, user agent, tags, comments. docs/privacy.md says how each is recognised. Vendors' credentials in force, and keys of the best-known services, always are."`
	Patterns     map[string]string `yaml:"patterns" example:"{employee: 'EMP-[0-9]{6}'}" check:"pattern" help:"Own regular expressions (RE2) for what is taken out as well, by a name that stands in its place."`
	PhoneRegions []string          `yaml:"phone_regions" example:"[US, DE]" check:"phoneregion" help:"Countries (ISO 3166) whose telephone numbers are recognised without a country code too."`
}

// Storage is where records live.
type Storage struct {
	URL            Secret        `yaml:"url" default:"sqlite:sluice.db" plain:"true" check:"storage" help:"sqlite:PATH, postgres://…, or a reference to such a URL (env:NAME, file:PATH)."`
	Drain          string        `yaml:"drain" default:"run" enum:"run|paused" help:"paused keeps entries in the spool, for measuring and maintenance."`
	Search         string        `yaml:"search" default:"on" enum:"on|off" help:"Whether what was said can be searched for. The index lies beside the database, and is deleted when it is off."`
	Fsync          time.Duration `yaml:"fsync" default:"off" off:"true" min:"1ms" max:"1m" help:"How often the spool is forced to the disk, so that entries survive power loss: each time costs a disk flush. off: they survive the process, not the machine."`
	RollupMetadata []string      `yaml:"rollup_metadata" default:"[team]" check:"metadatakey" help:"Keys of the metadata by which calls are added up, so that analytics and costs tell them apart; up to 5. Calls that were stored before a key stood here are not added up by it; sums of a key that is taken out are kept, and shown again once it is back."`
	Spool          Spool         `yaml:"spool" help:"The queue on the local disk between answers and the store."`
}

// Spool is the local queue of entries.
type Spool struct {
	Dir string `yaml:"dir" default:"spool" check:"path" help:"Its directory."`
	Max Size   `yaml:"max" default:"1GiB" min:"1MiB" help:"Its largest size. When full, bodies are dropped first, then new calls are refused; accounting is never dropped."`
}

// Shared is what several nodes share.
type Shared struct {
	URL     Secret        `yaml:"url" default:"''" plain:"true" check:"shared" help:"Redis or Valkey, in which several nodes count limits and budgets together: redis://[user:password@]host[:port][/database], rediss:// with TLS, or a reference to such a URL. Empty: each node counts for itself."`
	Prefix  string        `yaml:"prefix" default:"'sluice:'" check:"prefix" help:"What all its keys begin with. Nodes that count together have the same."`
	Timeout time.Duration `yaml:"timeout" default:"250ms" min:"10ms" max:"10s" help:"How long a decision may wait for it; then on_outage of each limit counts."`
}

// Server is the data plane.
type Server struct {
	Listen            string        `yaml:"listen" env:"SLUICE_LISTEN" default:":8080" check:"address" help:"Address: HOST:PORT or :PORT."`
	TLS               ServerTLS     `yaml:"tls" help:"Serve HTTPS. Both files or neither."`
	TrustedProxies    []string      `yaml:"trusted_proxies" example:"[10.0.0.0/8]" check:"network" help:"Networks of the proxies in front of Sluice. For a call that comes from one of them, the caller's address is the last one in forwarded_header that is not a trusted proxy's; what others say there is ignored."`
	ForwardedHeader   string        `yaml:"forwarded_header" default:"x-forwarded-for" enum:"x-forwarded-for|forwarded" help:"The header that these proxies append to. Only this one is read: the other may come from the caller. Forwarded is that of RFC 7239."`
	MaxHeader         Size          `yaml:"max_header" default:"64KiB" min:"4KiB" max:"16MiB" help:"Largest head of a request."`
	MaxBody           MaxBody       `yaml:"max_body" help:"Largest body of a request, by what it holds."`
	ReadHeaderTimeout time.Duration `yaml:"read_header_timeout" default:"10s" min:"10ms" max:"10m" help:"How long a request's head may take to arrive."`
	BodyIdleTimeout   time.Duration `yaml:"body_idle_timeout" default:"30s" min:"10ms" max:"1h" help:"Longest pause while a request's body arrives."`
	WriteIdleTimeout  time.Duration `yaml:"write_idle_timeout" default:"5m" min:"1s" max:"24h" help:"How long a caller may take nothing of what is written to it."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"2m" min:"10ms" max:"24h" help:"How long a connection may stay open between requests."`
	HandshakeTimeout  time.Duration `yaml:"handshake_timeout" default:"10s" min:"10ms" max:"10m" help:"How long a TLS handshake may take."`
	ShutdownGrace     time.Duration `yaml:"shutdown_grace" default:"30s" min:"0s" max:"1h" help:"How long running calls may go on after the process was told to end."`
	MaxConnections    int           `yaml:"max_connections" default:"20000" min:"1" max:"10000000" help:"Open connections; further ones wait to be accepted."`
	MaxInFlight       int           `yaml:"max_in_flight" default:"10000" min:"1" max:"10000000" help:"Calls in progress; further ones get 503 overloaded."`
	MaxMemory         Size          `yaml:"max_memory" default:"0" min:"0" help:"Memory of the process above which new calls get 503 overloaded. 0: three quarters of what the machine or container has."`
}

// MaxBody bounds request bodies.
type MaxBody struct {
	JSON      Size `yaml:"json" default:"64MiB" min:"1KiB" max:"1GiB" help:"JSON, which is held in memory."`
	Multipart Size `yaml:"multipart" default:"512MiB" min:"1KiB" max:"1TiB" help:"Forms with files, which go to the disk when large."`
	Files     Size `yaml:"files" default:"5GiB" min:"1KiB" max:"1TiB" help:"Uploads and bodies of native paths, which flow through."`
}

// TLS is a certificate and its key.
type TLS struct {
	CertFile string `yaml:"cert_file" example:"tls/cert.pem" check:"file" help:"Certificate chain (PEM)."`
	KeyFile  string `yaml:"key_file" example:"tls/key.pem" check:"file" help:"Private key (PEM)."`
}

// ServerTLS is the data plane's TLS.
type ServerTLS struct {
	TLS      `yaml:",inline"`
	ClientCA string `yaml:"client_ca" example:"tls/clients.pem" check:"file" help:"Certificates (PEM) that sign client certificates, for auth: mtls. A caller may come without one; one that is not signed by these is refused."`
}

// Enabled reports whether TLS is to be served.
func (t TLS) Enabled() bool { return t.CertFile != "" }

// Admin is the admin listener.
type Admin struct {
	Listen string `yaml:"listen" default:"127.0.0.1:8081" check:"address" help:"Address: HOST:PORT. Keep it private."`
	TLS    TLS    `yaml:"tls" help:"Serve HTTPS. Both files or neither."`
	URL    string `yaml:"url" example:"https://sluice.example.com" check:"url" help:"How people reach it, for links in alerts and for single sign-on."`

	Session time.Duration `yaml:"session" default:"12h" min:"5m" max:"90d" help:"How long people stay logged in."`
	OIDC    OIDC          `yaml:"oidc" help:"Single sign-on for people. Off without an issuer."`
}

// Audit is about the audit log.
type Audit struct {
	Retain time.Duration `yaml:"retain" example:"400d" min:"1d" help:"How long events are kept. What is removed leaves an event that stands for it, so that the log can still be verified. Default: for ever."`
}
