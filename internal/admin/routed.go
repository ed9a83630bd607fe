package admin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Explain is a call that is to be explained.
type Explain struct {
	Gateway   string
	Who       *gateway.Principal // nil = nobody in particular
	IP        netip.Addr         // not valid = unknown
	Model     string             // the route's name, or any other that callers write
	Operation string             // "" = chat
	Path      string             // "" = as the operation says
	Header    http.Header
	Body      []byte // nil = none
}

// RouteList are the routes in force.
type RouteList struct {
	Data []Route `json:"data"`
	Next string  `json:"next"`
}

// Route is one route as it is in force. What it says beside its targets is part of the
// configuration (/config).
type Route struct {
	Name       string      `json:"name"`
	Operations []string    `json:"operations" doc:"Empty = every one."`
	Steps      []RouteStep `json:"steps" doc:"In the order in which they are looked at."`
	Fallback   []string    `json:"fallback" doc:"Tried after a step's targets, where the step names no others."`
	Sticky     string      `json:"sticky" doc:"What stays at one choice; empty = nothing."`
}

// RouteStep is one step of a route.
type RouteStep struct {
	Name     string          `json:"name"`
	When     string          `json:"when" doc:"Its condition; empty = always. Shown to admins alone."`
	Kind     string          `json:"kind" enum:"use,split,balance,canary,terms" doc:"How it chooses; terms = it names no targets, and what else it says holds for those below."`
	By       string          `json:"by,omitempty" doc:"Of a balance."`
	Targets  []gateway.Share `json:"targets" doc:"Of a canary: the old one and the new one."`
	Fallback []string        `json:"fallback"`
}

func (a *api) listRoutes(c *call) (RouteList, error) {
	list := RouteList{Data: []Route{}}
	s, err := a.snapshot()
	if err != nil {
		return list, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Routes)) {
		list.Data = append(list.Data, newRoute(s.Routes[name], c.who.admin))
	}
	return list, nil
}

func newRoute(r *gateway.Route, admin bool) Route {
	out := Route{Name: r.Name, Operations: notNil(r.Operations), Steps: []RouteStep{}, Fallback: notNil(r.Fallback), Sticky: r.Sticky}
	for i := range r.Steps {
		step := newRouteStep(&r.Steps[i])
		if !admin {
			step.When = ""
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

func newRouteStep(s *gateway.Step) RouteStep {
	out := RouteStep{Name: s.Name, When: s.When, Kind: "terms", Targets: []gateway.Share{}, Fallback: notNil(s.Fallback)}
	switch {
	case s.Use != "":
		out.Kind, out.Targets = "use", []gateway.Share{{Target: s.Use, Weight: 1}}
	case len(s.Split) > 0:
		out.Kind, out.Targets = "split", s.Split
	case s.Balance != nil:
		out.Kind, out.By, out.Targets = "balance", s.Balance.By, notNil(s.Balance.Targets)
	case s.Canary != nil:
		out.Kind, out.Targets = "canary", []gateway.Share{{Target: s.Canary.From}, {Target: s.Canary.To}}
	}
	return out
}

// NewExplain is a call to be explained: what is left out is as in a call without it.
type NewExplain struct {
	Gateway   string            `json:"gateway" doc:"The default one unless given."`
	KeyID     string            `json:"key_id" doc:"The key it would be made with. Only system admins may leave it out."`
	Operation string            `json:"operation" doc:"chat unless given."`
	Path      string            `json:"path" doc:"As the caller writes it, such as /v1/messages; else as OpenAI has it for the operation."`
	Headers   map[string]string `json:"headers" doc:"Of the caller, sluice-… ones among them."`
	Body      json.RawMessage   `json:"body" doc:"Of the call, a JSON object; its model is the name of the path."`
	IP        string            `json:"ip" doc:"The caller's address."`
}

// explainRoute tells what would become of a call, without making it.
func (a *api) explainRoute(c *call, body *NewExplain) (gateway.Explained, error) {
	q := Explain{Gateway: body.Gateway, Model: c.path["name"], Operation: body.Operation, Path: body.Path, Header: http.Header{}, Body: body.Body}
	var err error
	if q.Who, err = a.explainFor(c, body.KeyID); err != nil {
		return gateway.Explained{}, err
	}
	for name, value := range body.Headers {
		q.Header.Set(name, value)
	}
	if body.IP != "" {
		if q.IP, err = netip.ParseAddr(body.IP); err != nil {
			return gateway.Explained{}, invalid("ip", "ip is no address such as 203.0.113.7")
		}
	}
	if a.Explain == nil {
		return gateway.Explained{}, notServing()
	}
	return a.Explain(c.ctx(), &q)
}

// explainFor gives whose call it would be.
func (a *api) explainFor(c *call, id string) (*gateway.Principal, error) {
	if id == "" {
		if c.scoped = true; !c.who.admin {
			return nil, invalid("key_id", "key_id is needed: with which key would the call be made?")
		}
		return nil, nil
	}
	k, err := a.Store.Key(c.ctx(), id)
	if err == nil {
		err = c.in(k.Workspace)
	}
	if err != nil {
		return nil, named(err, "key", id)
	}
	return &gateway.Principal{Workspace: k.Workspace, Key: &k, Metadata: k.Metadata}, nil
}
