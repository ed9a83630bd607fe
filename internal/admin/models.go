package admin

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/store"
)

// ModelPage is one page of a list of models.
type ModelPage struct {
	Data []Model `json:"data"`
	Next string  `json:"next"`
}

// Model is one model that a provider is known to have.
type Model struct {
	Model      string         `json:"model" doc:"provider/id, as callers may name it."`
	Provider   string         `json:"provider"`
	ID         string         `json:"id" doc:"As the vendor spells it."`
	Name       string         `json:"name,omitempty" doc:"For people."`
	Context    *int           `json:"context" doc:"Tokens; null = unknown."`
	MaxOutput  *int           `json:"max_output" doc:"Tokens; null = unknown."`
	Deprecated bool           `json:"deprecated,omitempty" doc:"The vendor has announced its end."`
	Abilities  *Abilities     `json:"abilities" doc:"By the catalogue; null = unknown."`
	Price      *gateway.Price `json:"price" doc:"Dollars per million tokens unless the name says otherwise, for short prompts on the standard tier; null = unknown."`
}

// Abilities are what a model takes, gives and can.
type Abilities struct {
	Input     []string `json:"input" doc:"text, image, audio, video, pdf."`
	Output    []string `json:"output" doc:"text, image, audio, video."`
	Tools     bool     `json:"tools"`
	Reasoning bool     `json:"reasoning"`
}

var modelFilters = []Param{
	{"provider", "Models of this provider."},
	{"id", "Exact id, as the vendor spells it."},
	{"q", "Models with this in provider/id, small and capital letters alike."},
}

func (a *api) listModels(c *call) (ModelPage, error) {
	page := ModelPage{Data: []Model{}}
	limit, cursor, err := c.page()
	if err != nil {
		return page, err
	}
	after, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return page, store.ErrBadCursor
	}
	s, err := a.snapshot()
	if err != nil {
		return page, err
	}
	wantProvider, wantID, within := c.query.Get("provider"), c.query.Get("id"), strings.ToLower(c.query.Get("q"))
	for _, m := range modelNames(s, wantProvider) {
		if wantID != "" && m.id != wantID || !strings.Contains(strings.ToLower(m.provider+"/"+m.id), within) || m.compare(modelOf(string(after))) <= 0 && cursor != "" {
			continue
		}
		if len(page.Data) == limit {
			last := page.Data[limit-1]
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(last.Provider + "/" + last.ID))
			break
		}
		page.Data = append(page.Data, a.newModel(s.Providers[m.provider], m.id))
	}
	return page, nil
}

// modelName is a model's place in the list.
type modelName struct{ provider, id string }

func modelOf(name string) modelName {
	p, id, _ := strings.Cut(name, "/")
	return modelName{p, id}
}

func (m modelName) compare(o modelName) int {
	return cmp.Or(strings.Compare(m.provider, o.provider), strings.Compare(m.id, o.id))
}

// modelNames gives the known models in order, each once.
func modelNames(s *catalog.Snapshot, only string) []modelName {
	var all []modelName
	for _, name := range s.ProviderNames() {
		if only != "" && name != only {
			continue
		}
		for _, id := range s.Models(s.Providers[name]) {
			all = append(all, modelName{name, id})
		}
	}
	slices.SortFunc(all, modelName.compare)
	return slices.Compact(all)
}

func (a *api) newModel(p *provider.Provider, id string) Model {
	m := Model{Model: p.Name + "/" + id, Provider: p.Name, ID: id}
	if a.Facts == nil {
		return m
	}
	f := a.Facts(p, id)
	m.Name, m.Context, m.MaxOutput, m.Deprecated, m.Price = f.Name, known(f.Context), known(f.MaxOutput), f.Deprecated, f.Price
	m.Abilities = f.Abilities
	return m
}

func known(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
