package admin

import (
	"net/url"
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
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
	BaseURL     string           `json:"base_url" doc:"Empty for all but admins."`
	Speaks      []string         `json:"speaks" doc:"Dialects, preferred first."`
	Operations  []string         `json:"operations"`
	Credentials []CredentialName `json:"credentials" doc:"Names only, of those that all share and those of workspaces where the caller has a role; admins see all."`
	Headers     []string         `json:"headers" doc:"Names of the headers that are added; admins alone see them."`
	Models      int              `json:"models" doc:"How many are known; others can be called too."`
	HTTP2       bool             `json:"http2"`
	Proxied     bool             `json:"proxied" doc:"Reached through a proxy of its own."`
	TimeoutsMS  map[string]int64 `json:"timeouts_ms"`
	Retries     ProviderRetries  `json:"retries"`
}

// CredentialName is a credential without its key.
type CredentialName struct {
	Name      string `json:"name"`
	Workspace string `json:"workspace" doc:"Whose calls it serves; empty = all."`
	Weight    int    `json:"weight"`
}

// ProviderRetries says what is tried again.
type ProviderRetries struct {
	Max     int      `json:"max"`
	For     []string `json:"for"`
	FirstMS int64    `json:"first_ms"`
	MaxMS   int64    `json:"max_ms"`
}

func (a *api) listProviders(c *call) (ProviderList, error) {
	s, err := a.snapshot()
	list := ProviderList{Data: []Provider{}}
	if err != nil {
		return list, err
	}
	for _, name := range s.ProviderNames() {
		list.Data = append(list.Data, c.who.sees(newProvider(s, s.Providers[name])))
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
	return c.who.sees(newProvider(s, p)), nil
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
		out.Credentials = append(out.Credentials, CredentialName{Name: c.Name, Workspace: c.Workspace, Weight: c.Weight})
	}
	for _, h := range p.Headers {
		out.Headers = append(out.Headers, h.Name)
	}
	return out
}

// sees gives what of a provider the caller may see: where it is, and by which headers it is
// reached, is for admins; a workspace's credentials are for its members.
func (w *caller) sees(p Provider) Provider {
	if w.admin {
		return p
	}
	p.BaseURL, p.Headers, p.Proxied = "", []string{}, false
	p.Credentials = slices.DeleteFunc(p.Credentials, func(c CredentialName) bool {
		return c.Workspace != "" && !w.may(c.Workspace, gateway.Viewer)
	})
	return p
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
