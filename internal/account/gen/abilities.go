package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/internal/account"
)

// addAbilities completes the models that the prices know, and adds the others.
func (b *builder) addAbilities(lines []abilityLine) error {
	known, err := b.catalogue()
	if err != nil {
		return err
	}
	// Exact names first: a model takes over what another spelling of it says only
	// where nothing was said under its own name.
	slices.SortStableFunc(lines, func(x, y abilityLine) int {
		return boolOrder(known.Lists([]string{b.provider(&x)}, x.ID), known.Lists([]string{b.provider(&y)}, y.ID))
	})
	for i := range lines {
		l := &lines[i]
		p := b.provider(l)
		if slices.Contains(b.x.Skip, p) {
			continue
		}
		if m, ok := known.Find([]string{p}, l.ID); ok {
			b.complete(b.find(p, m.ID), l)
			continue
		}
		f, err := b.unpriced(p, l)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", l.Provider, l.ID, err)
		}
		d := b.doc(p, b.x.AbilitiesAsOf, b.x.AbilitiesSource)
		d.Models = append(d.Models, f)
	}
	return nil
}

func boolOrder(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

func (b *builder) provider(l *abilityLine) string {
	if p, ok := b.x.AbilitiesProvider[l.Provider]; ok {
		return p
	}
	return l.Provider
}

// catalogue reads back what was gathered so far, to find models by their spellings.
func (b *builder) catalogue() (*account.Catalogue, error) {
	var all bytes.Buffer
	for _, d := range b.documents() {
		text, err := render(d)
		if err != nil {
			return nil, err
		}
		all.Write(text)
	}
	return account.ReadCatalogue(&all)
}

func (b *builder) find(provider, id string) *account.Facts {
	models := b.docs[provider].Models
	return &models[slices.IndexFunc(models, func(f account.Facts) bool { return f.ID == id })]
}

func (b *builder) complete(f *account.Facts, l *abilityLine) {
	if f.Abilities != nil {
		return
	}
	f.Abilities = abilities(l)
	f.MaxOutput = l.Limit.Output
	if f.Context == 0 {
		f.Context = l.Limit.Context
	}
	if f.Name == "" {
		f.Name = title(l.Name, f.ID)
	}
}

func abilities(l *abilityLine) *account.Abilities {
	return &account.Abilities{
		Input: l.Modalities.Input, Output: l.Modalities.Output,
		Tools: l.ToolCall, Reasoning: l.Reasoning, Temperature: l.Temperature,
	}
}

// unpriced is a model that only the abilities know. Their price of 0 means many
// things (a trial, a subscription, not known) and is taken for none.
func (b *builder) unpriced(provider string, l *abilityLine) (account.Facts, error) {
	f := account.Facts{ID: l.ID, Name: title(l.Name, l.ID), Context: l.Limit.Context, MaxOutput: l.Limit.Output, Abilities: abilities(l)}
	if d := b.docs[provider]; d != nil && d.AsOf != b.x.AbilitiesAsOf {
		f.AsOf, f.Source = b.x.AbilitiesAsOf, b.x.AbilitiesSource
	}
	if l.Cost["input"] == 0 && l.Cost["output"] == 0 {
		return f, nil
	}
	r := make(account.Rates)
	for from, kind := range map[string]string{
		"input": "input", "output": "output", "cache_read": "cache_read", "cache_write": "cache_write", "reasoning": "output_reasoning",
	} {
		usd, ok := l.Cost[from]
		if !ok {
			continue
		}
		n, err := account.NanoOf(usd)
		if err != nil {
			return f, err
		}
		r[kind] = n
	}
	f.Prices = []account.Dated{{Rates: r}}
	return f, nil
}

// addTiers hangs the service tiers of extra.json on vendors and models.
func (b *builder) addTiers() error {
	for _, t := range b.x.Tiers {
		d := b.docs[t.Provider]
		if d == nil {
			return fmt.Errorf("tier %v: no provider %q", t.Names, t.Provider)
		}
		if len(t.Models) == 0 {
			d.Tiers = append(d.Tiers, t.Tier)
		}
		for _, id := range t.Models {
			i := slices.IndexFunc(d.Models, func(f account.Facts) bool { return f.ID == id })
			if i < 0 {
				return fmt.Errorf("tier %v: %s has no model %q", t.Names, t.Provider, id)
			}
			d.Models[i].Tiers = append(d.Models[i].Tiers, t.Tier)
		}
	}
	return nil
}
