package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func (a *api) listEntries(c *call) (EntryPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return EntryPage{}, err
	}
	q, err := entryQuery(c.query)
	if err != nil {
		return EntryPage{}, err
	}
	q.Limit = limit
	before, err := fromCursor(cursor)
	if err != nil {
		return EntryPage{}, err
	}
	if text := c.query.Get("search"); text != "" {
		return a.search(c.ctx(), text, q, c.within(), before)
	}
	return a.merged(c.ctx(), q, c.within(), before)
}

// EntryDetail is one entry with what was said.
type EntryDetail struct {
	gateway.Entry
	Bodies *Bodies `json:"bodies" doc:"null when none were kept."`
}

// MarshalJSON renders the entry with its bodies behind.
func (d EntryDetail) MarshalJSON() ([]byte, error) {
	bodies, err := json.Marshal(d.Bodies)
	if err != nil {
		return nil, err
	}
	doc := d.AppendJSON(nil)
	doc = append(doc[:len(doc)-1], `,"bodies":`...)
	return append(append(doc, bodies...), '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *EntryDetail) UnmarshalJSON(b []byte) error {
	var rest struct {
		Bodies *Bodies `json:"bodies"`
	}
	err := errors.Join(json.Unmarshal(b, &d.Entry), json.Unmarshal(b, &rest))
	d.Bodies = rest.Bodies
	return err
}

// Bodies are what was said, as far as it was kept.
type Bodies struct {
	State     string        `json:"state" enum:"kept,erased,damaged,locked" doc:"erased: the key was destroyed; damaged: they were changed, or are another entry's; locked: the key is not at hand. Nothing but kept has bodies."`
	Encrypted bool          `json:"encrypted" doc:"They are kept under a key of the workspace (log.encrypt)."`
	Request   *Body         `json:"request" doc:"What the caller sent."`
	Answer    *Body         `json:"answer" doc:"What the caller received."`
	Attempts  []AttemptBody `json:"attempts" doc:"Only where an attempt differs from the caller's side."`
}

// AttemptBody is what one attempt sent and received.
type AttemptBody struct {
	Attempt int    `json:"attempt" doc:"Place in the entry's attempts, from 0."`
	Request *Body  `json:"request"`
	Answer  *Body  `json:"answer"`
	Note    string `json:"note,omitempty" doc:"Why a side is missing."`
}

// Body is one body.
type Body struct {
	ContentType string `json:"content_type"`
	Size        int64  `json:"size" doc:"Bytes on the wire."`
	Truncated   bool   `json:"truncated" doc:"Only the beginning was kept."`
	Encoding    string `json:"encoding" enum:"text,base64" doc:"How content is written."`
	Content     string `json:"content"`
}

// NewBodies gives bodies for JSON, nil for none.
func NewBodies(b *gateway.Bodies) *Bodies {
	if b == nil {
		return nil
	}
	if b.Lost != "" {
		return &Bodies{State: b.Lost, Encrypted: true, Attempts: []AttemptBody{}}
	}
	out := &Bodies{State: "kept", Encrypted: b.Encrypt, Request: newBody(&b.Request), Answer: newBody(&b.Answer), Attempts: []AttemptBody{}}
	for _, s := range b.Attempts {
		out.Attempts = append(out.Attempts, AttemptBody{Attempt: s.Attempt, Request: newBody(s.Request), Answer: newBody(s.Answer), Note: s.DumpNote})
	}
	return out
}

// newBody gives a body for JSON: text as it is, anything else as base64.
func newBody(b *gateway.Body) *Body {
	if b == nil || b.ContentType == "" && b.Size == 0 && len(b.Bytes) == 0 && !b.Truncated {
		return nil
	}
	out := &Body{ContentType: b.ContentType, Size: b.Size, Truncated: b.Truncated, Encoding: "text"}
	text, ok := asText(b)
	if !ok {
		out.Encoding, text = "base64", base64.StdEncoding.EncodeToString(b.Bytes)
	}
	out.Content = text
	return out
}

// asText gives a body that is valid UTF-8, without a last character that was cut in two.
func asText(b *gateway.Body) (string, bool) {
	if utf8.Valid(b.Bytes) {
		return string(b.Bytes), true
	}
	for cut := 1; b.Truncated && cut < utf8.UTFMax && cut <= len(b.Bytes); cut++ {
		whole, rest := b.Bytes[:len(b.Bytes)-cut], b.Bytes[len(b.Bytes)-cut:]
		if !utf8.FullRune(rest) && utf8.Valid(whole) {
			return string(whole), true
		}
	}
	return "", false
}

func (a *api) getEntry(c *call) (EntryDetail, error) {
	e, _, err := a.entry(c)
	if err != nil {
		return EntryDetail{}, err
	}
	return EntryDetail{Entry: *e, Bodies: NewBodies(e.Bodies)}, nil
}

// entry gives the entry of the path, if it is the caller's to see, and whether it waits
// in the spool.
func (a *api) entry(c *call) (e *gateway.Entry, waiting bool, err error) {
	id := c.path["id"]
	if e, waiting = a.Spool.PendingEntry(id); !waiting {
		e, err = a.Store.Entry(c.ctx(), id)
	} else {
		e = a.ratedOnes(c.ctx(), []*gateway.Entry{e})[0]
	}
	if err == nil {
		err = c.in(e.Workspace)
	}
	return e, waiting, named(err, "entry", id)
}

// named says which object was not found.
func named(err error, noun, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound("there is no " + noun + " " + asStored(id))
	}
	return err
}

