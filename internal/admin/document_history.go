package admin

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

var revisionFilters = []Param{
	{"from", "Revisions from this time on (RFC 3339)."},
	{"to", "Revisions before this time (RFC 3339)."},
}

var diffParams = []Param{
	{"from", "A revision, instead of the document in force."},
	{"to", "A revision, instead of a document in the body."},
}

// RevisionPage is one page of the document's history.
type RevisionPage struct {
	Data []gateway.Revision `json:"data"`
	Next string             `json:"next"`
}

// RevisionDetail is one state of the document.
type RevisionDetail struct {
	gateway.Revision
	Document string         `json:"document" doc:"YAML; hidden:plain stands where a file held a secret in plain."`
	Before   *int64         `json:"before" doc:"The revision that changes and text compare it with; null = it is not kept, or there is none."`
	Changes  []ConfigChange `json:"changes"`
	Text     string         `json:"text" doc:"Unified diff."`
}

// ConfigChange is one place at which two documents differ.
type ConfigChange struct {
	Path   string `json:"path" doc:"Of keys, as in providers.local.base_url."`
	Kind   string `json:"kind" enum:"added,removed,changed"`
	Before any    `json:"before" doc:"null = it was not there."`
	After  any    `json:"after" doc:"null = it is not there any more."`
}

// ConfigDiff is what a document would change.
type ConfigDiff struct {
	Revision *int64         `json:"revision" doc:"What it is compared with; null = a document that the history does not have yet."`
	OK       bool           `json:"ok" doc:"The gateway would take it."`
	Problems []Problem      `json:"problems" doc:"All that is wrong with the document; warnings too."`
	Changes  []ConfigChange `json:"changes" doc:"As written, without defaults; empty when only comments and the form differ."`
	Text     string         `json:"text" doc:"Unified diff; empty = they are equal."`
	Restart  []string       `json:"restart" doc:"Settings whose change would wait for a restart."`
}

func (a *api) listRevisions(c *call) (RevisionPage, error) {
	limit, cursor, err := c.page()
	q := store.RevisionQuery{Limit: limit, Cursor: cursor}
	var badFrom, badTo error
	q.From, badFrom = c.moment("from")
	q.To, badTo = c.moment("to")
	if err := errors.Join(err, badFrom, badTo); err != nil {
		return RevisionPage{}, err
	}
	page, err := a.Store.Revisions(c.ctx(), q)
	return RevisionPage{Data: notNil(page.Revisions), Next: page.Next}, err
}

// revision gives the revision of a number in a path or query.
func (a *api) revision(c *call, text string) (gateway.Revision, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return gateway.Revision{}, notFound("there is no revision " + asStored(text) + "; they are numbers")
	}
	r, err := a.Store.Revision(c.ctx(), n)
	return r, named(err, "revision", text)
}

func (a *api) getRevision(c *call) (RevisionDetail, error) {
	r, err := a.revision(c, c.path["n"])
	if err != nil {
		return RevisionDetail{}, err
	}
	out := RevisionDetail{Revision: r, Document: string(r.Document), Changes: []ConfigChange{}}
	before, err := a.Store.Revision(c.ctx(), r.Number-1)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return out, nil
	case err != nil:
		return out, err
	}
	out.Before = &before.Number
	out.Changes, out.Text = compareDocuments(label(before.Number), before.Document, label(r.Number), r.Document)
	return out, nil
}

func (a *api) diffConfig(c *call, document []byte) (ConfigDiff, error) {
	from, to := c.query.Get("from"), c.query.Get("to")
	switch {
	case to != "" && len(document) > 0:
		return ConfigDiff{}, invalid("to", "give a document in the body or to, not both")
	case to != "" && from == "":
		return ConfigDiff{}, invalid("from", "from is needed beside to")
	}
	base, err := a.diffBase(c, from)
	if err != nil {
		return ConfigDiff{}, err
	}
	d := ConfigDiff{Revision: revisionNumber(base.Number), OK: true, Problems: []Problem{}, Restart: []string{}}
	name := "document"
	if to != "" {
		r, err := a.revision(c, to)
		if err != nil {
			return d, err
		}
		name, document = label(r.Number), r.Document
	} else if a.Validate == nil {
		return d, notServing()
	} else {
		problems, restart := a.Validate(document)
		v := NewValidation(problems)
		d.OK, d.Problems, d.Restart = v.OK, v.Problems, notNil(restart)
	}
	d.Changes, d.Text = compareDocuments(label(base.Number), base.Document, name, document)
	return d, nil
}

// diffBase is what is compared with: a revision, or what is in force.
func (a *api) diffBase(c *call, from string) (gateway.Revision, error) {
	if from != "" {
		return a.revision(c, from)
	}
	if a.Document == nil {
		return gateway.Revision{}, notServing()
	}
	d := a.Document()
	return gateway.Revision{Number: d.Revision, Document: d.Text}, nil
}

func label(revision int64) string {
	if revision == 0 {
		return "in force"
	}
	return "revision " + strconv.FormatInt(revision, 10)
}

// compareDocuments gives what differs, by key and by line. Of a document that cannot be
// read, only the lines are told.
func compareDocuments(nameA string, a []byte, nameB string, b []byte) (changes []ConfigChange, text string) {
	changes = []ConfigChange{}
	treeA, badA := doctree.Parse(a)
	treeB, badB := doctree.Parse(b)
	if len(badA)+len(badB) == 0 {
		for _, ch := range doctree.Compare(treeA, treeB) {
			changes = append(changes, newConfigChange(ch))
		}
	}
	return changes, udiff.Unified(nameA, nameB, valid(a), valid(b))
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

func newConfigChange(ch doctree.Change) ConfigChange {
	out := ConfigChange{Path: ch.Path, Kind: "changed", Before: value(ch.Before), After: value(ch.After)}
	switch {
	case ch.Before == nil:
		out.Kind = "added"
	case ch.After == nil:
		out.Kind = "removed"
	}
	return out
}

// value gives what a node holds as JSON has it.
func value(n *doctree.Node) any {
	switch {
	case n == nil || n.Kind == doctree.Null:
		return nil
	case n.Kind == doctree.Bool:
		return strings.EqualFold(n.Text, "true")
	case n.Kind == doctree.List:
		all := make([]any, len(n.Items))
		for i, item := range n.Items {
			all[i] = value(item)
		}
		return all
	case n.Kind == doctree.Map:
		all := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			all[m.Key] = value(m.Value)
		}
		return all
	case n.Kind != doctree.Text && json.Valid([]byte(n.Text)):
		return json.Number(n.Text)
	}
	return n.Text
}
