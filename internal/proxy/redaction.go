package proxy

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/redact"
)

// redactWith makes what takes things out of what is kept: secrets always, the rest as each
// gateway's policy says.
func (v *view) redactWith(r Recorder, exact []string) {
	v.redact = r.Redactor(exact)
	find := r.Finder(exact)
	v.rulesets = map[string]*redact.Redactor{}
	for name, g := range v.Gateways {
		if rules := g.Log.Redact; rules != nil {
			v.rulesets[name] = rules.With(find)
		}
	}
}

// ruleset gives the rules of the call's gateway, nil when it has none.
func (x *exchange) ruleset() *redact.Redactor {
	if x.gw == nil {
		return nil
	}
	return x.view.rulesets[x.gw.Name]
}

// kept gives what a limit counts by as it is kept for people, in the ledger and in alerts:
// it may be a user, a header or metadata. Counters are told apart by their digests.
func (x *exchange) kept(values string) string {
	if name, rest, ok := strings.Cut(values, "="); ok && x.ruleset() != nil {
		values = name + "=" + x.ruleset().Text(rest, nil) // an equals sign may be a part of an address
	}
	raw := []byte(values)
	if clean := x.view.redact(raw); !bytes.Equal(clean, raw) {
		return string(clean)
	}
	return values
}

// redactEntry takes out of an entry what the policy names, everywhere that people may have
// written something. The answer has gone by then.
func (x *exchange) redactEntry(e *gateway.Entry) {
	x.redactBodies(e.Bodies)
	r := x.ruleset()
	if r == nil {
		return
	}
	for _, text := range []*string{&e.User, &e.Session, &e.UserAgent, &e.ModelRequested} {
		*text = r.Text(*text, &x.redacted)
	}
	if len(e.CacheTags) > 0 {
		e.CacheTags = slices.Clone(e.CacheTags) // the cache has them too
		for i := range e.CacheTags {
			e.CacheTags[i] = r.Text(e.CacheTags[i], &x.redacted)
		}
	}
	if r.Has(redact.IP) {
		e.ClientIP = network(e.ClientIP)
	}
	e.Redacted = x.redacted
}

// keptMetadata is the call's metadata without what is never kept.
func (x *exchange) keptMetadata() json.RawMessage {
	return x.view.redact(x.ruleset().Body("application/json", x.metadata(), false, &x.redacted))
}

// redactBodies takes secrets out of bodies, and what the policy names.
func (x *exchange) redactBodies(b *gateway.Bodies) {
	if b == nil {
		return
	}
	x.redactBody(&b.Request)
	x.redactBody(&b.Answer)
	for i := range b.Attempts {
		x.redactBody(b.Attempts[i].Request)
		x.redactBody(b.Attempts[i].Answer)
	}
}

func (x *exchange) redactBody(b *gateway.Body) {
	if b == nil {
		return
	}
	b.Bytes = x.ruleset().Body(b.ContentType, b.Bytes, b.Truncated, &x.redacted) // first: it sees what streams cut
	b.Bytes = x.view.redact(b.Bytes)
}

// network gives the network of an address: as much as tells where a call came from, and not
// from whom.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	bits := 48
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.Addr().String()
}

// sampled reports whether the bodies of a call are among those that the gateway keeps.
func (x *exchange) sampled() bool {
	return x.gw.Log.Sample >= 1 || share(x.id) < x.gw.Log.Sample
}

// sampledOfKey reports whether they are among those that the call's key lets be kept,
// whether the call fails or not.
func (x *exchange) sampledOfKey() bool {
	if x.who == nil || x.who.Key == nil || x.who.Key.Log.Sample == nil {
		return true
	}
	own := *x.who.Key.Log.Sample
	return own >= 1 || share(x.id) < own
}

// share maps an id to [0, 1), the same one always to the same number.
func share(id string) float64 {
	h := fnv.New64a()
	h.Write([]byte(id)) //nolint:errcheck // never fails
	return float64(h.Sum64()>>11) / (1 << 53)
}

// keepsBodies reports whether the bodies of the finished call are kept.
func (x *exchange) keepsBodies() bool {
	return x.gw != nil && x.who != nil && x.bodies() == catalog.BodiesFull && x.sampledOfKey() && (x.sampled() || x.gw.Log.Errors && x.failedCall())
}

// failedCall reports whether the call went wrong, for its caller or within a stream.
func (x *exchange) failedCall() bool { return x.status >= 400 || x.failed != nil }
