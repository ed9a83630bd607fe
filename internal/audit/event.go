// Package audit holds the words of the audit log: an event, how events are chained by
// hashes, how a chain is verified, and how two records differ. It stores nothing and
// decides for nobody what is to be told.
package audit

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcomes of events.
const (
	OK      = "ok"
	Refused = "refused"
	Begun   = "begun" // of what cannot be undone: another event says how it ended
)

// Event is one row of the audit log: who did what to what, from where, and what came of it.
type Event struct {
	Seq  int64     `json:"seq" doc:"From 1, one more for each event."`
	Time time.Time `json:"time"`

	Actor     Actor  `json:"actor"`
	Action    string `json:"action" doc:"A noun and a verb, as in key.create."`
	Object    Object `json:"object"`
	Workspace string `json:"workspace" doc:"Whose owners see it; empty = admins alone."`

	IP        string `json:"ip" doc:"Empty = the machine itself."`
	UserAgent string `json:"user_agent"`
	RequestID string `json:"request_id" doc:"As the answer's header sluice-request-id."`

	Outcome string `json:"outcome" enum:"ok,refused,begun" doc:"begun: it could not be undone, so it was told before; another event of the same request says how it ended."`
	Code    string `json:"code" doc:"Of the error; empty = none."`
	Count   int64  `json:"count" doc:"How many it stands for: equal refusals are added up, and so are rows that retention removed."`

	// Changes is a JSON array of Change, in the bytes that the hash covers.
	Changes json.RawMessage `json:"changes" kind:"array" doc:"Fields that differ: path, before, after. Secrets are never in it."`

	Prev Hash `json:"prev_hash" doc:"The hash of the event before; zeros before the first."`
	Hash Hash `json:"hash" doc:"SHA-256 over all of the above."`
}

// Actor is who did it.
type Actor struct {
	Kind string `json:"kind" enum:"user,token,admin_token,cli,file,sluice,unknown" doc:"cli: the command line on the store itself; unknown: nobody proved who that was."`
	ID   string `json:"id"`
	Name string `json:"name" doc:"For people: an e-mail address, a token's name."`
	Role string `json:"role" doc:"admin, or the role in the workspace."`
}

// Object is what it was done to.
type Object struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Hash is a SHA-256, hexadecimal as text.
type Hash [32]byte

// String gives 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is String.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what String wrote.
func (h *Hash) UnmarshalText(b []byte) error {
	parsed, err := ParseHash(string(b))
	*h = parsed
	return err
}

// ParseHash reads 64 hexadecimal digits.
func ParseHash(text string) (h Hash, err error) {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(h) {
		return h, errors.New("a hash is 64 hexadecimal digits")
	}
	return Hash(b), nil
}

// Bounds of an event's texts and changes, in bytes.
const (
	maxText    = 256
	maxChanges = 64 << 10
)

// Fit cuts what is too long, and gives the time the precision that is stored: what is
// hashed is what is read back.
func (e *Event) Fit() {
	for _, t := range e.texts() {
		*t = cut(*t)
	}
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	e.Count = max(1, e.Count)
	switch {
	case len(e.Changes) == 0:
		e.Changes = json.RawMessage("[]")
	case len(e.Changes) > maxChanges:
		e.Changes = json.RawMessage(`[{"path":"","before":null,"after":"too much to be kept here"}]`)
	}
}

// texts lists the text columns in the order in which they are hashed.
func (e *Event) texts() []*string {
	return []*string{
		&e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Role, &e.Action, &e.Object.Kind, &e.Object.ID, &e.Object.Name, &e.Workspace,
		&e.IP, &e.UserAgent, &e.RequestID, &e.Outcome, &e.Code,
	}
}

// cut gives text that any store takes: valid, without NUL, and short.
func cut(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	if len(s) <= maxText {
		return s
	}
	s = s[:maxText-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
