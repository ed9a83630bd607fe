package pairs_test

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// models are those of each dialect that differ in what they take.
var models = map[dialect.Name][]string{
	dialect.Chat:      {"gpt-4o", "gpt-5.2", "gpt-4o-search-preview"},
	dialect.Responses: {"gpt-4o", "gpt-5.2"},
	dialect.Messages:  {"claude-sonnet-4-5", "claude-opus-4-6", "claude-3-5-haiku-latest", "claude-opus-5"},
	dialect.Gemini:    {"gemini-2.5-pro", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-2.0-flash", "gemma-3-27b-it"},
	dialect.Converse: {
		"anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-opus-4-6-v1", "amazon.nova-2-lite-v1:0", "meta.llama3-3-70b-instruct-v1:0",
		"openai.gpt-oss-120b-1:0", "mistral.mistral-large-2407-v1:0",
	},
	dialect.Cohere: {"command-a-03-2025", "command-a-reasoning-08-2025"},
}

// targetsOf are what requests are written for in a dialect: its models at its own
// vendor, and for each form of it that a known provider has some model there.
func targetsOf(d *dialect.Dialect) (out []dialect.Target) {
	for _, m := range models[d.Name] {
		out = append(out, dialect.Target{Provider: "somewhere", Model: m})
	}
	for _, s := range all.Specs() {
		if s.Traits == (dialect.Traits{}) || !slices.Contains(s.Speaks, d.Name) {
			continue
		}
		t := dialect.Target{Provider: "somewhere", Model: "some-model", Traits: s.Traits}
		if d.Name != dialect.Chat { // most traits are of that dialect
			t.Model, t.Traits = models[d.Name][0], dialect.Traits{Version: s.Traits.Version, NoCallIDs: s.Traits.NoCallIDs}
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
