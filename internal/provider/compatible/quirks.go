package compatible

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// keepVersion is for servers that people name by host and port alone: /v1 stays in the
// path unless base_url brings a path of its own.
func keepVersion(p *provider.Provider, r provider.PathRequest) string {
	if p.BasePath() == "" {
		return r.Path
	}
	return provider.TrimVersion(r.Path)
}

// perplexityPath: chat stands at the root, everything newer below /v1.
// https://docs.perplexity.ai/api-reference
func perplexityPath(p *provider.Provider, r provider.PathRequest) string {
	rest := provider.TrimVersion(r.Path)
	if rest == "/chat/completions" || p.BasePath() != "" {
		return rest
	}
	return r.Path
}

// writerPath: https://dev.writer.com/api-reference/completion-api/chat-completion
func writerPath(_ *provider.Provider, r provider.PathRequest) string {
	rest := provider.TrimVersion(r.Path)
	if rest == "/chat/completions" {
		return "/chat"
	}
	return rest
}

// belowAPI: Ollama's own API stands beside its OpenAI form. https://docs.ollama.com/api
func belowAPI(rest string) bool { return strings.HasPrefix(rest, "/api/") }

// besideRouter: the router's own paths stand below /v1, each host's beside it.
// https://huggingface.co/docs/inference-providers/providers/hf-inference
func besideRouter(rest string) bool {
	host, _, more := strings.Cut(rest[1:], "/")
	switch host {
	case "v1", "chat", "responses", "models", "embeddings":
		return false
	}
	return more
}

// besideWorkers: https://developers.cloudflare.com/workers-ai/get-started/rest-api/
func besideWorkers(rest string) bool {
	for _, own := range [...]string{"/run/", "/ai/run/", "/ai/models/", "/ai/tomarkdown", "/ai/finetunes"} {
		if strings.HasPrefix(rest, own) {
			return true
		}
	}
	return false
}

// said reports whether the vendor's code or type is one of the words.
func said(f *fault.Fault, words ...string) bool {
	if f.Upstream == nil {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(f.Upstream.Code, w) || strings.EqualFold(f.Upstream.Type, w) {
			return true
		}
	}
	return false
}

// xaiErrors: a wrong key and an input that is too long are both 400 invalid-argument,
// told apart by their text alone. https://docs.x.ai/docs/key-information/debugging
func xaiErrors(f *fault.Fault, status int, _ http.Header, _ []byte) {
	if status != http.StatusBadRequest {
		return
	}
	switch {
	case strings.HasPrefix(f.Message, "Incorrect API key"):
		provider.RefusedCredential(f)
	case strings.Contains(f.Message, "maximum prompt length"):
		provider.TooLong(f)
	}
}

// githubErrors: the limit per request counts as the model's window.
// https://docs.github.com/en/github-models/use-github-models/prototyping-with-ai-models
func githubErrors(f *fault.Fault, _ int, _ http.Header, _ []byte) {
	if said(f, "tokens_limit_reached") {
		provider.TooLong(f)
	}
}

// workersErrors: the daily allowance is an empty account, not a rate.
// https://developers.cloudflare.com/workers-ai/platform/errors/
func workersErrors(f *fault.Fault, _ int, _ http.Header, _ []byte) {
	if said(f, "3036") {
		provider.OutOfMoney(f)
	}
}

// llamacppErrors: what the server was not started for is reported as its own failure.
// https://github.com/ggml-org/llama.cpp/tree/master/tools/server
func llamacppErrors(f *fault.Fault, status int, _ http.Header, _ []byte) {
	if status != http.StatusInternalServerError {
		return
	}
	for _, text := range [...]string{"requires --jinja", "is not supported", "does not support"} {
		if strings.Contains(f.Message, text) {
			provider.Unsupported(f)
		}
	}
}

// alibabaErrors: https://www.alibabacloud.com/help/en/model-studio/error-code
func alibabaErrors(f *fault.Fault, _ int, _ http.Header, _ []byte) {
	switch {
	case said(f, "Arrearage"):
		provider.OutOfMoney(f)
	case strings.Contains(f.Message, "Range of input length"):
		provider.TooLong(f)
	}
}

// moonshotErrors: https://platform.moonshot.ai/docs/api/chat
func moonshotErrors(f *fault.Fault, _ int, _ http.Header, _ []byte) {
	if said(f, "exceeded_current_quota_error") {
		provider.OutOfMoney(f)
	}
}

// volcengineErrors: https://www.volcengine.com/docs/82379/1299023
func volcengineErrors(f *fault.Fault, _ int, _ http.Header, _ []byte) {
	if f.Upstream != nil && strings.Contains(f.Upstream.Code, "SensitiveContentDetected") {
		provider.Filtered(f)
	}
}

// zhipuErrors: https://docs.z.ai/api-reference/api-code
func zhipuErrors(f *fault.Fault, _ int, _ http.Header, _ []byte) {
	switch {
	case said(f, "1113"):
		provider.OutOfMoney(f)
	case said(f, "1261"):
		provider.TooLong(f)
	case said(f, "1301"):
		provider.Filtered(f)
	}
}
