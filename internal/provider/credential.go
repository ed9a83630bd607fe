package provider

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// golden is 2^64 divided by the golden ratio: its multiples fall evenly over the
// circle of 64-bit numbers, so that shares come out smooth without any state but a counter.
const golden = 0x9E3779B97F4A7C15

// Usable gives the credentials that a workspace's callers may use: its own, which go
// first, and those that all share. They are the Provider's own and must not change.
func (p *Provider) Usable(workspace string) (own, shared []Credential) {
	all := p.Credentials
	if len(all) == 0 || all[len(all)-1].Workspace == "" {
		return nil, all
	}
	if workspace != "" {
		own = between(all, workspace)
	}
	return own, between(all, "")
}

// between gives the run of one workspace's credentials.
func between(all []Credential, workspace string) []Credential {
	from := sort.Search(len(all), func(i int) bool { return all[i].Workspace >= workspace })
	to := from
	for to < len(all) && all[to].Workspace == workspace {
		to++
	}
	return all[from:to]
}

// Keyless reports whether some callers find no credential here that they may use.
func (p *Provider) Keyless() bool {
	return len(p.Credentials) == 0 || p.Credentials[0].Workspace != ""
}

// Named gives the credential of that name among those that a workspace may use, its own
// before a shared one, and its place among them; nil when there is none.
func (p *Provider) Named(workspace, name string) (c *Credential, place int) {
	own, shared := p.Usable(workspace)
	for i := range own {
		if own[i].Name == name {
			return &own[i], i
		}
	}
	for i := range shared {
		if shared[i].Name == name {
			return &shared[i], len(own) + i
		}
	}
	return nil, 0
}

// Pick chooses a credential for a workspace by weight: one of its own while there is one
// that may be used, else a shared one. skip says which ones (by place, as Usable gives
// them one after the other) may not be used now; nil = none is skipped. It gives nil when
// there is none to choose. Picks are spread evenly: over any run of them each credential
// gets its share to within a few. Pick takes no lock and may be called concurrently.
func (p *Provider) Pick(workspace string, skip func(place int) bool) (c *Credential, place int) {
	own, shared := p.Usable(workspace)
	if c, place = p.pick(own, 0, skip); c != nil {
		return c, place
	}
	return p.pick(shared, len(own), skip)
}

// PickFor is Pick for calls that belong together, so that what a vendor keeps for a
// credential, such as a cached prompt, serves them all: equal values of sticky other than
// 0 get the same credential while it may be used, and few move when weights change.
func (p *Provider) PickFor(workspace string, sticky uint64, skip func(place int) bool) (c *Credential, place int) {
	if sticky == 0 {
		return p.Pick(workspace, skip)
	}
	own, shared := p.Usable(workspace)
	if c, place = stick(own, 0, sticky, skip); c != nil {
		return c, place
	}
	return stick(shared, len(own), sticky, skip)
}

// stick is weighted rendezvous hashing: https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf
func stick(among []Credential, first int, sticky uint64, skip func(int) bool) (best *Credential, place int) {
	var most float64
	for i := range among {
		if skip != nil && skip(first+i) {
			continue
		}
		h := mixed(sticky, among[i].Name)
		score := float64(among[i].weight()) / -math.Log((float64(h>>11)+0.5)/(1<<53))
		if best == nil || score > most {
			best, place, most = &among[i], first+i, score
		}
	}
	return best, place
}

