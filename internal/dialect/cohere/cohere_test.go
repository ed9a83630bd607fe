package cohere_test

import (
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

func TestTheDialectKeepsItsContract(t *testing.T) { dialecttest.Run(t, cohere.Dialect) }

func TestTheVendorsSDKsAreKnownByTheNameTheySend(t *testing.T) {
	for name, want := range map[string]bool{"cohere": true, "cohere-ai": true, "github.com/cohere-ai/cohere-go/v2": true, "other": false, "": false} {
		if got := cohere.Dialect.Claims(http.Header{"X-Fern-Sdk-Name": {name}}); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestModelsAreListedInTheDialectsForm(t *testing.T) {
	for want, got := range map[string]string{
		`{"models":[]}`: string(cohere.Dialect.FormatModels(nil)),
		`{"models":[{"name":"a/b"},{"name":"c\"d"}]}`: string(cohere.Dialect.FormatModels([]string{"a/b", `c"d`})),
		`{"name":"a/b"}`: string(cohere.Dialect.FormatModel("a/b")),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
