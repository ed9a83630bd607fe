// Package slug spells vendors and their paths as Cloudflare's AI Gateway does, for
// callers who come from there. It sends nothing and keeps nothing.
package slug

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// vendor is one of Cloudflare's providers.
// https://developers.cloudflare.com/ai-gateway/usage/providers/
type vendor struct {
	slug string
	kind string // the name of the Spec
	// native turns what follows the slug into the vendor's own path, and says whether it
	// is a path of this very provider; nil = it is the vendor's own path.
	native func(p *provider.Provider, rest string) (path string, fits bool)
}

var vendors = [...]vendor{
	{slug: "anthropic", kind: "anthropic"},
	{slug: "aws-bedrock", kind: "bedrock", native: bedrock},
	{slug: "azure-openai", kind: "azure", native: azure},
	{slug: "baseten", kind: "baseten"},
	{slug: "cerebras", kind: "cerebras"},
	{slug: "cohere", kind: "cohere"},
	{slug: "deepseek", kind: "deepseek"},
	{slug: "fireworks", kind: "fireworks"},
	{slug: "google-ai-studio", kind: "gemini"},
	{slug: "google-vertex-ai", kind: "vertex", native: vertex},
	{slug: "grok", kind: "xai"},
	{slug: "groq", kind: "groq"},
	{slug: "huggingface", kind: "huggingface"},
	{slug: "mistral", kind: "mistral"},
	{slug: "openai", kind: "openai"},
	{slug: "openrouter", kind: "openrouter"},
	{slug: "perplexity-ai", kind: "perplexity"},
	{slug: "replicate", kind: "replicate"},
	{slug: "workers-ai", kind: "workers-ai", native: workers},
}

// others are slugs of vendors of which Sluice has no kind: they can be configured under
// that name.
var others = [...]string{"cartesia", "deepgram", "elevenlabs", "fal", "ideogram", "parallel"}

// Kind gives the kind of provider that a slug means, "" when it means none. The authors
// by whom Cloudflare's newer paths name models are slugs too.
func Kind(slug string) string {
	switch slug {
	case "google":
		slug = "google-ai-studio"
	case "xai":
		slug = "grok"
	}
	for i := range vendors {
		if vendors[i].slug == slug {
			return vendors[i].kind
		}
	}
	return ""
}

// Of gives the slug of a kind; one that Cloudflare has not is its own.
func Of(kind string) string {
	for i := range vendors {
		if vendors[i].kind == kind {
			return vendors[i].slug
		}
	}
	return kind
}

// Known reports whether Cloudflare has a provider of that name. Those that its users add
// are called custom-NAME.
func Known(slug string) bool {
	for _, s := range others {
		if s == slug {
			return true
		}
	}
	return Kind(slug) != "" || strings.HasPrefix(slug, Custom)
}

// Custom begins the slugs of providers that are none of Cloudflare's own.
const Custom = "custom-"

// Native gives the vendor's own path, with a leading slash, for the escaped path that
// follows p's slug. fits is false where that path names another place than p: another
// region, project or resource, or none.
func Native(p *provider.Provider, rest string) (path string, fits bool) {
	for i := range vendors {
		if v := &vendors[i]; v.kind == p.Spec.Name && v.native != nil {
			return v.native(p, rest)
		}
	}
	return "/" + rest, true
}

// bedrock reads bedrock-runtime/{region}/{path}.
// https://developers.cloudflare.com/ai-gateway/usage/providers/bedrock/
func bedrock(p *provider.Provider, rest string) (string, bool) {
	service, rest, _ := strings.Cut(rest, "/")
	region, path, ok := strings.Cut(rest, "/")
	return "/" + path, ok && service == "bedrock-runtime" && same(region, regionOf(p))
}

var regional = regexp.MustCompile(`//bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com`)

func regionOf(p *provider.Provider) string {
	if found := regional.FindStringSubmatch(p.BaseURL); found != nil {
		return found[1]
	}
	return p.Region
}

// azure reads {resource}/{deployment}/{path}.
// https://developers.cloudflare.com/ai-gateway/usage/providers/azureopenai/
func azure(p *provider.Provider, rest string) (string, bool) {
	resource, rest, _ := strings.Cut(rest, "/")
	deployment, path, ok := strings.Cut(rest, "/")
	return "/openai/deployments/" + deployment + "/" + path, ok && same(resource, resourceOf(p))
}

// resourceOf is the first label of a host of the cloud's own; "" for any other host.
func resourceOf(p *provider.Provider) string {
	u, err := url.Parse(p.BaseURL)
	if err != nil {
		return ""
	}
	name, domain, _ := strings.Cut(u.Hostname(), ".")
	if !strings.HasSuffix("."+domain, ".azure.com") && !strings.HasSuffix("."+domain, ".azure.us") {
		return ""
	}
	return name
}

// vertex takes the vendor's own path, which says in which project and region.
// https://developers.cloudflare.com/ai-gateway/usage/providers/vertex/
func vertex(p *provider.Provider, rest string) (string, bool) {
	return "/" + rest, same(following(rest, "projects/"), p.Project) && same(following(rest, "locations/"), p.Region)
}

// following gives the segment of a path that follows another; "" when there is none.
func following(path, word string) string {
	_, rest, ok := strings.Cut(path, word)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// workers reads {model} beside the vendor's own /v1 paths.
// https://developers.cloudflare.com/ai-gateway/usage/providers/workersai/
func workers(_ *provider.Provider, rest string) (string, bool) {
	if strings.HasPrefix(rest, "@") || strings.HasPrefix(rest, "%40") {
		return "/run/" + rest, true
	}
	return "/" + rest, true
}

// same reports whether two names mean one place; "" is not known, and no contradiction.
func same(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }
