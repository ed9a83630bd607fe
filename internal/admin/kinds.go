package admin

// KindList are the vendors that are known.
type KindList struct {
	Data []Kind `json:"data"`
	Next string `json:"next"`
}

// Kind is a vendor, with what a provider of it needs.
type Kind struct {
	Name         string   `json:"name" doc:"As in providers.NAME.kind."`
	Title        string   `json:"title" doc:"For people."`
	Page         string   `json:"page" doc:"The vendor's page about its API."`
	BaseURL      string   `json:"base_url" doc:"Where it is unless a provider says so; empty = its base_url is needed, or comes from its region."`
	NeedsBaseURL bool     `json:"needs_base_url"`
	KeyFree      bool     `json:"key_free" doc:"It can work without a credential."`
	Ambient      bool     `json:"ambient" doc:"The machine may have a credential of its own."`
	Env          []string `json:"env" doc:"Where its key usually is."`
	Fields       []string `json:"fields" doc:"What a credential may consist of instead of a key."`
	Region       bool     `json:"region" doc:"It has regions."`
	NeedsRegion  bool     `json:"needs_region"`
	Project      bool     `json:"project" doc:"It has projects."`
	NeedsProject bool     `json:"needs_project"`
	Speaks       []string `json:"speaks" doc:"Dialects, preferred first."`
	Operations   []string `json:"operations"`
}

func (a *api) listKinds(*call) (KindList, error) {
	if a.Kinds == nil {
		return KindList{}, notServing()
	}
	return KindList{Data: notNil(a.Kinds())}, nil
}
