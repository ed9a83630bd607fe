package admin

import "github.com/sluice-gateway/sluice/internal/config"

// ConfigView is the configuration in force.
type ConfigView struct {
	Config any `json:"config" kind:"object" doc:"As in sluice.yaml, defaults included."`
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

func (a *api) getConfig(*call) (ConfigView, error) {
	if a.Document == nil {
		return ConfigView{}, notServing()
	}
	return ConfigView{a.Document()}, nil
}

func (a *api) validateConfig(c *call) (any, error) {
	if a.Validate == nil {
		return nil, notServing()
	}
	document, err := c.body()
	if err != nil {
		return nil, err
	}
	return NewValidation(a.Validate(document)), nil
}

// NewValidation renders what loading a document found.
func NewValidation(found config.Problems) Validation {
	v := Validation{OK: found.Err() == nil, Problems: []Problem{}}
	for _, p := range found {
		v.Problems = append(v.Problems, Problem{File: p.File, Line: p.Pos.Line, Column: p.Pos.Col, Path: p.Path, Message: p.Message, Warning: p.Warning})
	}
	return v
}
