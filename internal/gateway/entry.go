package gateway

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// Entry is one client call with its attempts: the record of the contract (§5, §6).
// The JSON names are the contract's. An Entry is immutable once handed to record.
type Entry struct {
	ID              string          `json:"id"` // UUIDv7, also the sluice-request-id
	Time            time.Time       `json:"time"`
	Gateway         string          `json:"gateway"`
	Workspace       string          `json:"workspace"`
	KeyID           string          `json:"key_id"`
	Operation       string          `json:"operation"`
	Endpoint        string          `json:"endpoint"` // method and path as they are documented, "POST /v1/chat/completions": nothing of the caller's; "" = unknown
	ClientDialect   string          `json:"client_dialect"`
	ProviderDialect string          `json:"provider_dialect"`
	Route           string          `json:"route"`
	Step            string          `json:"step"` // of the route that gave the targets: its name, or its place as steps[1]
	ModelRequested  string          `json:"model_requested"`
	Provider        string          `json:"provider"`
	Model           string          `json:"model"`
	Credential      string          `json:"credential"`
	Region          string          `json:"region"`
	Status          int             `json:"status"` // as the caller saw it; 499 when the caller left first
	ErrorCode       string          `json:"error_code"`
	FinishReason    string          `json:"finish_reason"`
	Stream          bool            `json:"stream"`
	Cache           string          `json:"cache"`
	CacheTags       []string        `json:"cache_tags"`   // of the answer that the cache gave, or would keep
	CacheAgeMS      llm.Count       `json:"cache_age_ms"` // of the answer that the cache had, served or past its time; unknown = it had none
	CacheKey        string          `json:"cache_key"`    // of the answer that the cache gave, or under which it keeps or would keep this call's; "" = none, or nothing is kept of what was said
	Attempts        []Attempt       `json:"attempts"`
	Limits          []string        `json:"limits"`
	Guards          []string        `json:"guards"`
	DroppedParams   []string        `json:"dropped_params"`
	Usage           llm.Usage       `json:"usage"`
	Price           *Price          `json:"price"` // nil = unpriced
	Cost            Cost            `json:"cost_usd"`
	Saved           Cost            `json:"saved_usd"`
	QueueMS         llm.Count       `json:"queue_ms"`
	FirstByteMS     llm.Count       `json:"first_byte_ms"`
	LatencyMS       llm.Count       `json:"latency_ms"`
	OverheadUS      llm.Count       `json:"overhead_us"` // total less what was spent waiting for vendors
	CallerUS        llm.Count       `json:"caller_us"`   // of OverheadUS: waiting for a caller who reads slowly
	Phases          []Phase         `json:"phases"`      // what of OverheadUS went where, as far as it is told apart, in the order in which they began
	Metadata        json.RawMessage `json:"metadata"`    // a JSON object, nil = none
	Session         string          `json:"session"`
	User            string          `json:"user"`
	ClientIP        string          `json:"client_ip"`
	UserAgent       string          `json:"user_agent"`
	TraceID         string          `json:"trace_id"`
	ParentSpanID    string          `json:"parent_span_id"` // the caller's span, in which the call was made
	Feedback        string          `json:"feedback"`
	Score           *float64        `json:"score"`
	Comment         string          `json:"comment"`  // what was said with the feedback
	Redacted        map[string]int  `json:"redacted"` // how often something of a kind was taken out of what is kept of it
	Count           int             `json:"count"`    // 1, but for refusals aggregated under a flood
	LastTime        time.Time       `json:"last_time"`

	// Bodies is nil unless the policy is full; never part of a list.
	Bodies *Bodies `json:"-"`
	// Objects are vendor ids that this call created or deleted and that must go home later.
	Objects []Object `json:"-"`
	// Settlements are what the call took from budgets and limits of money.
	Settlements []Settlement `json:"-"`
}

