package gemini_test

import (
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
)

func TestModelsAreListedInTheDialectsForm(t *testing.T) {
	const one = `{"name":"models/a/b<c","displayName":"a/b<c","supportedGenerationMethods":["generateContent","countTokens"]}`
	for want, got := range map[string][]byte{
		one:                        gemini.Dialect.FormatModel("a/b<c"),
		`{"models":[` + one + `]}`: gemini.Dialect.FormatModels([]string{"a/b<c"}),
		`{"models":[]}`:            gemini.Dialect.FormatModels(nil),
	} {
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSharedPathsAreClaimedByTheVendorsHeaders(t *testing.T) {
	claims := gemini.Dialect.Claims
	if !claims(http.Header{"X-Goog-Api-Client": {"x"}}) || claims(http.Header{"Authorization": {"Bearer k"}}) {
		t.Error("only x-goog-* decides")
	}
}
