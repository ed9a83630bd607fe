package proxy

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

func TestAModelInThePathMayHaveSegmentsAfterIt(t *testing.T) {
	r := newRouter([]*dialect.Dialect{{Endpoints: []dialect.Endpoint{
		{Pattern: "/model/{model}/converse", Model: dialect.InPath}, {Pattern: "/model/{model}/converse-stream", Model: dialect.InPath},
		{Pattern: "/v1/models/{model}", Model: dialect.InPath}, {Pattern: "/v1/models/{model}:generate", Model: dialect.InPath}, {Pattern: "/v1/files/{id}"},
	}}})
	for path, want := range map[string]string{
		"/model/a.b-v1:0/converse":                   "/model/{model}/converse a.b-v1:0",
		"/model/a.b-v1%3A0/converse-stream":          "/model/{model}/converse-stream a.b-v1:0",
		"/model/aws%2Fa.b/converse":                  "/model/{model}/converse aws/a.b",
		"/model/arn:aws:x:y:1:profile/us.a/converse": "/model/{model}/converse arn:aws:x:y:1:profile/us.a",
		"/model/arn%3Aaws%3Aprofile%2Fus.a/converse": "/model/{model}/converse arn:aws:profile/us.a",
		"/model/converse/converse":                   "/model/{model}/converse converse",
		"/model/converse":                            "",
		"/model//converse":                           "",
		"/model/a/invoke":                            "",
		"/model/../converse":                         "",
		"/model":                                     "",
		"/v1/models/x":                               "/v1/models/{model} x",
		"/v1/models/x:generate":                      "/v1/models/{model}:generate x",
		"/v1/files/f":                                "/v1/files/{id} ",
		"/v1/other/f":                                "",
	} {
		var got string
		for _, m := range r.find(path) {
			got += m.ep.Pattern + " " + m.model
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestAModelWithASlashNeedsNoModelsBeforeIt(t *testing.T) {
	for path, want := range map[string]string{
		"/v1beta/gemini/gemini-x:generateContent":        "/v1beta/models/gemini/gemini-x:generateContent",
		"/v1beta/a/b/c:streamGenerateContent":            "/v1beta/models/a/b/c:streamGenerateContent",
		"/v1beta/models/gemini/gemini-x:generateContent": "",
		"/v1beta/files/abc":                              "",
		"/v1/unknown":                                    "",
		"/":                                              "",
	} {
		if got := underModels(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