// Attempt is one try at one target.
type Attempt struct {
	Provider     string    `json:"provider"`
	Model        string    `json:"model"`
	Credential   string    `json:"credential"`
	Status       int       `json:"status"` // the vendor's HTTP status, 0 = no answer
	Fault        string    `json:"fault"`  // a fault.Kind name, "" = success
	Started      time.Time `json:"started"`
	ConnectMS    llm.Count `json:"connect_ms"` // unknown when a kept connection was used
	FirstByteMS  llm.Count `json:"first_byte_ms"`
	LatencyMS    llm.Count `json:"latency_ms"`
	RetryAfterMS llm.Count `json:"retry_after_ms"`
	Usage        llm.Usage `json:"usage"`
	Cost         Cost      `json:"cost_usd"`
	// Continued says that it went on with a stream that an attempt before it had begun.
	Continued bool `json:"continued"`
	// Span is the id of its span, where the provider was told it: what the provider calls in
	// its turn has it as its parent.
	Span SpanID `json:"span_id"`
}

// Phase is a stretch of a call's time that the gateway spent on one thing.
type Phase struct {
	Name   string `json:"name"`    // one of the Phase names
	FromUS int64  `json:"from_us"` // since the call began
	TookUS int64  `json:"took_us"`
}

// The names of phases.
const (
	PhaseCache     = "cache"     // asking the cache for a kept answer
	PhaseEmbedding = "embedding" // waiting for what the cache knows alike requests by; no part of OverheadUS
	PhaseFlight    = "flight"    // waiting for the head of an equal call's answer; no part of OverheadUS
	PhaseLimits    = "limits"    // taking room of limits and budgets
	PhaseQueue     = "queue"     // waiting in a limit's queue
)

// Price is the price per kind that was applied, in dollars per million tokens unless
// the name says otherwise, after tier, service tier and batch were chosen.
type Price struct {
	Rates  map[string]float64 `json:"rates"`
	Tier   string             `json:"tier"`   // "", or what chose the rates: ">200000", "priority", "batch"
	Source string             `json:"source"` // catalogue file or "config"
	AsOf   string             `json:"as_of"`  // date of the fact, "" for config

	rendered string `json:"-"` // see Share
}

// Share prepares a price for being shared by many entries, which then need not render
// it again. It is called before the price is shared; p must not be changed any more.
func (p *Price) Share() { p.rendered = string(p.append(nil)) }

// Equal reports whether two prices say the same.
func (p *Price) Equal(q *Price) bool {
	if p == nil || q == nil {
		return p == q
	}
	return maps.Equal(p.Rates, q.Rates) && p.Tier == q.Tier && p.Source == q.Source && p.AsOf == q.AsOf
}

// Bodies are what was said, after redaction, each cut at the policy's size.
type Bodies struct {
	Request  Body   // what the caller sent
	Answer   Body   // what the caller received
	Attempts []Sent // per attempt, only where it differs from the above

	Encrypt bool      // they are written nowhere but under a key of the workspace
	Key     BodyKeyID // that key; zero = none was chosen yet
	Sealed  []byte    // all of the above as the spool has it, not opened yet; nil = it is open
	Lost    string    // why nothing of it can be shown: one of the reasons; "" = it can
}

// Sent is what one attempt sent and received where that differs from the caller's side.
type Sent struct {
	Attempt  int // index into Entry.Attempts
	Request  *Body
	Answer   *Body
	DumpNote string // why a side is missing, "" when none is
}

// Body is one message body, stored as sent (decoded from content-encoding).
type Body struct {
	ContentType string
	Bytes       []byte
	Size        int64 // the whole size on the wire
	Truncated   bool
}

// Object is a vendor's id that belongs to a workspace.
type Object struct {
	ID         string // as the vendor spells it
	Kind       string // file, batch, response, cached_content, video …
	Provider   string
	Credential string
	Gateway    string
	Workspace  string
	KeyID      string
	Created    time.Time
	Deleted    bool
	// Hold is what is held for a batch, or which batch a file holds the results of: a text
	// that only who wrote it reads; "" = none.
	Hold string
	// Settled says that what a batch took has been settled.
	Settled bool
}
