package upstream_test

import (
	"slices"
	"testing"

	"github.com/sluice-gateway/sluice/internal/upstream"
)

func TestHopByHopFieldsStayOnTheirConnection(t *testing.T) {
	for name, want := range map[string]bool{
		"Connection": true, "Te": true, "Transfer-Encoding": true, "Upgrade": true, "Proxy-Authorization": true, "Trailer": true,
		"Content-Length": false, "Authorization": false, "X-Request-Id": false,
	} {
		if upstream.HopByHop(name) != want {
			t.Errorf("%s: %v, want %v", name, !want, want)
		}
	}
}

func TestConnectionTokensNamesFurtherFields(t *testing.T) {
	for _, tc := range []struct{ values, want []string }{
		{nil, nil},
		{[]string{"close"}, nil},
		{[]string{"Keep-Alive, Upgrade", ""}, nil},
		{[]string{"close, x-secret ,x-a", "X-B"}, []string{"X-Secret", "X-A", "X-B"}},
	} {
		if got := upstream.ConnectionTokens(tc.values); !slices.Equal(got, tc.want) {
			t.Errorf("%q gives %q, want %q", tc.values, got, tc.want)
		}
	}
}

func TestHeaderIsLookedUpByCanonicalName(t *testing.T) {
	h := upstream.Header{{Name: "X-A", Value: "1"}, {Name: "X-B", Value: ""}, {Name: "X-A", Value: "2"}}
	if h.Get("X-A") != "1" || !h.Has("X-B") || h.Has("X-C") || !slices.Equal(h.Values("X-A"), []string{"1", "2"}) || len(h.HTTP()["X-A"]) != 2 {
		t.Fatal(h)
	}
}
