package account

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Schema is the version of the catalogue's file format that this package reads.
const Schema = 1

// Document is the file of one vendor. A catalogue file is one or several of them,
// one after the other.
type Document struct {
	Schema   int      `json:"schema"`
	Provider string   `json:"provider"`          // the name that a provider.Spec gives as Catalogue
	Aliases  []string `json:"aliases,omitempty"` // other names of the same vendor
	AsOf     string   `json:"as_of"`             // when the facts were true, YYYY-MM-DD
	Sources  []string `json:"sources"`           // pages or packages where they were read
	Tiers    []Tier   `json:"tiers,omitempty"`   // service tiers, for every model that has none of the same name
	Models   []Facts  `json:"models"`
}

// Facts are one model.
type Facts struct {
	ID   string `json:"id"` // as the vendor spells it
	Name string `json:"name,omitempty"`
	// Match are other spellings that mean this model: "x" the same text, "x*" a
	// beginning, "*x" an end, "*x*" a part, "/x/" a regular expression (RE2). Letter
	// case is ignored. Except are spellings that do not mean it after all.
	Match      []string `json:"match,omitempty"`
	Except     []string `json:"except,omitempty"`
	Context    int      `json:"context,omitempty"`    // tokens, 0 = unknown
	MaxOutput  int      `json:"max_output,omitempty"` // tokens, 0 = unknown
	*Abilities          // nil = unknown
	Deprecated bool     `json:"deprecated,omitempty"`
	Prices     []Dated  `json:"prices,omitempty"` // none = unknown; the last that applies counts
	Tiers      []Tier   `json:"tiers,omitempty"`
	AsOf       string   `json:"as_of,omitempty"`  // where it differs from the document's
	Source     string   `json:"source,omitempty"` // where it differs from the document's first
}

// Abilities are what a model takes, gives and can.
type Abilities struct {
	Input       []string `json:"in,omitempty"`  // text, image, audio, video, pdf
	Output      []string `json:"out,omitempty"` // text, image, audio, video
	Tools       bool     `json:"tools,omitempty"`
	Reasoning   bool     `json:"reasoning,omitempty"`
	Temperature bool     `json:"temperature,omitempty"` // takes the parameter
}

// Rates are prices by kind (see Kinds). An absent kind costs what its parent costs.
type Rates map[string]Nano

// Dated is a price with the time when it applies.
type Dated struct {
	From  string `json:"from,omitempty"`  // first day, YYYY-MM-DD in UTC; "" = ever
	Hours string `json:"hours,omitempty"` // "15:04-15:04" each day in UTC, the end excluded; "" = all day
	Rates Rates  `json:"rates"`
	Above []Band `json:"above,omitempty"` // ascending
}

// Band is the price of long prompts. It applies to the whole request, output
// included, once the input tokens (cached ones too) are more than Tokens: that is how
// every vendor with such prices bills.
type Band struct {
	Tokens int64 `json:"tokens"`
	Rates  Rates `json:"rates"`
}

// Tier is a service tier: what the standard price is multiplied by.
type Tier struct {
	Names []string `json:"names"` // as answers report it, lower case; the first one is shown
	// Factors are by kind; "*" is every other token kind. Units cost the same on
	// every tier unless named. null = not known: what consumes it has no known cost.
	Factors  map[string]*Nano `json:"factors"`
	MaxInput int64            `json:"max_input,omitempty"` // not sold above so many input tokens; 0 = no bound
	Source   string           `json:"source"`
}

// validate reports every fault of the document's shape.
func (d *Document) validate() error {
	var errs []error
	if d.Schema != Schema {
		return fmt.Errorf("schema %d is not known, this program reads schema %d", d.Schema, Schema)
	}
	if d.Provider == "" {
		errs = append(errs, errors.New("provider is missing"))
	}
	if err := checkDay(d.AsOf); err != nil || d.AsOf == "" {
		errs = append(errs, fmt.Errorf("as_of must be a day, YYYY-MM-DD: %q", d.AsOf))
	}
	if len(d.Sources) == 0 {
		errs = append(errs, errors.New("sources are missing"))
	}
	errs = append(errs, checkTiers(d.Tiers))
	for i := range d.Models {
		if err := d.Models[i].validate(); err != nil {
			errs = append(errs, fmt.Errorf("model %q: %w", d.Models[i].ID, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("provider %q: %w", d.Provider, err)
	}
	return nil
}

func (f *Facts) validate() error {
	errs := []error{checkDay(f.AsOf), checkTiers(f.Tiers)}
	if f.ID == "" {
		errs = append(errs, errors.New("id is missing"))
	}
	if f.Context < 0 || f.MaxOutput < 0 {
		errs = append(errs, errors.New("context and max_output cannot be negative"))
	}
	for _, p := range slices.Concat(f.Match, f.Except) {
		_, err := parsePattern(p)
		errs = append(errs, err)
	}
	for _, p := range f.Prices {
		errs = append(errs, p.validate())
	}
	return errors.Join(errs...)
}

func (p *Dated) validate() error {
	errs := []error{checkDay(p.From), checkRates(p.Rates)}
	_, _, err := parseHours(p.Hours)
	errs = append(errs, err)
	last := int64(0)
	for _, b := range p.Above {
		if b.Tokens <= last {
			errs = append(errs, errors.New("above: tokens must ascend"))
		}
		last = b.Tokens
		errs = append(errs, checkRates(b.Rates))
	}
	return errors.Join(errs...)
}

func checkRates(r Rates) error {
	for name := range r {
		if _, ok := kindNamed(name); !ok {
			return fmt.Errorf("unknown kind of price %q", name)
		}
	}
	if len(r) == 0 {
		return errors.New("a price without rates")
	}
	return nil
}

func checkTiers(tiers []Tier) error {
	for _, t := range tiers {
		if len(t.Names) == 0 || len(t.Factors) == 0 || t.Source == "" {
			return errors.New("a tier needs names, factors and a source")
		}
		for name := range t.Factors {
			if _, ok := kindNamed(name); !ok && name != "*" {
				return fmt.Errorf("tier %s: unknown kind of price %q", t.Names[0], name)
			}
		}
	}
	return nil
}

func checkDay(s string) error {
	if s == "" {
		return nil
	}
	_, err := time.Parse(time.DateOnly, s)
	return err
}

// parseHours reads "15:04-15:04" as minutes of the day; "" is the whole day.
func parseHours(s string) (from, to int, err error) {
	if s == "" {
		return 0, 24 * 60, nil
	}
	if len(s) != len("15:04-15:04") || s[5] != '-' {
		return 0, 0, fmt.Errorf("hours must look like 00:30-16:30: %q", s)
	}
	a, err1 := time.Parse("15:04", s[:5])
	b, err2 := time.Parse("15:04", s[6:])
	return a.Hour()*60 + a.Minute(), b.Hour()*60 + b.Minute(), errors.Join(err1, err2)
}
