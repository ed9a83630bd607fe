package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// The states of an erasure.
const (
	ErasureWaiting = "waiting"
	ErasureRunning = "running"
	ErasureDone    = "done"
	ErasureDry     = "dry_run" // nothing was erased; it is kept nowhere
)

// ErasureOfKeys is the kind of an erasure that destroys the keys of a workspace's bodies.
const ErasureOfKeys = "keys"

// Erasure takes what was kept of one user away, everywhere, or destroys the keys of a
// workspace's bodies. When it is done it is the receipt of that, and does not name the user
// any more.
type Erasure struct {
	ID        string         `json:"id"`             // ers_…
	Kind      string         `json:"kind,omitempty"` // "" = of a user; ErasureOfKeys
	Workspace string         `json:"workspace"`      // "" = all
	User      string         `json:"user"`           // "" once it is done, and where it is about keys
	UserHash  string         `json:"user_hash"`      // see HashUser
	By        string         `json:"by"`             // who asked for it
	Created   time.Time      `json:"created"`
	Finished  *time.Time     `json:"finished"`
	State     string         `json:"state"`
	Step      string         `json:"step"`   // the place it is at
	Counts    map[string]int `json:"counts"` // what was erased, by place
	Error     string         `json:"error"`  // why it has to be tried again; "" = nothing
	Hash      string         `json:"hash"`   // of the receipt, see Digest
	Signature string         `json:"signature"`
}

// HashUser gives what a receipt has in the place of the user: a SHA-256 over its id and him.
func HashUser(id, user string) string {
	sum := sha256.Sum256([]byte("sluice erasure\x00" + id + "\x00" + user))
	return hex.EncodeToString(sum[:])
}

// Digest is the SHA-256 of what a receipt says, as JSON without hash and signature.
func (e *Erasure) Digest() string {
	said := *e
	said.Hash, said.Signature, said.User, said.Error = "", "", "", ""
	text, err := json.Marshal(&said)
	if err != nil {
		return "" // cannot happen: texts, numbers and times
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
