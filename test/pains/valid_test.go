package pains_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
	vendorsplay "github.com/sluice-gateway/sluice/test/sdk/vendors"
)

// valid holds a request against the rules of its vendor.
func valid(t testing.TB, c *testup.Call) {
	t.Helper()
	v := &vendorsplay.Vendors{}
	path := c.URI[strings.Index(c.URI[1:], "/")+1:]
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(c.Body)))
	r.Header = c.Header
	v.ServeHTTP(httptest.NewRecorder(), r)
	for _, x := range v.Seen("") {
		for _, p := range x.Problems {
			if strings.HasSuffix(p, "was never made") || provider(c) == "mistral" && strings.Contains(p, `part of type "thinking"`) {
				continue // it was, by another vendor; Mistral's own form
			}
			t.Errorf("the vendor would refuse: %s", p)
		}
	}
	if t.Failed() {
		t.Logf("it received %s %.3000s", c.URI, c.Body)
	}
}
