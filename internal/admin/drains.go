package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// DrainStore keeps what people have taken out of use.
type DrainStore interface {
	Drains(ctx context.Context) ([]gateway.Drain, error)
	PutDrain(ctx context.Context, d gateway.Drain) error
	DeleteDrain(ctx context.Context, provider, model, credential string) error
}

// DrainList is all that is out of use.
type DrainList struct {
	Data []gateway.Drain `json:"data"`
	Next string          `json:"next"`
}

var drainFilters = []Param{
	{"provider", "Needed."},
	{"model", "As it was drained; leave it out where every model was."},
	{"credential", "As it was drained; leave it out where every credential was."},
}

func (a *api) listDrains(c *call) (DrainList, error) {
	all, err := a.Store.Drains(c.ctx())
	return DrainList{Data: notNil(all)}, err
}

// NewDrain is what is to be taken out of use.
type NewDrain struct {
	Provider   string `json:"provider" required:"true"`
	Model      string `json:"model" doc:"As the vendor spells it; every one unless given."`
	Credential string `json:"credential" doc:"Its name; every one unless given."`
	Reason     string `json:"reason" doc:"For people."`
}

// putDrain takes something out of use; calls in flight go on. What is drained already gets
// the new reason.
func (a *api) putDrain(c *call, body *NewDrain) (gateway.Drain, error) {
	d := gateway.Drain{Provider: body.Provider, Model: strings.TrimPrefix(body.Model, "models/"), Credential: body.Credential, Reason: strings.TrimSpace(body.Reason), By: c.who.name(), Time: a.now()}
	for field, text := range map[string]string{"model": d.Model, "credential": d.Credential, "reason": d.Reason} {
		if err := checkText(field, text, maxSecret); text != "" && err != nil {
			return d, err
		}
	}
	if err := a.drainable(&d); err != nil {
		return d, err
	}
	err := a.Store.PutDrain(c.ctx(), d)
	if err == nil {
		a.refresh(c.ctx(), a.RefreshDrains, "drains")
	}
	return d, err
}

// drainable says what is wrong with the names of a drain: one that is misspelt would take
// nothing out of use, and say that it did.
func (a *api) drainable(d *gateway.Drain) error {
	if err := checkText("provider", d.Provider, maxName); err != nil {
		return err
	}
	if a.Snapshot == nil {
		return nil // offline, nobody knows
	}
	s := a.Snapshot()
	p := s.Providers[d.Provider]
	if p == nil {
		return noSuch("provider", d.Provider, s.ProviderNames())
	}
	var names []string
	for i := range p.Credentials {
		names = append(names, p.Credentials[i].Name)
	}
	if d.Credential != "" && !slices.Contains(names, d.Credential) {
		return noSuch("credential", d.Credential, names)
	}
	return nil
}

func noSuch(field, name string, known []string) error {
	e := invalid(field, "there is no "+field+" "+asStored(name)+"; there are "+strings.Join(known, ", "))
	e.Details.Suggestion = nearest(name, known)
	return e
}

// Undrained is what was put back into use.
type Undrained struct {
	Provider   string `json:"provider"`
	Model      string `json:"model"`
	Credential string `json:"credential"`
}

// deleteDrain puts back into use what was drained under exactly these names.
func (a *api) deleteDrain(c *call) (Undrained, error) {
	d := Undrained{c.query.Get("provider"), c.query.Get("model"), c.query.Get("credential")}
	if d.Provider == "" {
		return d, invalid("provider", "provider is needed")
	}
	err := a.Store.DeleteDrain(c.ctx(), d.Provider, d.Model, d.Credential)
	if errors.Is(err, store.ErrNotFound) {
		return d, notFound("nothing is drained under exactly these names; /api/v1/drains lists what is")
	}
	if err == nil {
		a.refresh(c.ctx(), a.RefreshDrains, "drains")
	}
	return d, err
}
