package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// NewPurge says which answers must not be served any more: those that have all of it.
type NewPurge struct {
	Key       string `json:"key" doc:"One answer: 64 hexadecimal digits."`
	Tag       string `json:"tag"`
	Gateway   string `json:"gateway"`
	Workspace string `json:"workspace" doc:"Whose calls brought them; needed of all but system admins."`
	Provider  string `json:"provider" doc:"That gave them."`
	Model     string `json:"model" doc:"As the vendor spells it, or provider/model."`
	Route     string `json:"route" doc:"By which they were asked for."`
	Older     string `json:"older" doc:"Only those that were stored so long ago: 12h, 7d."`
	All       bool   `json:"all" doc:"Needed where nothing else is said: all of them, or all of the workspace."`
}

// Purge is what was purged.
type Purge struct {
	gateway.CachePurge
	OlderS float64 `json:"older_s" doc:"Only those that were so old then; 0 = all."`
	Says   string  `json:"says" doc:"The same in words."`
}

// PurgeList are purges.
type PurgeList struct {
	Data []Purge `json:"data"`
	Next string  `json:"next"`
}

func newPurge(p gateway.CachePurge) Purge {
	return Purge{CachePurge: p, OlderS: p.Older.Seconds(), Says: purgeInWords(&p)}
}

// purgeCache purges; nodes follow the store, and this one does at once.
func (a *api) purgeCache(c *call, body *NewPurge) (Purge, error) {
	if err := a.inOwnWorkspace(c, body.Workspace); err != nil {
		return Purge{}, err
	}
	p, err := a.readPurge(body)
	if err != nil {
		return Purge{}, err
	}
	p.By, p.Time = c.who.name(), a.now()
	if p.ID, err = newID("prg_"); err != nil {
		return Purge{}, err
	}
	if err := a.Store.PutPurge(c.ctx(), p); err != nil {
		return Purge{}, err
	}
	a.refresh(c.ctx(), a.RefreshPurges, "purges")
	return newPurge(p), nil
}

// inOwnWorkspace lets only system admins leave the workspace out.
func (a *api) inOwnWorkspace(c *call, workspace string) error {
	if err := c.in(workspace); err != nil {
		if workspace == "" {
			return invalid("workspace", "workspace is needed: whose answers?")
		}
		return named(err, "workspace", workspace)
	}
	if workspace == "" {
		return nil
	}
	_, err := a.Store.Workspace(c.ctx(), workspace)
	return named(err, "workspace", workspace)
}

// readPurge checks what is to be purged: what is misspelt would purge nothing, and say
// that it did.
func (a *api) readPurge(body *NewPurge) (p gateway.CachePurge, err error) {
	p = gateway.CachePurge{Key: strings.ToLower(body.Key), Tag: body.Tag, Gateway: body.Gateway, Workspace: body.Workspace, Provider: body.Provider, Model: body.Model, Route: body.Route}
	for field, text := range map[string]string{"tag": p.Tag, "model": p.Model, "route": p.Route} {
		if err := checkText(field, text, maxSecret); text != "" && err != nil {
			return p, err
		}
	}
	if _, ok := cache.ParseKey(p.Key); p.Key != "" && !ok {
		return p, invalid("key", "key is 64 hexadecimal digits")
	}
	if p.Older, err = readAge(body.Older); err != nil {
		return p, err
	}
	narrow := p.Key + p.Tag + p.Gateway + p.Provider + p.Model + p.Route
	switch {
	case body.All && narrow != "":
		return p, invalid("all", "all stands beside other fields; leave it out to purge what they name")
	case !body.All && narrow == "" && p.Workspace == "" && p.Older == 0:
		return p, invalid("", "say what to purge: key, tag, gateway, workspace, provider, model, route or older; or all: true")
	}
	return p, a.purgeable(&p)
}

func readAge(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, invalid("older", "older is a duration such as 12h or 7d")
	}
	return d, nil
}

// purgeable checks names against the configuration in force, and parts provider/model.
func (a *api) purgeable(p *gateway.CachePurge) error {
	if a.Snapshot == nil {
		return nil // offline, nobody knows
	}
	s := a.Snapshot()
	if provider, model, ok := strings.Cut(p.Model, "/"); ok && p.Provider == "" && s.Providers[provider] != nil {
		p.Provider, p.Model = provider, model
	}
	switch {
	case p.Gateway != "" && s.Gateways[p.Gateway] == nil:
		return noSuch("gateway", p.Gateway, sortedKeys(s.Gateways))
	case p.Provider != "" && s.Providers[p.Provider] == nil:
		return noSuch("provider", p.Provider, s.ProviderNames())
	case p.Route != "" && s.Routes[p.Route] == nil:
		return noSuch("route", p.Route, s.RouteNames())
	}
	return nil
}

// purgeInWords tells what a purge names.
func purgeInWords(p *gateway.CachePurge) string {
	var of []string
	for _, part := range []struct{ what, value string }{
		{"under the key ", p.Key}, {"with the tag ", p.Tag}, {"of the gateway ", p.Gateway}, {"of the workspace ", p.Workspace},
		{"that the provider ", p.Provider}, {"that the model ", p.Model}, {"asked for by the route ", p.Route},
	} {
		if part.value == "" {
			continue
		}
		text := part.what + strconv.Quote(part.value)
		if strings.HasPrefix(part.what, "that ") {
			text += " gave"
		}
		of = append(of, text)
	}
	says := "every answer"
	if len(of) > 0 {
		says += " " + strings.Join(of, ", ")
	}
	if p.Older > 0 {
		says += " that was older than " + config.FormatDuration(p.Older)
	}
	return says
}

var purgeFilters = []Param{{"workspace", "Purges of this workspace's answers."}}

// listPurges shows those of the caller's workspaces, and of all to system admins.
func (a *api) listPurges(c *call) (PurgeList, error) {
	within, only := c.within(), c.query.Get("workspace")
	all, err := a.Store.Purges(c.ctx())
	list := PurgeList{Data: []Purge{}}
	for _, p := range all {
		if (within == nil || slices.Contains(within, p.Workspace)) && (only == "" || only == p.Workspace) {
			list.Data = append(list.Data, newPurge(p))
		}
	}
	return list, err
}
