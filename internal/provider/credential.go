package provider

import (
	"math/bits"
	"slices"
)

// golden is 2^64 divided by the golden ratio: its multiples fall evenly over the
// circle of 64-bit numbers, so that shares come out smooth without any state but a counter.
const golden = 0x9E3779B97F4A7C15

// Pick chooses a credential by weight. skip says which ones (by index in Credentials)
// may not be used now; nil = none is skipped. It gives false when there is none to
// choose. Picks are spread evenly: over any run of them each credential gets its share
// to within a few. Pick takes no lock and may be called concurrently.
func (p *Provider) Pick(skip func(i int) bool) (*Credential, bool) {
	if len(p.Credentials) == 1 && (skip == nil || !skip(0)) {
		return &p.Credentials[0], true
	}
	total, last := p.usable(skip)
	if total == 0 {
		return nil, false
	}
	place, _ := bits.Mul64(p.turn.Add(1)*golden, total)
	for i := range p.Credentials {
		if skip != nil && skip(i) {
			continue
		}
		w := p.Credentials[i].weight()
		if place < w {
			return &p.Credentials[i], true
		}
		place -= w
	}
	// What may be used changed between the two looks.
	return &p.Credentials[last], true
}

// usable sums the weights of what may be used, and names one of it.
func (p *Provider) usable(skip func(i int) bool) (total uint64, last int) {
	for i := range p.Credentials {
		if skip == nil || !skip(i) {
			total += p.Credentials[i].weight()
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
