package auth_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	newSecret = "sk-sluice-after-the-rotation-01"
	oldSecret = "imported-before-the-rotation-01"
)

// rotated is a key with a new secret, and an old one that counts until the given time.
func rotated(until time.Time) *gateway.Key {
	return &gateway.Key{ID: "R", Hash: gateway.HashKey(newSecret), OldHash: gateway.HashKey(oldSecret), OldUntil: &until}
}

func swapped(keys ...*gateway.Key) *auth.Keys {
	k := new(auth.Keys)
	k.Swap(keys)
	return k
}

func TestARotatedSecretCountsUntilItsGraceEnds(t *testing.T) {
	for name, c := range map[string]struct {
		until time.Time
		want  bool
	}{
		"within the grace": {now.Add(time.Nanosecond), true},
		"at its end":       {now, false},
		"after it":         {now.Add(-time.Hour), false},
	} {
		keys := swapped(rotated(c.until))
		if got := keys.Find(oldSecret, now) != nil; got != c.want {
			t.Errorf("%s: the old secret counts: %v", name, got)
		}
		if keys.Find(newSecret, now) == nil || keys.Len() != 1 {
			t.Errorf("%s: the new secret does not count, or %d keys", name, keys.Len())
		}
	}
}

func TestAnOldSecretOpensNothingThatItsKeyDoesNot(t *testing.T) {
	past := now.Add(-time.Second)
	for name, spoil := range map[string]func(*gateway.Key){
		"revoked":  func(k *gateway.Key) { k.Revoked = &past },
		"disabled": func(k *gateway.Key) { k.Disabled = &past },
		"expired":  func(k *gateway.Key) { k.Expires = &past },
		"no grace": func(k *gateway.Key) { k.OldUntil = nil },
	} {
		key := rotated(now.Add(time.Hour))
		spoil(key)
		if swapped(key).Find(oldSecret, now) != nil {
			t.Errorf("%s: the old secret counts", name)
		}
	}
}

func TestAnOldSecretNeverReachesAVendor(t *testing.T) {
	keys := swapped(rotated(now.Add(-time.Hour)))
	if got := keys.Presented(head("authorization", "Bearer "+oldSecret), "key="+oldSecret); got != "" {
		t.Errorf("%s would be sent to a vendor", got)
	}
}

func TestACurrentSecretGoesBeforeAnothersOldOne(t *testing.T) {
	old, current := rotated(now.Add(time.Hour)), &gateway.Key{ID: "C", Hash: gateway.HashKey(oldSecret)}
	for _, keys := range []*auth.Keys{swapped(old, current), swapped(current, old)} {
		if k := keys.Find(oldSecret, now); k == nil || k.ID != "C" {
			t.Errorf("found %+v", k)
		}
	}
}

func TestADisabledKeyIsNobodyUntilItIsEnabled(t *testing.T) {
	key := keyOf(secretA)
	key.Disabled = &now
	if swapped(key).Find(secretA, now) != nil {
		t.Error("a disabled key counts")
	}
	if swapped(keyOf(secretA)).Find(secretA, now) == nil {
		t.Error("an enabled key does not count")
	}
}

func TestAKeyIsAdmittedFromItsNetworksOnly(t *testing.T) {
	for name, c := range map[string]struct {
		networks []string
		from     string
		want     bool
	}{
		"no networks":                  {nil, "203.0.113.9", true},
		"no networks, no address":      {nil, "", true},
		"inside":                       {[]string{"10.1.0.0/16"}, "10.1.2.3", true},
		"outside":                      {[]string{"10.1.0.0/16"}, "10.2.2.3", false},
		"the second network":           {[]string{"10.1.0.0/16", "2001:db8::/32"}, "2001:db8::7", true},
		"a single address":             {[]string{"203.0.113.9"}, "203.0.113.9", true},
		"its neighbour":                {[]string{"203.0.113.9"}, "203.0.113.10", false},
		"bits beyond the prefix":       {[]string{"10.1.2.3/8"}, "10.200.0.1", true},
		"a mapped address":             {[]string{"10.1.0.0/16"}, "::ffff:10.1.2.3", true},
		"a mapped network":             {[]string{"::ffff:10.1.0.0/112"}, "10.1.2.3", true},
		"an address with a zone":       {[]string{"fe80::/10"}, "fe80::1%eth0", true},
		"an unknown address":           {[]string{"0.0.0.0/0", "::/0"}, "", false},
		"networks nobody can read":     {[]string{"10.1/16", "office"}, "10.1.2.3", false},
		"one of two cannot be read":    {[]string{"office", "10.1.0.0/16"}, "10.1.2.3", true},
		"everywhere in IPv4 is not v6": {[]string{"0.0.0.0/0"}, "2001:db8::1", false},
	} {
		key := keyOf(secretA)
		key.Networks = c.networks
		who, err := swapped(key).Caller(head("x-api-key", secretA), "", now)
		if err != nil {
			t.Fatal(err)
		}
		ip, _ := netip.ParseAddr(c.from)
		err = auth.From(who, ip)
		var f *fault.Fault
		if (err == nil) != c.want || err != nil && (!errors.As(err, &f) || f.Status != 403 || !f.NoRetry) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACallersDefaultsAreItsKeys(t *testing.T) {
	key := keyOf(secretA)
	key.Metadata = []byte(`{"team":"search"}`)
	who, err := swapped(key).Caller(head("x-api-key", secretA), "", now)
	if err != nil || string(who.Metadata) != `{"team":"search"}` || who.Key != key {
		t.Errorf("%+v, %v", who, err)
	}
}

func TestFindingACallerAllocatesNothing(t *testing.T) {
	key := keyOf(secretA)
	key.Networks = []string{"10.0.0.0/8", "2001:db8::/32"}
	keys, h, ip := swapped(key), head("authorization", "Bearer "+secretA), netip.MustParseAddr("2001:db8::1")
	if n := testing.AllocsPerRun(100, func() {
		who, err := keys.Caller(h, "", now)
		if err != nil || auth.From(who, ip) != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
