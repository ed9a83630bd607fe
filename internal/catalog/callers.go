package catalog

import (
	"net/netip"
	"slices"
	"time"
)

// Issuer makes JWTs that callers present.
type Issuer struct {
	Issuer     string   // as in the claim iss
	Audience   []string // one of them must be in the claim aud; never empty
	JWKS       string   // URL of the keys; "" = what OIDC discovery says
	Algorithms []string // of signatures that are taken: RS256, ES256, EdDSA …
	Leeway     time.Duration
	Workspace  string // of every caller; "" = what the claim says
	Claims     Claims
}

// Claims says which claims tell what of a caller. A claim is named as it stands in the
// token; where there is none of that name, a dot steps into an object.
type Claims struct {
	Workspace string            // "" = Issuer.Workspace counts
	User      string            // never empty
	Role      string            // "" = none is told
	Metadata  map[string]string // member of the metadata → claim
}

// Networks says which addresses may call.
type Networks struct {
	Allow []netip.Prefix // empty = every address
	Deny  []netip.Prefix // wins over Allow
}

// Admits reports whether a caller at the address may call. An invalid address is
// admitted only where nothing is said.
func (n *Networks) Admits(a netip.Addr) bool {
	if len(n.Allow) == 0 && len(n.Deny) == 0 {
		return true
	}
	a = a.Unmap().WithZone("")
	return a.IsValid() && !within(n.Deny, a) && (len(n.Allow) == 0 || within(n.Allow, a))
}

func within(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Proxies says whose word is taken for a caller's address. A caller who is no trusted
// proxy is taken at its own address, whatever it says.
type Proxies struct {
	Trusted []netip.Prefix // empty = nobody's
	Header  string         // canonical name of the one header that they keep: X-Forwarded-For or Forwarded
}

// Trusts reports whether the address is one of the trusted proxies.
func (p *Proxies) Trusts(a netip.Addr) bool {
	return len(p.Trusted) > 0 && within(p.Trusted, a.Unmap().WithZone(""))
}

// Priority is a class of callers who wait.
type Priority string

// The classes.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
)

// Queue is how callers who wait for the same limit share what becomes free: between
// classes by their weights, within a class between callers by theirs.
type Queue struct {
	Weights map[Priority]int // of every class, 1 or more
	Callers []Waiting        // the first whose condition holds counts; none = weight 1, class Normal
}

// Waiting is the place of some callers in a queue.
type Waiting struct {
	When   string   // a condition; "" = every caller
	Weight int      // 1 or more, against 1 of others
	Class  Priority // what the caller's own header cannot exceed and is taken without one
}

// Channel is where alerts go: one of Webhook, Slack, Mail and PagerDuty is set. The addresses are
// secret.
type Channel struct {
	Name    string // unique among the channels of one list
	Webhook string // a URL that takes JSON by POST
	Slack   string // a URL that takes {"text": …} by POST
	Mail    *Mail

	PagerDuty *PagerDuty
}

// Kind names what the channel is, as the configuration does.
func (c *Channel) Kind() string {
	switch {
	case c.Mail != nil:
		return "email"
	case c.PagerDuty != nil:
		return "pagerduty"
	case c.Slack != "":
		return "slack"
	}
	return "webhook"
}

// PagerDuty is a service of PagerDuty; the key is secret.
type PagerDuty struct {
	Key string
	EU  bool // where the account is
}

// Mail is an address for alerts and how it is reached.
type Mail struct {
	To, From string // addresses; To may be several, separated by commas
	SMTP     string // smtp://[user:password@]host[:port] (STARTTLS where offered) or smtps://…
}