// mixed mixes a value with a name (FNV-1a and the finish of SplitMix64); the same on
// every node and in every version.
func mixed(seed uint64, name string) uint64 {
	h := seed ^ 0xcbf29ce484222325
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// pick chooses among some, the first of which has the place first.
func (p *Provider) pick(among []Credential, first int, skip func(int) bool) (*Credential, int) {
	if len(among) == 1 && (skip == nil || !skip(first)) {
		return &among[0], first
	}
	total, last := usable(among, first, skip)
	if total == 0 {
		return nil, 0
	}
	at, _ := bits.Mul64(p.turn.Add(1)*golden, total)
	for i := range among {
		if skip != nil && skip(first+i) {
			continue
		}
		w := among[i].weight()
		if at < w {
			return &among[i], first + i
		}
		at -= w
	}
	// What may be used changed between the two looks.
	return &among[last], first + last
}

// usable sums the weights of what may be used, and names one of it.
func usable(among []Credential, first int, skip func(int) bool) (total uint64, last int) {
	for i := range among {
		if skip == nil || !skip(first+i) {
			total += among[i].weight()
			last = i
		}
	}
	return total, last
}

func (c *Credential) weight() uint64 { return uint64(max(c.Weight, 1)) }

// AuthField gives the header that presents key to the vendor; name is "" when the
// vendor takes keys elsewhere (see AuthQuery) or not at all, or when key is empty.
func (p *Provider) AuthField(key string) (name, value string) {
	a := p.Spec.Auth
	if key == "" || a.Header == "" {
		return "", ""
	}
	return a.Header, a.Prefix + key
}

// AuthQuery gives the query parameter that presents key to the vendor, not yet
// escaped; name is "" when the vendor takes keys in a header.
func (p *Provider) AuthQuery(key string) (name, value string) {
	a := p.Spec.Auth
	if key == "" || a.Header != "" || a.Query == "" {
		return "", ""
	}
	return a.Query, key
}

// publicFields are parts of credentials that are no secret.
var publicFields = []string{"access_key_id", "profile", "role_arn", "external_id", "tenant_id", "client_id"}

// Secrets gives the values of a credential that must never be seen.
func (c *Credential) Secrets() (values []string) {
	if c.Key != "" {
		values = append(values, c.Key)
	}
	for name, v := range c.Fields {
		if v != "" && !slices.Contains(publicFields, name) {
			values = append(values, v)
		}
	}
	return values
}

// CheckCredential says what a credential lacks, or has too much, to be one of this
// vendor's; nil when it may work. The text holds none of its values.
func (s *Spec) CheckCredential(c *Credential) error {
	var have, takes []string
	if c.Key != "" {
		have = append(have, "api_key")
	}
	for _, f := range s.Fields {
		takes = append(takes, f.Name)
		if c.Fields[f.Name] != "" {
			have = append(have, f.Name)
		}
	}
	foreign := false
	for name := range c.Fields {
		foreign = foreign || !slices.Contains(takes, name)
	}
	switch {
	case len(have) == 0 && !foreign:
		return errors.New("the credential is empty")
	case foreign:
		return fmt.Errorf("a credential of the kind %s is made of %s, and of nothing else", s.Name, orList(append([]string{"api_key"}, takes...)))
	}
	for _, f := range s.Fields {
		if slices.Contains(have, f.Name) {
			if err := f.beside(have); err != nil {
				return err
			}
		}
	}
	return checkValues(c)
}

// beside checks one part of a credential among the others.
func (f *Field) beside(have []string) error {
	for _, other := range f.With {
		if !slices.Contains(have, other) {
			return fmt.Errorf("%s is missing, without which %s means nothing", other, f.Name)
		}
	}
	for _, other := range f.Not {
		if slices.Contains(have, other) {
			return fmt.Errorf("%s and %s exclude each other", f.Name, other)
		}
	}
	return nil
}

// checkValues refuses what no header can carry; fields that hold a document may have
// several lines.
func checkValues(c *Credential) error {
	for name, v := range withKey(c) {
		document := name != "api_key" && strings.HasPrefix(strings.TrimSpace(v), "{")
		if strings.TrimSpace(v) != v || !document && strings.ContainsFunc(v, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			return fmt.Errorf("%s holds spaces at an end or control characters", name)
		}
	}
	return nil
}

func withKey(c *Credential) map[string]string {
	all := maps.Clone(c.Fields)
	if all == nil {
		all = map[string]string{}
	}
	all["api_key"] = c.Key
	return all
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
