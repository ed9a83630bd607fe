package corpus_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// vendor says how the recordings of one folder reach the gateway.
type vendor struct {
	kind   string
	bases  []string // base paths of its recordings, the most specific first; none = the root
	speaks string   // conversation dialects, where the kind's own list is not right
	kinds  map[string]string
}

const compatible = "openai-compatible"

var vendors = map[string]vendor{
	"alibaba":          {kind: "alibaba", bases: []string{"/compatible-mode/v1"}},
	"anthropic":        {kind: "anthropic"},
	"azure":            {kind: "azure-openai"}, // see azureHome
	"baseten":          {kind: "baseten", bases: []string{"/v1"}},
	"bedrock":          {kind: "bedrock"}, // see amazonHome
	"bedrock-mantle":   {kind: "bedrock-mantle", bases: []string{"/openai/v1", "/v1"}},
	"cerebras":         {kind: "cerebras", bases: []string{"/v1"}},
	"chatgpt":          {kind: compatible, bases: []string{"/backend-api/codex"}, speaks: "[responses]"},
	"cohere":           {kind: "cohere"},
	"copilot":          {kind: compatible, speaks: "[chat, responses]"},
	"crusoe":           {kind: "crusoe", bases: []string{"/v1"}},
	"deepseek":         {kind: "deepseek", bases: []string{"/v1", ""}},
	"doubleword":       {kind: "doubleword", bases: []string{"/v1"}},
	"gateway-other":    {kind: compatible, bases: []string{"/v1"}},
	"gemini":           {kind: "gemini", bases: []string{"/v1beta/openai", ""}, kinds: map[string]string{"/v1beta/openai": "gemini-openai"}},
	"gpustack":         {kind: "gpustack"},
	"groq":             {kind: "groq", bases: []string{"/openai/v1"}},
	"heroku":           {kind: "heroku", bases: []string{"/v1"}},
	"huggingface":      {kind: "huggingface", bases: []string{"/together/v1", "/novita/v3/openai", "/nebius/v1", "/v1", ""}},
	"llamacpp":         {kind: "llamacpp", bases: []string{"/v1", ""}},
	"lmstudio":         {kind: "lm-studio", bases: []string{"/v1", ""}},
	"local-openai":     {kind: compatible, bases: []string{"/v1"}},
	"mistral":          {kind: "mistral", bases: []string{"/v1"}},
	"mistralrs":        {kind: "mistralrs", bases: []string{"/v1"}},
	"moonshot":         {kind: "moonshot", bases: []string{"/v1"}},
	"ollama":           {kind: "ollama"}, // see ollamaHome
	"openai":           {kind: "openai", bases: []string{"/v1"}},
	"openrouter":       {kind: "openrouter", bases: []string{"/api/v1"}},
	"perplexity":       {kind: "perplexity"},
	"portkey":          {kind: compatible, bases: []string{"/v1"}},
	"pydantic-gateway": {kind: compatible, bases: []string{"/proxy/openai"}, speaks: "[responses]"},
	"replicate":        {kind: "replicate", bases: []string{"/v1"}},
	"snowflake":        {kind: "snowflake", bases: []string{"/api/v2/cortex/v1"}},
	"together":         {kind: "together", bases: []string{"/v1"}},
	"venice":           {kind: "venice", bases: []string{"/api/v1"}},
	"vercel-gateway":   {kind: "vercel", bases: []string{"/v1"}},
	"vertex":           {kind: "vertex"}, // see googleHome
	"voyage":           {kind: "voyage", bases: []string{"/v1"}},
	"writer":           {kind: "writer", bases: []string{"/v1"}},
	"xai":              {kind: "xai", bases: []string{"/v1"}},
	"zai":              {kind: "zai", bases: []string{"/api/coding/paas/v4", "/api/paas/v4"}, kinds: map[string]string{"/api/coding/paas/v4": "zai-coding"}},
}

// home is the provider of the gateway that serves a recording.
type home struct {
	name    string
	kind    string
	base    string // path of base_url
	version string // api_version
	speaks  string
	region  string
	project string
	identity
	spec *provider.Spec
}

// homeOf chooses or makes the provider for a recording; why = there is none.
func homeOf(r *recording) (h home, why string) {
	v, known := vendors[r.Vendor]
	switch {
	case !known:
		return h, "a vendor that this test does not know"
	}
	h = home{name: r.Vendor, kind: v.kind, speaks: v.speaks}
	switch r.Vendor {
	case "azure":
		h.base, h.version = azureHome(r)
	case "bedrock":
		amazonHome(r, &h)
	case "vertex":
		googleHome(r, &h)
	case "ollama":
		h.base = ollamaHome(r)
	default:
		if h.base, known = baseOf(v.bases, r.request.Path); !known {
			return h, "recorded at an address that no base URL of the kind leads to"
		}
	}
	if k := v.kinds[h.base]; k != "" {
		h.kind = k
	}
	if h.base != "" {
		h.name += strings.ReplaceAll(h.base, "/", "-")
	}
	if h.version != "" {
		h.name += "-" + h.version
	}
	var ok bool
	if h.spec, ok = all.Lookup(h.kind); !ok {
		return h, "there is no kind " + h.kind
	}
	return h, ""
}

func baseOf(bases []string, path string) (string, bool) {
	if len(bases) == 0 {
		return "", true
	}
	for _, b := range bases {
		if strings.HasPrefix(path, b+"/") {
			return b, true
		}
	}
	return "", false
}

// azureHome tells the surfaces apart by path and date.
func azureHome(r *recording) (base, version string) {
	path, version := r.request.Path, r.query("api-version")
	switch {
	case strings.HasPrefix(path, "/models/"):
		return "/models", version
	case version == "" && strings.HasPrefix(path, "/openai/deployments/"):
		deployment, _, _ := strings.Cut(strings.TrimPrefix(path, "/openai/deployments/"), "/")
		return "/openai/deployments/" + deployment, ""
	}
	return "", version
}

// ollamaHome: the server's own API stands beside its OpenAI form, whichever of them
// base_url names.
func ollamaHome(r *recording) string {
	own := strings.HasPrefix(r.request.Path, "/api/")
	if strings.HasPrefix(r.request.Path, "/v1/") || own && r.seed()%2 == 0 {
		return "/v1"
	}
	return ""
}

// vendorKey is the credential of every provider.
const vendorKey = "vendor-secret-of-this-test-0001"

// config is the gateway's document for these providers, all at one upstream.
func config(origin string, homes map[string]home) string {
	var b strings.Builder
	b.WriteString("discover: false\nproviders:\n")
	for _, name := range slices.Sorted(maps.Keys(homes)) {
		h := homes[name]
		fmt.Fprintf(&b, "  %s: { kind: %s, %s, base_url: %q, retries: { max: 0 }", name, h.kind, credentials[h.identity], origin+h.base)
		if h.version != "" {
			fmt.Fprintf(&b, ", api_version: %q", h.version)
		}
		if h.region != "" {
			fmt.Fprintf(&b, ", region: %s", h.region)
		}
		if h.project != "" {
			fmt.Fprintf(&b, ", project: %s", h.project)
		}
		if h.speaks != "" {
			fmt.Fprintf(&b, ", speaks: %s", h.speaks)
		}
		b.WriteString(" }\n")
	}
	b.WriteString("gateways:\n  default: { log: { bodies: metadata } }\n")
	return b.String()
}
