package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/account"
)

// builder gathers documents by vendor.
type builder struct {
	x    *extra
	docs map[string]*account.Document
}

func newBuilder(x *extra) *builder {
	return &builder{x: x, docs: make(map[string]*account.Document)}
}

func (b *builder) documents() []*account.Document {
	var docs []*account.Document
	for _, name := range slices.Sorted(maps.Keys(b.docs)) {
		d := b.docs[name]
		slices.SortFunc(d.Models, func(a, b account.Facts) int { return strings.Compare(a.ID, b.ID) })
		docs = append(docs, d)
	}
	return docs
}

func (b *builder) doc(provider, asOf string, sources ...string) *account.Document {
	d := b.docs[provider]
	if d == nil {
		d = &account.Document{Schema: account.Schema, Provider: provider, Aliases: b.x.Aliases[provider], AsOf: asOf, Sources: sources}
		b.docs[provider] = d
	}
	return d
}

func (b *builder) addPrices(lines []priceLine) error {
	for _, l := range lines {
		f, err := b.facts(&l)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", l.Provider, l.Model, err)
		}
		d := b.doc(b.home(&l), b.x.PricesAsOf, l.Source, b.x.PricesSource)
		d.Models = append(d.Models, f)
	}
	return nil
}

// home is the vendor under which a model is kept.
func (b *builder) home(l *priceLine) string {
	for _, m := range b.x.Move {
		if l.Provider == m.Provider && strings.HasPrefix(l.Model, m.Prefix) {
			return m.To
		}
	}
	return l.Provider
}

func (b *builder) facts(l *priceLine) (account.Facts, error) {
	f := account.Facts{ID: l.Model, Name: title(l.Name, l.Model), Context: l.Context, Deprecated: l.Deprecated}
	if err := spell(&f, &l.Match); err != nil {
		return f, err
	}
	for i := range l.Prices {
		p, err := b.dated(&l.Prices[i])
		if err != nil {
			return f, err
		}
		if len(p.Rates) > 0 {
			f.Prices = append(f.Prices, p)
		}
	}
	if len(f.Prices) == 0 && b.isFree(&f, l.Provider) {
		f.Prices = []account.Dated{{Rates: account.Rates{"input": 0, "output": 0}}}
	}
	return f, nil
}

// title is a name for people where it says more than the id.
func title(name, id string) string {
	if strings.EqualFold(name, id) {
		return ""
	}
	return name
}

// isFree tells an empty price that means "nothing" from one that means "not known".
func (b *builder) isFree(f *account.Facts, provider string) bool {
	if strings.HasSuffix(f.ID, b.x.FreeSuffix) {
		return true
	}
	for _, free := range b.x.Free {
		if free.Provider == provider && slices.Contains(free.IDs, f.ID) {
			f.Source = free.Source
			return true
		}
	}
	return false
}

func (b *builder) dated(l *priceWithTime) (account.Dated, error) {
	p := account.Dated{From: l.When.StartDate}
	if l.When.StartTime != "" {
		p.Hours = l.When.StartTime[:5] + "-" + l.When.EndTime[:5]
	}
	if len(l.USD) == 0 {
		return p, nil
	}
	var err error
	if p.Rates, err = b.rates(l.USD, 0); err != nil {
		return p, err
	}
	for _, start := range starts(l.USD) {
		r, err := b.rates(l.USD, start)
		if err != nil {
			return p, err
		}
		p.Above = append(p.Above, account.Band{Tokens: start, Rates: r})
	}
	return p, nil
}

// starts are the prompt sizes above which any kind costs something else.
func starts(usd map[string]amount) []int64 {
	var all []int64
	for _, a := range usd {
		for _, t := range a.Tiers {
			all = append(all, t.Start)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// rates are the prices above a prompt size.
func (b *builder) rates(usd map[string]amount, above int64) (account.Rates, error) {
	r := make(account.Rates, len(usd))
	for name, a := range usd {
		kind, ok := b.x.Kinds[name]
		if !ok {
			return nil, fmt.Errorf("unknown kind of price %q", name)
		}
		n := a.Base
		for _, t := range a.Tiers {
			if t.Start > above {
				continue
			}
			var err error
			if n, err = account.NanoOf(t.Price); err != nil {
				return nil, err
			}
		}
		if old, twice := r[kind]; twice && old != n {
			return nil, fmt.Errorf("two prices for %s", kind)
		}
		r[kind] = n
	}
	return r, nil
}

// spell writes a matching rule as spellings.
func spell(f *account.Facts, c *clause) error {
	switch {
	case c.Equals != "" && c.Equals != f.ID:
		f.Match = append(f.Match, c.Equals)
	case c.Equals != "":
	case c.StartsWith != "":
		f.Match = append(f.Match, c.StartsWith+"*")
	case c.EndsWith != "":
		f.Match = append(f.Match, "*"+c.EndsWith)
	case c.Contains != "":
		f.Match = append(f.Match, "*"+c.Contains+"*")
	case c.Regex != "":
		f.Match = append(f.Match, "/"+c.Regex+"/")
	case len(c.And) > 0:
		return spellAnd(f, c.And)
	default:
		for i := range c.Or {
			if err := spell(f, &c.Or[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// spellAnd writes "this, but without that": RE2 has no lookahead, so the negative
// ones of the source become exceptions.
func spellAnd(f *account.Facts, parts []clause) error {
	for i := range parts {
		if not, ok := strings.CutPrefix(parts[i].Regex, "^(?!.*"); ok {
			f.Except = append(f.Except, "/"+strings.TrimSuffix(not, ")")+"/")
			continue
		}
		if i > 0 {
			return fmt.Errorf("cannot write this rule as spellings: %+v", parts)
		}
		if err := spell(f, &parts[i]); err != nil {
			return err
		}
	}
	return nil
}
