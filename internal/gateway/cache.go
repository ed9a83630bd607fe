package gateway

import "time"

// Cache is how a gateway keeps answers and serves them again, as it was written down.
type Cache struct {
	TTL       time.Duration `json:"ttl"`                 // how long an answer is fresh; 0 = nothing is kept unless a rule, route, model or caller says so
	Scope     string        `json:"scope"`               // among whom answers are shared, see the constants
	Vary      []string      `json:"vary,omitempty"`      // what else must be equal: user, header.<name>, metadata.<name>
	Exclude   []string      `json:"exclude,omitempty"`   // members of request bodies that may differ, as paths: user, metadata.trace
	Normalize []string      `json:"normalize,omitempty"` // differences of texts that do not count: whitespace, case
	Refresh   time.Duration `json:"stale_while_revalidate,omitempty"`
	IfError   time.Duration `json:"stale_if_error,omitempty"` // past its time, an answer serves so long where the vendor fails
	Alone     bool          `json:"alone,omitempty"`          // identical concurrent calls do not share one upstream call
	MaxEntry  int64         `json:"max_entry"`                // bytes of the largest answer that is kept
	Tags      []string      `json:"tags,omitempty"`           // of every answer: texts, or metadata.<name>, header.<name>
	Rules     []CacheRule   `json:"rules,omitempty"`          // the first one whose condition holds says TTL or bypass
	Semantic  *Semantic     `json:"semantic,omitempty"`       // nil = only equal requests share an answer
}

// The scopes of Cache.Scope.
const (
	ScopeGateway   = "gateway" // everybody who calls the gateway: tenants share
	ScopeWorkspace = "workspace"
	ScopeKey       = "key"
	ScopeUser      = "user" // of a workspace; a call without a user is not kept
)

// The words of Cache.Normalize.
const (
	NormalizeSpace = "whitespace" // runs of white space are one space, none at the ends
	NormalizeCase  = "case"
)

// CacheRule changes what is kept for calls of some kind.
type CacheRule struct {
	When   string        `json:"when"`             // a condition
	TTL    time.Duration `json:"ttl,omitempty"`    // 0 = as if there were no rule
	Bypass bool          `json:"bypass,omitempty"` // neither served nor kept
	Tags   []string      `json:"tags,omitempty"`   // beside the gateway's
}

// CacheTime is what a route or a model says of its answers.
type CacheTime struct {
	TTL    time.Duration `json:"ttl,omitempty"` // 0 = says nothing
	Bypass bool          `json:"bypass,omitempty"`
}

// Semantic is when an answer serves a request that only means the same.
type Semantic struct {
	Model     string        `json:"model"`            // that gives embeddings, as callers name it
	Threshold float64       `json:"threshold"`        // of the cosine, above 0 and at most 1
	Report    bool          `json:"report,omitempty"` // nothing is served; what would have been is in the entry's metadata
	Timeout   time.Duration `json:"timeout"`          // how long an embedding may delay a call
}