// Deleted says what a deletion did.
type Deleted struct {
	Deleted int    `json:"deleted" doc:"How many entries are gone."`
	Warning string `json:"warning,omitempty" doc:"What could not be deleted, for people."`
}

// flushTime is how long a deletion waits for entries that are on their way to the store.
const flushTime = 3 * time.Second

func (a *api) deleteEntry(c *call) (Deleted, error) {
	_, waiting, err := a.entry(c)
	if err != nil {
		return Deleted{}, err
	}
	if waiting {
		if err := a.flush(c.ctx()); err != nil {
			return Deleted{}, &apiError{Status: http.StatusServiceUnavailable, Code: codeStoreAway, cause: err,
				Message: "this entry still waits in the spool, and the store does not take it just now; delete it when the store is back"}
		}
	}
	if err := a.Store.DeleteEntry(c.ctx(), c.path["id"]); err != nil {
		return Deleted{}, named(err, "entry", c.path["id"])
	}
	return Deleted{Deleted: 1}, nil
}

func (a *api) flush(ctx context.Context) error {
	if err := a.ping(ctx); err != nil {
		return err // no use in waiting
	}
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	return a.Spool.Flush(ctx)
}

// deleteStep is how many entries one transaction deletes: few, so that others write between.
const deleteStep = 500

func (a *api) deleteEntries(c *call) (Deleted, error) {
	q, err := entryQuery(c.query)
	if err != nil {
		return Deleted{}, err
	}
	if reflect.ValueOf(q).IsZero() {
		return Deleted{}, invalid("", "at least one filter is needed; to delete everything, say to=<now>")
	}
	var d Deleted
	within := c.within()
	if waiting, floor := a.pending(c.ctx(), q, within, "", 1); len(waiting) > 0 || floor != "" {
		if err := a.flush(c.ctx()); err != nil {
			d.Warning = "entries that match still wait in the spool and will be stored later: the store does not take them just now"
		}
	}
	for _, some := range each(q, within) {
		n, failed := a.Store.DeleteEntries(c.ctx(), some, deleteStep)
		if d.Deleted += n; failed != nil {
			err = failed
			break
		}
	}
	if err != nil && d.Deleted > 0 && c.r.Context().Err() != nil {
		d.Warning, err = "there is more to delete: ask again", nil
	}
	return d, err
}
