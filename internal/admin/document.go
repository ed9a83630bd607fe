package admin

import (
	"reflect"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Document is the configuration document in force, as the gateway knows it. It holds no
// secret.
type Document struct {
	Config   any    // defaults included, without secrets
	Text     []byte // without secrets
	Revision int64  // 0 = the history does not have it yet
	File     string // that it was read from, "" = the store
	Applied  time.Time
	Restart  []string // settings that wait for a restart

	Refused         string // why there is a newer one that this node cannot use; "" = there is none
	RefusedRevision int64  // which that is; 0 = of the file
}

// ConfigView is the configuration in force.
type ConfigView struct {
	Config   any        `json:"config" kind:"object" doc:"As in sluice.yaml, defaults included."`
	Document string     `json:"document" doc:"The YAML as written; hidden:plain stands where a file holds a secret in plain."`
	Revision *int64     `json:"revision" doc:"null = the history does not have it yet."`
	Source   string     `json:"source" enum:"file,store"`
	File     string     `json:"file,omitempty" doc:"That the document was read from."`
	Editable bool       `json:"editable" doc:"It can be changed here; false: a file is the source."`
	Applied  time.Time  `json:"applied" doc:"When this node began to use it."`
	Restart  []string   `json:"restart" doc:"Settings whose change waits for a restart."`
	Refused  *Unapplied `json:"refused" doc:"A newer document that this node cannot use; null = there is none."`
}

// Unapplied is a document that a node cannot use.
type Unapplied struct {
	Revision *int64 `json:"revision" doc:"null = it stands in the file alone."`
	Message  string `json:"message"`
}

// Validation is what a check of a document found.
type Validation struct {
	OK       bool      `json:"ok" doc:"The gateway would take it."`
	Problems []Problem `json:"problems" doc:"All that is wrong, in the order of the document; warnings too."`
}

// Problem is one thing wrong with a document.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty" doc:"Of keys, as in providers.local.base_url."`
	Message string `json:"message"`
	Warning bool   `json:"warning" doc:"The document can be used all the same."`
}

const yamlMedia = "application/yaml"

// documentRoute declares a route whose body is a document.
func documentRoute[T any](method, path, name, summary string, query []Param, serve func(c *call, document []byte) (T, error)) route {
	return route{
		Access: admins, Method: method, Path: path, Name: name, Summary: summary, Query: query, Most: doctree.MaxBytes,
		Body: reflect.TypeFor[string](), Media: yamlMedia, Answer: reflect.TypeFor[T](), Status: 200,
		serve: func(c *call) (any, error) {
			document, err := c.body()
			if err != nil {
				return nil, err
			}
			return serve(c, document)
		},
	}
}

func (a *api) configRoutes() []route {
	return []route{
		read(admins, get, "/config", "getConfig", "The configuration in force, defaults included, and the document that it comes from; secrets are shown as references.", nil, a.getConfig),
		documentRoute(put, "/config", "putConfig", "Put a document (YAML) in force, when it is valid and the revision it was made from is still the newest: that is named by If-Match, or by revision.", changeParams, a.putConfig),
		documentRoute(post, "/config/validate", "validateConfig", "Check a document (YAML) as the gateway would before using it. Nothing changes.", nil, a.validateConfig),
		documentRoute(post, "/config/diff", "diffConfig", "What a document (YAML) would change, or, without one, what changed between two revisions. Nothing changes.", diffParams, a.diffConfig),
		read(admins, get, "/config/schema", "getConfigSchema", "The JSON Schema of the document, for editors.", nil, a.getConfigSchema),
		read(admins, get, "/config/revisions", "listRevisions", "The states that the document has had, newest first.", concat(revisionFilters, paging), a.listRevisions),
		read(admins, get, "/config/revisions/{n}", "getRevision", "One state of the document, with what it changed.", nil, a.getRevision),
		read(admins, post, "/config/revisions/{n}/rollback", "rollbackConfig", "Put the document of a revision in force again, as a new revision; If-Match or revision as in PUT /config.", changeParams, a.rollbackConfig),
	}
}

func (a *api) getConfig(c *call) (ConfigView, error) {
	if a.Document == nil {
		return ConfigView{}, notServing()
	}
	d := a.Document()
	v := ConfigView{
		Config: d.Config, Document: string(d.Text), Revision: revisionNumber(d.Revision), Source: gateway.FromStore, File: d.File, Editable: d.File == "",
		Applied: d.Applied.UTC(), Restart: notNil(d.Restart),
	}
	if d.File != "" {
		v.Source = gateway.FromFile
	}
	if d.Refused != "" {
		v.Refused = &Unapplied{revisionNumber(d.RefusedRevision), d.Refused}
	}
	if v.Revision != nil {
		c.w.Header().Set("ETag", etag(d.Revision))
	}
	return v, nil
}

// revisionNumber gives a revision's number, nil for none.
func revisionNumber(revision int64) *int64 {
	if revision == 0 {
		return nil
	}
	return &revision
}

func (a *api) validateConfig(_ *call, document []byte) (Validation, error) {
	if a.Validate == nil {
		return Validation{}, notServing()
	}
	problems, _ := a.Validate(document)
	return NewValidation(problems), nil
}

// NewValidation renders what loading a document found.
func NewValidation(found config.Problems) Validation {
	v := Validation{OK: found.Err() == nil, Problems: []Problem{}}
	for _, p := range found {
		v.Problems = append(v.Problems, Problem{File: p.File, Line: p.Pos.Line, Column: p.Pos.Col, Path: p.Path, Message: p.Message, Warning: p.Warning})
	}
	return v
}

// Schema is a JSON Schema.
type Schema struct {
	Schema any `json:"schema" kind:"object"`
}

func (a *api) getConfigSchema(*call) (Schema, error) { return Schema{config.Schema()}, nil }
