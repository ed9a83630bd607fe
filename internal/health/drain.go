package health

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// drains are what people have taken out of use. They are immutable.
type drains struct {
	all       []gateway.Drain
	providers map[string]bool // of those in all
	held      map[ID]bool     // "" = every one
}

// SetDrains replaces what is out of use, with effect on the next call. The list is not kept.
func (b *Board) SetDrains(all []gateway.Drain) {
	if len(all) == 0 {
		b.drains.Store(nil)
		return
	}
	d := &drains{all: slices.Clone(all), providers: map[string]bool{}, held: map[ID]bool{}}
	for _, one := range all {
		d.providers[one.Provider] = true
		d.held[ID{one.Provider, one.Model, one.Credential}] = true
	}
	b.drains.Store(d)
}

// Drains implements Watch.
func (b *Board) Drains(provider string) bool {
	d := b.drains.Load()
	return d != nil && d.providers[provider]
}

// Drained lists what is out of use, as it was set. The list is the caller's own.
func (b *Board) Drained() []gateway.Drain {
	if d := b.drains.Load(); d != nil {
		return slices.Clone(d.all)
	}
	return nil
}

func (d *drains) hold(id ID) bool {
	return d.providers[id.Provider] && (d.held[id] ||
		d.held[ID{Provider: id.Provider}] ||
		d.held[ID{Provider: id.Provider, Model: id.Model}] ||
		d.held[ID{Provider: id.Provider, Credential: id.Credential}])
}
