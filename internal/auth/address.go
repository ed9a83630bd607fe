package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ParseNetwork reads a network (10.1.0.0/16, 2001:db8::/32) or a single address. Bits
// beyond the prefix are dropped, and IPv4 written as IPv6 is IPv4.
func ParseNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no network: write it like 10.1.0.0/16 or 2001:db8::/32", text)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// Allowed reports whether an address may enter: deny goes before allow, and an empty
// allow means everybody. An address that is not known passes only where nothing is asked.
func Allowed(ip netip.Addr, allow, deny []netip.Prefix) bool {
	if !ip.IsValid() {
		return len(allow) == 0 && len(deny) == 0
	}
	ip = plain(ip)
	return !within(ip, deny) && (len(allow) == 0 || within(ip, allow))
}

// From refuses a caller whose key may not be used from this address; an address that is
// not known is in no network.
func From(who *gateway.Principal, ip netip.Addr) error {
	if who.Networks == nil || ip.IsValid() && within(plain(ip), who.Networks) {
		return nil
	}
	f := fault.New(fault.Forbidden, "This key may not be used from your address. Call from one of the key's networks, or have the address added to them.")
	f.NoRetry = true
	return f
}

// ClientIP gives the address of the client behind proxies. remote is the connection's
// (host:port or host). X-Forwarded-For and Forwarded (RFC 7239) are read only when it is
// a trusted proxy's, from the right, over further trusted ones, to the first address that
// no trusted proxy has: all to the left of it is the client's own claim. The answer is
// not valid when nobody can know: a trusted proxy wrote no address ("unknown", an
// obfuscated name, garbage), or the two headers name different clients, of which one may
// be what the client itself sent.
func ClientIP(remote string, h http.Header, trusted []netip.Prefix) netip.Addr {
	peer := address(remote)
	if !peer.IsValid() || !within(peer, trusted) {
		return peer
	}
	list, std := h["X-Forwarded-For"], h["Forwarded"]
	if len(list) == 0 && len(std) == 0 {
		return peer
	}
	a := walk(list, trusted, lastComma, listed)
	b := walk(std, trusted, lastUnquotedComma, forwardedFor)
	return a.merge(b, peer)
}

// origin is what one header says.
type origin struct {
	said  bool       // it has a word on where the call came from
	addr  netip.Addr // not valid = it cannot be known
	proxy bool       // addr is a trusted proxy's own: nobody outside was named
}

// merge makes one answer of two headers'. An outside address beats a trusted one: trusted
// hosts may say anyway what they want.
func (o origin) merge(other origin, peer netip.Addr) netip.Addr {
	switch {
	case !o.said && !other.said:
		return peer
	case !other.said:
		return o.addr
	case !o.said:
		return other.addr
	case other.proxy:
		return o.addr
	case o.proxy || o.addr == other.addr:
		return other.addr
	}
	return netip.Addr{}
}

// maxHops bounds how many trusted proxies are walked over.
const maxHops = 64

// walk goes from the right end of a list, over lines and elements, to the client.
func walk(lines []string, trusted []netip.Prefix, cut func(string) int, parse func(string) (netip.Addr, bool)) origin {
	var o origin
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; rest != ""; hops++ {
			comma := cut(rest)
			element := strings.TrimSpace(rest[comma+1:])
			rest = rest[:max(comma, 0)]
			if element == "" { // RFC 9110, 5.6.1: empty elements of lists count for nothing
				continue
			}
			addr, said := parse(element)
			if !said && !o.said { // the nearest proxy says nothing of whom it serves
				return origin{}
			}
			if o = (origin{said: true, addr: addr}); !addr.IsValid() || hops > maxHops {
				return origin{said: true}
			}
			if o.proxy = within(addr, trusted); !o.proxy {
				return o
			}
		}
	}
	return o
}

func lastComma(s string) int { return strings.LastIndexByte(s, ',') }

// lastUnquotedComma is the last one outside quotes, counted from the right: what a client
// leaves open at the left must not swallow what proxies append.
func lastUnquotedComma(s string) int {
	quoted := false
	for i := len(s) - 1; i >= 0; i-- {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return i
		}
	}
	return -1
}

func listed(element string) (netip.Addr, bool) { return address(element), true }

// forwardedFor reads the "for" of an element (RFC 7239, 4 and 6); false = it has none.
func forwardedFor(element string) (netip.Addr, bool) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if !strings.EqualFold(name, "for") {
			continue
		}
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		return address(value), true
	}
	return netip.Addr{}, false
}

// address reads what proxies write: an address, with or without brackets and port. It is
// not valid where there is none.
func address(text string) netip.Addr {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	} else if strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1 {
		ap, _ := netip.ParseAddrPort(text)
		return plain(ap.Addr())
	}
	a, _ := netip.ParseAddr(text)
	return plain(a)
}

// plain makes one spelling of an address: IPv4 is IPv4, and zones are dropped.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func within(a netip.Addr, networks []netip.Prefix) bool {
	for _, p := range networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
