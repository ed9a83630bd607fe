package litellm

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// renamed are LiteLLM's prefixes whose kinds have another name here. The others are the
// kinds' own names, with _ for -. https://docs.litellm.ai/docs/providers
func renamed() map[string]string {
	return map[string]string{
		"text-completion-openai": "openai", "anthropic_text": "anthropic", "azure_text": "azure", "azure_ai": "azure",
		"bedrock_converse": "bedrock", "vertex_ai": "vertex", "vertex_ai_beta": "vertex", "cohere_chat": "cohere", "ai21_chat": "ai21",
		"codestral": "mistral", "text-completion-codestral": "mistral", "fireworks_ai": "fireworks", "friendliai": "friendli", "github": "github-models",
		"nvidia_nim": "nvidia", "together_ai": "together", "vercel_ai_gateway": "vercel", "cloudflare": "workers-ai", "dashscope": "alibaba",
		"litellm_proxy": "litellm", "lm_studio": "lm-studio", "ollama_chat": "ollama", "hosted_vllm": "vllm", "jina_ai": "jina", "meta_llama": "llama",
		"featherless_ai": "featherless", "gradient_ai": "digitalocean", "io_intelligence": "io-net", "custom_openai": compatible, "openai_like": compatible,
		"infinity": compatible, "xinference": compatible, "lemonade": compatible, "docker_model_runner": compatible, "vercel": "vercel",
	}
}

// compatible is the kind of any server of OpenAI's shape.
const compatible = "openai-compatible"

// kindOf gives the kind of a prefix.
func kindOf(prefix string) (*provider.Spec, bool) {
	if name, ok := renamed()[prefix]; ok {
		return all.Lookup(name)
	}
	if s, ok := all.Lookup(prefix); ok {
		return s, true
	}
	return all.Lookup(strings.ReplaceAll(prefix, "_", "-"))
}

// guessed gives the prefix that LiteLLM's catalogue gives to a bare model name, "" when
// the name does not show it.
func guessed(model string) string {
	for _, g := range []struct{ prefix, is string }{
		{"gpt-", "openai"}, {"chatgpt-", "openai"}, {"o1", "openai"}, {"o3", "openai"}, {"o4", "openai"}, {"text-embedding-", "openai"}, {"dall-e-", "openai"}, {"whisper-", "openai"}, {"tts-", "openai"},
		{"omni-moderation", "openai"}, {"ft:gpt-", "openai"}, {"claude-", "anthropic"}, {"command-", "cohere"}, {"gemini-", "vertex_ai"}, {"anthropic.", "bedrock"}, {"amazon.", "bedrock"}, {"us.", "bedrock"}, {"eu.", "bedrock"}, {"meta.", "bedrock"},
	} {
		if strings.HasPrefix(model, g.prefix) {
			return g.is
		}
	}
	if model == "*" {
		return "openai"
	}
	return ""
}

// split divides provider/model as LiteLLM does.
func split(model, custom, base string) (prefix, rest string) {
	head, tail, slashed := strings.Cut(model, "/")
	if slashed {
		if _, known := kindOf(head); known && (custom == "" || custom == head) {
			return head, tail
		}
	}
	if custom != "" {
		return custom, model
	}
	if g := guessed(model); g != "" {
		return g, model
	}
	if slashed {
		return head, tail
	}
	if base != "" {
		return compatible, model
	}
	return "", model
}

// vendorModel gives the vendor's id of what stands behind the prefix, and the region that
// stands in it.
func vendorModel(kind, model string) (id, region string) {
	switch kind {
	case "azure":
		for _, form := range []string{"o_series/", "gpt5_series/", "responses/"} {
			model = strings.TrimPrefix(model, form)
		}
	case "openai":
		model = strings.TrimPrefix(model, "responses/")
	case "bedrock":
		for _, form := range []string{"converse/", "invoke/", "converse_like/"} {
			model = strings.TrimPrefix(model, form)
		}
		if head, tail, ok := strings.Cut(model, "/"); ok && strings.Count(head, "-") >= 2 && !strings.Contains(head, ":") && !strings.Contains(head, ".") {
			return tail, head // us-east-1/anthropic.claude…
		}
	case "vertex":
		model = strings.TrimPrefix(model, "gemini/")
	}
	return model, ""
}

// place gives kind and base URL as Sluice wants them of what LiteLLM was given.
func place(kind, base string) (string, string) {
	base = strings.TrimRight(base, "/")
	u, err := url.Parse(base)
	if base == "" || err != nil {
		return kind, base
	}
	host := u.Hostname()
	switch kind {
	case "openai":
		if host == "api.openai.com" {
			return kind, ""
		}
		if !strings.HasSuffix(host, ".openai.com") {
			kind = compatible
		}
	case "anthropic":
		base = strings.TrimSuffix(strings.TrimSuffix(base, "/messages"), "/v1")
	case "cohere":
		for _, tail := range []string{"/v1/chat", "/v2/chat", "/v1/embed", "/v2/embed", "/v1/rerank", "/v2/rerank", "/v1", "/v2"} {
			base = strings.TrimSuffix(base, tail)
		}
	case "azure":
		base = azureBase(base)
	case "ollama", "vllm", "lm-studio", "llamafile", "litellm", "infinity":
		if u.Path == "" || u.Path == "/" {
			base += "/v1"
		}
	}
	for _, tail := range []string{"/chat/completions", "/completions", "/embeddings", "/rerank"} {
		base = strings.TrimSuffix(base, tail)
	}
	if s, ok := all.Lookup(kind); ok && base == s.BaseURL {
		base = ""
	}
	return kind, base
}

// azureBase cuts off what LiteLLM takes behind a resource.
func azureBase(base string) string {
	base, _, _ = strings.Cut(base, "?")
	if i := strings.Index(base, "/openai/deployments/"); i >= 0 {
		base = base[:i]
	}
	return strings.TrimRight(base, "/")
}

// hostLabel gives a short name of a server, "local" for addresses and this machine.
func hostLabel(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || host == "host.docker.internal" || host == "" {
		return "local"
	}
	labels := strings.Split(host, ".")
	if _, taken := all.Lookup(labels[0]); (taken || labels[0] == "api") && len(labels) > 1 {
		return labels[0] + "-" + labels[1]
	}
	return labels[0]
}
