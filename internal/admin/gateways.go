package admin

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

// GatewayList are the gateways in force.
type GatewayList struct {
	Data []Gateway `json:"data"`
	Next string    `json:"next"`
}

// Gateway is one gateway as it is in force.
type Gateway struct {
	Name              string            `json:"name"`
	Hosts             []string          `json:"hosts"`
	Auth              []string          `json:"auth" doc:"How callers prove who they are."`
	DefaultProvider   map[string]string `json:"default_provider" doc:"By family of dialects."`
	Providers         []string          `json:"providers" doc:"Globs; empty = all."`
	Models            []string          `json:"models" doc:"Globs over provider/model; empty = all."`
	Controls          []string          `json:"controls" doc:"sluice-… headers that callers may use, without the prefix."`
	CallerCredentials bool              `json:"caller_credentials" doc:"Callers may bring their own vendor credential."`
	Log               GatewayLog        `json:"log"`
	CORSOrigins       []string          `json:"cors_origins" doc:"Empty = browsers of other origins are refused."`
}

// GatewayLog says what a gateway's entries keep, and how long.
type GatewayLog struct {
	Bodies  string `json:"bodies" enum:"none,metadata,full"`
	MaxBody int64  `json:"max_body" doc:"Bytes of each body."`
	RetainS int64  `json:"retain_s" doc:"Seconds; 0 = for ever."`

	Sample       float64  `json:"sample" doc:"Share of the calls whose bodies are kept, 0 to 1."`
	SampleErrors bool     `json:"sample_errors" doc:"Bodies of calls that fail are kept whatever sample says."`
	Encrypt      bool     `json:"encrypt" doc:"Bodies are written nowhere but under a key of the workspace."`
	Redact       []string `json:"redact" doc:"What is taken out before anything is written: rules of log.redact and the names of own patterns. Keys of the best-known services are, always."`
}

// snapshot gives what is in force, which an API without a gateway does not have.
func (a *api) snapshot() (*catalog.Snapshot, error) {
	if a.Snapshot == nil {
		return nil, notServing()
	}
	return a.Snapshot(), nil
}

func notServing() error {
	return &apiError{Status: http.StatusServiceUnavailable, Code: codeUnavailable, Message: "only a running gateway can tell this"}
}

func (a *api) listGateways(*call) (GatewayList, error) {
	s, err := a.snapshot()
	list := GatewayList{Data: []Gateway{}}
	if err != nil {
		return list, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Gateways)) {
		list.Data = append(list.Data, newGateway(s, s.Gateways[name]))
	}
	return list, nil
}

func (a *api) getGateway(c *call) (Gateway, error) {
	s, err := a.snapshot()
	if err != nil {
		return Gateway{}, err
	}
	g := s.Gateway(c.path["name"])
	if g == nil {
		return Gateway{}, notFound("there is no gateway " + c.path["name"])
	}
	return newGateway(s, g), nil
}

func newGateway(s *catalog.Snapshot, g *catalog.Gateway) Gateway {
	out := Gateway{
		Name: g.Name, Hosts: []string{}, Auth: []string{}, DefaultProvider: map[string]string{}, Providers: notNil(g.Providers), Models: notNil(g.Models),
		Controls: notNil(g.Controls), CallerCredentials: g.CallerCredentials, CORSOrigins: []string{},
		Log: newGatewayLog(&g.Log),
	}
	maps.Copy(out.DefaultProvider, g.Default)
	for host, of := range s.Hosts {
		if of == g {
			out.Hosts = append(out.Hosts, host)
		}
	}
	slices.Sort(out.Hosts)
	if g.Keyed {
		out.Auth = append(out.Auth, "key")
	}
	if g.Open {
		out.Auth = append(out.Auth, "none")
	}
	if g.CORS != nil {
		out.CORSOrigins = notNil(g.CORS.Origins)
	}
	return out
}

func newGatewayLog(l *catalog.LogPolicy) GatewayLog {
	return GatewayLog{Bodies: bodiesName(l.Bodies), MaxBody: l.MaxBody, RetainS: int64(l.Retain / time.Second), Sample: l.Sample, SampleErrors: l.Errors, Encrypt: l.Encrypt, Redact: l.Redact.Rules()}
}

func bodiesName(b catalog.Bodies) string {
	for _, name := range catalog.BodiesPolicies() {
		if named, ok := catalog.ParseBodies(name); ok && named == b {
			return name
		}
	}
	return ""
}
