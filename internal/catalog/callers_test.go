package catalog_test

import (
	"net/netip"
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

func TestNetworksAdmitByTheirListsAndDenialWins(t *testing.T) {
	list := func(texts ...string) (out []netip.Prefix) {
		for _, text := range texts {
			out = append(out, netip.MustParsePrefix(text))
		}
		return out
	}
	for _, c := range []struct {
		allow, deny []netip.Prefix
		address     string
		want        bool
	}{
		{nil, nil, "203.0.113.9", true}, {nil, nil, "", true},
		{list("10.0.0.0/8"), nil, "10.1.2.3", true}, {list("10.0.0.0/8"), nil, "11.1.2.3", false}, {list("10.0.0.0/8"), nil, "", false},
		{list("10.0.0.0/8"), nil, "::ffff:10.1.2.3", true}, {list("fd00::/8"), nil, "fd00::1%eth0", true}, {list("fd00::/8"), nil, "10.1.2.3", false},
		{nil, list("10.66.0.0/16"), "10.66.1.1", false}, {nil, list("10.66.0.0/16"), "10.67.1.1", true}, {nil, list("10.66.0.0/16"), "", false},
		{list("10.0.0.0/8"), list("10.66.0.0/16"), "10.66.1.1", false}, {list("10.0.0.0/8"), list("10.66.0.0/16"), "10.1.1.1", true},
		{list("10.0.0.0/8"), list("10.66.0.0/16"), "::ffff:10.66.1.1", false},
	} {
		a, _ := netip.ParseAddr(c.address)
		n := catalog.Networks{Allow: c.allow, Deny: c.deny}
		if got := n.Admits(a); got != c.want {
			t.Errorf("%v allowed, %v denied: %q is %v", c.allow, c.deny, c.address, got)
		}
		if len(c.deny) == 0 && len(c.allow) > 0 {
			if p := (catalog.Proxies{Trusted: c.allow}); p.Trusts(a) != c.want {
				t.Errorf("%v trusted: %q is %v", c.allow, c.address, !c.want)
			}
		}
	}
	if (&catalog.Proxies{}).Trusts(netip.MustParseAddr("127.0.0.1")) {
		t.Error("somebody is trusted who is on no list")
	}
}
