package slug_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
	"github.com/sluice-gateway/sluice/internal/provider/slug"
)

func TestEveryKindThatASlugMeansIsThere(t *testing.T) {
	kinds := map[string]bool{}
	for _, s := range all.Specs() {
		kinds[s.Name] = true
	}
	for _, name := range []string{
		"anthropic", "aws-bedrock", "azure-openai", "baseten", "cerebras", "cohere", "deepseek", "fireworks", "google-ai-studio", "google-vertex-ai", "grok",
		"groq", "huggingface", "mistral", "openai", "openrouter", "perplexity-ai", "replicate", "workers-ai",
	} {
		kind := slug.Kind(name)
		if !kinds[kind] || slug.Of(kind) != name || !slug.Known(name) {
			t.Errorf("%s: kind %q, back %q", name, kind, slug.Of(kind))
		}
	}
	for name, kind := range map[string]string{"google": "gemini", "xai": "xai", "nobody": "", "compat": ""} {
		if got := slug.Kind(name); got != kind {
			t.Errorf("%s: kind %q, want %q", name, got, kind)
		}
	}
	for name, known := range map[string]bool{"elevenlabs": true, "custom-mine": true, "compat": false, "chat": false} {
		if slug.Known(name) != known {
			t.Errorf("%s: known is %v", name, !known)
		}
	}
	if got := slug.Of("ollama"); got != "ollama" {
		t.Errorf("a kind that Cloudflare has not is called %q", got)
	}
}

func TestAPathBecomesTheVendorsOwnAndFitsOnlyTheProviderItNames(t *testing.T) {
	for name, c := range map[string]struct {
		kind, base, region, project string
		rest, path                  string
		fits                        bool
	}{
		"as it is":                    {kind: "openai", rest: "chat/completions", path: "/chat/completions", fits: true},
		"bedrock":                     {kind: "bedrock", region: "eu-west-1", rest: "bedrock-runtime/eu-west-1/model/a.b%3A0/converse", path: "/model/a.b%3A0/converse", fits: true},
		"bedrock, by its host":        {kind: "bedrock", base: "https://bedrock-runtime.us-east-1.amazonaws.com", rest: "bedrock-runtime/us-east-1/model/a/invoke", path: "/model/a/invoke", fits: true},
		"bedrock, another region":     {kind: "bedrock", region: "eu-west-1", rest: "bedrock-runtime/us-east-1/model/a/invoke", path: "/model/a/invoke"},
		"bedrock, its host wins":      {kind: "bedrock", base: "https://bedrock-runtime.us-east-1.amazonaws.com", region: "eu-west-1", rest: "bedrock-runtime/eu-west-1/model/a/invoke", path: "/model/a/invoke"},
		"bedrock, unknown region":     {kind: "bedrock", base: "http://127.0.0.1:1", rest: "bedrock-runtime/us-east-1/model/a/invoke", path: "/model/a/invoke", fits: true},
		"bedrock, another service":    {kind: "bedrock", rest: "bedrock-mantle/us-east-1/anthropic/v1/messages", path: "/anthropic/v1/messages"},
		"bedrock, no region":          {kind: "bedrock", rest: "bedrock-runtime", path: "/"},
		"azure":                       {kind: "azure", base: "https://acme.openai.azure.com", rest: "acme/gpt-4o/chat/completions", path: "/openai/deployments/gpt-4o/chat/completions", fits: true},
		"azure, another resource":     {kind: "azure", base: "https://acme.openai.azure.com", rest: "other/gpt-4o/chat/completions", path: "/openai/deployments/gpt-4o/chat/completions"},
		"azure, a host of one's own":  {kind: "azure", base: "https://proxy.example.com", rest: "acme/gpt-4o/chat/completions", path: "/openai/deployments/gpt-4o/chat/completions", fits: true},
		"azure, no deployment":        {kind: "azure", base: "https://acme.openai.azure.com", rest: "acme/gpt-4o", path: "/openai/deployments/gpt-4o/"},
		"vertex":                      {kind: "vertex", project: "p", region: "europe-west1", rest: "v1/projects/p/locations/europe-west1/publishers/google/models/g:generateContent", path: "/v1/projects/p/locations/europe-west1/publishers/google/models/g:generateContent", fits: true},
		"vertex, another region":      {kind: "vertex", project: "p", region: "europe-west1", rest: "v1/projects/p/locations/us-central1/publishers/google/models/g:generateContent", path: "/v1/projects/p/locations/us-central1/publishers/google/models/g:generateContent"},
		"vertex, another project":     {kind: "vertex", project: "p", rest: "v1/projects/q/locations/global/x", path: "/v1/projects/q/locations/global/x"},
		"workers' model":              {kind: "workers-ai", rest: "@cf/meta/llama", path: "/run/@cf/meta/llama", fits: true},
		"workers' model, escaped":     {kind: "workers-ai", rest: "%40cf/meta/llama", path: "/run/%40cf/meta/llama", fits: true},
		"workers' path of the others": {kind: "workers-ai", rest: "v1/chat/completions", path: "/v1/chat/completions", fits: true},
	} {
		p := &provider.Provider{Name: "p", Spec: &provider.Spec{Name: c.kind}, BaseURL: c.base, Region: c.region, Project: c.project}
		if path, fits := slug.Native(p, c.rest); path != c.path || fits != c.fits {
			t.Errorf("%s: %s %v, want %s %v", name, path, fits, c.path, c.fits)
		}
	}
}
