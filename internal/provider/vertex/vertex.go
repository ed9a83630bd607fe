// Package vertex is Google Cloud's Vertex AI as a provider.Spec: its hosts, the paths of
// its publishers, its form of Claude's API, and the tokens by which it knows its callers.
package vertex

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/vertex"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Vertex AI.
var Spec = &provider.Spec{
	Name: "vertex", GenAI: "gcp.vertex_ai", Aliases: []string{"vertex-ai", "google-vertex"}, Title: "Google Cloud Vertex AI",
	Page: "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference", AsOf: "2026-11-21",
	Base:   base,
	Region: &provider.Setting{Env: []string{"GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION"}, Default: global},
	Project: &provider.Setting{Env: []string{"GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"}, Needed: true,
		NeedlessWith: []string{"api_key", "service_account"}},
	Env:       []string{"GOOGLE_VERTEX_API_KEY"},
	Auth:      provider.Auth{Header: "X-Goog-Api-Key"},
	Fields:    []provider.Field{{Name: "service_account", Not: []string{"api_key"}}},
	Ambient:   true,
	NewSigner: newSigner,
	Complete:  complete,
	Forward:   []string{"X-Vertex-Ai-Llm-Request-Type", "X-Vertex-Ai-Llm-Shared-Request-Type"},
	Speaks:    []dialect.Name{dialect.Gemini, dialect.Messages, dialect.Chat},
	Operations: []llm.Operation{
		llm.OpChat, llm.OpEmbeddings, llm.OpCountTokens, llm.OpImages, llm.OpSpeech, llm.OpTranscription,
	},
	Forms:       vertex.Form,
	Shape:       provider.HostShape,
	StreamUsage: provider.UsageOnRequest,
	// Claude takes images by URL from Anthropic alone
	// (https://docs.claude.com/en/docs/build-with-claude/vision).
	Traits:    dialect.Traits{Version: version, NoCallIDs: true, BytesIn: dialect.Messages},
	Tongue:    tongue,
	Path:      path,
	Edits:     edits,
	Native:    native(),
	Catalogue: []string{"google", "anthropic"},
	Quirks: []string{
		"base_url follows from region: https://REGION-aiplatform.googleapis.com, for eu and us https://aiplatform.REGION.rep.googleapis.com, for global (the default) https://aiplatform.googleapis.com.",
		"A credential is a service_account (the JSON of a service account, a workload identity or a user), or the machine's own: GOOGLE_APPLICATION_CREDENTIALS, gcloud's login, or the metadata server.",
		"project is needed but for a service account that names its own, and for express mode: an api_key without a project.",
		"Models of Google are spoken to in the gemini dialect, claude-… in messages, publisher/model (such as meta/llama-4-maverick-17b-128e-instruct-maas) in chat, a tuned model as endpoints/ID.",
		"Claude's requests lose model and gain anthropic_version; betas go into the body.",
		"api_version is v1 unless given: v1beta1 has what is in preview.",
	},
}

// global is the location that is none.
const global = "global"

// base gives the host of a location.
// https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
func base(location string) string {
	switch location {
	case "", global:
		return "https://aiplatform.googleapis.com"
	case "eu", "us":
		return "https://aiplatform." + location + ".rep.googleapis.com"
	}
	return "https://" + location + "-aiplatform.googleapis.com"
}
