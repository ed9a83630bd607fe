package anthropic_test

import (
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
)

func TestModelsAreListedInTheDialectsForm(t *testing.T) {
	const one = `{"type":"model","id":"a/b<c","display_name":"a/b<c","created_at":"1970-01-01T00:00:00Z"}`
	for want, got := range map[string][]byte{
		one: anthropic.Dialect.FormatModel("a/b<c"),
		`{"data":[` + one + `],"has_more":false,"first_id":"a/b<c","last_id":"a/b<c"}`: anthropic.Dialect.FormatModels([]string{"a/b<c"}),
		`{"data":[],"has_more":false,"first_id":null,"last_id":null}`:                  anthropic.Dialect.FormatModels(nil),
	} {
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSharedPathsAreClaimedByTheVersionHeader(t *testing.T) {
	claims := anthropic.Dialect.Claims
	if !claims(http.Header{"Anthropic-Version": {"2023-06-01"}}) || claims(http.Header{"X-Api-Key": {"k"}}) {
		t.Error("only anthropic-version decides")
	}
}
