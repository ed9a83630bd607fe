// Package redact takes what a policy names out of what is kept: secrets, e-mail addresses,
// card numbers, phone numbers, account numbers (IBAN), IP addresses and own patterns. It
// reads JSON with its escapes, also JSON within strings of JSON, and what streams send in
// pieces as the one text that it is. JSON stays valid, and frames of streams stay frames.
//
// It decides no policy, and never changes what it is given. Time grows with the length of
// the text alone: expressions are RE2's, and everything else is one pass.
package redact

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// The kinds that rules name. A rule is called secrets and its hits secret.
const (
	Secret = "secret"
	Email  = "email"
	Card   = "card"
	Phone  = "phone"
	IBAN   = "iban"
	IP     = "ip"
)

// RuleNames are the rules that Options may name.
func RuleNames() []string { return []string{"secrets", Email, Card, Phone, IBAN, IP} }

// Options are what is taken out.
type Options struct {
	Rules        []string          // of RuleNames
	Patterns     map[string]string // own expressions in RE2's syntax, by kind
	PhoneRegions []string          // ISO 3166 codes: numbers without a country code are looked for as theirs
}

// Counts are how many were found, by kind.
type Counts map[string]int

// Add adds others to them; nil grows where something is added. A nil pointer counts nothing.
func (c *Counts) Add(kind string, n int) {
	if c == nil || n == 0 {
		return
	}
	if *c == nil {
		*c = Counts{}
	}
	(*c)[kind] += n
}

// Redactor takes out what its rules name. It is immutable; a nil one finds nothing.
type Redactor struct {
	finders []finder
	rules   []string // as Options has them, for Kinds
}

// hit is a stretch of a text, [from, to).
type hit struct {
	from, to int
	kind     string
}

// finder appends what it finds in a text. Hits may overlap.
type finder func(text []byte, out []hit) []hit

// New makes a Redactor, nil when there are no rules. The error names a rule or a pattern.
func New(o Options) (*Redactor, error) {
	r := new(Redactor)
	for _, rule := range o.Rules {
		f, err := ruleOf(rule, &o)
		if err != nil {
			return nil, err
		}
		r.finders, r.rules = append(r.finders, f), append(r.rules, rule)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Patterns)) {
		expr, err := regexp.Compile(o.Patterns[name])
		if err != nil {
			return nil, fmt.Errorf("pattern %s: %w", name, err)
		}
		r.finders, r.rules = append(r.finders, patternFinder(name, expr)), append(r.rules, name)
	}
	if len(r.finders) == 0 {
		return nil, nil
	}
	return r, nil
}

func ruleOf(rule string, o *Options) (finder, error) {
	switch rule {
	case "secrets":
		return findSecrets, nil
	case Email:
		return findEmails, nil
	case Card:
		return findCards, nil
	case Phone:
		return phoneFinder(o.PhoneRegions)
	case IBAN:
		return findIBANs, nil
	case IP:
		return findIPs, nil
	}
	return nil, fmt.Errorf("there is no rule %q: the rules are %v", rule, RuleNames())
}

// With gives a Redactor that takes out as secrets what find tells of, too; find must be
// safe for concurrent use.
func (r *Redactor) With(find func(text []byte, found func(from, to int))) *Redactor {
	also := func(text []byte, out []hit) []hit {
		find(text, func(from, to int) { out = append(out, hit{from, to, Secret}) })
		return out
	}
	return &Redactor{finders: append([]finder{also}, r.finders...), rules: r.rules}
}

// Rules gives what is looked for: rules as Options has them, then the names of own
// patterns. It is never nil.
func (r *Redactor) Rules() []string {
	if r == nil {
		return []string{}
	}
	return slices.Clone(r.rules)
}

// Has reports whether a rule is in force.
func (r *Redactor) Has(rule string) bool { return r != nil && slices.Contains(r.rules, rule) }

// Body gives a body without what the rules name: body itself when there is nothing, else a
// copy. cut says that only the beginning of it is there: what its end cuts in two is then
// left out too.
func (r *Redactor) Body(contentType string, body []byte, cut bool, counts *Counts) []byte {
	if r == nil || len(body) == 0 {
		return body
	}
	if cut {
		body = body[:wholeEnd(body)]
	}
	l := layoutOf(contentType, body)
	v := verbatim(body)
	if l.structured {
		v = unescaped(body)
	}
	var edits []edit
	for _, joined := range l.joined(body) { // first: what is found in its pieces again is found already
		edits = l.edits(joined, r.find(joined.text), edits)
	}
	for level := 0; ; level++ {
		edits = l.edits(v, r.find(v.text), edits)
		if level == maxLevels || !v.escaped() {
			break
		}
		v = v.deeper()
	}
	return l.apply(body, edits, counts)
}

// Text gives a short text without what the rules name.
func (r *Redactor) Text(s string, counts *Counts) string {
	if r == nil || s == "" {
		return s
	}
	return string(r.Body("text/plain", []byte(s), false, counts))
}

func (r *Redactor) find(text []byte) (hits []hit) {
	for _, f := range r.finders {
		hits = f(text, hits)
	}
	return hits
}

// wholeEnd gives where the last word ends that is surely whole, not far from the end.
func wholeEnd(b []byte) int {
	const most = 256
	i := len(b)
	for i > 0 && i > len(b)-most && b[i-1] != '"' && b[i-1] != '\n' && b[i-1] != ',' && !(b[i-1] == ' ' && (i < 2 || !digitish(b[i-2]))) {
		i--
	}
	for i > 0 && b[i-1] == '\\' { // never half an escape
		i--
	}
	return i
}

// digitish reports whether a space behind c may stand within a number of some kind.
func digitish(c byte) bool {
	return digit(c) || c == '-' || c == '.' || c == ')' || c >= 'A' && c <= 'Z'
}

func patternFinder(name string, expr *regexp.Regexp) finder {
	return func(text []byte, out []hit) []hit {
		for _, at := range expr.FindAllIndex(text, -1) {
			if at[1] > at[0] {
				out = append(out, hit{at[0], at[1], name})
			}
		}
		return out
	}
}
