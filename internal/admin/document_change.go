package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// maxNote bounds what is said about a revision, in bytes.
const maxNote = 1000

var changeParams = []Param{
	{"revision", "The newest revision, as If-Match names it."},
	{"note", "What to say about the change, for people."},
}

// ConfigChanged is a new revision of the document.
type ConfigChanged struct {
	Revision int64     `json:"revision"`
	InForce  bool      `json:"in_force" doc:"This node uses it already; others follow within a second."`
	Problems []Problem `json:"problems" doc:"Warnings."`
	Restart  []string  `json:"restart" doc:"Settings whose change waits for a restart."`
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

func (a *api) putConfig(c *call, document []byte) (ConfigChanged, error) {
	if len(strings.TrimSpace(string(document))) == 0 {
		return ConfigChanged{}, invalid("", "a document is needed in the body; one that sets nothing is {}")
	}
	return a.changeConfig(c, gateway.Revision{Document: document})
}

func (a *api) rollbackConfig(c *call) (ConfigChanged, error) {
	old, err := a.revision(c, c.path["n"])
	if err != nil {
		return ConfigChanged{}, err
	}
	return a.changeConfig(c, gateway.Revision{Document: old.Document, From: &old.Number})
}

// changeConfig puts a document in force, which is checked and stored first.
func (a *api) changeConfig(c *call, r gateway.Revision) (done ConfigChanged, err error) {
	if a.Document == nil || a.Validate == nil {
		return done, notServing()
	}
	if file := a.Document().File; file != "" {
		return done, &apiError{Status: http.StatusConflict, Code: codeFromFile, Message: "the configuration comes from the file " + file + ", so it cannot be changed here: edit the file, which is read at once; or remove it and restart, and the document goes on from the store"}
	}
	after, err := c.precondition()
	if err != nil {
		return done, err
	}
	if r.Note = strings.TrimSpace(c.query.Get("note")); r.Note != "" {
		if err := checkText("note", r.Note, maxNote); err != nil {
			return done, err
		}
	}
	problems, restart := a.Validate(r.Document)
	v := NewValidation(problems)
	if !v.OK {
		e := invalid("", "the document cannot be used:\n"+problems.Err().Error())
		e.Details.Problems = v.Problems
		return done, e
	}
	r.Time, r.Author, r.Source = a.now(), c.who.author(), gateway.FromStore
	n, err := a.Store.AddRevision(c.ctx(), r, after)
	if errors.Is(err, store.ErrMoved) {
		return done, a.moved(c, after)
	}
	if err != nil {
		return done, err
	}
	a.refresh(c.ctx(), a.RefreshConfig, "the configuration")
	c.object = audit.Object{ID: strconv.FormatInt(n, 10), Name: r.Note}
	c.changed = a.changedPaths(r.Document)
	c.then = func(any) any {
		c.w.Header().Set("ETag", etag(n))
		done.InForce = a.Document().Revision >= n
		return done
	}
	done = ConfigChanged{Revision: n, Problems: v.Problems, Restart: notNil(restart)}
	return done, nil
}

// changedPaths tells the audit log which keys differ from what is in force. What they hold
// stands in the revision, where secrets are hidden.
func (a *api) changedPaths(document []byte) (all []audit.Change) {
	changes, _ := compareDocuments("", a.Document().Text, "", document)
	for _, ch := range changes {
		all = append(all, audit.Change{Path: ch.Path, After: jsonText(ch.Kind)})
	}
	return all
}

// precondition gives the revision that a change was made from.
func (c *call) precondition() (int64, error) {
	text := c.query.Get("revision")
	match := strings.Join(c.r.Header.Values("If-Match"), ",")
	if bare := strings.Trim(strings.TrimPrefix(match, "W/"), `"`); match != "" && text != "" && bare != text {
		return 0, invalid("revision", "If-Match and revision name different revisions")
	} else if match != "" {
		text = bare
	}
	if text == "" {
		return 0, &apiError{Status: http.StatusPreconditionRequired, Code: codePrecondition, Details: errorDetails{Field: "If-Match"},
			Message: `say which revision the change was made from, so that nobody's change is lost: the header If-Match: "7", or ?revision=7; GET /api/v1/config tells the number`}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, invalid("revision", `the revision is a number, as in If-Match: "7" or ?revision=7`)
	}
	return n, nil
}

// moved tells whose change came in between.
func (a *api) moved(c *call, after int64) error {
	newest, err := a.Store.NewestRevision(c.ctx())
	if errors.Is(err, store.ErrNotFound) {
		return conflict("revision", "there is no revision "+strconv.FormatInt(after, 10)+" yet; nothing was changed")
	}
	if err != nil {
		return err
	}
	newest.Document = nil
	message := "revision " + strconv.FormatInt(newest.Number, 10) + " of " + newest.Author.Name + ", " + newest.Time.UTC().Format(time.RFC3339) + ", is the newest, not " + strconv.FormatInt(after, 10) + "; nothing was changed: look at it, and make the change on it"
	if after > newest.Number {
		message = "there is no revision " + strconv.FormatInt(after, 10) + "; the newest is " + strconv.FormatInt(newest.Number, 10) + ", and nothing was changed"
	}
	e := conflict("revision", message)
	e.Details.Revision = &newest
	return e
}
