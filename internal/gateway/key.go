package gateway

import (
	"crypto/sha256"
	"encoding/json"
	"net/netip"
	"time"
)

// Workspace is a tenant.
type Workspace struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Regions []string  `json:"regions"` // where its calls may be served; empty = as the gateway says
	// RetainS is how many seconds its calls are kept, where the gateway does not let them go
	// earlier; 0 = as the gateway says.
	RetainS int64 `json:"retain_s"`
}

// DefaultWorkspace is the one that exists from the start.
const DefaultWorkspace = "default"

// KeyHash is the SHA-256 of a key's secret; only this is ever stored.
type KeyHash [sha256.Size]byte

// HashKey hashes a secret as presented by a caller.
func HashKey(secret string) KeyHash { return sha256.Sum256([]byte(secret)) }

// OwnerKind says what a key belongs to.
type OwnerKind string

// The kinds of owner.
const (
	OwnedByUser        OwnerKind = "user"
	OwnedByApplication OwnerKind = "application"
)

// Key is a caller's key. The secret itself is never in it.
type Key struct {
	ID         string          `json:"id"`
	Workspace  string          `json:"workspace"`
	Name       string          `json:"name"`
	Hint       string          `json:"hint"` // the first characters, to tell keys apart: sk-sluice-ab12…
	Hash       KeyHash         `json:"-"`
	Created    time.Time       `json:"created"`
	Expires    *time.Time      `json:"expires"`    // nil = never
	Revoked    *time.Time      `json:"revoked"`    // nil = valid; for good
	Disabled   *time.Time      `json:"disabled"`   // nil = enabled; may be enabled again
	OwnerKind  OwnerKind       `json:"owner_kind"` // "" = nobody in particular
	Owner      string          `json:"owner"`      // the user's or application's name
	Tags       []string        `json:"tags"`
	Gateways   []string        `json:"gateways"`   // globs; empty = every gateway
	Models     []string        `json:"models"`     // globs over provider/model and route names; empty = every model
	Operations []string        `json:"operations"` // empty = every operation
	Networks   []string        `json:"networks"`   // CIDR; empty = from everywhere
	Limits     []Rule          `json:"limits"`     // of its own, beside the gateway's
	MaxOutput  int64           `json:"max_output"` // ceiling of output tokens of a call that names none; 0 = none
	Metadata   json.RawMessage `json:"metadata"`   // default metadata, a JSON object; nil = none
	Regions    []string        `json:"regions"`    // where its calls may be served; empty = as the gateway says
	Subject    string          `json:"subject"`    // of the client certificate that is this key (auth: mtls); "" = none

	Log KeyLog `json:"log"` // what is kept of its calls at most

	// OldHash is the secret before the last rotation, valid until OldUntil.
	OldHash  KeyHash    `json:"-"`
	OldUntil *time.Time `json:"old_until"` // nil = there is none
}

// KeyLog is what a key lets be kept of its calls. The gateway's policy and the call's own
// wish hold beside it: the least of all counts.
type KeyLog struct {
	Bodies string   `json:"bodies"` // none, metadata or full; "" = as the gateway says
	Sample *float64 `json:"sample"` // share of its calls whose bodies are kept, 0 to 1, also of those that fail; nil = as the gateway says
}

// Usable reports whether the key may be used at now.
func (k *Key) Usable(now time.Time) bool {
	return k.Revoked == nil && k.Disabled == nil && (k.Expires == nil || now.Before(*k.Expires))
}

// Principal is who is calling, after authentication. It is immutable.
type Principal struct {
	Workspace string
	Key       *Key            // nil when the gateway's auth is none, and of a JWT
	User      string          // of a JWT; "" = the call's own user, if it names one
	Role      Role            // of a JWT; "" = none
	Metadata  json.RawMessage // defaults of the call, a JSON object: the key's, or from the JWT's claims; nil = none
	Networks  []netip.Prefix  // from where it may call; nil = everywhere, empty = nowhere
}

// KeyID gives the key's id or "".
func (p *Principal) KeyID() string {
	if p == nil || p.Key == nil {
		return ""
	}
	return p.Key.ID
}
