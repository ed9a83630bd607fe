package admin

import (
	"net/url"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// ProviderList are the providers in force.
type ProviderList struct {
	Data []Provider `json:"data"`
	Next string     `json:"next"`
}

// Provider is one provider as it is in force, without any secret.
type Provider struct {
	Name        string           `json:"name"`
	Kind        string           `json:"kind"`
	Title       string           `json:"title" doc:"The vendor, for people."`
	BaseURL     string           `json:"base_url"`
	Speaks      []string         `json:"speaks" doc:"Dialects, preferred first."`
	Operations  []string         `json:"operations"`
	Credentials []CredentialName `json:"credentials" doc:"Names only."`
	Headers     []string         `json:"headers" doc:"Names of the headers that are added."`
	Models      int              `json:"models" doc:"How many are known; others can be called too."`
	HTTP2       bool             `json:"http2"`
	Proxied     bool             `json:"proxied" doc:"Reached through a proxy of its own."`
	TimeoutsMS  map[string]int64 `json:"timeouts_ms"`
	Retries     ProviderRetries  `json:"retries"`
}

// CredentialName is a credential without its key.
type CredentialName struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
}

// ProviderRetries says what is tried again.
type ProviderRetries struct {
	Max     int      `json:"max"`
	For     []string `json:"for"`
	FirstMS int64    `json:"first_ms"`
	MaxMS   int64    `json:"max_ms"`
}

func (a *api) listProviders(*call) (ProviderList, error) {
	s, err := a.snapshot()
	list := ProviderList{Data: []Provider{}}
	if err != nil {
		return list, err
	}
	for _, name := range s.ProviderNames() {
		list.Data = append(list.Data, newProvider(s, s.Providers[name]))
	}
	return list, nil
}

func (a *api) getProvider(c *call) (Provider, error) {
	s, err := a.snapshot()
	if err != nil {
		return Provider{}, err
	}
	p := s.Providers[c.path["name"]]
	if p == nil {
		return Provider{}, notFound("there is no provider " + c.path["name"])
	}
	return newProvider(s, p), nil
}

func newProvider(s *catalog.Snapshot, p *provider.Provider) Provider {
	out := Provider{
		Name: p.Name, Kind: p.Spec.Name, Title: p.Spec.Title, BaseURL: plainURL(p.BaseURL), Speaks: texts(p.Speaks), Operations: texts(p.Spec.Operations),
		Credentials: []CredentialName{}, Headers: []string{}, Models: len(s.Models(p)), HTTP2: p.HTTP2, Proxied: p.ProxyURL != "",
		TimeoutsMS: map[string]int64{
			"connect": p.Timeouts.Connect.Milliseconds(), "first_byte": p.Timeouts.FirstByte.Milliseconds(), "first_event": p.Timeouts.FirstEvent.Milliseconds(),
			"idle": p.Timeouts.Idle.Milliseconds(), "total": p.Timeouts.Total.Milliseconds(),
		},
		Retries: ProviderRetries{Max: p.Retries.Max, For: notNil(p.Retries.For), FirstMS: p.Retries.First.Milliseconds(), MaxMS: p.Retries.Cap.Milliseconds()},
	}
	for _, c := range p.Credentials {
		out.Credentials = append(out.Credentials, CredentialName{Name: c.Name, Weight: c.Weight})
	}
	for _, h := range p.Headers {
		out.Headers = append(out.Headers, h.Name)
	}
	return out
}

// plainURL gives a URL without what may be secret in it.
func plainURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
