package openai_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/openai"
)

func TestModelsAreListedAsTheSDKsReadThem(t *testing.T) {
	one := `{"id":"a/b<c","object":"model","created":0,"owned_by":"a"}`
	for want, got := range map[string][]byte{
		one:                                      openai.Dialect.FormatModel("a/b<c"),
		`{"object":"list","data":[` + one + `]}`: openai.Dialect.FormatModels([]string{"a/b<c"}),
		`{"object":"list","data":[]}`:            openai.Dialect.FormatModels(nil),
	} {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
