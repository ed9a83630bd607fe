package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestAKeyIsUsableUntilTheMomentItExpiresOrIsRevoked(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later, earlier := now.Add(time.Nanosecond), now.Add(-time.Nanosecond)
	for name, c := range map[string]struct {
		key  gateway.Key
		want bool
	}{
		"without an end":           {gateway.Key{}, true},
		"just before its end":      {gateway.Key{Expires: &later}, true},
		"at its end":               {gateway.Key{Expires: &now}, false},
		"after its end":            {gateway.Key{Expires: &earlier}, false},
		"revoked":                  {gateway.Key{Revoked: &earlier}, false},
		"revoked by a clock ahead": {gateway.Key{Revoked: &later}, false},
		"revoked with an end":      {gateway.Key{Revoked: &earlier, Expires: &later}, false},
	} {
		if got := c.key.Usable(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAKeyInJSONHoldsNoHash(t *testing.T) {
	b, err := json.Marshal(gateway.Key{ID: "k", Hash: gateway.HashKey("secret-0123456789")})
	if err != nil || strings.Contains(strings.ToLower(string(b)), "hash") {
		t.Errorf("%s, %v", b, err)
	}
}

func TestNobodyHasNoKeyID(t *testing.T) {
	var nobody *gateway.Principal
	if nobody.KeyID() != "" || (&gateway.Principal{}).KeyID() != "" || (&gateway.Principal{Key: &gateway.Key{ID: "k"}}).KeyID() != "k" {
		t.Error("KeyID")
	}
}
