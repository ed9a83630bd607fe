package account

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.json
var embedded embed.FS

// indexFile lists the embedded vendors, so that none is read before it is asked for.
const indexFile = "data/index.json"

// Catalogue knows models and prices, by vendor. It is safe for concurrent use; what
// it gives out is shared and must not be changed.
type Catalogue struct {
	vendors map[string]*vendor // by name and alias
	answers answers
}

// Load gives the catalogue that the program carries. A vendor's part is read when it
// is first asked for.
func Load() (*Catalogue, error) {
	raw, err := embedded.ReadFile(indexFile)
	if err != nil {
		return nil, fmt.Errorf("embedded catalogue: %w", err)
	}
	var index map[string][]string // vendor → aliases
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("embedded catalogue: %w", err)
	}
	c := newCatalogue()
	for name, aliases := range index {
		c.put(name, aliases, lazyVendor("data/"+name+".json"))
	}
	return c, nil
}

// ReadCatalogue reads a catalogue from a file of one or several documents and checks
// all of it: the caller keeps the last good one. It knows only the vendors in r; see
// Overlay.
func ReadCatalogue(r io.Reader) (*Catalogue, error) {
	const limit = 64 << 20
	in := &io.LimitedReader{R: r, N: limit}
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	c := newCatalogue()
	for {
		var d Document
		err := dec.Decode(&d)
		switch {
		case err == nil:
		case in.N <= 0:
			return nil, fmt.Errorf("catalogue: more than %d bytes", limit)
		case errors.Is(err, io.EOF) && len(c.vendors) > 0:
			return c, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("catalogue: no document in it")
		default:
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		if err := c.add(&d); err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
	}
}

func newCatalogue() *Catalogue {
	return &Catalogue{vendors: make(map[string]*vendor), answers: answers{seed: maphash.MakeSeed()}}
}

func (c *Catalogue) add(d *Document) error {
	v, err := newVendor(d)
	if err != nil {
		return err
	}
	for _, name := range append([]string{d.Provider}, d.Aliases...) {
		if _, twice := c.vendors[name]; twice {
			return fmt.Errorf("provider %q occurs twice", name)
		}
	}
	c.put(d.Provider, d.Aliases, &vendor{name: d.Provider, models: func() *models { return v }})
	return nil
}

func (c *Catalogue) put(name string, aliases []string, v *vendor) {
	c.vendors[name] = v
	for _, a := range aliases {
		c.vendors[a] = v
	}
}

// Overlay gives a catalogue with the vendors of newer in place of its own of the same
// name. Neither of the two is changed.
func (c *Catalogue) Overlay(newer *Catalogue) *Catalogue {
	out := newCatalogue()
	maps.Copy(out.vendors, c.vendors)
	maps.Copy(out.vendors, newer.vendors)
	return out
}

// Providers are the names of all vendors, sorted, without aliases.
func (c *Catalogue) Providers() []string {
	names := make(map[string]bool, len(c.vendors))
	for _, v := range c.vendors {
		names[v.name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Models lists the models of some vendors by id; of two with the same id the first
// vendor's. The slice is the caller's.
func (c *Catalogue) Models(provider []string) []*Model {
	var all []*Model
	for _, p := range provider {
		if v := c.vendors[p]; v != nil {
			all = append(all, v.models().list...)
		}
	}
	slices.SortStableFunc(all, func(a, b *Model) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b *Model) bool { return a.ID == b.ID })
}

// Lists reports whether one of the vendors lists the model under this very name: no
// pattern, letter case counts. It is the test for a bare vendor id.
func (c *Catalogue) Lists(provider []string, model string) bool {
	for _, p := range provider {
		if v := c.vendors[p]; v != nil && v.models().exact[model] != nil {
			return true
		}
	}
	return false
}

// vendor is one vendor's part.
type vendor struct {
	name   string
	models func() *models
}

// models are a vendor's models.
type models struct {
	list   []*Model
	exact  map[string]*Model // by id and by other exact spellings
	folded map[string]*Model // the same in lower case, where that is another text
	rules  []rule
}

// rule is a model's spellings that are no exact text.
type rule struct {
	model  *Model
	match  []pattern
	except []pattern
}

// lazyVendor reads an embedded vendor when asked. The embedded files are tested: one
// that cannot be read is a broken build.
func lazyVendor(path string) *vendor {
	name := strings.TrimSuffix(strings.TrimPrefix(path, "data/"), ".json")
	return &vendor{name: name, models: sync.OnceValue(func() *models {
		v, err := readEmbedded(path)
		if err != nil {
			panic("BUG: embedded catalogue: " + err.Error())
		}
		return v
	})}
}

func readEmbedded(path string) (*models, error) {
	raw, err := embedded.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var d Document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return newVendor(&d)
}

func newVendor(d *Document) (*models, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	v := &models{exact: make(map[string]*Model, 2*len(d.Models)), folded: make(map[string]*Model)}
	tiers := newTiers(d.Tiers)
	for i := range d.Models {
		if err := v.add(d, &d.Models[i], tiers); err != nil {
			return nil, fmt.Errorf("provider %q: %w", d.Provider, err)
		}
	}
	return v, nil
}

func (v *models) add(d *Document, f *Facts, tiers []*tier) error {
	m, err := newModel(d, f, tiers)
	if err != nil {
		return err
	}
	v.list = append(v.list, m)
	r := rule{model: m}
	for _, s := range f.Match {
		p, err := parsePattern(s)
		if err != nil {
			return err
		}
		if p.how != 0 {
			r.match = append(r.match, p)
		} else if err := v.spell(s, m); err != nil {
			return err
		}
	}
	for _, s := range f.Except {
		p, err := parsePattern(s)
		if err != nil {
			return err
		}
		r.except = append(r.except, p)
	}
	if len(r.match) > 0 {
		v.rules = append(v.rules, r)
	}
	return v.spell(m.ID, m)
}

// spell makes an exact name mean m.
func (v *models) spell(name string, m *Model) error {
	if other := v.exact[name]; other != nil {
		return fmt.Errorf("models %q and %q share the name %q", other.ID, m.ID, name)
	}
	v.exact[name] = m
	if low := strings.ToLower(name); low != name && v.folded[low] == nil {
		v.folded[low] = m
	}
	return nil
}
