package azure

import (
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// v1 is the surface whose paths are OpenAI's and carry no date.
const v1 = "/openai/v1"

// path gives what stands after base_url. Which surface is meant shows in base_url's own
// path and in whether an api_version is configured.
// https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
func path(p *provider.Provider, r provider.PathRequest) string {
	rest, base := provider.TrimVersion(r.Path), p.BasePath()
	switch {
	case strings.HasSuffix(base, "/v1"), strings.HasSuffix(base, "/models"), strings.Contains(base, "/deployments/"):
		return dated(rest, p.APIVersion)
	case p.APIVersion == "":
		return strings.TrimPrefix(v1, openaiOf(base)) + rest
	}
	return strings.TrimPrefix(classic(rest, r.Model), openaiOf(base)) + "?api-version=" + url.QueryEscape(p.APIVersion)
}

// openaiOf is the /openai that base_url may already end with.
func openaiOf(base string) string {
	if strings.HasSuffix(base, "/openai") {
		return "/openai"
	}
	return ""
}

func dated(rest, version string) string {
	if version == "" {
		return rest
	}
	return rest + "?api-version=" + url.QueryEscape(version)
}

// perDeployment are the classic surface's paths below a deployment; all others stand
// below /openai. https://learn.microsoft.com/azure/ai-foundry/openai/reference
var perDeployment = [...]string{"/chat/completions", "/completions", "/embeddings",
	"/images/generations", "/images/edits", "/audio/speech", "/audio/transcriptions", "/audio/translations"}

func classic(rest, model string) string {
	for _, own := range perDeployment {
		if model != "" && rest == own {
			return "/openai/deployments/" + url.PathEscape(model) + rest
		}
	}
	return "/openai" + rest
}
