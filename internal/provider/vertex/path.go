package vertex

import (
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Paths of the dialects' conversations and what belongs to them.
const (
	messages    = "/v1/messages"
	countTokens = "/v1/messages/count_tokens"
	chat        = "/v1/chat/completions"
)

// tongue: Google's own models, Claude, and those of other publishers, which have an
// endpoint of OpenAI's shape in common.
// https://cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis
func tongue(model string) dialect.Name {
	publisher, name, named := strings.Cut(model, "/")
	switch {
	case strings.HasPrefix(model, "claude"), publisher == "anthropic" && name != "":
		return dialect.Messages
	case named && publisher != "google" && publisher != "endpoints":
		return dialect.Chat
	}
	return dialect.Gemini
}

// path gives what stands behind the host: the project's publisher, or in express mode
// the publisher alone.
// https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference
func path(p *provider.Provider, r provider.PathRequest) string {
	place := "/v1"
	if p.APIVersion != "" {
		place = "/" + p.APIVersion
	}
	if p.Project != "" {
		location := p.Region
		if location == "" {
			location = global
		}
		place += "/projects/" + url.PathEscape(p.Project) + "/locations/" + location
	}
	return place + resource(r)
}

func resource(r provider.PathRequest) string {
	claude := url.PathEscape(strings.TrimPrefix(r.Model, "anthropic/"))
	switch {
	case r.Path == messages && r.Stream:
		return "/publishers/anthropic/models/" + claude + ":streamRawPredict"
	case r.Path == messages:
		return "/publishers/anthropic/models/" + claude + ":rawPredict"
	case r.Path == countTokens:
		return "/publishers/anthropic/models/count-tokens:rawPredict"
	case r.Path == chat:
		return "/endpoints/openapi/chat/completions"
	}
	rest := r.Path
	for _, version := range [...]string{"/v1beta", "/v1"} {
		rest = strings.TrimPrefix(rest, version)
	}
	if verb := strings.LastIndexByte(rest, ':'); verb >= 0 && r.Model != "" {
		return model(r.Model) + rest[verb:]
	}
	return rest
}

// model gives where a model of Google's stands, or a tuned one.
func model(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "models/"), "google/")
	if id, tuned := strings.CutPrefix(name, "endpoints/"); tuned {
		return "/endpoints/" + url.PathEscape(id)
	}
	return "/publishers/google/models/" + url.PathEscape(name)
}
