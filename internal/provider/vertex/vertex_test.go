package vertex_test

import (
	"reflect"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/providertest"
	"github.com/sluice-gateway/sluice/internal/provider/vertex"
)

func TestSpec(t *testing.T) { providertest.Run(t, vertex.Spec) }

func TestAModelDecidesInWhichDialectItIsSpokenTo(t *testing.T) {
	for model, want := range map[string]dialect.Name{
		"gemini-2.5-flash": dialect.Gemini, "google/gemini-3-pro": dialect.Gemini, "text-embedding-005": dialect.Gemini, "endpoints/123": dialect.Gemini,
		"claude-opus-4-6": dialect.Messages, "claude-3-7-sonnet@20250219": dialect.Messages, "anthropic/claude-sonnet-4-5": dialect.Messages,
		"meta/llama-4-scout-17b-16e-instruct-maas": dialect.Chat, "qwen/qwen3-235b-a22b-instruct-2507-maas": dialect.Chat,
	} {
		if got := vertex.Spec.Tongue(model); got != want {
			t.Errorf("%s is spoken to in %s", model, got)
		}
	}
}

func TestClaudesBodiesAreChangedAndNoOthers(t *testing.T) {
	version := provider.Member{Name: "anthropic_version", Value: `"vertex-2023-10-16"`}
	stream := provider.Member{Name: "stream", Value: "true"}
	for _, c := range []struct {
		path   string
		stream bool
		want   provider.Edits
	}{
		{"/v1/messages", false, provider.Edits{Drop: []string{"model"}, Add: []provider.Member{version}}},
		{"/v1/messages", true, provider.Edits{Drop: []string{"model"}, Add: []provider.Member{version, stream}}},
		{"/v1/messages/count_tokens", false, provider.Edits{Add: []provider.Member{version}}},
		{"/v1beta/models/gemini-2.5-flash:generateContent", false, provider.Edits{}},
		{"/v1/chat/completions", true, provider.Edits{}},
	} {
		if got := vertex.Spec.Edits(nil, provider.PathRequest{Path: c.path, Stream: c.stream}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", c.path, got)
		}
	}
}
